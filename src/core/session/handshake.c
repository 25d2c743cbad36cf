/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writing and reading INIT, RESP and COOKIE. */
#include "core/session/handshake.h"

#include <assert.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cursor.h"
#include "core/session/cookie.h"

#define SENDER_AT 4
#define INIT_PAIR_AT 8
#define INIT_NOISE_AT (INIT_PAIR_AT + PAIR_ID_LEN)
#define INIT_MAC1_AT (INIT_NOISE_AT + DGRAM_NOISE_LEN)
#define RESP_RECEIVER_AT 8
#define RESP_NOISE_AT 12
#define RESP_MAC1_AT (RESP_NOISE_AT + DGRAM_NOISE_LEN)
#define RESP_MAC2_AT (RESP_MAC1_AT + PROTO_MAC_LEN)
#define COOKIE_RECEIVER_AT 4
#define COOKIE_NONCE_AT 8
#define COOKIE_SEALED_AT (COOKIE_NONCE_AT + AEAD_NONCE_LEN)

_Static_assert(INIT_MAC1_AT + 2 * PROTO_MAC_LEN == DGRAM_INIT_LEN, "INIT");
_Static_assert(RESP_MAC2_AT + PROTO_MAC_LEN == DGRAM_RESP_LEN, "RESP");
_Static_assert(COOKIE_SEALED_AT + PROTO_MAC_LEN + AEAD_TAG_LEN ==
		       DGRAM_COOKIE_LEN,
	       "COOKIE");
_Static_assert(BNL_VERSION_WIRE_LEN + 8 == DGRAM_PAYLOAD_LEN, "payload");

/* label and two names with their length bytes, pair id, three bytes */
#define PROLOGUE_MAX \
	(sizeof(LABEL_PROLOGUE) + 2 * (1 + NODE_NAME_MAX) + PAIR_ID_LEN + 3)

static void
derive_key(uint8_t out[32], const struct pair *p, const char *label,
	   const char *name)
{
	uint8_t info[64 + NODE_NAME_MAX];
	struct wcur c;

	wcur_init(&c, info, sizeof(info));
	wcur_bytes(&c, label, strlen(label));
	wcur_bytes(&c, name, strlen(name));
	assert(!c.bad);
	hkdf_expand(out, 32, p->secret, info, c.len);
}

void
pair_keys_derive(struct pair_keys *out, const struct pair *p, const char *self,
		 const char *peer)
{
	memset(out, 0, sizeof(*out));
	memcpy(out->id, p->id, sizeof(out->id));
	out->algos.cipher = p->cipher;
	out->algos.comp = p->comp;
	out->algos.level = p->level;
	out->proven = p->proven;
	memcpy(out->peer_static, p->peer_static, sizeof(out->peer_static));
	memcpy(out->peer_key, p->peer_key, sizeof(out->peer_key));
	out->above = p->above;
	derive_key(out->psk, p, LABEL_PSK, "");
	derive_key(out->mac_out, p, LABEL_MAC1, peer);
	derive_key(out->mac_in, p, LABEL_MAC1, self);
	derive_key(out->cookie_out, p, LABEL_COOKIE, peer);
	derive_key(out->cookie_in, p, LABEL_COOKIE, self);
}

static void
start_noise(struct noise *n, const struct pair_keys *k,
	    const struct core_env *env, const char *peer, bool initiator)
{
	const char *names[2] = { initiator ? env->self : peer,
				 initiator ? peer : env->self };
	uint8_t prologue[PROLOGUE_MAX];
	struct wcur c;

	wcur_init(&c, prologue, sizeof(prologue));
	wcur_bytes(&c, LABEL_PROLOGUE, strlen(LABEL_PROLOGUE));
	for (int i = 0; i < 2; i++) {
		wcur_u8(&c, (uint8_t)strlen(names[i]));
		wcur_bytes(&c, names[i], strlen(names[i]));
	}
	wcur_bytes(&c, k->id, sizeof(k->id));
	wcur_u8(&c, (uint8_t)k->algos.cipher);
	wcur_u8(&c, (uint8_t)k->algos.comp);
	wcur_u8(&c, k->algos.level);
	assert(!c.bad);
	noise_init(n,
		   k->algos.cipher == AEAD_CHACHA20_POLY1305 ?
			   NOISE_CHACHAPOLY :
			   NOISE_AESGCM,
		   initiator, prologue, c.len, k->psk, env->static_secret,
		   env->static_public, k->peer_static);
}

