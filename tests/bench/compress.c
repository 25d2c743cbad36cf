/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Throughput and ratio of each compressor and level, packet by packet:
 *
 *	compress SECONDS [FILE...]
 *
 * Each file is one kind of data, cut into packets of the MTU; random data is
 * added. Prints, as soon as it is known: data, compressor, level, MB/s packed,
 * MB/s unpacked, bytes after for 100 before. What does not shrink goes as it
 * is. SECONDS are for all of it together. They are of the clock on the wall,
 * so that a busy machine makes it less exact, not longer; the rates are by
 * the processor's time.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crypto/rng.h"
#include "format/compress.h"

#define PACKET 1420
#define PACKETS_MAX 4096
#define CHUNK 64 /* packets between two looks at the clock */
#define SECONDS_MAX 3600

struct sample {
	const char *name;
	uint8_t *data;
	size_t packets;
};

/* What one way of handling packets has done. */
struct tally {
	size_t packets, after;
	double s; /* the processor's */
};

static uint8_t packed[PACKETS_MAX][PACKET];
static size_t packed_len[PACKETS_MAX]; /* 0: as it is */
static double each_s;		       /* for one tally */

static double
clock_s(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static size_t
pack(struct comp *c, const struct sample *s, enum comp_alg a, uint8_t level,
     size_t i)
{
	packed_len[i] = comp_pack(c, a, level, s->data + i * PACKET, PACKET,
				  packed[i], PACKET);
	return packed_len[i] > 0 ? packed_len[i] : PACKET;
}

static size_t
unpack(struct comp *c, const struct sample *s, enum comp_alg a, size_t i)
{
	uint8_t out[PACKET];
	size_t len = packed_len[i];

	if (len == 0)
		return PACKET;
	len = comp_unpack(c, a, packed[i], len, out, sizeof(out));
	if (len != PACKET || memcmp(out, s->data + i * PACKET, len) != 0) {
		fprintf(stderr, "%s: not the same after\n", s->name);
		exit(EXIT_FAILURE);
	}
	return len;
}

/* All packets over and over, in pieces, until the time is up; what was
 * packed is there to be unpacked. upto: of the packets. */
static struct tally
tally(struct comp *c, const struct sample *s, enum comp_alg a, int level,
      size_t upto)
{
	double end = clock_s(CLOCK_MONOTONIC) + each_s;
	double start = clock_s(CLOCK_PROCESS_CPUTIME_ID);
	struct tally t = { 0 };

	do {
		for (size_t n = 0; n < CHUNK; n++, t.packets++) {
			size_t i = t.packets % upto;

			t.after += level < 0 ? unpack(c, s, a, i) :
					       pack(c, s, a, (uint8_t)level, i);
		}
	} while (clock_s(CLOCK_MONOTONIC) < end);
	t.s = clock_s(CLOCK_PROCESS_CPUTIME_ID) - start;
	return t;
}

static void
measure(struct comp *c, const struct sample *s, enum comp_alg a, uint8_t level)
{
	struct tally in = tally(c, s, a, level, s->packets), out;
	size_t upto = in.packets < s->packets ? in.packets : s->packets;

	out = tally(c, s, a, -1, upto);
	printf("%-8s %-6s %5u %12.0f %12.0f %8.1f\n", s->name, comp_name(a),
	       level, (double)in.packets * PACKET / in.s / 1e6,
	       (double)out.packets * PACKET / out.s / 1e6,
	       100.0 * (double)in.after / ((double)in.packets * PACKET));
}

static bool
load(struct sample *s, const char *path)
{
	const char *slash = strrchr(path, '/');
	FILE *f = fopen(path, "rb");

	s->name = slash == NULL ? path : slash + 1;
	s->data = malloc((size_t)PACKETS_MAX * PACKET);
	if (f == NULL || s->data == NULL) {
		perror(path);
		return false;
	}
	s->packets = fread(s->data, PACKET, PACKETS_MAX, f);
	fclose(f);
	if (s->packets > 0)
		return true;
	fprintf(stderr, "%s: expected at least %d bytes\n", path, PACKET);
	return false;
}

static unsigned int
all_levels(struct comp *c, const struct sample *s)
{
	unsigned int n = 0;

	for (int a = COMP_LZO; a < COMP_ALGS; a++)
		for (uint8_t l = comp_level_min((enum comp_alg)a);
		     l <= comp_level_max((enum comp_alg)a); l++, n++)
			if (s != NULL)
				measure(c, s, (enum comp_alg)a, l);
	return n;
}

int
main(int argc, char **argv)
{
	struct comp *c = comp_new();
	struct sample s = { "random", NULL, PACKETS_MAX };
	struct rng rng = rng_system();
	int seconds = argc > 1 ? atoi(argv[1]) : 0;

	if (seconds < 1 || seconds > SECONDS_MAX) {
		fprintf(stderr, "usage: compress SECONDS [FILE...]\n");
		return EXIT_FAILURE;
	}
	s.data = malloc((size_t)PACKETS_MAX * PACKET);
	if (c == NULL || s.data == NULL) {
		free(s.data);
		return EXIT_FAILURE;
	}
	each_s = seconds / (2.0 * all_levels(c, NULL) * (argc - 1));
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("data     with   level   MB/s pack  MB/s unpack  left, %");
	rng_fill(&rng, s.data, (size_t)PACKETS_MAX * PACKET);
	all_levels(c, &s);
	free(s.data);
	for (int i = 2; i < argc; i++) {
		if (!load(&s, argv[i]))
			return EXIT_FAILURE;
		all_levels(c, &s);
		free(s.data);
	}
	comp_free(c);
	return EXIT_SUCCESS;
}
