/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "conn_world.h"

#include "core/conn/conn_heard.h"
#include "core/conn/dial.h"
#include "format/bnl_sign.h"

struct world w;

uint32_t
lot(uint32_t n)
{
	return rng_below(&w.rng, n);
}

/* --- lists ---------------------------------------------------------------- */

void
sign_list(char **out, size_t *len, const struct bnl *previous,
	  const struct key *key, int64_t at, const char *names,
	  const char *body)
{
	size_t cap = 64 * HOSTS_MAX + 512 + strlen(body), at_end;
	struct errs *es = calloc(1, sizeof(*es));
	char *text = malloc(cap);
	struct bnl_sign_in in = { .text = text,
				  .previous = previous,
				  .key = key,
				  .now.s = at,
				  .reset_time = true };
	struct span rest = { names, strlen(names) }, word;

	at_end = (size_t)snprintf(text, cap,
				  "network example.org\n"
				  "prefix 10.0.0.0/8\n");
	while (span_word(&rest, &word))
		at_end +=
			(size_t)snprintf(text + at_end, cap - at_end,
					 "node %.*s\n", (int)word.len, word.p);
	at_end += (size_t)snprintf(text + at_end, cap - at_end, "%s", body);
	in.len = at_end;
	if (bnl_sign(out, len, &in, es) < 0)
		fail_msg("%s", es->e[0].text);
	free(text);
	free(es);
}

struct bnl *
open_list(const char *raw, size_t len)
{
	const struct key *keys[2] = { w.key, w.other_key };
	struct bnl *b = NULL;
	struct err e;

	if (bnl_open(&b, raw, len, keys, 2, &e) < 0)
		fail_msg("%s", e.text);
	return b;
}

struct bnl *
open_any(const char *raw, size_t len)
{
	const struct key *keys[1] = { w.key };
	struct bnl *b = NULL;
	struct err e;

	if (bnl_open_any(&b, raw, len, keys, 1, &e) < 0)
		fail_msg("%s", e.text);
	return b;
}

struct bnl *
make_list(const struct bnl *previous, int64_t at, const char *names,
	  const char *body)
{
	struct bnl *b;
	size_t len;
	char *raw;

	sign_list(&raw, &len, previous, w.key, at, names, body);
	b = open_list(raw, len);
	free(raw);
	return b;
}

/* --- hosts ---------------------------------------------------------------- */

int
host_index(const char *name)
{
	for (int i = 0; i < w.n; i++)
		if (strcmp(w.h[i].name, name) == 0)
			return i;
	return -1;
}

struct endpoint
host_address(int i)
{
	struct endpoint e = { .port = PROTO_PORT };

	e.addr.family = IP_V4;
	e.addr.b[0] = 192;
	e.addr.b[2] = 2;
	e.addr.b[3] = (uint8_t)(i + 1);
	return e;
}

static struct bnl_version
version_of(const struct bnl *b)
{
	struct bnl_version v;

	memset(&v, 0, sizeof(v));
	return b == NULL ? v : b->version;
}

void
host_check_secrets(struct host *h)
{
	secret_store_check(h->secrets, h->env.stale ? NULL : h->env.bnl);
}

bool
host_wants(struct host *h, char peer[NODE_NAME_MAX + 1])
{
	return !lists_idle(h->lists) &&
	       lists_next(h->lists, conns_spare_for_lists(h->cs), peer);
}

struct monotime
host_deadline(const struct host *h)
{
	struct monotime at = conns_deadline(h->cs);

	at = mono_min(at, secret_store_deadline(h->secrets));
	at = mono_min(at, h->check_at);
	return mono_min(at, lists_deadline(h->lists));
}

static void
host_tick(struct host *h)
{
	conns_tick(h->cs);
	secret_store_tick(h->secrets);
	if (mono_reached(lists_deadline(h->lists), w.now.mono))
		lists_tick(h->lists, conns_spare(h->cs));
	if (mono_reached(h->check_at, w.now.mono)) {
		h->check_at = mono_add_ms(w.now.mono, 3600000);
		host_check_secrets(h);
	}
}

