/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * For how long packets wait while the daemon does something about a large list.
 * Core, control socket and loop are the real ones; no peer has a session.
 *
 * TSV: nodes; ms of processor time of the longest turn of the loop, and of all
 * turns, and bytes, while "routes" is answered; the same for "peers"; ms in
 * which a list with one node more comes into force, and of the longest call of
 * that; ms of the longest of the turns that follow for three seconds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../unit/core/plain_tls.h"
#include "bench.h"
#include "daemon/actions.h"
#include "daemon/ctl_requests.h"
#include "daemon/daemon.h"
#include "list_text.h"
#include "sys/clock.h"

#define WALL INT64_C(1793000100)
#define YEAR_S (365 * INT64_C(86400))
#define SELF "n00000"
#define CONF "name = " SELF "\n"

static struct daemon d;
static struct identity id;
static struct key *key;

static double
ms(int64_t ns)
{
	return (double)ns / 1e6;
}

static struct now
now_is(void)
{
	return (struct now){ clock_mono(), { WALL } };
}

/* --- answers ----------------------------------------------------------------------- */

static int
ask(const char *path, const char *request)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	memcpy(sun.sun_path, path, strlen(path) + 1);
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) < 0 ||
	    send(fd, request, strlen(request), 0) < 0)
		bench_die("connect");
	return fd;
}

static void
answer(const char *path, const char *request)
{
	static char piece[1 << 18];
	int fd = ask(path, request);
	int64_t longest = 0, all = 0;
	size_t len = 0;
	ssize_t n;

	do {
		int64_t began = bench_cpu(), t;

		if (loop_turn(d.loop, mono_add_ms(clock_mono(), 10), NULL) < 0)
			bench_die("loop");
		t = bench_cpu() - began;
		longest = t > longest ? t : longest;
		all += t;
		while ((n = recv(fd, piece, sizeof(piece), 0)) > 0)
			len += (size_t)n;
	} while (n != 0);
	close(fd);
	printf("\t%.2f\t%.1f\t%zu", ms(longest), ms(all), len);
}

static void
answers(void)
{
	char dir[] = "/tmp/pauses.XXXXXX", path[64];
	struct err e;

	if (mkdtemp(dir) == NULL || loop_new(&d.loop, &e) < 0 ||
	    ctl_stream_open(&d, &e) < 0 || giveback_open(&d, &e) < 0)
		bench_die("a loop");
	snprintf(path, sizeof(path), "%s/ctl", dir);
	if (ctlsock_open(&d.ctl, d.loop, path, 0600, (gid_t)-1,
			 ctl_requests_handle, &d, &e) < 0)
		bench_die(e.text);
	answer(path, "routes\n");
	answer(path, "peers\n");
	ctlsock_close(d.ctl);
	ctl_stream_close(&d);
	giveback_close(&d);
	loop_free(d.loop);
	(void)rmdir(dir);
}

/* --- lists ----------------------------------------------------------------------- */

static struct generation *
receive(const struct bnl_source *src)
{
	const struct key *trusted = key;
	struct generation *g;
	struct err e;

	if (generation_receive(&g, src, &trusted, 1, &e) < 0)
		bench_die(e.text);
	return g;
}

static struct generation *
build(const void *raw, size_t len)
{
	struct bnl_source src = { .data = raw, .len = len };

	return receive(&src);
}

/* ms of the longest call into the core, by which the list comes into force; of
 * all of them in *all. The worker's part is not among them. */
static double
take(struct core *c, const char *raw, size_t len, double *all)
{
	struct generation *g;
	int64_t longest = 0, sum = 0;
	struct action a;

	core_list_offer(c, now_is(), raw, len);
	while (core_next_action(c, &a)) {
		bool builds = a.kind == ACTION_BUILD_LIST;
		bool stores = a.kind == ACTION_STORE_LIST;
		int64_t began, t;

		g = builds ? receive(&a.source) : NULL;
		began = bench_cpu();
		if (builds)
			core_list_ready(c, now_is(), a.ticket, g, NULL);
		if (stores)
			core_stored(c, now_is(), a.ticket, true);
		t = bench_cpu() - began;
		longest = t > longest ? t : longest;
		sum += t;
		action_done(&a);
	}
	*all = ms(sum);
	return ms(longest);
}

/* ms of the longest turn in three seconds, which do not pass. */
static double
turns(struct core *c)
{
	struct now now = now_is();
	struct monotime end = mono_add_ms(now.mono, 3000);
	int64_t longest = 0;
	struct action a;

	while (now.mono = core_deadline(c), mono_before(now.mono, end)) {
		int64_t began = bench_cpu(), t;

		core_tick(c, now);
		t = bench_cpu() - began;
		longest = t > longest ? t : longest;
		while (core_next_action(c, &a))
			action_done(&a);
	}
	return ms(longest);
}

static void
measure(size_t n)
{
	static struct rng_seeded state;
	static const uint8_t secret[X25519_LEN] = { 1 };
	struct rng rng = rng_seeded(&state, 1);
	struct cert_info cert = { .cn = SELF, .not_after = { WALL + YEAR_S } };
	struct plain_ctx plain = { .cert = cert, .rng = rng };
	struct core_init in = { .cert = &cert,
				.rng = rng,
				.static_secret = secret };
	struct errs es = { 0 };
	struct conf *conf;
	struct action a;
	double all, longest;
	size_t len;
	char *raw;
	struct err e;

	if (conf_parse(&conf, CONF, strlen(CONF), "/etc/cluevpn", &es) < 0)
		bench_die(es.e[0].text);
	raw = list_text(n, key, &len);
	in.conf = id.conf = conf;
	in.tls = plain_tls_provider(&plain);
	in.list = build(raw, len);
	free(raw);
	if (core_new(&d.core, &in, now_is(), &e) < 0)
		bench_die(e.text);
	d.id = &id;
	core_start(d.core, now_is());
	core_tick(d.core, now_is());
	while (core_next_action(d.core, &a))
		action_done(&a);
	printf("%zu", n);
	answers();
	raw = list_text_later(n + 1, key, 10, &len);
	longest = take(d.core, raw, len, &all);
	printf("\t%.1f\t%.1f\t%.1f\n", all, longest, turns(d.core));
	fflush(stdout);
	free(raw);
	core_free(d.core);
	conf_free(conf);
}

int
main(void)
{
	static const size_t sizes[] = { 100, 1000, 10000, 65535 };
	size_t most = bench_env("NODES", 65535);

	key = list_key(KEY_ED25519);
	printf("#nodes\trts_slice\trts_ms\trts_bytes\tprs_slice\tprs_ms\t"
	       "prs_bytes\tlist_ms\tlist_slice\tlist_later\n");
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		if (sizes[i] <= most)
			measure(sizes[i]);
	key_free(key);
	return 0;
}
