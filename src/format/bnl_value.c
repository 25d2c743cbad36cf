/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads the values of a list's statements. */
#include "format/bnl_value.h"

#include <string.h>

#define HOST_NAME_MAX_LEN 253 /* RFC 1035, section 2.3.4 */
#define HOST_LABEL_MAX_LEN 63

const char *
bnl_quote(char out[BNL_QUOTED_MAX], struct span w)
{
	return text_escape(out, BNL_QUOTED_MAX, w.p, w.len);
}

bool
bnl_next_word(struct bnl_reader *r, struct span *w)
{
	if (!span_word(&r->rest, w))
		return false;
	r->at = (struct place){ r->number, (uint32_t)(w->p - r->line.p) + 1 };
	return true;
}

bool
bnl_need_word(struct bnl_reader *r, const char *expected, struct span *w)
{
	if (bnl_next_word(r, w))
		return true;
	BNL_COMPLAIN(r, ERR_SYNTAX, "%s: expected %s after it", r->statement,
		     expected);
	return false;
}

bool
bnl_need_end(struct bnl_reader *r)
{
	char q[BNL_QUOTED_MAX];
	struct span w;

	if (!bnl_next_word(r, &w))
		return true;
	BNL_COMPLAIN(r, ERR_SYNTAX, "%s: unexpected \"%s\" after the value",
		     r->statement, bnl_quote(q, w));
	return false;
}

#define NAME_EXPECTED \
	"1 to 63 of a-z 0-9 . _ -, beginning with a letter or digit"

bool
bnl_read_name(struct bnl_reader *r, struct span *w)
{
	char q[BNL_QUOTED_MAX];

	if (!bnl_need_word(r, "a name", w))
		return false;
	if (!text_is_node_name(*w)) {
		BNL_COMPLAIN(r, ERR_SYNTAX,
			     "%s \"%s\": a name is " NAME_EXPECTED,
			     r->statement, bnl_quote(q, *w));
		return false;
	}
	return true;
}

bool
bnl_read_time(struct bnl_reader *r, struct walltime *t)
{
	char q[BNL_QUOTED_MAX];
	struct walltime got;
	struct span w;

	if (!bnl_need_word(r, "a time like 2026-11-22T06:25:00Z", &w))
		return false;
	if (text_time_parse(&got, w) != 0 || got.s <= 0) {
		BNL_COMPLAIN(
			r, ERR_SYNTAX,
			"%s \"%s\": expected a time like 2026-11-22T06:25:00Z",
			r->statement, bnl_quote(q, w));
		return false;
	}
	*t = got;
	return true;
}

bool
bnl_read_sha256(struct bnl_reader *r, uint8_t out[SHA256_LEN])
{
	static const char expected[] = "sha256: and 64 hexadecimal digits";
	char q[BNL_QUOTED_MAX];
	struct span w;

	if (!bnl_need_word(r, expected, &w))
		return false;
	if (fingerprint_parse(out, w.p, w.len) != 0) {
		BNL_COMPLAIN(r, ERR_SYNTAX, "%s \"%s\": expected %s",
			     r->statement, bnl_quote(q, w), expected);
		return false;
	}
	return true;
}

bool
bnl_read_prefix(struct bnl_reader *r, struct prefix *p)
{
	static const char expected[] =
		"ADDRESS/LENGTH like 192.0.2.0/24 or 2001:db8::/48";
	char q[BNL_QUOTED_MAX], text[PREFIX_TEXT_MAX];
	struct span w;

	if (!bnl_need_word(r, expected, &w))
		return false;
	switch (prefix_parse(p, w.p, w.len)) {
	case 0:
		break;
	case -2:
		BNL_COMPLAIN(
			r, ERR_SYNTAX,
			"%s %s has bits set beyond its length: did you mean "
			"%s?",
			r->statement, bnl_quote(q, w), prefix_format(text, p));
		return false;
	default:
		BNL_COMPLAIN(r, ERR_SYNTAX, "%s \"%s\": expected %s",
			     r->statement, bnl_quote(q, w), expected);
		return false;
	}
	if (ipaddr_is_multicast(&p->addr) || ipaddr_is_loopback(&p->addr)) {
		BNL_COMPLAIN(r, ERR_RANGE, "%s %s cannot be routed: it is %s",
			     r->statement, prefix_format(text, p),
			     ipaddr_is_multicast(&p->addr) ? "multicast" :
							     "loopback");
		return false;
	}
	return true;
}

/* RFC 1123, section 2.1; a last label of digits alone would be a mistyped
 * IPv4 address (RFC 3696, section 2). */
static bool
is_host_name(struct span s)
{
	size_t label = 0;
	bool digits = true;
	char before = '.';

	if (s.len > HOST_NAME_MAX_LEN)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];
		bool digit = c >= '0' && c <= '9';

		if (c == '.') {
			if (before == '.' || before == '-')
				return false;
			label = 0;
			digits = true;
		} else {
			if (!digit && !(c >= 'a' && c <= 'z') &&
			    !(c >= 'A' && c <= 'Z') &&
			    !(c == '-' && before != '.'))
				return false;
			if (++label > HOST_LABEL_MAX_LEN)
				return false;
			digits = digits && digit;
		}
		before = c;
	}
	return before != '.' && before != '-' && !digits;
}

