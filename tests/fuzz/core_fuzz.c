/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a member of the network that has gone bad can send inside its session,
 * what the device can, and what else may come over a core in between. The
 * input is a script. Nothing reaches the device but packets from the peer's
 * subnet to our own.
 */
#include "fuzz.h"
#include "../unit/core/core_rig.h"

#define LIST                                                        \
	"prefix 10.156.0.0/16\nprefix fd00:c1::/32\n"               \
	"node alpha\n  address 192.0.2.1\n  subnet 10.156.1.0/24\n" \
	"  subnet fd00:c1:1::/48\n"                                 \
	"node beta\n  address 192.0.2.2\n  subnet 10.156.2.0/24\n"  \
	"  subnet fd00:c1:2::/48\n"
#define GAMMA \
	"node gamma\n  address gamma.example.org\n  subnet 10.156.3.0/24\n"
#define PACKET_MAX 2048
#define LISTS_MAX 8
#define STEPS_MAX 100
#define TICKS_MAX 8
#define PATH_LEAST 576

static struct rig_node a, b;
static struct draws {
	uint8_t who, secrets;
	struct rng_seeded seed;
	struct rng rest;
} draws[2];
static struct rig_out out;
static unsigned int lists;
static char *raw; /* the list of the start */
static size_t rawlen;

static size_t
next_bytes(struct script *s, uint8_t *to, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] = next(s);
	return n;
}

/* --- the two cores ------------------------------------------------------------ */

/* Of secrets a node draws a few again and again, so that the curve's results
 * are remembered ones; more than it keeps to tell a repeated one. */
static void
draw(void *ctx, void *to, size_t n)
{
	struct draws *d = ctx;
	uint8_t *p = to;

	if (n == X25519_LEN) {
		memset(p, d->who, n);
		p[0] = (uint8_t)d->secrets++;
		return;
	}
	rng_fill(&d->rest, to, n);
}

/* As rig_begin(), but the key is read once and the list signed once. */
static void
begin_rig(void)
{
	static struct key *key;

	if (key == NULL) {
		rig_begin();
		key = rig.key;
		raw = rig_sign(LIST GAMMA, RIG_START, &rawlen);
	}
	memset(&rig, 0, sizeof(rig));
	rig.key = key;
	rig_clock((struct monotime){ 1000 * NS_PER_S });
	rig.rng = rng_seeded(&rig.seed, 7);
}

/* As rig_node_init(), of which there are copies. */
static void
copy_node(struct rig_node *n, bool is_beta, bool keepalive)
{
	static struct rig_node once[2][2];
	struct rig_node *from = &once[is_beta][keepalive];

	if (from->conf == NULL) {
		rig_node_init(from, is_beta ? "beta" : "alpha",
			      keepalive ? "keepalive = 10\n" : "");
		from->at.addr.b[3] = is_beta ? 129 : 1;
	}
	*n = *from;
}

/* Nobody answers by TCP. */
static void
begin(uint8_t how)
{
	enum comp_alg comp = (enum comp_alg)(how % COMP_ALGS);
	struct pair p;

	begin_rig();
	copy_node(&a, false, false);
	copy_node(&b, true, (how & 0x80) != 0);
	b.no_gro = (how & 0x10) != 0;
	b.no_csum = (how & 0x20) != 0;
	p = rig_pair(comp, RIG_START - 60);
	rig_new(&a, rig_build(raw, rawlen), NULL);
	rig_new(&b, rig_build(raw, rawlen), NULL);
	for (int i = 0; i < 2; i++) {
		struct rig_node *n = i == 0 ? &a : &b;

		draws[i] = (struct draws){ .who = (uint8_t)(i + 1) };
		draws[i].rest = rng_seeded(&draws[i].seed, 7);
		n->core->env.rng = (struct rng){ draw, &draws[i] };
	}
	rig_load(&a, &b, &p);
	rig_load(&b, &a, &p);
	rig_start(&a);
	rig_start(&b);
	if ((how & 0x40) == 0)
		rig_talk(&a, &b, rig_out(&out));
	lists = 0;
}

static void
end(void)
{
	core_stop(b.core, rig.now);
	rig_drain(&b);
	for (int i = 0; i < 2; i++) {
		struct rig_node *n = i == 0 ? &a : &b;

		core_free(n->core);
		free(n->known);
	}
}

