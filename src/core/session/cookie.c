/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cookies and the secret behind them. */
#include "core/session/cookie.h"

#include <string.h>

#include "base/bytes.h"
#include "crypto/kdf.h"

#define SOURCE_LEN (1 + 16 + 2)

/* Changes the secret when it is time; one that is too old for the span in
 * which the previous one is taken goes as well. */
static void
rotate_secret(struct cookie_jar *j, struct monotime now, int64_t rotate_ms,
	      const struct rng *rng)
{
	int64_t age = mono_ms(j->since, now);

	if (mono_is_set(j->since) && age < rotate_ms)
		return;
	j->has_previous = mono_is_set(j->since) && age < 2 * rotate_ms;
	if (j->has_previous)
		memcpy(j->previous, j->current, sizeof(j->previous));
	rng_fill(rng, j->current, sizeof(j->current));
	j->since = now;
}

static void
derive_cookie(const uint8_t secret[COOKIE_SECRET_LEN],
	      const uint8_t pair_id[PAIR_ID_LEN], const struct endpoint *source,
	      uint8_t out[PROTO_MAC_LEN])
{
	uint8_t full[SHA256_LEN], where[SOURCE_LEN];
	struct bytes parts[] = { { pair_id, PAIR_ID_LEN },
				 { where, sizeof(where) } };

	where[0] = source->addr.family;
	memcpy(where + 1, source->addr.b, 16);
	put_be16(where + 17, source->port);
	hmac_sha256(full, secret, COOKIE_SECRET_LEN, parts, 2);
	memcpy(out, full, PROTO_MAC_LEN);
	bytes_wipe(full, sizeof(full));
}

void
cookie_make(struct cookie_jar *j, struct monotime now, int64_t rotate_ms,
	    const struct rng *rng, const uint8_t pair_id[PAIR_ID_LEN],
	    const struct endpoint *source, uint8_t out[PROTO_MAC_LEN])
{
	rotate_secret(j, now, rotate_ms, rng);
	derive_cookie(j->current, pair_id, source, out);
}

void
cookie_mac(const uint8_t cookie[PROTO_MAC_LEN], const void *msg, size_t len,
	   uint8_t mac2[PROTO_MAC_LEN])
{
	uint8_t full[SHA256_LEN];
	struct bytes part = { msg, len };

	hmac_sha256(full, cookie, PROTO_MAC_LEN, &part, 1);
	memcpy(mac2, full, PROTO_MAC_LEN);
	bytes_wipe(full, sizeof(full));
}

static bool
cookie_matches(const uint8_t secret[COOKIE_SECRET_LEN],
	       const uint8_t pair_id[PAIR_ID_LEN],
	       const struct endpoint *source, const void *msg, size_t len,
	       const uint8_t mac2[PROTO_MAC_LEN])
{
	uint8_t cookie[PROTO_MAC_LEN], right[PROTO_MAC_LEN];
	bool ok;

	derive_cookie(secret, pair_id, source, cookie);
	cookie_mac(cookie, msg, len, right);
	ok = bytes_equal_ct(right, mac2, sizeof(right));
	bytes_wipe(cookie, sizeof(cookie));
	bytes_wipe(right, sizeof(right));
	return ok;
}

bool
cookie_check(struct cookie_jar *j, struct monotime now, int64_t rotate_ms,
	     const struct rng *rng, const uint8_t pair_id[PAIR_ID_LEN],
	     const struct endpoint *source, const void *msg, size_t len,
	     const uint8_t mac2[PROTO_MAC_LEN])
{
	rotate_secret(j, now, rotate_ms, rng);
	if (cookie_matches(j->current, pair_id, source, msg, len, mac2))
		return true;
	return j->has_previous &&
	       cookie_matches(j->previous, pair_id, source, msg, len, mac2);
}

void
cookie_jar_wipe(struct cookie_jar *j)
{
	bytes_wipe(j, sizeof(*j));
}
