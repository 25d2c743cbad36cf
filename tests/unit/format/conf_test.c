/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cluevpn.conf: every kind of value, defaults, sections, what is refused. */
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
#include "format/conf_schema.h"

static struct conf *
parse(const char *text, struct errs *es)
{
	/* A copy of the exact size, so that a sanitizer sees a bad read. */
	size_t len = strlen(text);
	char *copy = malloc(len + (len == 0));
	struct conf *c = NULL;
	int ret;

	assert_non_null(copy);
	memcpy(copy, text, len);
	es->count = 0;
	ret = conf_parse(&c, copy, len, "/etc/cluevpn", es);
	free(copy);
	assert_int_equal(ret, es->count == 0 ? 0 : -1);
	assert_int_equal(c == NULL, ret != 0);
	return c;
}

static struct conf *
parse_ok(const char *text)
{
	struct errs es;
	struct conf *c = parse(text, &es);

	if (c == NULL)
		fail_msg("line %u: %s", es.e[0].line, es.e[0].text);
	return c;
}

/* Exactly one error, of that code, at that place, that says `says`. */
static void
refused(const char *text, enum err_code code, unsigned int line,
	unsigned int column, const char *says)
{
	struct errs es;

	assert_null(parse(text, &es));
	if (es.count != 1)
		fail_msg("%u errors; second: %s", es.count, es.e[1].text);
	if (es.e[0].code != code || es.e[0].line != line ||
	    es.e[0].column != column || strstr(es.e[0].text, says) == NULL)
		fail_msg("%u:%u: %s (%s); wanted %u:%u: %s (%s)", es.e[0].line,
			 es.e[0].column, es.e[0].text,
			 err_code_name(es.e[0].code), line, column, says,
			 err_code_name(code));
}

static void
test_defaults(void **state)
{
	struct conf *c = parse_ok("name = alpha\n");
	const struct conf_timers *t = &c->timers;

	(void)state;
	assert_string_equal(c->name, "alpha");
	assert_string_equal(c->devname, "cluevpn0");
	assert_string_equal(c->cert, "/etc/cluevpn/node.pem");
	assert_string_equal(c->privkey, "/etc/cluevpn/node.key");
	assert_int_equal(c->cacert.n, 1);
	assert_string_equal(c->cacert.v[0], "/etc/cluevpn/ca.pem");
	assert_null(c->restrictouname);
	assert_int_equal(c->port, 3406);
	assert_int_equal(c->nlisten, 0);
	assert_false(c->disableipv6);
	assert_false(c->preferipv6);
	assert_string_equal(c->bnl, "/var/lib/cluevpn/network.bnl");
	assert_int_equal(c->bnlpubkey.n, 1);
	assert_string_equal(c->bnlpubkey.v[0], "/etc/cluevpn/bnl-pub.pem");
	assert_string_equal(c->statedir, "/var/lib/cluevpn");
	assert_int_equal(c->mtu, 1420);
	assert_int_equal(c->keepalive, 0);
	assert_int_equal(c->pullinterval, 300);
	assert_int_equal(c->maxconnections, 64);
	assert_int_equal(c->loglevel, LOG_LVL_INFO);
	assert_int_equal(c->logmethod, CONF_LOG_SYSLOG);
	assert_null(c->logfile);
	assert_null(c->user);
	assert_null(c->group);
	assert_null(c->upcmd);
	assert_null(c->nodedowncmd);
	assert_true(c->autoconf);
	assert_true(c->realtime);
	assert_string_equal(c->ctlsocket, "/run/cluevpn/ctl");
	assert_int_equal(t->rekey_after, 120000);
	assert_int_equal(t->rekey_after_responder, 150000);
	assert_int_equal(t->reject_after, 180000);
	assert_int_equal(t->init_retry, 1000);
	assert_int_equal(t->init_give_up, 300000);
	assert_int_equal(t->init_retry_slow, 30000);
	assert_int_equal(t->answer_after, 1000);
	assert_int_equal(t->silence_after, 3000);
	assert_int_equal(t->unanswered, 60000);
	assert_int_equal(t->negotiate_gap, 30000);
	assert_int_equal(t->negotiate_backoff, 300000);
	assert_int_equal(t->cookie_rotate, 120000);
	assert_int_equal(t->channel_handshake, 10000);
	assert_int_equal(t->channel_idle, 10000);
	assert_true(t->rekey_packets == UINT64_C(1) << 26);
	assert_true(t->reject_packets == UINT64_C(1) << 28);
	conf_free(c);
	conf_free(NULL);
}

