/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each reason from made-up evidence, in the order in which they are judged;
 * each exit status stands in cluevpnctl(8). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/why.h"
#include "format/proto.h"

#define MAN "man/cluevpnctl.8"

#define OURS                        \
	{                           \
		.timestamp.s = 2000 \
	}
#define OLDER                       \
	{                           \
		.timestamp.s = 1000 \
	}
#define NEWER                       \
	{                           \
		.timestamp.s = 3000 \
	}
/* A node of a list in force. */
#define NODE .name = "beta", .list = true, .listed = true, .ours = OURS
#define AT                                                          \
	{                                                           \
		.addr = { .family = IP_V4, .b = { 192, 0, 2, 2 } }, \
		.port = 3406                                        \
	}

/* clang-format off */
static const struct {
	struct why w;
	enum why_reason reason;
	const char *says;		/* in the sentence */
	const char *hint;		/* in the hint */
} cases[] = {
	{ { NODE, .self = true }, WHY_REACHABLE, "beta is this node", "" },
	{ { NODE, .answered = true, .at = AT, .rtt_us = 1234 },
	  WHY_REACHABLE, "beta is reachable at 192.0.2.2:3406, round trip "
	  "1.234 ms", "" },
	/* What was is over once it answers. */
	{ { NODE, .answered = true, .bye.s = 1, .closed = 1,
	    .refused_it = REFUSE_PIN }, WHY_REACHABLE, "reachable", "" },
	{ { .name = "bata", .list = true, .ours = OURS,
	    .nearest = { "beta", "bata2" } }, WHY_NO_NAME,
	  "the list has no node bata; near it: beta, bata2", "names" },
	{ { .name = "x", .list = true }, WHY_NO_NAME, "no node x", "" },
	{ { .name = "beta", .list = true, .gone.s = 86400,
	    .gone_by = OURS }, WHY_REMOVED,
	  "beta was removed from the list, by the one of "
	  "1970-01-01T00:33:20Z (00000000), taken here at "
	  "1970-01-02T00:00:00Z", "invite" },
	{ { .name = "beta", .removed_us = true, .ours = OURS }, WHY_REMOVED,
	  "this node was removed from the network: the list in force",
	  "invite" },
	{ { .name = "alpha", .self = true, .removed_us = true, .ours = OURS },
	  WHY_REMOVED, "this node was removed", "join" },
	{ { .name = "alpha", .self = true, .list = true, .removed_by = "beta",
	    .judged_by = NEWER, .ours = OURS }, WHY_REMOVED,
	  "beta refuses it by the newer list", "invite" },
	{ { NODE, .removed_by = "gamma", .judged_by = NEWER }, WHY_REMOVED,
	  "gamma refuses it by the newer list of 1970-01-01T00:50:00Z",
	  "invite" },
	{ { NODE, .answered = true, .removed_by = "gamma" }, WHY_REACHABLE,
	  "reachable", "" },
	{ { NODE, .refused_us = REFUSE_NOT_LISTED, .judged_by = NEWER },
	  WHY_REMOVED, "this node was removed from the network: beta",
	  "join" },
	{ { NODE, .refused_us = REFUSE_NOT_LISTED, .judged_by = OLDER },
	  WHY_OLDER_LIST, "beta has an older list", "push" },
	{ { .name = "beta" }, WHY_NO_LIST, "no list in force", "status" },
	{ { NODE, .refused_it = REFUSE_PIN, .pinned = true,
	    .pin = { 0xbb }, .offered = { 0xaa } }, WHY_KEY,
	  "it offers sha256:aa", "new key" },
	{ { NODE, .refused_it = REFUSE_PIN, .pinned = true,
	    .pin = { 0xbb }, .offered = { 0xaa } }, WHY_KEY,
	  "the list says sha256:bb", "new key" },
	{ { NODE, .refused_it = REFUSE_REVOKED, .offered = { 0xaa } },
	  WHY_KEY, "revoked", "" },
	{ { NODE, .refused_us = REFUSE_PIN }, WHY_KEY,
	  "beta refuses the key of this node", "" },
	{ { NODE, .addresses = 1, .closed = 1, .tried = AT }, WHY_CLOSED,
	  "refuses connections at 192.0.2.2:3406", "running" },
	{ { NODE, .addresses = 1, .closed = 1, .one_way = true, .tried = AT },
	  WHY_CLOSED, "refuses connections", "" },
	{ { NODE, .addresses = 1, .silent = 1, .tried = AT }, WHY_SILENT,
	  "no answer from beta at its address 192.0.2.2:3406", "host up" },
	{ { NODE, .addresses = 3, .asked = 3, .up = 2, .down = 1 },
	  WHY_SILENT, "any of its 3 addresses; 2 of 3 other nodes reach it",
	  "between the two" },
	{ { NODE, .addresses = 1, .asked = 3, .up = 1, .down = 0 },
	  WHY_SILENT, "1 of 1 other nodes reaches it", "between the two" },
	{ { NODE, .addresses = 1, .asked = 2, .down = 2 }, WHY_SILENT,
	  "none of 2 other nodes reaches it either", "host up" },
	{ { NODE, .addresses = 1, .asked = 2 }, WHY_SILENT,
	  "no other node says", "host up" },
	{ { NODE, .addresses = 1, .reached = 1, .closed = 1, .tried = AT },
	  WHY_SILENT, "answers by TCP, and not by UDP", "UDP" },
	{ { NODE, .addresses = 1, .one_way = true, .silent = 1 },
	  WHY_ONE_WAY, "beta is heard, and does not hear", "firewall" },
	{ { NODE, .clock_wrong = true, .bye.s = 1 }, WHY_DATE,
	  "clock of this host", "NTP" },
	{ { NODE, .cert_ended = true }, WHY_DATE, "has ended", "renew" },
	{ { NODE, .cert_early = true }, WHY_DATE, "not valid yet", "" },
	{ { NODE, .date = "its certificate has expired" }, WHY_DATE,
	  "with beta: its certificate has expired", "" },
	/* A goodbye counts while nothing that came later speaks against it. */
	{ { NODE, .bye.s = 86400, .closed = 1, .addresses = 1 }, WHY_BYE,
	  "stopped by its operator at 1970-01-02T00:00:00Z", "start" },
	{ { NODE, .bye.s = 86400 }, WHY_BYE, "stopped by its operator", "" },
	{ { NODE, .bye.s = 86400, .date = "it has expired" }, WHY_DATE,
	  "it has expired", "" },
	{ { NODE, .bye.s = 86400, .refused_us = REFUSE_PIN }, WHY_KEY,
	  "refuses the key", "" },
	{ { NODE, .bye.s = 86400, .refused_it = REFUSE_OU }, WHY_REFUSED,
	  "this node refuses", "" },
	{ { NODE, .bye.s = 86400, .addresses = 1 }, WHY_BYE, "stopped", "" },
	{ { NODE, .bye.s = 86400, .addresses = 1, .probed = true,
	    .failed = "odd" },
	  WHY_REFUSED, "odd", "" },
	{ { NODE, .bye.s = 86400, .addresses = 1, .silent = 1,
	    .probed = true }, WHY_SILENT,
	  "no answer from beta at any of its 1 addresses; it said goodbye at "
	  "1970-01-02T00:00:00Z", "" },
	{ { NODE, .bye.s = 86400, .addresses = 1, .closed = 1, .up = 1 },
	  WHY_CLOSED, "1 of 1 other nodes reaches it", "" },
	{ { NODE, .bye.s = 86400, .reached = 1, .addresses = 1, .tried = AT,
	    .probed = true },
	  WHY_SILENT, "answers by TCP", "" },
	/* Each fault of the way has its own sentence. */
	{ { NODE, .answered = true, .tcp_shut = true, .at = AT, .tried = AT,
	    .closed = 1 }, WHY_TCP_SHUT, "beta is reachable at 192.0.2.2:3406 "
	  "by UDP, and TCP to 192.0.2.2:3406 is refused", "TCP" },
	{ { NODE, .answered = true, .tcp_shut = true, .tried = AT },
	  WHY_TCP_SHUT, "gets no answer: no new secret", "firewall" },
	{ { NODE, .no_route = "192.0.2.2: Network is unreachable",
	    .bye.s = 1, .addresses = 1, .silent = 1 }, WHY_NO_ROUTE,
	  "this host has no way to beta: 192.0.2.2: Network is unreachable",
	  "ip link" },
	{ { NODE, .host = "b.example", .host_error = "Name not known",
	    .bye.s = 1, .addresses = 1, .silent = 1, .probed = true },
	  WHY_NO_HOST,
	  "the host name b.example of beta cannot be looked up: Name not",
	  "name servers" },
	{ { NODE, .host = "b.example" }, WHY_NO_HOST,
	  "no name server has answered yet", "" },
	{ { NODE, .refused_it = REFUSE_WRONG_NAME, .tried = AT,
	    .other = "the certificate is of gamma", .bye.s = 1 }, WHY_OTHER,
	  "beta does not answer at its address 192.0.2.2:3406, but something "
	  "else does: the certificate is of gamma", "address" },
	{ { NODE, .refused_us = REFUSE_OU, .refusal = "no" }, WHY_REFUSED,
	  "beta refuses this node: ", "log" },
	{ { NODE, .refused_it = REFUSE_VERSION, .refusal = "1 here" },
	  WHY_REFUSED, ": 1 here", "log" },
	{ { NODE, .failed = "other side does not speak TLS" }, WHY_REFUSED,
	  "no connection to beta: other side", "log" },
	/* Who is busy is there. */
	{ { NODE, .refused_us = REFUSE_BUSY, .addresses = 1 }, WHY_SILENT,
	  "no answer", "" },
	{ { NODE }, WHY_NO_ADDRESS, "no address of beta", "address" },
};
/* clang-format on */