void
host_start(struct host *h)
{
	struct pair_record r;
	struct err e;

	h->env.now = w.now;
	h->env.version = version_of(h->bnl);
	h->env.bnl = h->bnl;
	actions_init(&h->actions);
	h->env.stale = bnl_version_cmp(&h->env.version, &h->mark) < 0;
	h->secrets = secret_store_new(&h->env);
	assert_non_null(h->secrets);
	h->lists = lists_new(&h->env, &h->mark);
	assert_non_null(h->lists);
	if (h->held != NULL)
		lists_hold_first(h->lists, open_any(h->held, h->heldlen));
	h->cs = conns_new(&h->env, h->secrets, h->lists);
	assert_non_null(h->cs);
	h->check_at = mono_add_ms(w.now.mono, 3600000);
	for (int i = 0; i < HOSTS_MAX; i++) {
		if (h->disk[i].len == 0)
			continue;
		assert_int_equal(pair_record_decode(&r, h->disk[i].data,
						    h->disk[i].len, &e),
				 0);
		secret_store_load(h->secrets, &r);
	}
	host_check_secrets(h);
	collect(h);
}

struct host *
host_add(const char *name, struct bnl *b)
{
	struct host *h = &w.h[w.n];

	assert_in_range(w.n, 0, HOSTS_MAX - 1);
	memset(h, 0, sizeof(*h));
	snprintf(h->name, sizeof(h->name), "%s", name);
	h->conf.name = h->name;
	h->conf.maxconnections = 64;
	h->conf.pullinterval = 300;
	h->conf.timers.channel_handshake = 10000;
	h->conf.timers.channel_idle = 10000;
	h->conf.algos.nciphers = 2;
	h->conf.algos.ciphers[0] = (struct conf_cipher){ AEAD_AES_256_GCM, 10 };
	h->conf.algos.ciphers[1] =
		(struct conf_cipher){ AEAD_CHACHA20_POLY1305, 5 };
	h->conf.algos.ncomps = 2;
	h->conf.algos.comps[0] = (struct conf_comp){ COMP_NONE, 0, 10 };
	h->conf.algos.comps[1] = (struct conf_comp){ COMP_ZLIB, 6, 5 };
	h->env.conf = &h->conf;
	h->env.self = h->name;
	h->env.rng = rng_seeded(&h->seed, (uint64_t)w.n + 100);
	h->env.actions = &h->actions;
	h->env.addrcache = addrcache_new();
	rng_fill(&h->env.rng, h->env.static_public, X25519_LEN);
	snprintf(h->env.cert.cn, sizeof(h->env.cert.cn), "%s", name);
	rng_fill(&h->env.rng, h->env.cert.fingerprint, FINGERPRINT_LEN);
	h->env.cert.not_after.s = WORLD_START + 365 * 86400;
	h->plain.cert = h->env.cert;
	h->plain.rng = w.rng;
	h->env.tls = (struct tls_provider){ &plain_ops, &h->plain };
	h->bnl = b;
	w.n++;
	return h;
}

void
host_drop_last(void)
{
	assert_null(w.h[w.n - 1].cs);
	addrcache_free(w.h[--w.n].env.addrcache);
}

/* --- wires ---------------------------------------------------------------- */

static struct side *
side_of(const struct host *h, uint32_t id)
{
	for (int i = 0; i < w.nwires; i++)
		for (int k = 0; k < 2; k++) {
			struct side *s = &w.wires[i].s[k];

			if (w.wires[i].used && !s->gone && s->id == id &&
			    &w.h[s->host] == h)
				return s;
		}
	return NULL;
}

static void
wire_free(struct wire *x)
{
	buf_free(&x->s[0].out);
	buf_free(&x->s[1].out);
	x->used = false;
}