static void
test_default_algorithms(void **state)
{
	struct conf *c = parse_ok("name = alpha");
	const struct conf_algos *a = conf_algos_for(c, "beta");

	(void)state;
	assert_ptr_equal(a, &c->algos);
	assert_int_equal(a->nciphers, 3);
	assert_int_equal(a->ciphers[0].alg, AEAD_AES_256_GCM);
	assert_int_equal(a->ciphers[0].preference, 100);
	assert_int_equal(a->ciphers[1].alg, AEAD_CHACHA20_POLY1305);
	assert_int_equal(a->ciphers[1].preference, 80);
	assert_int_equal(a->ciphers[2].alg, AEAD_AES_128_GCM);
	assert_int_equal(a->ciphers[2].preference, 60);
	assert_int_equal(a->ncomps, 1);
	assert_int_equal(a->comps[0].alg, COMP_NONE);
	assert_int_equal(a->comps[0].preference, 100);
	conf_free(c);
}

static void
test_all_values(void **state)
{
	struct conf *c = parse_ok(
		"name=alpha.example.org\n"
		"  devname =vpn0\n"
		"cert = /a/cert.pem\nprivkey = keys/key.pem\n"
		"cacert = one.pem\ncacert = /b/two.pem\n"
		"restrictouname = VPN nodes\n"
		"port = 4406\nlisten = 192.0.2.1\nlisten = 2001:db8::1\n"
		"preferipv6 = yes\n"
		"bnl = list.bnl\nbnlpubkey = \"key # 1.pem\"\n"
		"statedir = /srv/state\n"
		"mtu = 1400\nkeepalive = 25\npullinterval = 10min\n"
		"maxconnections = 8\nloglevel = debug\nlogmethod = file\n"
		"logfile = /var/log/cluevpn.log\nuser = cluevpn\ngroup = vpn\n"
		"autoconf = no\nrealtime = no\nctlsocket = /tmp/ctl\n"
		"rekey = 500ms\nrekeyresponder = 1\nreject = 2s\n"
		"rekeypackets = 10\nrejectpackets = 20\nchannelidle = 24h\n");

	(void)state;
	assert_string_equal(c->name, "alpha.example.org");
	assert_string_equal(c->devname, "vpn0");
	assert_string_equal(c->cert, "/a/cert.pem");
	assert_string_equal(c->privkey, "/etc/cluevpn/keys/key.pem");
	assert_int_equal(c->cacert.n, 2);
	assert_string_equal(c->cacert.v[0], "/etc/cluevpn/one.pem");
	assert_string_equal(c->cacert.v[1], "/b/two.pem");
	assert_string_equal(c->restrictouname, "VPN nodes");
	assert_int_equal(c->port, 4406);
	assert_int_equal(c->nlisten, 2);
	assert_int_equal(c->listen[0].family, IP_V4);
	assert_int_equal(c->listen[1].family, IP_V6);
	assert_true(c->preferipv6);
	assert_string_equal(c->bnl, "/etc/cluevpn/list.bnl");
	assert_int_equal(c->bnlpubkey.n, 1);
	assert_string_equal(c->bnlpubkey.v[0], "/etc/cluevpn/key # 1.pem");
	assert_string_equal(c->statedir, "/srv/state");
	assert_int_equal(c->mtu, 1400);
	assert_int_equal(c->keepalive, 25);
	assert_int_equal(c->pullinterval, 600);
	assert_int_equal(c->maxconnections, 8);
	assert_int_equal(c->loglevel, LOG_LVL_DEBUG);
	assert_int_equal(c->logmethod, CONF_LOG_FILE);
	assert_string_equal(c->logfile, "/var/log/cluevpn.log");
	assert_string_equal(c->user, "cluevpn");
	assert_string_equal(c->group, "vpn");
	assert_false(c->autoconf);
	assert_false(c->realtime);
	assert_string_equal(c->ctlsocket, "/tmp/ctl");
	assert_int_equal(c->timers.rekey_after, 500);
	assert_int_equal(c->timers.rekey_after_responder, 1000);
	assert_int_equal(c->timers.reject_after, 2000);
	assert_int_equal(c->timers.rekey_packets, 10);
	assert_int_equal(c->timers.reject_packets, 20);
	assert_int_equal(c->timers.channel_idle, 86400000);
	conf_free(c);
	c = parse_ok("name = alpha\nstatedir = /srv/state\n");
	assert_string_equal(c->bnl, "/srv/state/network.bnl");
	conf_free(c);
}

