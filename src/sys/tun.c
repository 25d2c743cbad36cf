/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The TUN device: opens it, reads and writes frames. */
#include "sys/tun.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <linux/if_tun.h>
#include <linux/virtio_net.h>

/* Since Linux 6.2; headers of that time lack them. */
#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif
#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4 5
#endif

#define VNET_LEN ((int)sizeof(struct virtio_net_hdr))
#define REFUSED_OFTEN 8 /* a single one may be the packet's fault */
#define PACK_ALIGN 64u	/* frames begin on cache lines of the reader's memory */

struct tun {
	int fd;
	unsigned int ifindex;
	enum tun_level level;
	int level_errno[TUN_USO + 1];
	unsigned int refused[FRAME_UDP + 1]; /* in a row */
	int refused_errno[FRAME_UDP + 1];
	char name[IFNAMSIZ];
	struct tun_stats stats;
};

static const unsigned int level_flags[] = {
	[TUN_PLAIN] = 0,
	[TUN_CSUM] = TUN_F_CSUM,
	[TUN_TSO] = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN,
	[TUN_USO] = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN |
		    TUN_F_USO4 | TUN_F_USO6,
};

static int
probe_level(struct tun *t, enum tun_level most, struct err *e)
{
	for (int i = (int)most; i >= TUN_PLAIN; i--) {
		if (ioctl(t->fd, TUNSETOFFLOAD, (unsigned long)level_flags[i]) <
		    0) {
			t->level_errno[i] = errno;
			continue;
		}
		t->level = (enum tun_level)i;
		return 0;
	}
	return err_errno(e, errno, "%s: offload", t->name);
}

static int
attach_tun(struct tun *t, const char *name, struct err *e)
{
	struct ifreq ifr = { .ifr_flags = 0 };
	int size = VNET_LEN;

	if (strlen(name) >= sizeof(ifr.ifr_name))
		return err_set(e, ERR_RANGE,
			       "device name \"%s\" is longer than %zu", name,
			       sizeof(ifr.ifr_name) - 1);
	memcpy(ifr.ifr_name, name, strlen(name) + 1);
	ifr.ifr_flags = (short)(IFF_TUN | IFF_NO_PI | IFF_VNET_HDR);
	t->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (t->fd < 0)
		return err_errno(e, errno, "/dev/net/tun");
	if (ioctl(t->fd, TUNSETIFF, &ifr) < 0)
		return err_errno(e, errno, "TUN device %s", name);
	memcpy(t->name, ifr.ifr_name, sizeof(t->name));
	t->name[sizeof(t->name) - 1] = '\0';
	if (ioctl(t->fd, TUNSETVNETHDRSZ, &size) < 0)
		return err_errno(e, errno, "%s: header size", t->name);
	t->ifindex = if_nametoindex(t->name);
	if (t->ifindex == 0)
		return err_errno(e, errno, "%s: index", t->name);
	return 0;
}

int
tun_open(struct tun **out, const char *name, enum tun_level most, struct err *e)
{
	struct tun *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return err_nomem(e);
	t->fd = -1;
	if (name == NULL || name[0] == '\0')
		name = "tun%d";
	if (attach_tun(t, name, e) < 0 || probe_level(t, most, e) < 0) {
		tun_close(t);
		return -1;
	}
	*out = t;
	return 0;
}

void
tun_close(struct tun *t)
{
	if (t == NULL)
		return;
	if (t->fd >= 0)
		close(t->fd);
	free(t);
}

int
tun_fd(const struct tun *t)
{
	return t->fd;
}

const char *
tun_name(const struct tun *t)
{
	return t->name;
}

void
tun_renamed(struct tun *t, const char *name)
{
	snprintf(t->name, sizeof(t->name), "%s", name);
}

bool
tun_is_persistent(const struct tun *t)
{
	struct ifreq ifr = { .ifr_flags = 0 };

	return ioctl(t->fd, TUNGETIFF, &ifr) == 0 &&
	       (ifr.ifr_flags & IFF_PERSIST) != 0;
}

unsigned int
tun_ifindex(const struct tun *t)
{
	return t->ifindex;
}

enum tun_level
tun_level(const struct tun *t)
{
	return t->level;
}

int
tun_level_errno(const struct tun *t, enum tun_level level)
{
	return t->level_errno[level];
}

int
tun_write_errno(const struct tun *t, enum frame_kind kind)
{
	return t->refused[kind] < REFUSED_OFTEN ? 0 : t->refused_errno[kind];
}

const char *
tun_level_name(enum tun_level level)
{
	static const char *const names[] = {
		[TUN_PLAIN] = "none",
		[TUN_CSUM] = "checksum",
		[TUN_TSO] = "TCP segmentation",
		[TUN_USO] = "TCP and UDP segmentation",
	};

	return names[level];
}

const struct tun_stats *
tun_stats(const struct tun *t)
{
	return &t->stats;
}

/* Decodes the kernel's header of a packet of len bytes. A header that points
 * outside the packet is refused. */