/* As the system words it. */
static enum close_reason
reason_of(const char *why)
{
	if (why == NULL)
		return CLOSE_ORDERLY;
	if (strcmp(why, "Connection refused") == 0)
		return CLOSE_REFUSED;
	return strcmp(why, "Connection timed out") == 0 ? CLOSE_TIMEOUT :
							  CLOSE_BROKEN;
}

void
tell_closed(struct side *s, const char *why)
{
	struct host *h = &w.h[s->host];

	if (s->gone)
		return;
	s->gone = true;
	h->env.now = w.now;
	conns_closed(h->cs, s->id, reason_of(why), why);
	collect(h);
}

void
drain(struct side *s, size_t cap)
{
	struct host *h = &w.h[s->host];
	static uint8_t mem[20000];
	size_t n;

	h->env.now = w.now;
	n = conns_drain(h->cs, s->id, mem, cap);
	assert_in_range(n, 0, cap);
	if (n < cap)
		s->ready = false;
	assert_int_equal(buf_put(&s->out, mem, n), 0);
	collect(h);
}

static void
do_connect(struct host *h, const struct action *a)
{
	int to = a->to.addr.b[3] - 1;
	struct endpoint from = host_address((int)(h - w.h));
	struct wire *x = w.wires;
	uint32_t id = 0;

	h->dials++;
	if (w.silent != NULL && w.silent == &w.h[to])
		return;
	if (to < w.n && !w.h[to].down && w.h[to].cs != NULL) {
		w.h[to].env.now = w.now;
		id = conns_accepted(w.h[to].cs, &from);
	}
	if (id == 0) {
		if (to < w.n && w.h[to].cs != NULL)
			collect(&w.h[to]);
		conns_closed(h->cs, a->conn, CLOSE_REFUSED,
			     "Connection refused");
		collect(h);
		return;
	}
	while (x->used)
		x++;
	assert_true(x < w.wires + WIRES_MAX);
	if (x - w.wires >= w.nwires)
		w.nwires = (int)(x - w.wires) + 1;
	memset(x, 0, sizeof(*x));
	x->used = true;
	x->s[0] = (struct side){ .host = (int)(h - w.h), .id = a->conn };
	x->s[1] = (struct side){ .host = to, .id = id };
	buf_init(&x->s[0].out, 16 << 20);
	buf_init(&x->s[1].out, 16 << 20);
	collect(&w.h[to]);
	conns_opened(h->cs, a->conn);
	collect(h);
}

static void
do_close(struct host *h, const struct action *a)
{
	struct side *s = side_of(h, a->conn);

	w.closes++;
	if (w.deaf)
		return;
	if (s == NULL) {
		if (w.before_close != NULL)
			w.before_close(a->conn);
		conns_closed(h->cs, a->conn, CLOSE_ORDERLY, NULL);
		collect(h);
		return;
	}
	do {
		s->ready = true;
		drain(s, 4096);
	} while (s->ready);
	s->fin = true;
	tell_closed(s, NULL);
}

static void
do_event(struct host *h, const struct action *a)
{
	h->events[a->event]++;
	snprintf(h->text[a->event], sizeof(h->text[0]), "%s%s%s", a->peer,
		 a->peer[0] != '\0' ? ": " : "", a->text);
	if (getenv("CONN_WORLD_TRACE") != NULL)
		print_message("# %s: %s %s\n", h->name, event_name(a->event),
			      h->text[a->event]);
}

static void
hear_news(struct host *h)
{
	struct conn_news n;

	while (conns_next_news(h->cs, &n)) {
		if (n.kind == CONN_NEGOTIATED) {
			h->negotiated++;
			h->renewed += n.renewed;
		} else if (n.kind == CONN_LIST_SEEN)
			h->seen++;
		else {
			h->failed++;
			h->last_failed = n;
		}
	}
}

static void
count_purpose(size_t *uses, unsigned int purpose)
{
	bool again = (purpose & CONN_AGAIN) != 0;

	if ((purpose & CONN_PAIR) == 0)
		return;
	uses[again ? USE_AGAIN : USE_FRESH]++;
	if (purpose & (again ? CONN_PATIENT : CONN_YIELD))
		uses[again ? USE_PATIENT : USE_YIELDING]++;
}