static void
test_comments(void **state)
{
	struct conf *c = parse_ok("# a comment with an open \" quote\n"
				  "\t # another one\n\n"
				  "name = alpha\t#and one here\n"
				  "#port = 1\n");

	(void)state;
	assert_string_equal(c->name, "alpha");
	assert_int_equal(c->port, 3406);
	conf_free(c);
}

static void
check_command(const char *line, const char *command)
{
	char text[256];
	struct conf *c;

	snprintf(text, sizeof(text), "name = alpha\nupcmd = %s\n", line);
	c = parse_ok(text);
	assert_string_equal(c->upcmd, command);
	conf_free(c);
}

static void
test_commands(void **state)
{
	(void)state;
	check_command("ip link set $TUNDEV up", "ip link set $TUNDEV up");
	check_command("  a  b\t # c", "a  b");
	check_command("a#b", "a#b");
	check_command("echo $#", "echo $#");
	check_command("a \"#\" b # c", "a \"#\" b");
	check_command("\"a # b\"", "a # b");
	check_command("\"a # b\" # c", "a # b");
	check_command("\"a\" \"# b\"", "\"a\" \"# b\"");
	check_command("echo \\\" # b", "echo \\\"");
	check_command("sh -c \"echo \\\"a # b\\\"\" # c",
		      "sh -c \"echo \\\"a # b\\\"\"");
	check_command("a = b", "a = b");
	check_command("grün", "grün");
	refused("name = alpha\nupcmd = echo \"a # b\n", ERR_SYNTAX, 2, 14,
		"never closed");
}

static void
test_unknown_key(void **state)
{
	(void)state;
	refused("name = alpha\n  upcomd = x\n", ERR_SYNTAX, 2, 3,
		"unknown key \"upcomd\", did you mean \"upcmd\"?");
	refused("name = alpha\nPort = 1\n", ERR_SYNTAX, 2, 1,
		"did you mean \"port\"?");
	refused("name = alpha\nnothing.like.it = 1\n", ERR_SYNTAX, 2, 1,
		"unknown key \"nothing.like.it\"");
}

static void
test_bad_lines(void **state)
{
	(void)state;
	refused("name = alpha\nport 12\n", ERR_SYNTAX, 2, 1,
		"expected key = value");
	refused("name = alpha\n = 12\n", ERR_SYNTAX, 2, 2,
		"expected key = value");
	refused("name = alpha\nport =\n", ERR_SYNTAX, 2, 7,
		"port has no value, expected 1..65535");
	refused("name = alpha\nupcmd = # x\n", ERR_SYNTAX, 2, 8,
		"has no value");
	refused("name = alpha\nupcmd = \"\"\n", ERR_SYNTAX, 2, 9,
		"has no value");
	refused("name = alpha\nport = 1\r\n", ERR_SYNTAX, 2, 9,
		"control byte 0x0d (lines end with LF alone)");
	refused("name = alpha\nupcmd = \x1b[2J\n", ERR_SYNTAX, 2, 9,
		"control byte 0x1b");
	refused("name = alpha\nupcmd = \xff\n", ERR_SYNTAX, 2, 1, "not UTF-8");
	refused("\xef\xbb\xbfname = alpha\nname = alpha\n", ERR_SYNTAX, 1, 1,
		"byte order mark");
	refused("", ERR_NOTFOUND, 0, 0, "name is missing");
}