/* Host names are case-insensitive (RFC 4343): kept in lower case. */
static const char *
keep_host(struct bnl_reader *r, struct span s)
{
	char *copy = arena_strndup(&r->d->list->arena, s.p, s.len);

	if (copy == NULL) {
		r->d->nomem = true;
		return NULL;
	}
	for (size_t i = 0; i < s.len; i++)
		if (copy[i] >= 'A' && copy[i] <= 'Z')
			copy[i] = (char)(copy[i] - 'A' + 'a');
	return copy;
}

/* Returns the reason why other nodes could not send to the address, or NULL. */
static const char *
unusable_reason(const struct ipaddr *a)
{
	if (ipaddr_is_unspecified(a))
		return "the unspecified address";
	if (ipaddr_is_multicast(a))
		return "a multicast address";
	if (a->family == IP_V4 && memcmp(a->b, "\xff\xff\xff\xff", 4) == 0)
		return "the broadcast address";
	if (a->scope != 0 || (a->family == IP_V6 && ipaddr_is_linklocal(a)))
		return "an address of one link only";
	return NULL;
}

/* RFC 6890, section 2.2.2: loopback, link-local, "this network", reserved. */
const char *
bnl_address_doubt(const struct ipaddr *a)
{
	if (ipaddr_is_loopback(a))
		return "each host reaches only itself there (loopback)";
	if (ipaddr_is_linklocal(a))
		return "only hosts on the same link reach it (link-local)";
	if (a->family == IP_V4 && (a->b[0] == 0 || a->b[0] >= 240))
		return "no host can have it (reserved)";
	return NULL;
}

/* Suggests the right syntax for ADDRESS:PORT; false for any other text. */
static bool
hint_port(struct bnl_reader *r, struct span w)
{
	struct span host = w, port;
	char h[BNL_QUOTED_MAX], p[BNL_QUOTED_MAX];
	struct ipaddr a;
	uint64_t n;

	while (host.len > 0 && host.p[host.len - 1] != ':')
		host.len--;
	port = (struct span){ w.p + host.len, w.len - host.len };
	if (host.len == 0 || text_u64(&n, port, 1, UINT16_MAX) != 0)
		return false;
	host.len--;
	if (host.len > 2 && host.p[0] == '[' && host.p[host.len - 1] == ']')
		host = (struct span){ host.p + 1, host.len - 2 };
	if (!is_host_name(host) && ipaddr_parse(&a, host.p, host.len) != 0)
		return false;
	BNL_COMPLAIN(r, ERR_SYNTAX,
		     "address \"%s:%s\": did you mean "
		     "\"address %s port %s\"?",
		     bnl_quote(h, host), bnl_quote(p, port), h, p);
	return true;
}

bool
bnl_read_address(struct bnl_reader *r, struct bnl_address *a)
{
	static const char expected[] =
		"an IPv4 or IPv6 address or a host name, then perhaps \"port N\"";
	char q[BNL_QUOTED_MAX];
	struct span w;

	if (!bnl_need_word(r, expected, &w))
		return false;
	if (ipaddr_parse(&a->ep.addr, w.p, w.len) == 0) {
		const char *why = unusable_reason(&a->ep.addr);

		if (why == NULL)
			return true;
		BNL_COMPLAIN(r, ERR_RANGE, "address %s is %s", bnl_quote(q, w),
			     why);
		return false;
	}
	if (!is_host_name(w)) {
		if (!hint_port(r, w))
			BNL_COMPLAIN(r, ERR_SYNTAX,
				     "address \"%s\": expected %s",
				     bnl_quote(q, w), expected);
		return false;
	}
	a->host = keep_host(r, w);
	return a->host != NULL;
}

bool
bnl_read_port(struct bnl_reader *r, uint16_t *port)
{
	char q[BNL_QUOTED_MAX];
	uint64_t n;
	struct span w;

	*port = PROTO_PORT;
	if (!bnl_next_word(r, &w))
		return true;
	if (!span_is(w, "port")) {
		BNL_COMPLAIN(r, ERR_SYNTAX,
			     "address: unexpected \"%s\": expected "
			     "\"port N\" or nothing",
			     bnl_quote(q, w));
		return false;
	}
	if (!bnl_need_word(r, "a port from 1 to 65535", &w))
		return false;
	if (text_u64(&n, w, 1, UINT16_MAX) != 0) {
		BNL_COMPLAIN(r, ERR_RANGE,
			     "port \"%s\": expected a number from 1 to 65535",
			     bnl_quote(q, w));
		return false;
	}
	*port = (uint16_t)n;
	return bnl_need_end(r);
}