/* --- what reaches the device ----------------------------------------------------- */

static void
check_frame(const struct tun_out *f)
{
	static uint8_t p[FRAME_LEN_MAX];
	struct ippkt k;
	size_t n = 0;

	for (unsigned int i = 0; i < f->niov; i++) {
		assert_true(n + f->iov[i].len <= sizeof(p));
		memcpy(p + n, f->iov[i].p, f->iov[i].len);
		n += f->iov[i].len;
	}
	assert_int_equal(ippkt_parse(&k, p, n), 0);
	if (k.src.family == IP_V4) {
		assert_memory_equal(k.src.b, "\x0a\x9c\x01", 3);
		assert_memory_equal(k.dst.b, "\x0a\x9c\x02", 3);
	} else {
		assert_memory_equal(k.src.b, "\xfd\x00\x00\xc1\x00\x01", 6);
		assert_memory_equal(k.dst.b, "\xfd\x00\x00\xc1\x00\x02", 6);
	}
}

static void
check_out(void)
{
	for (unsigned int i = 0; i < out.o.nframes; i++)
		check_frame(&out.frames[i]);
	rig_drain(&b);
	b.nhooks = 0;
}

/* In memory of its own, so that reading beyond it is seen. */
static void
arrive(const struct endpoint *from, const uint8_t *bytes, size_t len,
       size_t segsize)
{
	uint8_t *copy = malloc(len);
	struct udp_run run = { .remote = *from,
			       .local = b.at.addr,
			       .segsize = (uint16_t)segsize,
			       .data = copy,
			       .len = len };

	if (len == 0) {
		free(copy);
		return;
	}
	memcpy(copy, bytes, len);
	assert_int_equal(core_udp_in(b.core, rig.now, &run, 1, rig_out(&out)),
			 1);
	check_out();
	free(copy);
}

/* Under alpha's session with beta, if there is one. */
static void
seal(uint8_t flags, const uint8_t *p, size_t len)
{
	uint8_t dgram[PACKET_MAX + DGRAM_DATA_OVERHEAD];
	struct peer *peer = rig_peer(&a, "beta");

	if (peer == NULL)
		return;
	a.core->env.now = rig.now;
	if (assoc_seal(peer->assoc, &a.core->env, flags, p, len, dgram) !=
	    DROP_NONE)
		return;
	len += DGRAM_DATA_OVERHEAD;
	arrive(&a.at, dgram, len, len);
}

/* --- packets --------------------------------------------------------------------- */

/* A good packet from alpha to beta, or back. */
static size_t
make_good(uint8_t *p, struct script *s, bool back)
{
	static const uint8_t payload[1400];
	uint8_t how = next(s);
	struct made m = { .v6 = (how & 1) != 0,
			  .proto = how & 2 ? 6 : 17,
			  .host = 1,
			  .ttl = 64,
			  .frag = how & 4 ? 0x4000 : 0,
			  .ipopt = how & 8 ? 8 : 0,
			  .tcpopt = how & 16 ? 8 : 0,
			  .flags = next(s),
			  .payload = payload,
			  .len = next(s) * (size_t)(how & 32 ? 5 : 1),
			  .partial = (how & 64) != 0 };
	static const uint8_t mss[] = { 2, 4, 0x05, 0xb4 };
	size_t len = make_packet(p, &m);

	if (m.proto == 6 && m.tcpopt > 0) /* what a SYN asks for */
		memcpy(p + len - m.len - m.tcpopt, mss, sizeof(mss));
	if (m.v6) {
		put_be32(p + 8, 0xfd0000c1);
		put_be32(p + 12, back ? 0x00020000 : 0x00010000);
		put_be32(p + 24, 0xfd0000c1);
		put_be32(p + 28, back ? 0x00010000 : 0x00020000);
	} else if (back) {
		p[14] = 2;
		p[18] = 1;
		slow_ip_csum(p);
	}
	return len;
}

/* ... of which some bytes are changed, and the checksum may be right then. */
static void
bend(uint8_t *p, size_t len, struct script *s)
{
	uint8_t n = next(s);

	for (unsigned int i = 0; i < n % 8u; i++) {
		size_t at = next(s) % len;

		p[at] = next(s);
	}
	if ((n & 0x80) != 0 && len >= 20 && p[0] >> 4 == 4)
		slow_ip_csum(p);
}

