/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Overwrites files that held a secret, once they are unlinked. That reaches the
 * disk on file systems that write in place (ext4, xfs); copy-on-write ones
 * (btrfs, ZFS, overlays) and the disk itself may keep a copy.
 */
#ifndef SYS_WIPE_H
#define SYS_WIPE_H

/* Opens the file of that name in the directory for wipe_close(). -1: nothing to
 * overwrite: no regular file, a link, or a file that has another name
 * elsewhere. */
int wipe_open(int dirfd, const char *name);
/* Overwrites the file with zeros up to its size, syncs it, and closes it.
 * Errors are ignored: the file has no name any more. -1 is fine. */
void wipe_close(int fd);
/* As unlinkat(), of a file, and overwrites its contents. 0, or -1 with
 * errno. */
int wipe_unlink(int dirfd, const char *name);

#endif