/* The counters say what a look at every connection and every dial says. */
static void
check_counters(const struct conns *cs)
{
	size_t uses[USES] = { 0 }, negotiating = 0, pos = 0;
	const unsigned int both = CONN_PAIR | CONN_AGAIN;
	const struct entry *e;

	for (const struct conn *ch = cs->all; ch != NULL; ch = ch->next) {
		uses[USE_CONN] += ch->state != CONN_ENDING;
		if (!conn_is_negotiating(ch))
			continue;
		uses[USE_NEGOTIATING]++;
		assert_true(conns_negotiating(cs, ch->peer));
		if (ch->dial != NULL)
			continue;
		count_purpose(uses, ch->purpose);
		uses[USE_ANSWERED] += (ch->purpose & both) == CONN_PAIR;
	}
	for (const struct dial *d = cs->dials; d != NULL; d = d->next) {
		bool first = d->beside || (d->purpose & both) == CONN_PAIR;

		if (!d->beside)
			count_purpose(uses, d->purpose);
		uses[d->connected ? USE_ANSWERED : USE_PENDING] += first;
	}
	while ((e = names_next(&cs->env->names, &pos)) != NULL)
		negotiating += e->heard == NULL ? 0 : e->heard->negotiating;
	assert_int_equal(negotiating, uses[USE_NEGOTIATING]);
	for (int i = 0; i < USES; i++)
		assert_int_equal(cs->uses[i], uses[i]);
}

uint32_t
dial(struct host *h, const char *peer, unsigned int purpose)
{
	struct endpoint to = host_address(host_index(peer));
	uint32_t id;

	h->env.now = w.now;
	id = conns_dial(h->cs, peer, &to, 1, purpose);
	collect(h);
	return id;
}

void
collect(struct host *h)
{
	char peer[NODE_NAME_MAX + 1];
	struct action a;

	while (actions_next(&h->actions, &a)) {
		struct side *s;
		uint8_t none[1];
		int k = 0;

		switch (a.kind) {
		case ACTION_CONNECT:
			do_connect(h, &a);
			break;
		case ACTION_STREAM_READY:
			s = side_of(h, a.conn);
			if (s != NULL)
				s->ready = true;
			else /* accepted, the wire is not there yet */
				conns_drain(h->cs, a.conn, none, 0);
			break;
		case ACTION_CLOSE:
			do_close(h, &a);
			break;
		case ACTION_STORE_PAIR:
		case ACTION_BUILD_LIST:
		case ACTION_STORE_LIST:
		case ACTION_STORE_HELD:
			while (h->tasks[k].used)
				k++;
			assert_in_range(k, 0, TASKS_MAX - 1);
			h->tasks[k].used = true;
			h->tasks[k].a = a;
			continue;
		case ACTION_EVENT:
			do_event(h, &a);
			break;
		default:
			fail();
		}
		action_done(&a);
	}
	check_counters(h->cs);
	hear_news(h);
	while (h->follow_wants && host_wants(h, peer))
		if (host_index(peer) < 0 || dial(h, peer, CONN_LIST) == 0)
			lists_unreachable(h->lists, peer);
}

/* --- what happens --------------------------------------------------------- */

static void
apply_list(struct host *h)
{
	struct bnl *old = h->bnl;

	if (h->kept->held) {
		lists_hold(h->lists, h->kept);
		h->kept = NULL;
		conns_list_applied(h->cs);
		host_check_secrets(h);
		return;
	}
	h->bnl = h->kept;
	h->kept = NULL;
	h->env.bnl = h->bnl;
	h->env.version = h->bnl->version;
	h->env.stale = false;
	lists_applied(h->lists);
	conns_list_applied(h->cs);
	host_check_secrets(h);
	bnl_free(old);
}