static void
send_inner(struct script *s)
{
	uint8_t p[PACKET_MAX], packed[PACKET_MAX], how = next(s);
	size_t len = make_good(p, s, false), n;
	enum comp_alg alg = how & 1 ? COMP_LZO : COMP_ZLIB;

	bend(p, len, s);
	if ((how & 2) == 0) {
		seal(how >> 4, p, len);
		return;
	}
	n = comp_pack(a.core->comp, alg, 1, p, len, packed, sizeof(packed));
	seal(DATA_COMPRESSED | how >> 4, n > 0 ? packed : p, n > 0 ? n : len);
}

/* Room in front, and behind it what the device says of it. */
static void
from_device(struct script *s)
{
	uint8_t *mem = malloc(FRAME_HEADROOM + PACKET_MAX), how = next(s);
	struct tun_frame f = { .data = mem + FRAME_HEADROOM };

	f.len = make_good(f.data, s, true);
	bend(f.data, f.len, s);
	f.off.kind = how & 3;
	f.off.needs_csum = (how & 4) != 0;
	if (f.off.kind != FRAME_WHOLE)
		f.off.segsize = (uint16_t)(next(s) * 2);
	f.off.csum_start = how & 8 ? next(s) : f.data[0] >> 4 == 4 ? 20 : 40;
	f.off.csum_offset = how & 16		    ? next(s) :
			    f.off.kind == FRAME_UDP ? 6 :
						      16;
	core_tun_in(b.core, rig.now, &f, 1, rig_out(&out));
	rig_drain(&b);
	free(mem);
}

/* --- control records --------------------------------------------------------------- */

/* Up to 31 of them in a packet, with tags that we gave away. */
static void
send_records(struct script *s)
{
	static const uint8_t lengths[] = { 56, 56, 40, 0, 72, 13, 1, 200 };
	const struct peer *p = rig_peer(&b, "alpha");
	uint8_t rec[PACKET_MAX];
	size_t n = 0;

	for (unsigned int k = next(s) & 31; k > 0 && n < 1024; k--) {
		uint8_t how = next(s), type = how & 7;
		size_t len = how & 8 ? next(s) : lengths[(type + 7u) % 8];
		uint8_t *value = rec + n + RECORD_HEADER_LEN;

		rec[n] = type;
		put_be16(rec + n + 1, (uint16_t)len);
		memset(value, 0, len);
		next_bytes(s, value, len < 24 ? len : 24);
		if ((how & 16) != 0 && len >= RECORD_TAG_LEN && p != NULL)
			memcpy(value, how & 32 ? b.core->ask.tag : p->ping,
			       RECORD_TAG_LEN);
		if ((how & 64) != 0 && len >= RECORD_TAG_LEN && p != NULL)
			memcpy(value, p->probe, PATH_TAG_LEN);
		if ((how & 128) != 0 && len == RECORD_ASK_LEN)
			memcpy(value + RECORD_TAG_LEN, "gamma\0", 6);
		n += RECORD_HEADER_LEN + len;
	}
	if (n > 0 && next(s) == 1)
		n--; /* cut short */
	seal(DATA_CONTROL, rec, n);
}

/* --- what else happens ------------------------------------------------------------- */

/* As rig_pass(), but after a few deadlines time jumps: nobody answers, and
 * every INIT would look like the one before it. */
static void
wait(int64_t ms)
{
	struct monotime end = mono_add_ms(rig.now.mono, ms), at;

	for (int i = 0; i < TICKS_MAX; i++) {
		at = core_deadline(b.core);
		if (!mono_before(at, end))
			break;
		if (mono_before(rig.now.mono, at))
			rig_clock(at);
		rig_tick(&b);
	}
	rig_clock(end);
}

/* The node waits; what alpha answers may be lost. */
static void
pass(struct script *s)
{
	uint8_t v = next(s);
	size_t bt = b.nsent, at;

	wait((int64_t)v * v * 4);
	if (b.nsent - bt > RIG_KEPT)
		bt = b.nsent - RIG_KEPT;
	at = a.nsent;
	if ((v & 1) == 0)
		return;
	rig_carry(&b, bt, &a, rig_out(&out));
	rig_tick(&a);
	if (a.nsent - at > RIG_KEPT)
		at = a.nsent - RIG_KEPT;
	rig_carry(&a, at, &b, rig_out(&out));
	check_out();
}

