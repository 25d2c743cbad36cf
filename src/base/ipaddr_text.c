/* SPDX-License-Identifier: GPL-3.0-or-later */
/* IP addresses, prefixes and endpoints as text (RFC 4291, RFC 5952). */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/ipaddr.h"
#include "base/text.h"

static const uint8_t v4mapped[12] = { [10] = 0xff, [11] = 0xff };

static bool
parse_v4(struct ipaddr *out, const char *text)
{
	out->family = IP_V4;
	return inet_pton(AF_INET, text, out->b) == 1;
}

static bool
parse_v6(struct ipaddr *out, const char *text)
{
	out->family = IP_V6;
	if (inet_pton(AF_INET6, text, out->b) != 1)
		return false;
	if (memcmp(out->b, v4mapped, sizeof(v4mapped)) == 0) {
		memcpy(out->b, out->b + 12, 4);
		memset(out->b + 4, 0, 12);
		out->family = IP_V4;
	}
	return true;
}

/* The zone behind '%' (RFC 4007): an interface index, link-local only. */
static bool
parse_zone(struct ipaddr *a, struct span zone)
{
	uint64_t index;

	if (a->family != IP_V6 || !ipaddr_is_linklocal(a) || zone.p[0] == '0' ||
	    text_u64(&index, zone, 1, UINT32_MAX) < 0)
		return false;
	a->scope = (uint32_t)index;
	return true;
}

int
ipaddr_parse(struct ipaddr *out, const char *text, size_t len)
{
	const char *percent = len != 0 ? memchr(text, '%', len) : NULL;
	size_t addrlen = percent != NULL ? (size_t)(percent - text) : len;
	char copy[IPADDR_TEXT_MAX];
	struct ipaddr a;
	bool ok;

	if (addrlen >= sizeof(copy) || addrlen == 0 ||
	    memchr(text, '\0', addrlen) != NULL)
		return -1;
	memcpy(copy, text, addrlen);
	copy[addrlen] = '\0';
	memset(&a, 0, sizeof(a));
	ok = strchr(copy, ':') != NULL ? parse_v6(&a, copy) :
					 parse_v4(&a, copy);
	if (!ok)
		return -1;
	if (percent != NULL) {
		struct span zone = { percent + 1, len - addrlen - 1 };

		if (zone.len == 0 || !parse_zone(&a, zone))
			return -1;
	}
	*out = a;
	return 0;
}

int
prefix_parse(struct prefix *out, const char *text, size_t len)
{
	const char *slash = len != 0 ? memchr(text, '/', len) : NULL;
	struct ipaddr a;
	struct span bits;
	uint64_t n;

	if (slash == NULL || ipaddr_parse(&a, text, (size_t)(slash - text)) < 0)
		return -1;
	/* Prefix lengths of v4-mapped addresses are refused: they count from
	 * 96. */
	if (a.family == IP_V4 && memchr(text, ':', len) != NULL)
		return -1;
	bits = (struct span){ slash + 1, len - (size_t)(slash - text) - 1 };
	if (a.scope != 0 || text_u64(&n, bits, 0, ipaddr_bits(&a)) < 0 ||
	    (bits.len > 1 && bits.p[0] == '0'))
		return -1;
	*out = prefix_mask(&a, (unsigned int)n);
	return ipaddr_equal(&out->addr, &a) ? 0 : -2;
}

static unsigned int
get_group(const struct ipaddr *a, unsigned int i)
{
	return (unsigned int)a->b[2 * i] << 8 | a->b[2 * i + 1];
}

/* The longest run of zero groups, at least two, the first of equals (RFC
 * 5952, 4.2). Returns its length, 0 when there is none. */
static unsigned int
zero_run(const struct ipaddr *a, unsigned int *start)
{
	unsigned int best = 1;

	*start = 0;
	for (unsigned int i = 0; i < 8; i++) {
		unsigned int n = 0;

		while (i + n < 8 && get_group(a, i + n) == 0)
			n++;
		if (n > best) {
			best = n;
			*start = i;
		}
	}
	return best > 1 ? best : 0;
}

static void
format_v6(char out[IPADDR_TEXT_MAX], const struct ipaddr *a)
{
	unsigned int start;
	unsigned int run = zero_run(a, &start);
	unsigned int i = 0;
	size_t n = 0;

	while (i < 8) {
		if (run != 0 && i == start) {
			out[n++] = ':';
			out[n++] = ':';
			i += run;
			continue;
		}
		if (n != 0 && out[n - 1] != ':')
			out[n++] = ':';
		n += (size_t)snprintf(out + n, 5, "%x", get_group(a, i));
		i++;
	}
	out[n] = '\0';
	if (a->scope != 0)
		snprintf(out + n, IPADDR_TEXT_MAX - n, "%%%" PRIu32, a->scope);
}

char *
ipaddr_format(char out[IPADDR_TEXT_MAX], const struct ipaddr *a)
{
	switch (a->family) {
	case IP_V4:
		snprintf(out, IPADDR_TEXT_MAX, "%u.%u.%u.%u", a->b[0], a->b[1],
			 a->b[2], a->b[3]);
		break;
	case IP_V6:
		format_v6(out, a);
		break;
	default:
		snprintf(out, IPADDR_TEXT_MAX, "none");
		break;
	}
	return out;
}

char *
prefix_format(char out[PREFIX_TEXT_MAX], const struct prefix *p)
{
	char addr[IPADDR_TEXT_MAX];

	snprintf(out, PREFIX_TEXT_MAX, "%s/%u", ipaddr_format(addr, &p->addr),
		 p->len);
	return out;
}

char *
endpoint_format(char out[ENDPOINT_TEXT_MAX], const struct endpoint *e)
{
	char addr[IPADDR_TEXT_MAX];
	bool v6 = e->addr.family == IP_V6;

	snprintf(out, ENDPOINT_TEXT_MAX, "%s%s%s:%u", v6 ? "[" : "",
		 ipaddr_format(addr, &e->addr), v6 ? "]" : "", e->port);
	return out;
}
