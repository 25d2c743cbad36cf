/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files of test vectors: lines "name = hex", blank ones and comments. */
#ifndef TESTS_CORE_VECTORS_H
#define TESTS_CORE_VECTORS_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#define VECTORS_MAX 96
#define VECTOR_NAME_MAX 40
#define VECTOR_BYTES_MAX 1024

struct vector {
	char name[VECTOR_NAME_MAX];
	uint8_t bytes[VECTOR_BYTES_MAX];
	size_t len;
	bool used;
};

static struct {
	const char *path;
	struct vector v[VECTORS_MAX];
	size_t n;
} vectors;

static inline void
vectors_load(const char *path)
{
	char line[2 * VECTOR_BYTES_MAX + 64], hex[2 * VECTOR_BYTES_MAX + 1];
	FILE *f = fopen(path, "r");

	if (f == NULL)
		fail_msg("%s: cannot be opened", path);
	memset(&vectors, 0, sizeof(vectors));
	vectors.path = path;
	while (fgets(line, sizeof(line), f) != NULL) {
		struct vector *v = &vectors.v[vectors.n];

		if (line[0] == '#' || line[0] == '\n')
			continue;
		assert_true(vectors.n < VECTORS_MAX);
		hex[0] = '\0';
		if (sscanf(line, "%39s = %2048s", v->name, hex) < 1 ||
		    strlen(hex) % 2 != 0)
			fail_msg("%s: %s", path, line);
		v->len = strlen(hex) / 2;
		assert_int_equal(hex_decode(v->bytes, v->len, hex, strlen(hex)),
				 0);
		vectors.n++;
	}
	fclose(f);
}

static inline struct vector *
vector_find(const char *name)
{
	for (size_t i = 0; i < vectors.n; i++)
		if (strcmp(vectors.v[i].name, name) == 0) {
			vectors.v[i].used = true;
			return &vectors.v[i];
		}
	return NULL;
}

/* What the file gives; len 0: any length. */
static inline const struct vector *
given(const char *name, size_t len)
{
	static const struct vector none;
	const struct vector *v = vector_find(name);

	if (v != NULL && (len == 0 || v->len == len))
		return v;
	fail_msg("%s: %s is not there, or not of %zu bytes", vectors.path, name,
		 len);
	return &none;
}

/* What was computed is what the file says. */
static inline void
same(const char *name, const void *got, size_t len)
{
	const struct vector *v = vector_find(name);
	char hex[2 * VECTOR_BYTES_MAX + 1];

	assert_true(len <= VECTOR_BYTES_MAX);
	if (v != NULL && v->len == len && memcmp(v->bytes, got, len) == 0)
		return;
	hex_encode(hex, got, len);
	fail_msg("%s: computed\n%s = %s", vectors.path, name, hex);
}

/* Nothing stands in the file that nobody computes. */
static inline void
vectors_all_used(void)
{
	for (size_t i = 0; i < vectors.n; i++)
		if (!vectors.v[i].used)
			fail_msg("%s: nothing computes %s", vectors.path,
				 vectors.v[i].name);
}

/* Randomness that is given: the bytes of one vector after the other. */
struct script {
	const struct vector *v;
};

static inline void
script_fill(void *ctx, void *out, size_t len)
{
	struct script *s = ctx;

	assert_non_null(s->v);
	assert_int_equal(len, s->v->len);
	memcpy(out, s->v->bytes, len);
	s->v = NULL;
}

#endif