static void
another_list(struct script *s)
{
	static const char *const bodies[] = {
		LIST,
		LIST GAMMA,
		"prefix 10.156.0.0/16\nnode beta\n  subnet 10.156.2.0/24\n",
		"prefix 10.156.0.0/16\nnode alpha\n  subnet 10.156.1.0/24\n",
	};
	static struct {
		char *raw;
		size_t len;
	} made[4][LISTS_MAX][2], *m;
	uint8_t v = next(s);

	if (lists == LISTS_MAX)
		return;
	m = &made[v % 4][lists++][v >> 4 & 1];
	if (m->raw == NULL)
		m->raw =
			rig_sign(bodies[v % 4],
				 RIG_START + lists - (v & 16 ? 5 : 0), &m->len);
	core_list_offer(b.core, rig.now, m->raw, m->len);
	rig_drain(&b);
}

static void
ask(struct script *s)
{
	static const char *const names[] = { "alpha", "beta", "gamma",
					     "delta" };
	uint8_t v = next(s);
	const char *name = names[v & 3];
	char sentence[512];
	struct why w;
	bool done;

	if ((v & 12) == 0)
		core_probe(b.core, rig.now, name, (v & 16) != 0);
	else if ((v & 12) == 4)
		(void)core_negotiate(b.core, rig.now, name);
	rig_drain(&b);
	core_why(b.core, rig.now, name, &w, &done);
	why_sentence(sentence, sizeof(sentence), &w, why_verdict(&w));
	for (size_t i = 0; i < core_peer_count(b.core); i++) {
		struct peer_info info;

		core_peer_info(b.core, rig.now, i, &info);
	}
}

static void
of_the_host(struct script *s)
{
	struct ipaddr found[3] = { { .family = IP_V4 },
				   { .family = IP_V6 },
				   { .family = IP_V4 } };
	struct peer *p = rig_peer(&b, "alpha");
	uint8_t v = next(s);

	switch (v & 7) {
	case 0:
		next_bytes(s, found[0].b, 4);
		next_bytes(s, found[1].b, 16);
		core_resolved(b.core, rig.now, "gamma.example.org", found,
			      v >> 3 & 3, (v & 64) != 0,
			      v & 32 ? "nothing" : NULL);
		break;
	case 1:
		core_too_big(b.core, rig.now, &a.at);
		break;
	case 2:
		core_device_takes(b.core, (v & 8) != 0, (v & 16) != 0);
		break;
	case 3:
	case 4:
	case 5: /* as if probes had found it so */
		if (p == NULL || p->pmtu.full <= PATH_LEAST)
			break;
		p->pmtu.mtu =
			PATH_LEAST + next(s) * 4u % (p->pmtu.full - PATH_LEAST);
		p->pmtu.limit = 0;
		break;
	default:
		core_mark_reset(b.core, rig.now);
	}
	rig_drain(&b);
}

static void
step(struct script *s)
{
	uint8_t bytes[255], op = next(s);
	struct endpoint foreign = {
		.addr = { .family = IP_V4, .b = { 203, 0, 113, 1 } }, .port = 7
	};
	size_t len;

	switch (op & 15) {
	case 0: /* anything, from anywhere */
		len = next_bytes(s, bytes, next(s));
		arrive(op & 16 ? &a.at : &foreign, bytes, len,
		       1 + next(s) % 64u);
		break;
	case 1: /* anything, in the session */
		len = next_bytes(s, bytes, next(s));
		seal(op >> 4, bytes, len);
		break;
	case 2:
	case 3:
	case 4:
		send_inner(s);
		break;
	case 5:
	case 6:
	case 7:
		send_records(s);
		break;
	case 8:
	case 9:
		from_device(s);
		break;
	case 10:
		another_list(s);
		break;
	case 11:
	case 12:
		ask(s);
		break;
	case 13:
		of_the_host(s);
		break;
	default:
		pass(s);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct script s = { data, len };

	if (len == 0)
		return 0;
	begin(next(&s));
	for (int i = 0; i < STEPS_MAX && s.left > 0; i++)
		step(&s);
	end();
	return 0;
}