static void
write_pair(struct host *h, const struct action *a)
{
	int k = host_index(a->peer);

	memcpy(h->disk[k].data, a->data, a->len);
	h->disk[k].len = a->len;
}

static void
do_task(struct host *h, struct task *t)
{
	const struct key *keys[1] = { w.key };
	struct action a = t->a;
	struct bnl *b = NULL;
	struct err e;
	bool ok = !h->disk_fails;

	t->used = false;
	h->env.now = w.now;
	if (a.kind == ACTION_BUILD_LIST) {
		(void)bnl_receive(&b, &a.source, keys, 1, &e);
		if (lists_ready(h->lists, a.ticket, b, &e)) {
			h->kept = b;
		} else {
			bnl_free(b);
			conns_list_decided(h->cs);
		}
		collect(h);
		return;
	}
	if (a.kind == ACTION_STORE_PAIR && ok)
		write_pair(h, &a);
	if (a.kind == ACTION_STORE_LIST && ok) {
		bnl_version_read(&h->mark, a.mark);
		if (a.viewlen > 0) {
			free(h->list);
			h->list = malloc(a.viewlen);
			memcpy(h->list, a.view, a.viewlen);
			h->listlen = a.viewlen;
		}
	}
	if (a.kind == ACTION_STORE_HELD && ok) {
		free(h->held);
		h->held = a.viewlen == 0 ? NULL : malloc(a.viewlen);
		h->heldlen = a.viewlen;
		if (h->held != NULL)
			memcpy(h->held, a.view, a.viewlen);
	}
	if (secret_store_stored(h->secrets, a.ticket, ok)) {
		conns_secrets_stored(h->cs);
		action_done(&a);
		collect(h);
		return;
	}
	switch (lists_stored(h->lists, a.ticket, ok)) {
	case INSTALL_APPLY:
		apply_list(h);
		break;
	case INSTALL_DISCARD:
		conns_list_decided(h->cs);
		bnl_free(h->kept);
		h->kept = NULL;
		break;
	case INSTALL_PLAIN:
		break;
	}
	action_done(&a);
	collect(h);
}

void
deliver(struct wire *x, int from, size_t most)
{
	struct side *s = &x->s[from], *o = &x->s[!from];
	size_t n = buf_len(&s->out);
	static uint8_t mem[20000];

	if (n > 0) {
		n = x->held ? most : 1 + lot((uint32_t)(n < most ? n : most));
		if (n > buf_len(&s->out))
			n = buf_len(&s->out);
		memcpy(mem, buf_data(&s->out), n);
		buf_consume(&s->out, n);
		if (o->gone)
			return;
		w.h[o->host].env.now = w.now;
		conns_in(w.h[o->host].cs, o->id, mem, n);
		collect(&w.h[o->host]);
	} else if (s->fin) {
		tell_closed(o, NULL);
	}
}

bool
world_step(void)
{
	static struct {
		int kind, i, k;
	} can[4 * WIRES_MAX + HOSTS_MAX * TASKS_MAX];
	uint32_t n = 0;

	for (int i = 0; i < w.nwires; i++) {
		struct wire *x = &w.wires[i];

		if (!x->used || x->held)
			continue;
		for (int k = 0; k < 2; k++) {
			struct side *s = &x->s[k];

			if (s->ready && !s->gone && buf_len(&s->out) < 65536) {
				can[n].kind = 0;
				can[n].i = i;
				can[n++].k = k;
			}
			if (buf_len(&s->out) > 0 ||
			    (s->fin && !x->s[!k].gone)) {
				can[n].kind = 1;
				can[n].i = i;
				can[n++].k = k;
			}
		}
		if (x->s[0].gone && x->s[1].gone)
			wire_free(x);
	}
	for (int i = 0; i < w.n; i++)
		for (int k = 0; k < TASKS_MAX && !w.h[i].disk_stuck; k++)
			if (w.h[i].tasks[k].used) {
				can[n].kind = 2;
				can[n].i = i;
				can[n++].k = k;
			}
	if (n == 0)
		return false;
	n = lot(n);
	switch (can[n].kind) {
	case 0:
		if (w.wires[can[n].i].used)
			drain(&w.wires[can[n].i].s[can[n].k], w.chunk);
		break;
	case 1:
		if (w.wires[can[n].i].used)
			deliver(&w.wires[can[n].i], can[n].k, w.chunk);
		break;
	default:
		do_task(&w.h[can[n].i], &w.h[can[n].i].tasks[can[n].k]);
	}
	return true;
}