static void
test_nul_and_size(void **state)
{
	static const char nul[] = "name = al\0pha\n";
	struct conf *c = NULL;
	struct errs es = { .count = 0 };
	size_t len = (1u << 20) + 1;
	char *big = malloc(len);

	(void)state;
	assert_int_equal(conf_parse(&c, nul, sizeof(nul) - 1, "/", &es), -1);
	assert_null(c);
	assert_int_equal(es.e[0].column, 10);
	assert_non_null(big);
	memset(big, '\n', len);
	memcpy(big, "name = a", 8);
	es.count = 0;
	assert_int_equal(conf_parse(&c, big, len, "/", &es), -1);
	assert_int_equal(es.count, 1);
	assert_int_equal(es.e[0].code, ERR_LIMIT);
	es.count = 0;
	assert_int_equal(conf_parse(&c, big, len - 1, "/", &es), 0);
	assert_string_equal(c->cert, "/node.pem");
	conf_free(c);
	free(big);
}

static void
test_duplicates(void **state)
{
	(void)state;
	refused("name = alpha\nport = 1\n\nport = 2\n", ERR_DUPLICATE, 4, 1,
		"port was already given in line 2");
	refused("name = alpha\ncacert = a\ncacert = /etc/cluevpn/a\n",
		ERR_DUPLICATE, 3, 10, "given twice");
	refused("name = alpha\nlisten = ::1\nlisten = 0:0::1\n", ERR_DUPLICATE,
		3, 10, "given twice");
}

static void
test_too_many(void **state)
{
	char text[2048] = "name = alpha\n";
	size_t len;

	(void)state;
	for (unsigned int i = 0; i < CONF_MANY_MAX; i++) {
		size_t used = strlen(text);

		snprintf(text + used, sizeof(text) - used,
			 "cacert = ca%u\nlisten = 10.0.0.%u\n", i, i);
	}
	conf_free(parse_ok(text));
	len = strlen(text);
	snprintf(text + len, sizeof(text) - len, "cacert = one-more\n");
	refused(text, ERR_LIMIT, 34, 10, "16 times at most");
	snprintf(text + len, sizeof(text) - len, "listen = 10.0.1.0\n");
	refused(text, ERR_LIMIT, 34, 10, "16 times at most");
}

static void
test_bad_values(void **state)
{
	/* clang-format off */
	static const char *const bad[][2] = {
		{ "devname", "0123456789abcdef" }, { "devname", "a/b" },
		{ "devname", "a b" },	{ "devname", ".." },
		{ "devname", "tun%d" },	{ "devname", "grün" },
		{ "disableipv6", "true" }, { "autoconf", "1" },
		{ "loglevel", "notice" }, { "logmethod", "journal" },
		{ "port", "0" },	{ "port", "65536" },
		{ "port", "-1" },	{ "port", "0x50" },
		{ "port", "99999999999999999999999" },
		{ "listen", "example.org" }, { "listen", "224.0.0.1" },
		{ "listen", "10.0.0.0/8" }, { "listen", "ff02::1" },
		{ "mtu", "1279" },	{ "mtu", "9001" },
		{ "keepalive", "500ms" }, { "keepalive", "1d" },
		{ "keepalive", "3601" }, { "pullinterval", "0" },
		{ "pullinterval", "s" }, { "rekey", "2h" },
		{ "rekey", "1.5s" },	{ "rekey", "5 weeks" },
		{ "rekeypackets", "0" }, { "rekeypackets", "1s" },
		{ "silence", "99999999999999999999h" },
		{ "silence", "9223372036854775807h" },
		{ "user", "a-name-that-is-longer-than-32-byte" },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct span key = { bad[i][0], strlen(bad[i][0]) };
		const struct conf_key *k = &conf_keys[conf_key_find(key)];
		char text[128];

		snprintf(text, sizeof(text), "name = alpha\n%s = %s\n",
			 bad[i][0], bad[i][1]);
		refused(text, ERR_RANGE, 2, (unsigned int)key.len + 4,
			k->expects);
	}
	refused("name = Alpha\n", ERR_RANGE, 1, 8, "a node name");
	refused("name = alpha beta\n", ERR_RANGE, 1, 8, "a node name");
	refused("name = \xc3\xa9\\\n", ERR_RANGE, 1, 8,
		"name is \"\xc3\xa9\\x5c\", expected a node name");
}