static void
test_verdicts(void **state)
{
	bool seen[WHYS] = { false };
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct why *w = &cases[i].w;
		enum why_reason r = why_verdict(w);

		why_sentence(text, sizeof(text), w, r);
		if (r != cases[i].reason)
			fail_msg("case %zu: %s: %s", i, why_name(r), text);
		if (strstr(text, cases[i].says) == NULL)
			fail_msg("case %zu says: %s", i, text);
		if (strstr(why_hint(w, r), cases[i].hint) == NULL)
			fail_msg("case %zu hints: %s", i, why_hint(w, r));
		seen[r] = true;
	}
	for (int r = 0; r < WHYS; r++)
		if (!seen[r])
			fail_msg("no case for %s",
				 why_name((enum why_reason)r));
}

/* However little room there is, it is terminated within. */
static void
test_room(void **state)
{
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		for (size_t cap = 1; cap < 100; cap++) {
			memset(text, 'x', sizeof(text));
			why_sentence(text, cap, &cases[i].w, cases[i].reason);
			assert_non_null(memchr(text, '\0', cap));
			assert_int_equal(text[cap], 'x');
		}
	}
}

static void
test_man_page(void **state)
{
	char page[32768], want[80];
	FILE *f = fopen(MAN, "r");
	size_t len;

	(void)state;
	if (f == NULL)
		fail_msg(MAN ": cannot be opened");
	len = fread(page, 1, sizeof(page) - 1, f);
	fclose(f);
	assert_in_range(len, 1000, sizeof(page) - 2);
	page[len] = '\0';
	for (int r = 1; r < WHYS; r++) {
		snprintf(want, sizeof(want), "\n.It %d\n.Cm %s :\n",
			 why_exit((enum why_reason)r),
			 why_name((enum why_reason)r));
		if (strstr(page, want) == NULL)
			fail_msg("not in " MAN ": %s", want);
	}
	for (int r = 0; r < WHYS; r++)
		for (int s = 0; s < r; s++)
			assert_int_not_equal(why_exit((enum why_reason)r),
					     why_exit((enum why_reason)s));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_man_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
