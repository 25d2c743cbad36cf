/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Overwrites files that held a secret, once their names are gone. That reaches
 * the disk on file systems that write in place (ext4, xfs); those that write
 * elsewhere (btrfs, ZFS, overlays) and the disk itself may keep a copy.
 */
#ifndef SYS_WIPE_H
#define SYS_WIPE_H

/* Opens the file of that name in the directory for wipe_close(). -1: there is
 * nothing to overwrite: no regular file, a link, or one that has another name
 * elsewhere. */
int wipe_open(int dirfd, const char *name);
/* Overwrites the file with zeros as far as its size, waits for the disk, and
 * closes it. Errors count for nothing: the file has no name any more. -1 is
 * fine. */
void wipe_close(int fd);
/* As unlinkat(), of a file, and overwrites what it held. 0, or -1 with
 * errno. */
int wipe_unlink(int dirfd, const char *name);

#endif