/* Every key with a range takes its ends and nothing beyond them. */
static void
test_bounds(void **state)
{
	(void)state;
	for (size_t i = 0; i < conf_nkeys; i++) {
		const struct conf_key *k = &conf_keys[i];
		const char *unit = "";
		char text[512];

		switch (k->kind) {
		case CONF_KIND_MS:
			unit = "ms";
			break;
		case CONF_KIND_SECONDS:
			unit = "s";
			break;
		case CONF_KIND_U16:
		case CONF_KIND_U32:
		case CONF_KIND_U64:
			break;
		default:
			continue;
		}
		for (int low = 0; low <= 1; low++) {
			uint64_t good = low ? k->min : k->max;
			struct errs es;
			struct conf *c;

			snprintf(text, sizeof(text), "name = a\n%s = %llu%s\n",
				 k->name, (unsigned long long)good, unit);
			c = parse(text, &es);
			/* It may contradict another key's default. */
			if (c == NULL)
				assert_int_equal(es.e[0].code, ERR_CONFLICT);
			conf_free(c);
			if (low && k->min == 0)
				continue;
			snprintf(
				text, sizeof(text), "name = a\n%s = %llu%s\n",
				k->name,
				(unsigned long long)(low ? good - 1 : good + 1),
				unit);
			assert_null(parse(text, &es));
			assert_int_equal(es.count, 1);
			assert_int_equal(es.e[0].code, ERR_RANGE);
			assert_non_null(strstr(es.e[0].text, k->expects));
		}
	}
}

static void
test_paths_too_long(void **state)
{
	char text[8192], path[5000];

	(void)state;
	memset(path, 'p', sizeof(path));
	path[0] = '/';
	snprintf(text, sizeof(text), "name = a\nctlsocket = %.107s\n", path);
	conf_free(parse_ok(text));
	snprintf(text, sizeof(text), "name = a\nctlsocket = %.108s\n", path);
	refused(text, ERR_LIMIT, 2, 13, "longer than 107 bytes");
	/* The folder counts: /etc/cluevpn/ has 13 bytes. */
	snprintf(text, sizeof(text), "name = a\nctlsocket = %.94s\n", path + 1);
	conf_free(parse_ok(text));
	snprintf(text, sizeof(text), "name = a\nctlsocket = %.95s\n", path + 1);
	refused(text, ERR_LIMIT, 2, 13, "longer than 107 bytes");
	snprintf(text, sizeof(text), "name = a\ncert = %.4096s\n", path);
	refused(text, ERR_LIMIT, 2, 8, "longer than 4095 bytes");
}

static void
test_algorithms(void **state)
{
	struct conf *c =
		parse_ok("name = alpha\n"
			 "cryptalgos = chacha20-poly1305:0,aes-128-gcm:65535\n"
			 "compalgos = zlib:9:7, ,\tlzo:3\n");
	const struct conf_algos *a = &c->algos;

	(void)state;
	assert_int_equal(a->nciphers, 2);
	assert_int_equal(a->ciphers[0].alg, AEAD_CHACHA20_POLY1305);
	assert_int_equal(a->ciphers[0].preference, 0);
	assert_int_equal(a->ciphers[1].alg, AEAD_AES_128_GCM);
	assert_int_equal(a->ciphers[1].preference, 65535);
	assert_int_equal(a->ncomps, 3);
	assert_int_equal(a->comps[0].alg, COMP_ZLIB);
	assert_int_equal(a->comps[0].level, 9);
	assert_int_equal(a->comps[0].preference, 7);
	assert_int_equal(a->comps[1].alg, COMP_LZO);
	assert_int_equal(a->comps[1].level, 1);
	assert_int_equal(a->comps[1].preference, 3);
	/* Not named, but always there. */
	assert_int_equal(a->comps[2].alg, COMP_NONE);
	assert_int_equal(a->comps[2].level, 0);
	assert_int_equal(a->comps[2].preference, 0);
	conf_free(c);
}

