/* SPDX-License-Identifier: GPL-3.0-or-later */
/* why: prints a sentence, a hint and the evidence. */
#include "ctl.h"

#include <stdio.h>
#include <string.h>

#include "lib/output.h"

#define POLL_MS 50
#define AGAIN_MS 300  /* no answer yet: dial once more */
#define LIMIT_MS 1600 /* keeps the total below two seconds */

static enum ctl_exit
ask_about(const struct ctl *c, const char *word, json_t **out)
{
	char request[256];

	snprintf(request, sizeof(request), "%s %s", word, c->argv[0]);
	return client_ask(out, c->socket, request);
}

static enum ctl_exit
send_probe(const struct ctl *c, const char *how)
{
	json_t *done;
	enum ctl_exit rc = ask_about(c, how, &done);

	if (rc == CTL_OK)
		json_decref(done);
	return rc;
}

/* Asks repeatedly until the daemon's answer is final. */
static enum ctl_exit
find_out(const struct ctl *c, json_t **out)
{
	enum ctl_exit rc = ask_about(c, "why", out);

	/* Without such a node there is nothing to wait for. */
	if (rc != CTL_OK || json_is_null(json_object_get(*out, "peer")))
		return rc;
	json_decref(*out);
	rc = send_probe(c, "dial");
	for (int ms = 0; rc == CTL_OK; ms += POLL_MS) {
		ctl_pause_ms(POLL_MS);
		rc = ask_about(c, "why", out);
		if (rc != CTL_OK)
			break;
		if (ms >= LIMIT_MS ||
		    json_is_true(json_object_get(*out, "settled")))
			return CTL_OK;
		json_decref(*out);
		if (ms == AGAIN_MS)
			rc = send_probe(c, "dial");
	}
	return rc;
}

static void
print_events(const json_t *events)
{
	const json_t *e;
	size_t i;

	json_array_foreach(events, i, e) output_wrap(
		13, i == 0 ? "events" : "", "%s %s: %s", ctl_text(e, "time"),
		ctl_text(e, "event"), ctl_text(e, "text"));
}

static void
print_evidence(const json_t *why)
{
	const json_t *others = json_object_get(why, "others"), *subnet;
	const json_t *cert = json_object_get(why, "certificate"), *warning;
	size_t i;

	printf("\n");
	json_array_foreach(json_object_get(why, "warnings"), i, warning)
		output_wrap(13, i == 0 ? "warning" : "", "%s",
			    json_string_value(warning));
	json_array_foreach(json_object_get(why, "subnets"), i, subnet) printf(
		"%-12s %s\n", i == 0 ? "route" : "", json_string_value(subnet));
	if (json_is_object(json_object_get(why, "peer")))
		ctl_print_peer(json_object_get(why, "peer"));
	printf("%-12s %s\n", "our list", ctl_text(why, "list"));
	printf("%-12s ends %s\n", "our cert", ctl_text(cert, "not_after"));
	printf("%-12s %" JSON_INTEGER_FORMAT "\n", "mtu",
	       ctl_number(why, "mtu"));
	if (ctl_number(others, "asked") > 0)
		printf("%-12s %" JSON_INTEGER_FORMAT
		       " asked, %" JSON_INTEGER_FORMAT
		       " reach it, %" JSON_INTEGER_FORMAT " do not\n",
		       "others", ctl_number(others, "asked"),
		       ctl_number(others, "reach"),
		       ctl_number(others, "do_not_reach"));
	json_array_foreach(json_object_get(why, "own_disk"), i, warning)
		output_wrap(13, i == 0 ? "our disk" : "", "%s",
			    ctl_text(warning, "text"));
	print_events(json_object_get(why, "events"));
}

enum ctl_exit
ctl_why(const struct ctl *c)
{
	json_t *why;
	enum ctl_exit rc = find_out(c, &why);

	if (rc != CTL_OK)
		return rc;
	if (c->json) {
		ctl_print_json(why);
	} else {
		output_wrap(0, "", "%s", ctl_text(why, "sentence"));
		if (ctl_text(why, "hint")[0] != '\0')
			output_wrap(6, "hint:", "%s", ctl_text(why, "hint"));
		print_evidence(why);
	}
	rc = (enum ctl_exit)ctl_number(why, "exit");
	json_decref(why);
	return rc;
}
