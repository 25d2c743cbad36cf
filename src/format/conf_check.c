/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rules between the keys of cluevpn.conf. */
#include "format/conf_check.h"

#include <stdio.h>
#include <string.h>

/* The first key's number must be less than the second one's. */
static const struct order {
	const char *less, *more;
} orders[] = {
	{ "rekey", "rekeyresponder" },
	{ "rekeyresponder", "reject" },
	{ "rekeypackets", "rejectpackets" },
};

static size_t
find_key(const char *name)
{
	return conf_key_find((struct span){ name, strlen(name) });
}

static const struct conf_said *
said_of(const struct conf_said *said, const char *name)
{
	return &said[find_key(name)];
}

static int64_t
number_of(const struct conf *c, size_t i)
{
	const void *at = (const char *)c + conf_keys[i].offset;

	if (conf_keys[i].kind == CONF_KIND_MS)
		return *(const int64_t *)at;
	return (int64_t) * (const uint64_t *)at;
}

static void
check_order(const struct conf *c, const struct conf_said *said,
	    const struct order *o, struct errs *es)
{
	size_t less = find_key(o->less), more = find_key(o->more);
	const struct conf_said *l = &said[less], *m = &said[more];
	char which[48] = "";
	struct err e;

	if (l->bad || m->bad || number_of(c, less) < number_of(c, more))
		return;
	if (l->line == 0 || m->line == 0)
		snprintf(which, sizeof(which), "; the default of %s is %s",
			 l->line == 0 ? o->less : o->more,
			 conf_keys[l->line == 0 ? less : more].def);
	err_at(&e, ERR_CONFLICT, l->line != 0 ? l->line : m->line, 0,
	       "%s must be less than %s%s", o->less, o->more, which);
	errs_add(es, &e);
}

static void
check_name(const struct conf *c, const struct conf_said *said, struct errs *es)
{
	struct err e;

	if (c->name != NULL || said_of(said, "name")->bad)
		return;
	err_set(&e, ERR_NOTFOUND,
		"name is missing: name = NODE says which node this is");
	errs_add(es, &e);
}

static void
check_log(const struct conf *c, const struct conf_said *said, struct errs *es)
{
	struct err e;

	if (c->logmethod != CONF_LOG_FILE || c->logfile != NULL ||
	    said_of(said, "logfile")->bad)
		return;
	err_at(&e, ERR_CONFLICT, said_of(said, "logmethod")->line, 0,
	       "logmethod is \"file\", but no logfile is given");
	errs_add(es, &e);
}

/* A group has an effect only when the daemon changes to a user. */
static void
check_group(const struct conf *c, const struct conf_said *said, struct errs *es)
{
	struct err e;

	if (c->group == NULL || c->user != NULL || said_of(said, "user")->bad)
		return;
	err_at(&e, ERR_CONFLICT, said_of(said, "group")->line, 0,
	       "group is given without user, and would do nothing: name the "
	       "user, too");
	errs_add(es, &e);
}

static void
check_ipv6(const struct conf *c, const struct conf_said *said, struct errs *es)
{
	struct err e;

	if (!c->disableipv6)
		return;
	if (c->preferipv6) {
		err_at(&e, ERR_CONFLICT, said_of(said, "preferipv6")->line, 0,
		       "preferipv6 and disableipv6 exclude each other");
		errs_add(es, &e);
	}
	for (unsigned int i = 0; i < c->nlisten; i++) {
		char text[IPADDR_TEXT_MAX];

		if (c->listen[i].family != IP_V6)
			continue;
		err_at(&e, ERR_CONFLICT, said_of(said, "disableipv6")->line, 0,
		       "disableipv6 contradicts listen = %s",
		       ipaddr_format(text, &c->listen[i]));
		errs_add(es, &e);
	}
}

void
conf_check(const struct conf *c, const struct conf_said *said, struct errs *es)
{
	check_name(c, said, es);
	check_log(c, said, es);
	check_group(c, said, es);
	check_ipv6(c, said, es);
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++)
		check_order(c, said, &orders[i], es);
}