static void
test_bad_algorithms(void **state)
{
	(void)state;
	refused("name = a\ncryptalgos = aes-256-gcm:1 null:2\n", ERR_RANGE, 2,
		28,
		"unknown algorithm \"null\", expected aes-256-gcm, "
		"aes-128-gcm or chacha20-poly1305");
	refused("name = a\ncryptalgos = none:1\n", ERR_RANGE, 2, 14,
		"chacha20-poly1305");
	refused("name = a\ncryptalgos = aes-256-gcm\n", ERR_RANGE, 2, 14,
		"ALGORITHM:PREFERENCE");
	refused("name = a\ncryptalgos = aes-256-gcm:\n", ERR_RANGE, 2, 14,
		"ALGORITHM:PREFERENCE");
	refused("name = a\ncryptalgos = aes-256-gcm:65536\n", ERR_RANGE, 2, 14,
		"0..65535");
	refused("name = a\ncryptalgos = aes-256-gcm:1:2\n", ERR_RANGE, 2, 14,
		"ALGORITHM:PREFERENCE");
	refused("name = a\ncryptalgos = aes-256-gcm:1 aes-256-gcm:2\n",
		ERR_DUPLICATE, 2, 28, "\"aes-256-gcm\" is in the list twice");
	refused("name = a\ncryptalgos = ,\n", ERR_SYNTAX, 2, 14,
		"names no algorithm");
	refused("name = a\ncompalgos = gzip:1\n", ERR_RANGE, 2, 13,
		"none, lzo or zlib");
	refused("name = a\ncompalgos = zlib\n", ERR_RANGE, 2, 13,
		"ALGORITHM:LEVEL:PREFERENCE");
	refused("name = a\ncompalgos = zlib:1:2:3\n", ERR_RANGE, 2, 13,
		"ALGORITHM:LEVEL:PREFERENCE");
	refused("name = a\ncompalgos = zlib:0:1\n", ERR_RANGE, 2, 13,
		"a level of 1..9");
	refused("name = a\ncompalgos = zlib:10:1\n", ERR_RANGE, 2, 13,
		"a level of 1..9");
	refused("name = a\ncompalgos = zlib::1\n", ERR_RANGE, 2, 13,
		"a level of 1..9");
	refused("name = a\ncompalgos = lzo:2:1\n", ERR_RANGE, 2, 13,
		"lzo:1:PREFERENCE");
	refused("name = a\ncompalgos = none:1:1\n", ERR_RANGE, 2, 13,
		"without a level");
	refused("name = a\ncompalgos = lzo:1 none:1 lzo:2\n", ERR_DUPLICATE, 2,
		26, "twice");
	refused("name = a\ncompalgos = lzo:1:65536\n", ERR_RANGE, 2, 13,
		"0..65535");
}

static void
test_sections(void **state)
{
	struct conf *c = parse_ok("name = alpha\n"
				  "compalgos = lzo:50\n"
				  "node = delta\n"
				  "  cryptalgos = aes-128-gcm:1\n"
				  "node = beta\n"
				  "  compalgos = zlib:1:9 none:1\n"
				  "node = gamma # as all others\n");
	const struct conf_algos *a;

	(void)state;
	assert_int_equal(c->nnodes, 3);
	assert_string_equal(c->nodes[0].name, "beta");
	assert_string_equal(c->nodes[1].name, "delta");
	assert_string_equal(c->nodes[2].name, "gamma");
	a = conf_algos_for(c, "beta");
	assert_ptr_equal(a, &c->nodes[0].algos);
	assert_int_equal(a->nciphers, 3);
	assert_int_equal(a->ncomps, 2);
	assert_int_equal(a->comps[0].alg, COMP_ZLIB);
	assert_int_equal(a->comps[0].level, 1);
	assert_int_equal(a->comps[0].preference, 9);
	a = conf_algos_for(c, "delta");
	assert_int_equal(a->nciphers, 1);
	assert_int_equal(a->ciphers[0].alg, AEAD_AES_128_GCM);
	assert_int_equal(a->ncomps, 2);
	assert_int_equal(a->comps[0].alg, COMP_LZO);
	a = conf_algos_for(c, "gamma");
	assert_int_equal(a->nciphers, 3);
	assert_int_equal(a->ncomps, 2);
	assert_ptr_equal(conf_algos_for(c, "alpha"), &c->algos);
	assert_ptr_equal(conf_algos_for(c, ""), &c->algos);
	conf_free(c);
}

