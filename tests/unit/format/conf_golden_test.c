/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/golden/conf: each NAME.in is parsed as /etc/cluevpn/NAME.in. What it
 * says must be what stands in NAME.ok, or its errors those in NAME.err.
 */
#include <dirent.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/log.h"
#include "format/conf.h"

#define DIR_GOLDEN "tests/golden/conf"
#define TEXT_MAX 65536

static void
put_text(FILE *f, const char *key, const char *value)
{
	if (value != NULL)
		fprintf(f, "%s = %s\n", key, value);
}

static void
put_many(FILE *f, const char *key, const struct conf_many *m)
{
	for (unsigned int i = 0; i < m->n; i++)
		put_text(f, key, m->v[i]);
}

static void
put_bool(FILE *f, const char *key, bool value)
{
	put_text(f, key, value ? "yes" : "no");
}

static void
put_number(FILE *f, const char *key, uint64_t value, const char *unit)
{
	fprintf(f, "%s = %" PRIu64 "%s\n", key, value, unit);
}

static void
put_ms(FILE *f, const char *key, int64_t ms)
{
	put_number(f, key, (uint64_t)ms, "ms");
}

static void
put_algos(FILE *f, const struct conf_algos *a)
{
	fputs("cryptalgos =", f);
	for (unsigned int i = 0; i < a->nciphers; i++)
		fprintf(f, " %s:%u", aead_name(a->ciphers[i].alg),
			a->ciphers[i].preference);
	fputs("\ncompalgos =", f);
	for (unsigned int i = 0; i < a->ncomps; i++)
		fprintf(f, " %s:%u:%u", comp_name(a->comps[i].alg),
			a->comps[i].level, a->comps[i].preference);
	fputs("\n", f);
}

/* What is left, by name. */
static void
put_offload(FILE *f, uint8_t offload)
{
	fputs("offload =", f);
	for (size_t i = 0; i < CONF_OFFLOADS; i++)
		if ((offload & conf_offload_bit(i)) != 0)
			fprintf(f, " %s", conf_offload_name(i));
	fputs("\n", f);
}

static void
put_hooks(FILE *f, const struct conf *c)
{
	put_text(f, "upcmd", c->upcmd);
	put_text(f, "downcmd", c->downcmd);
	put_text(f, "subnetupcmd", c->subnetupcmd);
	put_text(f, "subnetdowncmd", c->subnetdowncmd);
	put_text(f, "mysubnetupcmd", c->mysubnetupcmd);
	put_text(f, "mysubnetdowncmd", c->mysubnetdowncmd);
	put_text(f, "nodeupcmd", c->nodeupcmd);
	put_text(f, "nodedowncmd", c->nodedowncmd);
	put_text(f, "changecmd", c->changecmd);
}

static void
put_timers(FILE *f, const struct conf_timers *t)
{
	put_ms(f, "rekey", t->rekey_after);
	put_ms(f, "rekeyresponder", t->rekey_after_responder);
	put_ms(f, "reject", t->reject_after);
	put_number(f, "rekeypackets", t->rekey_packets, "");
	put_number(f, "rejectpackets", t->reject_packets, "");
	put_ms(f, "initretry", t->init_retry);
	put_ms(f, "initgiveup", t->init_give_up);
	put_ms(f, "initretryslow", t->init_retry_slow);
	put_ms(f, "answer", t->answer_after);
	put_ms(f, "silence", t->silence_after);
	put_ms(f, "unanswered", t->unanswered);
	put_ms(f, "negotiategap", t->negotiate_gap);
	put_ms(f, "negotiatebackoff", t->negotiate_backoff);
	put_ms(f, "cookierotate", t->cookie_rotate);
	put_ms(f, "channelhandshake", t->channel_handshake);
	put_ms(f, "channelidle", t->channel_idle);
	put_ms(f, "mturaise", t->mtu_raise);
}

