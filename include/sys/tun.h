/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The TUN device: frames with their segmentation offload. */
#ifndef SYS_TUN_H
#define SYS_TUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/frame.h"
#include "base/ipaddr.h"

struct tun;

/* Offload levels of the kernel's device. Each includes those above it. */
enum tun_level {
	TUN_PLAIN, /* whole packets, checksums done */
	TUN_CSUM,  /* partial checksums */
	TUN_TSO,   /* TCP super-packets, v4 and v6 */
	TUN_USO	   /* UDP super-packets */
};

struct tun_stats {
	uint64_t read_frames;
	uint64_t written_frames;
	uint64_t read_bad; /* malformed: short, or an offload not requested */
	uint64_t read_errors;
	uint64_t write_again; /* the device was full: dropped */
	uint64_t write_down;  /* the device is down: dropped */
	uint64_t write_errors;
	int last_errno;
};

/*
 * Opens or attaches to the device; name may end in %d, NULL or "" is "tun%d".
 * Non-blocking, close-on-exec. Sets the highest level up to `most` that the
 * kernel supports. The device disappears with tun_close() unless another
 * program made it persistent.
 */
int tun_open(struct tun **out, const char *name, enum tun_level most,
	     struct err *e);
void tun_close(struct tun *t); /* NULL is fine */
int tun_fd(const struct tun *t);
const char *tun_name(const struct tun *t);
/* Notes that the device was renamed; its index stays. */
void tun_renamed(struct tun *t, const char *name);
/* True if another program made the device persistent: the device stays after
 * tun_close(). */
bool tun_is_persistent(const struct tun *t);
unsigned int tun_ifindex(const struct tun *t);
enum tun_level tun_level(const struct tun *t);
/* The kernel's error for that level; 0: supported, or not tried. */
int tun_level_errno(const struct tun *t, enum tun_level level);
/* The error of super-packets of that kind, once so many in a row were refused
 * that writing more of them is useless; else 0. */
int tun_write_errno(const struct tun *t, enum frame_kind kind);
const char *tun_level_name(enum tun_level level);
const struct tun_stats *tun_stats(const struct tun *t);

/* A reader's memory must have this much left for one more frame. */
#define TUN_READ_ROOM (FRAME_HEADROOM + FRAME_LEN_MAX + 1)

/*
 * Reads until nothing is left, `max` frames are filled or less than
 * TUN_READ_ROOM of the memory is left. Each frame's data is in mem, packed,
 * after FRAME_HEADROOM bytes that are writable. Returns the count (0: nothing
 * to read), or -1 when the device is gone for good.
 */
int tun_read(struct tun *t, uint8_t *mem, size_t cap, struct tun_frame *frames,
	     size_t max);

enum tun_result { TUN_OK, TUN_DROPPED, TUN_GONE };

/* Writes one frame by one system call. TUN_DROPPED is counted, by cause.
 * FRAME_UDP only at TUN_USO: older kernels do not support it. */
enum tun_result tun_write(struct tun *t, const struct tun_out *f);

#endif
