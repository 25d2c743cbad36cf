/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One function of the real table is another one. */
#include "real_tls.h"

#include <string.h>

#include "crypto/kdf.h"
#include "crypto/must.h"

#define SEEN 1024 /* contexts remembered; the oldest goes */

static const struct tls_ops *real;

static struct {
	uint8_t context[SHA256_LEN];  /* hash of label and context */
	uint8_t exported[SHA256_LEN]; /* hash of what it really gave */
} seen[SEEN];
static size_t nseen;

static void
look(const uint8_t context[SHA256_LEN], const uint8_t *out, size_t len)
{
	uint8_t exported[SHA256_LEN];
	size_t i;

	sha256(exported, out, len);
	for (i = 0; i < nseen && i < SEEN; i++) {
		bool same = memcmp(seen[i].context, context, SHA256_LEN) == 0;

		must(same ==
		     (memcmp(seen[i].exported, exported, SHA256_LEN) == 0));
		if (same)
			return;
	}
	i = nseen++ % SEEN;
	memcpy(seen[i].context, context, SHA256_LEN);
	memcpy(seen[i].exported, exported, SHA256_LEN);
}

static int
export_key(struct tls *t, const char *label, const void *ctx, size_t ctxlen,
	   uint8_t *out, size_t len)
{
	const struct bytes parts[] = { { label, strlen(label) + 1 },
				       { ctx, ctxlen } };
	uint8_t context[SHA256_LEN];

	if (real->export_key(t, label, ctx, ctxlen, out, len) < 0)
		return -1;
	sha256_parts(context, parts, 2);
	look(context, out, len);
	hkdf_expand(out, len, context, "simulated", strlen("simulated"));
	return 0;
}

struct tls_provider
real_tls_provider(struct tls_ctx *c)
{
	static struct tls_ops ops;
	struct tls_provider p = tls_ctx_provider(c);

	real = p.ops;
	ops = *p.ops;
	ops.export_key = export_key;
	p.ops = &ops;
	return p;
}

void
real_tls_forget(void)
{
	nseen = 0;
}
