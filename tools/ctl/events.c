/* SPDX-License-Identifier: GPL-3.0-or-later */
/* events: recent events, and new ones as they happen. */
#include "ctl.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "lib/output.h"

#define COLUMN 27 /* after the time and the level */
#define LAST 20	  /* default number of events */

static bool
print_event(void *ctx, const json_t *e)
{
	const struct ctl *c = ctx;
	const char *peer = json_string_value(json_object_get(e, "peer"));

	if (c->json) {
		json_dumpf(e, stdout, JSON_COMPACT);
		putchar('\n');
	} else {
		char head[64];

		snprintf(head, sizeof(head), "%s %s", ctl_text(e, "time"),
			 ctl_text(e, "level"));
		output_wrap(COLUMN, head, "%s%s%s: %s",
			    peer == NULL ? "" : peer, peer == NULL ? "" : " ",
			    ctl_text(e, "event"), ctl_text(e, "text"));
	}
	/* The reader of a pipe needs each line at once. */
	return fflush(stdout) == 0;
}

enum ctl_exit
ctl_events(const struct ctl *c)
{
	struct ctl copy = *c;
	uint64_t last = LAST;
	char request[64];

	if (c->argc > 0 &&
	    text_u64(&last, (struct span){ c->argv[0], strlen(c->argv[0]) }, 0,
		     UINT32_MAX) < 0) {
		fprintf(stderr,
			"cluevpnctl: events: expected how many, found "
			"\"%s\"\n",
			c->argv[0]);
		return CTL_USAGE;
	}
	snprintf(request, sizeof(request), "%s %llu",
		 c->follow ? "follow" : "events", (unsigned long long)last);
	return client_stream(c->socket, request, print_event, &copy);
}
