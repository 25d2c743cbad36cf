/* SPDX-License-Identifier: GPL-3.0-or-later */
/* IP addresses, prefixes and endpoints, without any system header. */
#ifndef BASE_IPADDR_H
#define BASE_IPADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ip_family { IP_NONE = 0, IP_V4 = 4, IP_V6 = 6 };

/* IPv4 occupies the first four bytes, the rest is zero; so memcmp() orders two
 * addresses of one family. scope: interface index of a link-local. */
struct ipaddr {
	uint8_t family; /* enum ip_family */
	uint8_t b[16];	/* network order */
	uint32_t scope;
};

struct prefix {
	struct ipaddr addr; /* host bits are zero */
	uint8_t len;	    /* bits: 0..32 or 0..128 */
};

struct endpoint {
	struct ipaddr addr;
	uint16_t port; /* host order; 0: none */
};

#define IPADDR_TEXT_MAX 64 /* with scope and NUL */
#define PREFIX_TEXT_MAX 72
#define ENDPOINT_TEXT_MAX 80 /* "192.0.2.1:3406", "[2001:db8::1]:3406" */

/* Strict text forms (RFC 4291, RFC 5952 out); no leading zeros in IPv4, no
 * v4-mapped v6 (folded to v4). 0 or -1, out untouched on -1. */
int ipaddr_parse(struct ipaddr *out, const char *text, size_t len);
/* "ADDR/LEN", neither scoped nor v4-mapped; -2 when host bits are set (out
 * then holds it masked). */
int prefix_parse(struct prefix *out, const char *text, size_t len);
char *ipaddr_format(char out[IPADDR_TEXT_MAX], const struct ipaddr *a);
char *prefix_format(char out[PREFIX_TEXT_MAX], const struct prefix *p);
char *endpoint_format(char out[ENDPOINT_TEXT_MAX], const struct endpoint *e);

unsigned int ipaddr_bits(const struct ipaddr *a); /* 32, 128 or 0 */
int ipaddr_cmp(const struct ipaddr *a, const struct ipaddr *b);
bool ipaddr_equal(const struct ipaddr *a, const struct ipaddr *b);
bool ipaddr_is_multicast(const struct ipaddr *a);
bool ipaddr_is_unspecified(const struct ipaddr *a);
bool ipaddr_is_loopback(const struct ipaddr *a);
bool ipaddr_is_linklocal(const struct ipaddr *a);
/* True for an IPv4 address in the form ::ffff:a.b.c.d (RFC 4291, section
 * 2.5.5.2), which the system would use as IPv4. Parsers and sockets never yield
 * one. */
bool ipaddr_is_v4mapped(const struct ipaddr *a);
/* True for equal IPv4 addresses, and for IPv6 addresses of one /64, since a
 * site usually controls a whole /64 (RFC 6177). */
bool ipaddr_same_site(const struct ipaddr *a, const struct ipaddr *b);
/* Clears the host bits and the scope; a len beyond the family's bits counts as
 * all of them. */
struct prefix prefix_mask(const struct ipaddr *a, unsigned int len);
bool prefix_contains(const struct prefix *p, const struct ipaddr *a);
/* True when every address of inner is in outer. */
bool prefix_covers(const struct prefix *outer, const struct prefix *inner);
bool prefix_overlaps(const struct prefix *a, const struct prefix *b);
/* Orders by family, address, then length: a prefix sorts before those inside
 * it. */
int prefix_cmp(const struct prefix *a, const struct prefix *b);
/* The last address of the prefix. */
struct ipaddr prefix_last(const struct prefix *p);
/* The address that a node's own subnet gives its host: the first one after the
 * network address; the address itself for /31 /32 /127 /128. */
struct ipaddr prefix_first_host(const struct prefix *p);
bool endpoint_equal(const struct endpoint *a, const struct endpoint *b);

#endif