static void
put_conf(FILE *f, const struct conf *c)
{
	static const char *const methods[] = { "syslog", "file", "stderr" };
	char text[IPADDR_TEXT_MAX];

	put_text(f, "name", c->name);
	put_text(f, "network", c->network);
	put_text(f, "devname", c->devname);
	put_text(f, "cert", c->cert);
	put_text(f, "privkey", c->privkey);
	put_many(f, "cacert", &c->cacert);
	put_text(f, "restrictouname", c->restrictouname);
	put_number(f, "port", c->port, "");
	for (unsigned int i = 0; i < c->nlisten; i++)
		put_text(f, "listen", ipaddr_format(text, &c->listen[i]));
	put_bool(f, "disableipv6", c->disableipv6);
	put_bool(f, "preferipv6", c->preferipv6);
	put_text(f, "bnl", c->bnl);
	put_many(f, "bnlpubkey", &c->bnlpubkey);
	put_text(f, "statedir", c->statedir);
	put_number(f, "mtu", c->mtu, "");
	put_offload(f, c->offload);
	put_bool(f, "dscp", c->dscp);
	put_bool(f, "ecn", c->ecn);
	put_number(f, "keepalive", c->keepalive, "s");
	put_number(f, "pullinterval", c->pullinterval, "s");
	put_number(f, "maxconnections", c->maxconnections, "");
	put_number(f, "listmaxage", c->listmaxage, "s");
	put_text(f, "loglevel", log_level_name((enum log_level)c->loglevel));
	put_text(f, "logmethod", methods[c->logmethod]);
	put_text(f, "logfile", c->logfile);
	put_text(f, "user", c->user);
	put_text(f, "group", c->group);
	put_hooks(f, c);
	put_bool(f, "autoconf", c->autoconf);
	put_bool(f, "realtime", c->realtime);
	put_text(f, "ctlsocket", c->ctlsocket);
	put_text(f, "ctlgroup", c->ctlgroup);
	put_timers(f, &c->timers);
	put_algos(f, &c->algos);
	for (unsigned int i = 0; i < c->nnodes; i++) {
		put_text(f, "node", c->nodes[i].name);
		put_algos(f, &c->nodes[i].algos);
	}
}

/* The length, or -1 when there is no such file. */
static int
read_file(char *out, const char *path)
{
	FILE *f = fopen(path, "r");
	size_t len;

	if (f == NULL)
		return -1;
	len = fread(out, 1, TEXT_MAX - 1, f);
	assert_true(len < TEXT_MAX - 1);
	fclose(f);
	out[len] = '\0';
	return (int)len;
}

/* Writes what parsing gave into out; true when it was accepted. */
static bool
outcome(char *out, const char *name, const char *text, size_t len)
{
	struct errs es = { .count = 0 };
	struct conf *c = NULL;
	char line[512];
	bool ok = conf_parse(&c, text, len, "/etc/cluevpn", &es) == 0;
	FILE *f = fmemopen(out, TEXT_MAX, "w");

	assert_non_null(f);
	if (ok)
		put_conf(f, c);
	for (unsigned int i = 0; i < es.count && i < ERRS_MAX; i++)
		fprintf(f, "%s\n",
			err_format(line, sizeof(line), name, &es.e[i]));
	if (es.count > ERRS_MAX)
		fprintf(f, "and %u more\n", es.count - ERRS_MAX);
	fclose(f);
	conf_free(c);
	return ok;
}

static void
check_file(const char *name)
{
	static char in[TEXT_MAX], got[TEXT_MAX], want[TEXT_MAX];
	size_t stem = strlen(name) - strlen(".in");
	char path[512];
	int len;
	bool ok;

	snprintf(path, sizeof(path), "%s/%s", DIR_GOLDEN, name);
	len = read_file(in, path);
	assert_true(len >= 0);
	ok = outcome(got, name, in, (size_t)len);
	snprintf(path, sizeof(path), "%s/%.*s.%s", DIR_GOLDEN, (int)stem, name,
		 ok ? "ok" : "err");
	if (read_file(want, path) < 0)
		want[0] = '\0';
	if (strcmp(got, want) != 0) {
		fprintf(stderr, "%s should have been:\n%s", path, got);
		fail_msg("%s differs or is not there", path);
	}
}

static void
test_golden(void **state)
{
	DIR *d = opendir(DIR_GOLDEN);
	struct dirent *de;
	unsigned int n = 0;

	(void)state;
	assert_non_null(d);
	while ((de = readdir(d)) != NULL) {
		size_t len = strlen(de->d_name);

		if (len <= 3 || strcmp(de->d_name + len - 3, ".in") != 0)
			continue;
		check_file(de->d_name);
		n++;
	}
	closedir(d);
	assert_true(n >= 10);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
