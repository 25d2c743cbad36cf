/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What compression costs: `compress_cost [BATCHES]` sends packets through
 * whole cores that agreed on each compressor, in turn, and prints the
 * processor's time for a packet from the device to the sealed datagram, its
 * ratio to that without compression, and how much was left of the bytes.
 * `compress_cost BATCHES COMPRESSOR LEVEL DATA` does one of them alone, for
 * an instrument that counts instructions.
 */
#include "../unit/core/core_rig.h"

#include <time.h>

#include "../unit/base/prng.h"

#define LIST                                                        \
	"prefix 10.156.0.0/16\n"                                    \
	"node alpha\n  address 192.0.2.1\n  subnet 10.156.1.0/24\n" \
	"node beta\n  address 192.0.2.2\n  subnet 10.156.2.0/24\n"
#define BATCH 32
#define SETS 16	     /* batches of different packets */
#define PAYLOAD 1392 /* 1420 with its headers */
#define BATCHES 4000

static const struct way {
	enum comp_alg alg;
	uint8_t level;
} ways[] = {
	{ COMP_NONE, 0 }, { COMP_LZO, 1 },  { COMP_ZLIB, 1 },
	{ COMP_ZLIB, 6 }, { COMP_ZLIB, 9 },
};

#define WAYS (sizeof(ways) / sizeof(ways[0]))

enum data { DATA_RANDOM, DATA_LOG, DATA_TEXT, DATAS };

static const char *const data_names[DATAS] = { "random", "log", "text" };

struct lane {
	struct rig_node a, b;
	double ns;
};

static struct prng prng = { 3406 };
static struct rig_out out;
static uint8_t packets[SETS * BATCH][2048];
static uint8_t work[BATCH][2048];
static size_t packet_len;

static void
lane_open(struct lane *l, const struct way *w)
{
	struct pair p;

	memset(l, 0, sizeof(*l));
	rig_node_init(&l->a, "alpha", "");
	rig_node_init(&l->b, "beta", "");
	p = rig_pair(w->alg, RIG_START - 60);
	p.level = w->level;
	rig_new(&l->a, rig_list(LIST, RIG_START), NULL);
	rig_new(&l->b, rig_list(LIST, RIG_START), NULL);
	rig_load(&l->a, &l->b, &p);
	rig_load(&l->b, &l->a, &p);
	rig_start(&l->a);
	rig_start(&l->b);
	rig_talk(&l->a, &l->b, rig_out(&out));
	rig_clock(mono_add_ms(rig.now.mono, 500));
	rig_talk(&l->a, &l->b, rig_out(&out));
	assert_true(rig_peer(&l->a, "beta")->up);
}

static size_t
log_line(char *to, size_t cap)
{
	int n = snprintf(
		to, cap,
		"Nov 22 06:%02u:%02u host%u sshd[%u]: "
		"Connection closed by 10.156.%u.%u port %u [preauth]\n",
		prng_below(&prng, 60), prng_below(&prng, 60),
		prng_below(&prng, 30), prng_below(&prng, 99999),
		prng_below(&prng, 256), prng_below(&prng, 256),
		prng_below(&prng, 65536));

	return (size_t)n;
}

/* Words of a few letters, the first ones the most common, as in speech. */
static size_t
text_word(char *to, size_t cap)
{
	uint32_t rank = prng_below(&prng, 1 + prng_below(&prng, 2000));
	struct prng word = { rank };
	uint32_t len = 2 + prng_below(&word, 8);
	size_t n = 0;

	while (n < len && n + 2 < cap)
		to[n++] = "etaoinshrdlucmfwypvbgkjq"[prng_below(
			&word, 1 + prng_below(&word, 24))];
	to[n++] = prng_below(&prng, 12) == 0 ? '\n' : ' ';
	return n;
}

static void
fill(uint8_t *payload, enum data kind)
{
	char piece[200];

	for (size_t at = 0; at < PAYLOAD;) {
		size_t n = 1;

		if (kind == DATA_RANDOM)
			piece[0] = (char)prng_next(&prng);
		else if (kind == DATA_LOG)
			n = log_line(piece, sizeof(piece));
		else
			n = text_word(piece, sizeof(piece));
		if (n > PAYLOAD - at)
			n = PAYLOAD - at;
		memcpy(payload + at, piece, n);
		at += n;
	}
}

static void
make_packets(enum data kind)
{
	static uint8_t payload[PAYLOAD];

	for (size_t i = 0; i < SETS * BATCH; i++) {
		fill(payload, kind);
		packet_len = rig_packet(packets[i] + FRAME_HEADROOM, payload,
					PAYLOAD);
	}
}

static double
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void
send_batch(struct lane *l, size_t set)
{
	struct tun_frame frames[BATCH];
	struct core_out *o = rig_out(&out);
	double start;

	memcpy(work, packets + set * BATCH, sizeof(work));
	for (size_t i = 0; i < BATCH; i++)
		frames[i] =
			(struct tun_frame){ .data = work[i] + FRAME_HEADROOM,
					    .len = packet_len };
	start = now_ns();
	assert_int_equal(core_tun_in(l->a.core, rig.now, frames, BATCH, o),
			 BATCH);
	l->ns += now_ns() - start;
	rig_drain(&l->a);
}

static void
print_lane(const struct lane *l, const struct lane *plain, const struct way *w,
	   enum data kind, unsigned int batches)
{
	const struct peer *p = rig_peer(&l->a, "beta");
	const struct adapt_stats *s = &p->adapt.stats;

	assert_int_equal(p->tx_packets, (uint64_t)batches * BATCH);
	printf("%-7s %-5s %u %9.0f %7.2f %7.2f %10llu\n", data_names[kind],
	       comp_name(w->alg), w->level, l->ns / batches / BATCH,
	       l->ns / plain->ns,
	       s->in == 0 ? 1.0 : (double)s->out / (double)s->in,
	       (unsigned long long)s->tried);
}

static void
measure(enum data kind, const struct way *w, size_t nways, unsigned int batches)
{
	static struct lane lanes[WAYS];

	rig_begin();
	make_packets(kind);
	for (size_t i = 0; i < nways; i++)
		lane_open(&lanes[i], &w[i]);
	/* In turn, so that what else the machine does hits all alike. */
	for (unsigned int n = 0; n < batches; n++)
		for (size_t i = 0; i < nways; i++)
			send_batch(&lanes[i], n % SETS);
	for (size_t i = 0; i < nways; i++) {
		print_lane(&lanes[i], &lanes[0], &w[i], kind, batches);
		rig_free(&lanes[i].a);
		rig_free(&lanes[i].b);
	}
	rig_end();
}

int
main(int argc, char **argv)
{
	unsigned int batches = argc > 1 ? (unsigned int)atoi(argv[1]) : BATCHES;
	enum data kind = DATA_RANDOM;
	struct way one;

	printf("data    comp level ns/packet   ratio    left      tried\n");
	if (argc == 5) {
		one.alg = comp_by_name(argv[2], strlen(argv[2]));
		one.level = (uint8_t)atoi(argv[3]);
		while (kind < DATAS && strcmp(data_names[kind], argv[4]) != 0)
			kind++;
		if (one.alg == COMP_ALGS || kind == DATAS)
			return 2;
		measure(kind, &one, 1, batches);
		return 0;
	}
	for (; kind < DATAS; kind++)
		measure(kind, ways, WAYS,
			kind == DATA_RANDOM ? batches : batches / 10 + 1);
	return 0;
}
