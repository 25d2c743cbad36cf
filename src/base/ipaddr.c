/* SPDX-License-Identifier: GPL-3.0-or-later */
/* IP addresses and prefixes: comparison, classes and bit arithmetic. */
#include "base/ipaddr.h"

#include <string.h>

unsigned int
ipaddr_bits(const struct ipaddr *a)
{
	switch (a->family) {
	case IP_V4:
		return 32;
	case IP_V6:
		return 128;
	default:
		return 0;
	}
}

int
ipaddr_cmp(const struct ipaddr *a, const struct ipaddr *b)
{
	int order;

	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	order = memcmp(a->b, b->b, sizeof(a->b));
	if (order != 0)
		return order;
	return (a->scope > b->scope) - (a->scope < b->scope);
}

bool
ipaddr_equal(const struct ipaddr *a, const struct ipaddr *b)
{
	return ipaddr_cmp(a, b) == 0;
}

bool
ipaddr_is_multicast(const struct ipaddr *a)
{
	if (a->family == IP_V4)
		return (a->b[0] & 0xf0) == 0xe0;
	return a->family == IP_V6 && a->b[0] == 0xff;
}

bool
ipaddr_is_unspecified(const struct ipaddr *a)
{
	static const uint8_t zero[16];

	return a->family != IP_NONE && memcmp(a->b, zero, sizeof(zero)) == 0;
}

bool
ipaddr_is_loopback(const struct ipaddr *a)
{
	static const uint8_t one[16] = { [15] = 1 };

	if (a->family == IP_V4)
		return a->b[0] == 127;
	return a->family == IP_V6 && memcmp(a->b, one, sizeof(one)) == 0;
}

bool
ipaddr_is_linklocal(const struct ipaddr *a)
{
	if (a->family == IP_V4)
		return a->b[0] == 169 && a->b[1] == 254;
	return a->family == IP_V6 && a->b[0] == 0xfe &&
	       (a->b[1] & 0xc0) == 0x80;
}

bool
ipaddr_is_v4mapped(const struct ipaddr *a)
{
	static const uint8_t head[12] = { [10] = 0xff, [11] = 0xff };

	return a->family == IP_V6 && memcmp(a->b, head, sizeof(head)) == 0;
}

bool
ipaddr_same_site(const struct ipaddr *a, const struct ipaddr *b)
{
	if (a->family != b->family)
		return false;
	return memcmp(a->b, b->b, a->family == IP_V4 ? 4 : 8) == 0;
}

/* The bits of byte i that belong to the first len bits of an address. */
static uint8_t
net_bits(unsigned int i, unsigned int len)
{
	if (len >= 8 * (i + 1))
		return 0xff;
	if (len <= 8 * i)
		return 0;
	return (uint8_t)(0xff << (8 * (i + 1) - len));
}

struct prefix
prefix_mask(const struct ipaddr *a, unsigned int len)
{
	unsigned int bits = ipaddr_bits(a);
	struct prefix p;

	if (len > bits)
		len = bits;
	memset(&p, 0, sizeof(p));
	p.addr.family = a->family;
	p.len = (uint8_t)len;
	for (unsigned int i = 0; i < bits / 8; i++)
		p.addr.b[i] = a->b[i] & net_bits(i, len);
	return p;
}

bool
prefix_contains(const struct prefix *p, const struct ipaddr *a)
{
	unsigned int whole = p->len / 8;

	if (p->addr.family != a->family || a->family == IP_NONE)
		return false;
	if (memcmp(p->addr.b, a->b, whole) != 0)
		return false;
	return p->len % 8 == 0 || ((p->addr.b[whole] ^ a->b[whole]) &
				   net_bits(whole, p->len)) == 0;
}

bool
prefix_covers(const struct prefix *outer, const struct prefix *inner)
{
	return outer->len <= inner->len && prefix_contains(outer, &inner->addr);
}

bool
prefix_overlaps(const struct prefix *a, const struct prefix *b)
{
	return prefix_covers(a, b) || prefix_covers(b, a);
}

int
prefix_cmp(const struct prefix *a, const struct prefix *b)
{
	int order = ipaddr_cmp(&a->addr, &b->addr);

	return order != 0 ? order : a->len - b->len;
}

struct ipaddr
prefix_last(const struct prefix *p)
{
	struct ipaddr a = p->addr;

	for (unsigned int i = 0; i < ipaddr_bits(&a) / 8; i++)
		a.b[i] = (uint8_t)(a.b[i] | (0xff ^ net_bits(i, p->len)));
	return a;
}

struct ipaddr
prefix_first_host(const struct prefix *p)
{
	struct ipaddr a = p->addr;
	unsigned int bits = ipaddr_bits(&a);

	/* RFC 3021, RFC 6164: no network address in a point-to-point net. */
	if (bits != 0 && p->len + 1U < bits)
		a.b[bits / 8 - 1] |= 1;
	return a;
}

bool
endpoint_equal(const struct endpoint *a, const struct endpoint *b)
{
	return a->port == b->port && ipaddr_equal(&a->addr, &b->addr);
}