static int
decode_offload(struct frame_offload *off, const uint8_t *hdr, size_t len)
{
	struct virtio_net_hdr v;

	memcpy(&v, hdr, sizeof(v));
	*off = (struct frame_offload){ .kind = FRAME_WHOLE };
	if (v.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) {
		if ((size_t)v.csum_start + v.csum_offset + 2 > len)
			return -1;
		off->needs_csum = true;
		off->csum_start = v.csum_start;
		off->csum_offset = v.csum_offset;
	}
	switch (v.gso_type & ~VIRTIO_NET_HDR_GSO_ECN) {
	case VIRTIO_NET_HDR_GSO_NONE:
		return 0;
	case VIRTIO_NET_HDR_GSO_TCPV4:
		off->kind = FRAME_TCP4;
		break;
	case VIRTIO_NET_HDR_GSO_TCPV6:
		off->kind = FRAME_TCP6;
		break;
	case VIRTIO_NET_HDR_GSO_UDP_L4:
		off->kind = FRAME_UDP;
		break;
	default:
		return -1;
	}
	off->cwr_once = (v.gso_type & VIRTIO_NET_HDR_GSO_ECN) != 0;
	off->segsize = v.gso_size;
	off->hdrlen = v.hdr_len;
	return v.gso_size > 0 && off->needs_csum ? 0 : -1;
}

static void
encode_offload(struct virtio_net_hdr *v, const struct frame_offload *off)
{
	*v = (struct virtio_net_hdr){ .gso_type = VIRTIO_NET_HDR_GSO_NONE };
	if (off->needs_csum) {
		v->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		v->csum_start = off->csum_start;
		v->csum_offset = off->csum_offset;
	}
	switch ((enum frame_kind)off->kind) {
	case FRAME_WHOLE:
		return;
	case FRAME_TCP4:
		v->gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
		break;
	case FRAME_TCP6:
		v->gso_type = VIRTIO_NET_HDR_GSO_TCPV6;
		break;
	case FRAME_UDP:
		v->gso_type = VIRTIO_NET_HDR_GSO_UDP_L4;
		break;
	}
	v->gso_size = off->segsize;
	v->hdr_len = off->hdrlen;
}

/* True for the errors of a device that no longer exists. */
static bool
is_gone(int errnum)
{
	return errnum == EBADFD || errnum == ENODEV || errnum == ENXIO;
}

int
tun_read(struct tun *t, uint8_t *mem, size_t cap, struct tun_frame *frames,
	 size_t max)
{
	size_t used = 0, n = 0;
	struct tun_frame *f;
	ssize_t got;

	/* Malformed frames count against max, too: max bounds the time of this
	 * call. */
	for (size_t i = 0; i < max; i++) {
		if (used > cap || cap - used < TUN_READ_ROOM)
			break;
		f = &frames[n];
		f->data = mem + used + FRAME_HEADROOM;
		got = read(t->fd, f->data - VNET_LEN, VNET_LEN + FRAME_LEN_MAX);
		if (got < 0) {
			if (errno == EINTR)
				continue;
			if (errno == EAGAIN)
				break;
			t->stats.read_errors++;
			t->stats.last_errno = errno;
			/* Frames read before the error are returned first. */
			if (n == 0 && is_gone(errno))
				return -1;
			break;
		}
		f->len = got > VNET_LEN ? (size_t)(got - VNET_LEN) : 0;
		if (f->len == 0 ||
		    decode_offload(&f->off, f->data - VNET_LEN, f->len) < 0) {
			t->stats.read_bad++;
			continue;
		}
		n++;
		used += (FRAME_HEADROOM + f->len + PACK_ALIGN - 1) &
			~(size_t)(PACK_ALIGN - 1);
	}
	t->stats.read_frames += n;
	return (int)n;
}

enum tun_result
tun_write(struct tun *t, const struct tun_out *f)
{
	struct iovec iov[FRAME_IOV_MAX + 1];
	struct virtio_net_hdr v;
	ssize_t n;

	assert(f->niov <= FRAME_IOV_MAX);
	encode_offload(&v, &f->off);
	iov[0] = (struct iovec){ .iov_base = &v, .iov_len = sizeof(v) };
	for (unsigned int i = 0; i < f->niov; i++) {
		/* writev() only reads; its type lacks the const. */
		iov[i + 1].iov_base = (void *)(uintptr_t)f->iov[i].p;
		iov[i + 1].iov_len = f->iov[i].len;
	}
	do
		n = writev(t->fd, iov, (int)f->niov + 1);
	while (n < 0 && errno == EINTR);
	if (n >= 0) {
		t->stats.written_frames++;
		t->refused[f->off.kind] = 0;
		return TUN_OK;
	}
	if (errno == EINVAL && f->off.kind != FRAME_WHOLE &&
	    t->refused[f->off.kind] < REFUSED_OFTEN) {
		t->refused[f->off.kind]++;
		t->refused_errno[f->off.kind] = errno;
	}
	t->stats.last_errno = errno;
	if (errno == EAGAIN)
		t->stats.write_again++;
	else if (errno == EIO)
		t->stats.write_down++;
	else
		t->stats.write_errors++;
	return is_gone(errno) ? TUN_GONE : TUN_DROPPED;
}