static void
test_bad_sections(void **state)
{
	(void)state;
	refused("name = a\nnode = b\nport = 1\n", ERR_SYNTAX, 3, 1,
		"port does not belong in a node section: write it before "
		"line 2");
	refused("name = a\nnode = B\n", ERR_RANGE, 2, 8, "a node name");
	refused("name = a\nnode = b\nnode = c\nnode = b\n", ERR_DUPLICATE, 4, 8,
		"already has a section in line 2");
	/* What belongs to a refused section is not blamed on another. */
	refused("name = a\ncompalgos = lzo:1\nnode = B\ncompalgos = lzo:2\n",
		ERR_RANGE, 3, 8, "a node name");
	refused("name = a\nnode = b\ncompalgos = lzo:1\ncompalgos = lzo:2\n",
		ERR_DUPLICATE, 4, 1, "already given in line 3");
}

static void
test_rules_between_keys(void **state)
{
	(void)state;
	refused("name = a\nlogmethod = file\n", ERR_CONFLICT, 2, 0,
		"no logfile");
	refused("name = a\nrekey = 150s\n", ERR_CONFLICT, 2, 0,
		"rekey must be less than rekeyresponder; the default of "
		"rekeyresponder is 150s");
	refused("name = a\nreject = 150s\n", ERR_CONFLICT, 2, 0,
		"rekeyresponder must be less than reject");
	refused("name = a\nrekeyresponder = 9s\nreject = 9s\nrekey = 8s\n",
		ERR_CONFLICT, 2, 0, "rekeyresponder must be less than reject");
	refused("name = a\nrejectpackets = 67108864\n", ERR_CONFLICT, 2, 0,
		"rekeypackets must be less than rejectpackets");
	refused("name = a\ndisableipv6 = yes\npreferipv6 = yes\n", ERR_CONFLICT,
		3, 0, "exclude each other");
	refused("name = a\nlisten = 2001:db8::1\ndisableipv6 = yes\n",
		ERR_CONFLICT, 3, 0, "contradicts listen = 2001:db8::1");
	/* A refused value is not also blamed for a contradiction. */
	refused("name = a\nrekey = 170s\nrekeyresponder = x\n", ERR_RANGE, 3,
		18, "a time");
	refused("name = a\nlogmethod = file\nlogfile =\n", ERR_SYNTAX, 3, 10,
		"no value");
	refused("name = A\n", ERR_RANGE, 1, 8, "a node name");
}

static uint8_t
offload_of(const char *value)
{
	char text[100];
	struct conf *c;
	uint8_t offload;

	snprintf(text, sizeof(text), "name = a\noffload = %s\n", value);
	c = parse_ok(text);
	offload = c->offload;
	conf_free(c);
	return offload;
}

/* What needs another one goes with it. */
static void
test_offload(void **state)
{
	(void)state;
	assert_int_equal(offload_of("auto"), CONF_OFFLOAD_ALL);
	assert_int_equal(offload_of("off"), 0);
	assert_int_equal(offload_of("no-tun-csum"),
			 CONF_UDP_GSO | CONF_UDP_GRO);
	assert_int_equal(offload_of("no-tun-tso"),
			 CONF_TUN_CSUM | CONF_UDP_GSO | CONF_UDP_GRO);
	assert_int_equal(offload_of("no-udp-gro,no-tun-uso"),
			 CONF_TUN_CSUM | CONF_TUN_TSO | CONF_UDP_GSO);
	assert_int_equal(offload_of("no-udp-gso"),
			 CONF_OFFLOAD_ALL & ~CONF_UDP_GSO);
	refused("name = a\noffload = auto no-udp-gso\n", ERR_RANGE, 2, 11,
		"\"auto\", which stands alone");
	refused("name = a\noffload = no-udp-gso off\n", ERR_RANGE, 2, 22,
		"\"off\", which stands alone");
	refused("name = a\noffload = no-udp-gso  no-udp-gso\n", ERR_RANGE, 2,
		23, "twice");
	refused("name = a\noffload = udp-gso\n", ERR_RANGE, 2, 11,
		"found \"udp-gso\", expected auto, off, or some of");
	refused("name = a\noffload = no-\n", ERR_RANGE, 2, 11, "expected");
	refused("name = a\noffload = ,\n", ERR_RANGE, 2, 11, "expected");
	assert_null(conf_offload_name(CONF_OFFLOADS));
}

static void
test_all_errors_at_once(void **state)
{
	struct errs es;

	(void)state;
	assert_null(parse("port = 0\nmtu = 1\nupcmd\nfoo = 1\n"
			  "logmethod = file\n",
			  &es));
	assert_int_equal(es.count, 6);
	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(es.e[i].line, i + 1);
	assert_int_equal(es.e[4].code, ERR_NOTFOUND);
	assert_int_equal(es.e[5].line, 5);
}