static void
news_write(uint8_t out[DGRAM_PAYLOAD_LEN], const struct core_env *env)
{
	bnl_version_write(out, core_env_serves(env));
	put_be64(out + BNL_VERSION_WIRE_LEN, (uint64_t)env->now.wall.s);
}

static void
news_read(struct handshake_news *news, const uint8_t in[DGRAM_PAYLOAD_LEN])
{
	bnl_version_read(&news->version, in);
	news->wall.s = (int64_t)get_be64(in + BNL_VERSION_WIRE_LEN);
}

static void
mac1_of(const uint8_t key[SHA256_LEN], const uint8_t *msg, size_t len,
	uint8_t out[PROTO_MAC_LEN])
{
	uint8_t full[SHA256_LEN];
	struct bytes part = { msg, len };

	hmac_sha256(full, key, SHA256_LEN, &part, 1);
	memcpy(out, full, PROTO_MAC_LEN);
}

static bool
mac1_is_right(const uint8_t key[SHA256_LEN], const uint8_t *msg, size_t len)
{
	uint8_t right[PROTO_MAC_LEN];

	mac1_of(key, msg, len, right);
	return bytes_equal_ct(right, msg + len, sizeof(right));
}

static void
seed_fill(struct session_seed *seed, const struct pair_keys *k,
	  const struct noise *n, bool initiator)
{
	memset(seed, 0, sizeof(*seed));
	noise_split(n, initiator ? seed->tx_key : seed->rx_key,
		    initiator ? seed->rx_key : seed->tx_key);
	seed->initiator = initiator;
	memcpy(seed->pair_id, k->id, sizeof(seed->pair_id));
	memcpy(seed->peer_key, k->peer_key, sizeof(seed->peer_key));
	seed->above = k->above;
	seed->algos = k->algos;
}

int
handshake_init(struct handshake *h, const struct core_env *env,
	       const char *peer, const uint8_t *cookie,
	       uint8_t out[DGRAM_INIT_LEN])
{
	uint8_t payload[DGRAM_PAYLOAD_LEN];

	memset(out, 0, DGRAM_INIT_LEN);
	out[0] = DGRAM_INIT;
	put_be32(out + SENDER_AT, h->local_index);
	memcpy(out + INIT_PAIR_AT, h->keys->id, PAIR_ID_LEN);
	start_noise(&h->noise, h->keys, env, peer, true);
	news_write(payload, env);
	if (noise_write_1(&h->noise, &env->rng, payload, sizeof(payload),
			  out + INIT_NOISE_AT) < 0) {
		noise_wipe(&h->noise);
		return -1;
	}
	mac1_of(h->keys->mac_out, out, INIT_MAC1_AT, out + INIT_MAC1_AT);
	memcpy(h->mac1, out + INIT_MAC1_AT, sizeof(h->mac1));
	h->with_cookie = cookie != NULL;
	if (cookie != NULL)
		cookie_mac(cookie, out, HANDSHAKE_MAC2_AT,
			   out + HANDSHAKE_MAC2_AT);
	return 0;
}

enum drop
handshake_finish(const struct handshake *h, const uint8_t dgram[DGRAM_RESP_LEN],
		 struct session_seed *seed, struct handshake_news *news)
{
	uint8_t payload[DGRAM_PAYLOAD_LEN];
	enum drop d = DROP_NONE;
	struct noise n;

	if (!mac1_is_right(h->keys->mac_in, dgram, RESP_MAC1_AT))
		return DROP_MAC;
	if (!bytes_all_zero_ct(dgram + RESP_MAC2_AT, PROTO_MAC_LEN))
		return DROP_COOKIE;
	n = h->noise;
	if (noise_read_2(&n, dgram + RESP_NOISE_AT, DGRAM_NOISE_LEN, payload) <
	    0) {
		d = DROP_HANDSHAKE;
		goto out;
	}
	seed_fill(seed, h->keys, &n, true);
	seed->local_index = h->local_index;
	seed->remote_index = get_be32(dgram + SENDER_AT);
	news_read(news, payload);
out:
	noise_wipe(&n);
	return d;
}

