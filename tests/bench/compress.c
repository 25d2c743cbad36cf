/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Throughput and ratio of each compressor and level, packet by packet:
 *
 *	compress FILE...
 *
 * Each file is one kind of data, cut into packets of the MTU; random data is
 * added. Prints: data, compressor, level, MB/s packed, MB/s unpacked, bytes
 * after for 100 before. What does not shrink goes as it is.
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
#define LEAST_S 0.2

struct sample {
	const char *name;
	uint8_t *data;
	size_t packets;
};

static uint8_t packed[PACKETS_MAX][PACKET];
static size_t packed_len[PACKETS_MAX]; /* 0: as it is */

static double
now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static size_t
pack(struct comp *c, const struct sample *s, enum comp_alg a, uint8_t level)
{
	size_t sum = 0;

	for (size_t i = 0; i < s->packets; i++) {
		packed_len[i] = comp_pack(c, a, level, s->data + i * PACKET,
					  PACKET, packed[i], PACKET);
		sum += packed_len[i] > 0 ? packed_len[i] : PACKET;
	}
	return sum;
}

static void
unpack(struct comp *c, const struct sample *s, enum comp_alg a)
{
	uint8_t out[PACKET];

	for (size_t i = 0; i < s->packets; i++) {
		size_t len = packed_len[i];

		if (len == 0)
			continue;
		len = comp_unpack(c, a, packed[i], len, out, sizeof(out));
		if (len != PACKET ||
		    memcmp(out, s->data + i * PACKET, len) != 0) {
			fprintf(stderr, "%s: not the same after\n", s->name);
			exit(EXIT_FAILURE);
		}
	}
}

static void
measure(struct comp *c, const struct sample *s, enum comp_alg a, uint8_t level)
{
	double start, pack_s, unpack_s;
	size_t rounds = 0, after = 0, bytes = s->packets * PACKET;

	for (start = now_s(); now_s() - start < LEAST_S; rounds++)
		after = pack(c, s, a, level);
	pack_s = (now_s() - start) / (double)rounds;
	rounds = 0;
	for (start = now_s(); now_s() - start < LEAST_S; rounds++)
		unpack(c, s, a);
	unpack_s = (now_s() - start) / (double)rounds;
	printf("%-8s %-6s %5u %12.0f %12.0f %8.1f\n", s->name, comp_name(a),
	       level, (double)bytes / pack_s / 1e6,
	       (double)bytes / unpack_s / 1e6,
	       100.0 * (double)after / (double)bytes);
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

static void
all_levels(struct comp *c, const struct sample *s)
{
	for (int a = COMP_LZO; a < COMP_ALGS; a++)
		for (uint8_t l = comp_level_min((enum comp_alg)a);
		     l <= comp_level_max((enum comp_alg)a); l++)
			measure(c, s, (enum comp_alg)a, l);
}

int
main(int argc, char **argv)
{
	struct comp *c = comp_new();
	struct sample s = {"random", NULL, PACKETS_MAX};
	struct rng rng = rng_system();

	s.data = malloc((size_t)PACKETS_MAX * PACKET);
	if (c == NULL || s.data == NULL)
		return EXIT_FAILURE;
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("data     with   level   MB/s pack  MB/s unpack  left, %");
	rng_fill(&rng, s.data, (size_t)PACKETS_MAX * PACKET);
	all_levels(c, &s);
	free(s.data);
	for (int i = 1; i < argc; i++) {
		if (!load(&s, argv[i]))
			return EXIT_FAILURE;
		all_levels(c, &s);
		free(s.data);
	}
	comp_free(c);
	return EXIT_SUCCESS;
}