static void
test_schema(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < conf_nkeys; i++) {
		const char *name = conf_key_name(i);

		assert_non_null(conf_key_expects(i));
		assert_int_equal(
			conf_key_find((struct span){ name, strlen(name) }), i);
	}
	assert_null(conf_key_name(i));
	assert_null(conf_key_expects(i));
	assert_int_equal(conf_key_find(SPAN("")), i);
}

/* A key that waits for a restart, and two values of it. */
static const struct {
	const char *key, *one, *other;
} fixed[] = {
	{ "name", "alpha", "beta" },
	{ "devname", "tun0", "tun1" },
	{ "port", "3406", "3407" },
	{ "listen", "192.0.2.1", "192.0.2.2" },
	{ "disableipv6", "no", "yes" },
	{ "bnl", "a.bnl", "b.bnl" },
	{ "statedir", "/a", "/b" },
	{ "offload", "auto", "off" },
	{ "logmethod", "syslog", "stderr" },
	{ "logfile", "a", "b" },
	{ "user", "a", "b" },
	{ "group", "a", "b" },
	{ "upcmd", "true", "false" },
	{ "realtime", "yes", "no" },
	{ "ctlsocket", "/a", "/b" },
	{ "ctlgroup", "a", "b" },
};

static struct conf *
with(const char *key, const char *value)
{
	bool name = strcmp(key, "name") == 0;
	char text[256];

	snprintf(text, sizeof(text), "%s%s%s = %s\n", name ? "" : "name = n\n",
		 strcmp(key, "group") == 0 ? "user = u\n" : "", key, value);
	return parse_ok(text);
}

/* Of each of them a difference is seen, and of nothing else that it is not a
 * difference; without a value, it differs from one. */
static void
test_same(void **state)
{
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(fixed) / sizeof(*fixed); i++) {
		struct span word = { fixed[i].key, strlen(fixed[i].key) };
		size_t key = conf_key_find(word);
		struct conf *a = with(fixed[i].key, fixed[i].one);
		struct conf *b = with(fixed[i].key, fixed[i].other);
		struct conf *c = with(fixed[i].key, fixed[i].one);
		struct conf *d = with("name", "alpha");

		assert_true(conf_key_restart(key));
		assert_false(conf_key_same(a, b, key));
		assert_false(conf_key_same(b, d, key));
		for (size_t k = 0; k < conf_nkeys; k++)
			if (conf_key_restart(k))
				assert_true(conf_key_same(a, c, k));
		conf_free(a);
		conf_free(b);
		conf_free(c);
		conf_free(d);
	}
	for (size_t k = 0; k < conf_nkeys; k++)
		n += conf_key_restart(k);
	assert_int_equal(n, sizeof(fixed) / sizeof(*fixed));
	assert_false(conf_key_restart(conf_nkeys));
}

static void
test_listen_same(void **state)
{
	size_t key = conf_key_find((struct span){ "listen", 6 });
	struct conf *a = parse_ok("name = n\nlisten = ::1\n");
	struct conf *b = parse_ok("name = n\nlisten = ::1\n"
				  "listen = 192.0.2.1\n");

	(void)state;
	assert_false(conf_key_same(a, b, key));
	assert_false(conf_key_same(b, a, key));
	assert_true(conf_key_same(b, b, key));
	conf_free(a);
	conf_free(b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_default_algorithms),
		cmocka_unit_test(test_all_values),
		cmocka_unit_test(test_comments),
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_unknown_key),
		cmocka_unit_test(test_bad_lines),
		cmocka_unit_test(test_nul_and_size),
		cmocka_unit_test(test_duplicates),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_bad_values),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_paths_too_long),
		cmocka_unit_test(test_algorithms),
		cmocka_unit_test(test_bad_algorithms),
		cmocka_unit_test(test_sections),
		cmocka_unit_test(test_bad_sections),
		cmocka_unit_test(test_rules_between_keys),
		cmocka_unit_test(test_offload),
		cmocka_unit_test(test_all_errors_at_once),
		cmocka_unit_test(test_schema),
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_listen_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