enum drop
handshake_cookie_read(const struct handshake *h,
		      const uint8_t dgram[DGRAM_COOKIE_LEN],
		      uint8_t cookie[PROTO_MAC_LEN])
{
	if (aead_open_once(AEAD_CHACHA20_POLY1305, h->keys->cookie_in,
			   dgram + COOKIE_NONCE_AT, h->mac1, sizeof(h->mac1),
			   dgram + COOKIE_SEALED_AT,
			   PROTO_MAC_LEN + AEAD_TAG_LEN, cookie) < 0)
		return DROP_COOKIE;
	return DROP_NONE;
}

const uint8_t *
handshake_init_pair_id(const uint8_t dgram[DGRAM_INIT_LEN])
{
	return dgram + INIT_PAIR_AT;
}

const uint8_t *
handshake_init_ephemeral(const uint8_t dgram[DGRAM_INIT_LEN])
{
	return dgram + INIT_NOISE_AT;
}

const uint8_t *
handshake_init_mac2(const uint8_t dgram[DGRAM_INIT_LEN])
{
	return dgram + HANDSHAKE_MAC2_AT;
}

bool
handshake_init_mac(const struct pair_keys *k,
		   const uint8_t dgram[DGRAM_INIT_LEN])
{
	return mac1_is_right(k->mac_in, dgram, INIT_MAC1_AT);
}

enum drop
handshake_answer(const struct pair_keys *k, const struct core_env *env,
		 const char *peer, uint32_t local_index,
		 const uint8_t dgram[DGRAM_INIT_LEN], struct session_seed *seed,
		 struct handshake_news *news, uint8_t out[DGRAM_RESP_LEN])
{
	uint8_t payload[DGRAM_PAYLOAD_LEN], mine[DGRAM_PAYLOAD_LEN];
	enum drop d = DROP_HANDSHAKE;
	struct noise n;

	start_noise(&n, k, env, peer, false);
	if (noise_read_1(&n, dgram + INIT_NOISE_AT, DGRAM_NOISE_LEN, payload) <
	    0)
		goto out;
	memset(out, 0, DGRAM_RESP_LEN);
	out[0] = DGRAM_RESP;
	put_be32(out + SENDER_AT, local_index);
	memcpy(out + RESP_RECEIVER_AT, dgram + SENDER_AT, 4);
	news_write(mine, env);
	if (noise_write_2(&n, &env->rng, mine, sizeof(mine),
			  out + RESP_NOISE_AT) < 0)
		goto out;
	mac1_of(k->mac_out, out, RESP_MAC1_AT, out + RESP_MAC1_AT);
	seed_fill(seed, k, &n, false);
	seed->local_index = local_index;
	seed->remote_index = get_be32(dgram + SENDER_AT);
	news_read(news, payload);
	d = DROP_NONE;
out:
	noise_wipe(&n);
	return d;
}

int
handshake_cookie_write(const struct pair_keys *k, const struct rng *rng,
		       const uint8_t dgram[DGRAM_INIT_LEN],
		       const uint8_t cookie[PROTO_MAC_LEN],
		       uint8_t out[DGRAM_COOKIE_LEN])
{
	memset(out, 0, DGRAM_COOKIE_LEN);
	out[0] = DGRAM_COOKIE;
	memcpy(out + COOKIE_RECEIVER_AT, dgram + SENDER_AT, 4);
	rng_fill(rng, out + COOKIE_NONCE_AT, AEAD_NONCE_LEN);
	return aead_seal_once(AEAD_CHACHA20_POLY1305, k->cookie_out,
			      out + COOKIE_NONCE_AT, dgram + INIT_MAC1_AT,
			      PROTO_MAC_LEN, cookie, PROTO_MAC_LEN,
			      out + COOKIE_SEALED_AT);
}