void
world_run(void)
{
	for (int i = 0; i < 2000000; i++)
		if (!world_step())
			return;
	fail_msg("the world does not come to rest");
}

void
world_pass(int64_t ms)
{
	struct monotime end = mono_add_ms(w.now.mono, ms);

	for (;;) {
		struct monotime at = end;
		int64_t step;

		for (int i = 0; i < w.n; i++)
			if (w.h[i].cs != NULL)
				at = mono_min(at, host_deadline(&w.h[i]));
		if (mono_before(w.now.mono, at)) {
			step = at.ns - w.now.mono.ns;
			w.now.mono = at;
			w.now.wall.s += step / NS_PER_S;
		}
		for (int i = 0; i < w.n; i++) {
			struct host *h = &w.h[i];

			if (h->cs == NULL)
				continue;
			h->env.now = w.now;
			if (!mono_reached(host_deadline(h), w.now.mono))
				continue;
			host_tick(h);
			collect(h);
		}
		world_run();
		if (mono_reached(end, w.now.mono))
			return;
	}
}

void
host_stop(struct host *h)
{
	for (int i = 0; i < w.nwires; i++)
		for (int k = 0; k < 2; k++)
			if (w.wires[i].used &&
			    &w.h[w.wires[i].s[k].host] == h) {
				w.wires[i].s[k].gone = true;
				w.wires[i].s[k].fin = true;
			}
	for (int k = 0; k < TASKS_MAX; k++) {
		if (!h->tasks[k].used)
			continue;
		/* The disk may or may not have been faster. */
		if (h->tasks[k].a.kind == ACTION_STORE_PAIR && lot(2) == 0)
			write_pair(h, &h->tasks[k].a);
		action_done(&h->tasks[k].a);
		h->tasks[k].used = false;
	}
	conns_free(h->cs);
	lists_free(h->lists);
	secret_store_free(h->secrets);
	h->cs = NULL;
	actions_free(&h->actions);
	bnl_free(h->kept);
	h->kept = NULL;
}

void
world_reset(uint64_t seed)
{
	memset(&w.n, 0, sizeof(w) - offsetof(struct world, n));
	w.rng = rng_seeded(&w.seed, seed);
	w.now.mono.ns = 1000 * NS_PER_S;
	w.now.wall.s = WORLD_START;
	w.chunk = 3000;
}

void
world_begin(uint64_t seed)
{
	struct err e;

	world_reset(seed);
	assert_int_equal(
		key_read_private(&w.key, PEM_ED_1, strlen(PEM_ED_1), &e), 0);
	assert_int_equal(
		key_read_private(&w.other_key, PEM_ED_2, strlen(PEM_ED_2), &e),
		0);
}

void
world_clear(void)
{
	for (int i = 0; i < w.n; i++) {
		if (w.h[i].cs != NULL)
			host_stop(&w.h[i]);
		bnl_free(w.h[i].bnl);
		free(w.h[i].list);
		free(w.h[i].held);
		addrcache_free(w.h[i].env.addrcache);
	}
	for (int i = 0; i < WIRES_MAX; i++)
		if (w.wires[i].used)
			wire_free(&w.wires[i]);
}

void
world_end(void)
{
	world_clear();
	key_free(w.key);
	key_free(w.other_key);
}

const struct pair_record *
held(const struct host *h, const struct host *peer)
{
	return secret_store_get(h->secrets, peer->name);
}
