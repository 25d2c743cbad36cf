/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The worked examples of cluevpn-protocol(7), computed by the functions that
 * the daemon uses: two nodes, alpha and beta; beta dials and negotiates, alpha
 * then sends the INIT.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "core/session/cookie.h"
#include "core/session/handshake.h"
#include "core/conn/agreement.h"
#include "core/secrets/secret_set.h"
#include "format/bnl_sign.h"
#include "format/list_diff.h"

#define ALPHA 0 /* the lower name; listener, initiator */
#define BETA 1	/* dialler, responder */
#define PEM_MAX 2048

/* --- files of vectors: lines "name = hex", blank ones and comments --------- */

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

static void
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

static struct vector *
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
static const struct vector *
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
static void
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
static void
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

static void
script_fill(void *ctx, void *out, size_t len)
{
	struct script *s = ctx;

	assert_non_null(s->v);
	assert_int_equal(len, s->v->len);
	memcpy(out, s->v->bytes, len);
	s->v = NULL;
}

/* --- the two nodes --------------------------------------------------------- */

static const char *const nodes[2] = { "alpha", "beta" };

struct node {
	struct core_env env;
	char name[NODE_NAME_MAX + 1];
	struct hello hello;
	uint8_t frame[FRAME_HEADER_LEN + FRAME_HELLO_MAX];
	size_t framelen;
	struct pair pair;
	struct pair_keys keys;
	struct script script;
	struct conf conf;
};

struct run { /* of one file */
	struct node n[2];
	struct negotiate_side side[2];
	uint8_t th[SHA256_LEN];
	struct negotiate_keys keys;
	struct selection selection;
	struct session_seed seed[2];
};

static struct run run;

/* "alpha.NAME" or "beta.NAME" */
static const char *
of(int node, const char *name)
{
	static char full[2][VECTOR_NAME_MAX];
	static int turn;

	turn = !turn;
	snprintf(full[turn], sizeof(full[turn]), "%s.%s", nodes[node], name);
	return full[turn];
}

static const uint8_t *
given_of(int node, const char *name, size_t len)
{
	return given(of(node, name), len)->bytes;
}

/* --- identities ----------------------------------------------------------- */

static size_t
to_pem(char out[PEM_MAX], const char *label, const struct vector *der)
{
	char text[BASE64_MAX(VECTOR_BYTES_MAX)];
	size_t n = base64_encode(text, sizeof(text), der->bytes, der->len);
	size_t at =
		(size_t)snprintf(out, PEM_MAX, "-----BEGIN %s-----\n", label);

	for (size_t i = 0; i < n; i += 64)
		at += (size_t)snprintf(out + at, PEM_MAX - at, "%.64s\n",
				       text + i);
	return at + (size_t)snprintf(out + at, PEM_MAX - at,
				     "-----END %s-----\n", label);
}

static void
identity(int i)
{
	struct node *n = &run.n[i];
	const struct vector *name = given(of(i, "name"), 0);
	uint8_t digest[SHA256_LEN];
	const struct vector *spki;
	char pem[PEM_MAX];
	size_t len;

	memcpy(n->name, name->bytes, name->len);
	n->env.self = n->name;
	len = to_pem(pem, "CERTIFICATE", given(of(i, "certificate"), 0));
	assert_int_equal(cert_read_info(&n->env.cert, pem, len, 0, NULL), 0);
	assert_string_equal(n->env.cert.cn, n->name);
	same(of(i, "fingerprint"), n->env.cert.fingerprint, FINGERPRINT_LEN);
	spki = given(of(i, "spki"), 0);
	sha256(digest, spki->bytes, spki->len);
	same(of(i, "fingerprint"), digest, sizeof(digest));
	memcpy(n->env.static_secret, given_of(i, "static", X25519_LEN),
	       X25519_LEN);
	x25519_public(n->env.static_public, n->env.static_secret);
	same(of(i, "static_public"), n->env.static_public, X25519_LEN);
	n->env.now.wall.s = (int64_t)get_be64(given_of(i, "clock", 8));
	n->env.rng = (struct rng){ script_fill, &n->script };
	n->env.conf = &n->conf;
}

static void
list(void)
{
	const struct vector *text = given("list.text", 0);
	const struct vector *sig = given("list.signature", 0);
	uint8_t fp[FINGERPRINT_LEN], version[BNL_VERSION_WIRE_LEN];
	char pem[PEM_MAX], b64[BASE64_MAX(SIGN_MAX)], who[FINGERPRINT_TEXT_MAX];
	char file[2 * VECTOR_BYTES_MAX];
	struct key *key;
	struct bnl *b;
	size_t n = to_pem(pem, "PUBLIC KEY", given("list.key", 0));

	assert_int_equal(key_read_public(&key, pem, n, NULL), 0);
	key_fingerprint(fp, key);
	same("list.key_fingerprint", fp, sizeof(fp));
	base64_encode(b64, sizeof(b64), sig->bytes, sig->len);
	memcpy(file, text->bytes, text->len);
	n = text->len;
	n += (size_t)snprintf(file + n, sizeof(file) - n,
			      BNL_BEGIN "\nkey: %s\n%.64s\n%s\n" BNL_END "\n",
			      fingerprint_format(who, fp), b64, b64 + 64);
	if (bnl_open(&b, file, n, (const struct key *const[]){ key }, 1, NULL) <
	    0)
		fail_msg("the list is not taken");
	same("list.digest", b->version.digest, SHA256_LEN);
	bnl_version_write(version, &b->version);
	same("list.version", version, sizeof(version));
	for (int i = 0; i < 2; i++) {
		assert_non_null(bnl_find(b, run.n[i].name));
		run.n[i].env.version = b->version;
	}
	bnl_free(b);
	key_free(key);
}

static void
difference(void)
{
	const struct vector *text = given("list.text", 0);
	const struct vector *later = given("list.later", 0);
	const struct vector *d = given("list.difference", 0);
	uint8_t out[VECTOR_BYTES_MAX];
	size_t n = list_diff_make(out, sizeof(out), text->bytes, text->len,
				  later->bytes, later->len);

	same("list.difference", out, n);
	assert_int_equal(list_diff_apply(out, later->len, text->bytes,
					 text->len, d->bytes, d->len),
			 0);
	same("list.later", out, later->len);
}

/* --- negotiation ---------------------------------------------------------- */

static void
hello(int i)
{
	struct node *n = &run.n[i];
	struct hello *h = &n->hello, again;
	const struct vector *c = given(of(i, "ciphers"), 0);
	const struct vector *z = given(of(i, "compressors"), 0);
	const struct vector *held = given(of(i, "held"), 0);
	size_t len;

	memcpy(h->from, n->name, sizeof(h->from));
	memcpy(h->to, run.n[!i].name, sizeof(h->to));
	h->negotiate = true;
	memcpy(h->random, given_of(i, "random", PROTO_RANDOM_LEN),
	       PROTO_RANDOM_LEN);
	memcpy(h->static_key, n->env.static_public, X25519_LEN);
	h->list = n->env.version;
	for (const uint8_t *p = c->bytes; p < c->bytes + c->len; p += 3)
		h->algos.ciphers[h->algos.nciphers++] =
			(struct conf_cipher){ (enum aead_alg)p[0],
					      get_be16(p + 1) };
	for (const uint8_t *p = z->bytes; p < z->bytes + z->len; p += 4)
		h->algos.comps[h->algos.ncomps++] =
			(struct conf_comp){ (enum comp_alg)p[0], p[1],
					    get_be16(p + 2) };
	for (const uint8_t *p = held->bytes; p < held->bytes + held->len;
	     p += PAIR_ID_LEN + 4) {
		memcpy(h->held[h->nheld].id, p, PAIR_ID_LEN);
		h->held[h->nheld++].generation = get_be32(p + PAIR_ID_LEN);
	}
	len = hello_encode(n->frame + FRAME_HEADER_LEN, h);
	frame_header_write(n->frame, FRAME_HELLO, len);
	n->framelen = FRAME_HEADER_LEN + len;
	same(of(i, "hello"), n->frame, n->framelen);
	assert_int_equal(
		hello_decode(&again, n->frame + FRAME_HEADER_LEN, len, NULL),
		0);
	assert_memory_equal(&again.algos, &h->algos, sizeof(again.algos));
	run.side[i] = (struct negotiate_side){ h, n->frame, n->framelen,
					       n->env.cert.fingerprint };
}

static void
negotiation(void)
{
	const uint8_t *exporter = given("exporter", SHA256_LEN)->bytes;
	const struct negotiate_side *d = &run.side[BETA], *l = &run.side[ALPHA];
	uint8_t ikm[2 * PROTO_RANDOM_LEN], prk[SHA256_LEN], chosen[7];
	uint8_t mac[PROTO_CONFIRM_LEN];
	struct selection *s = &run.selection;

	assert_true(agreement_select(s, d->hello, l->hello));
	chosen[0] = (uint8_t)s->cipher;
	chosen[1] = (uint8_t)s->comp;
	chosen[2] = s->level;
	put_be32(chosen + 3, s->generation);
	same("selection", chosen, sizeof(chosen));
	agreement_transcript(run.th, d, l);
	same("th", run.th, sizeof(run.th));
	memcpy(ikm, d->hello->random, PROTO_RANDOM_LEN);
	memcpy(ikm + PROTO_RANDOM_LEN, l->hello->random, PROTO_RANDOM_LEN);
	hkdf_extract(prk, exporter, SHA256_LEN, ikm, sizeof(ikm));
	same("prk", prk, sizeof(prk));
	agreement_derive(&run.keys, run.th, exporter, d, l);
	same("pair.secret", run.keys.secret, PAIR_SECRET_LEN);
	same("pair.id", run.keys.id, PAIR_ID_LEN);
	same("confirm_key", run.keys.confirm_key, SHA256_LEN);
	agreement_confirm(mac, &run.keys, true, run.th, s);
	same("beta.confirm", mac, sizeof(mac));
	agreement_confirm(mac, &run.keys, false, run.th, s);
	same("alpha.confirm", mac, sizeof(mac));
}

static void
record(int i)
{
	struct node *n = &run.n[i];
	struct pair *p = &n->pair;
	const struct core_env *other = &run.n[!i].env;
	struct pair_record r = { .n = 1 }, again;
	uint8_t out[PAIR_RECORD_MAX];
	size_t len;

	memcpy(p->id, run.keys.id, PAIR_ID_LEN);
	memcpy(p->secret, run.keys.secret, PAIR_SECRET_LEN);
	p->generation = run.selection.generation;
	p->lower_dialled = false;
	p->cipher = run.selection.cipher;
	p->comp = run.selection.comp;
	p->level = run.selection.level;
	memcpy(p->peer_static, other->static_public, X25519_LEN);
	memcpy(p->self_static, n->env.static_public, X25519_LEN);
	memcpy(p->peer_key, other->cert.fingerprint, FINGERPRINT_LEN);
	p->above.n = 1;
	memcpy(p->above.key[0], given("ca.fingerprint", FINGERPRINT_LEN)->bytes,
	       FINGERPRINT_LEN);
	p->made_run_s = (int64_t)get_be64(given_of(i, "run", 8));
	p->made = n->env.now.wall;
	p->cert_end = n->env.cert.not_after.s < other->cert.not_after.s ?
			      n->env.cert.not_after :
			      other->cert.not_after;
	p->self_end = p->peer_end = p->cert_end;
	p->list = n->env.version;
	memcpy(r.peer, run.n[!i].name, sizeof(r.peer));
	r.pairs[0] = *p;
	len = pair_record_encode(out, &r);
	same(of(i, "record"), out, len);
	assert_int_equal(pair_record_decode(&again, out, len, NULL), 0);
}

/* --- handshake ------------------------------------------------------------ */

static void
pair_keys(void)
{
	struct pair_keys *a = &run.n[ALPHA].keys, *b = &run.n[BETA].keys;

	for (int i = 0; i < 2; i++)
		pair_keys_derive(&run.n[i].keys, &run.n[i].pair, run.n[i].name,
				 run.n[!i].name);
	same("psk", a->psk, sizeof(a->psk));
	same("psk", b->psk, sizeof(b->psk));
	same("mac1_key.to_beta", a->mac_out, sizeof(a->mac_out));
	same("mac1_key.to_beta", b->mac_in, sizeof(b->mac_in));
	same("mac1_key.to_alpha", a->mac_in, sizeof(a->mac_in));
	same("mac1_key.to_alpha", b->mac_out, sizeof(b->mac_out));
	same("cookie_key.to_alpha", a->cookie_in, sizeof(a->cookie_in));
	same("cookie_key.to_alpha", b->cookie_out, sizeof(b->cookie_out));
	same("cookie_key.to_beta", a->cookie_out, sizeof(a->cookie_out));
	same("cookie_key.to_beta", b->cookie_in, sizeof(b->cookie_in));
}

static void
init(struct handshake *h, uint32_t index, const char *ephemeral,
     const uint8_t *cookie, uint8_t out[DGRAM_INIT_LEN])
{
	struct node *a = &run.n[ALPHA];

	memset(h, 0, sizeof(*h));
	h->keys = &a->keys;
	h->local_index = index;
	a->script.v = given(ephemeral, X25519_LEN);
	assert_int_equal(
		handshake_init(h, &a->env, run.n[BETA].name, cookie, out), 0);
	assert_true(handshake_init_mac(&run.n[BETA].keys, out));
}

/* The page shows what goes into Noise: this is it. */
static void
noise_inputs(const uint8_t dgram[DGRAM_INIT_LEN])
{
	struct node *a = &run.n[ALPHA];
	const struct vector *prologue = given("prologue", 0);
	const struct vector *payload = given("init.payload", DGRAM_PAYLOAD_LEN);
	bool chacha = a->keys.algos.cipher == AEAD_CHACHA20_POLY1305;
	uint8_t msg[DGRAM_NOISE_LEN];
	struct noise n;

	noise_init(&n, chacha ? NOISE_CHACHAPOLY : NOISE_AESGCM, true,
		   prologue->bytes, prologue->len, given("psk", 32)->bytes,
		   a->env.static_secret, a->env.static_public,
		   run.n[BETA].env.static_public);
	a->script.v = given("init.ephemeral", X25519_LEN);
	assert_int_equal(noise_write_1(&n, &a->env.rng, payload->bytes,
				       payload->len, msg),
			 0);
	assert_memory_equal(msg, dgram + 24, sizeof(msg));
	same("init.h", n.h, sizeof(n.h));
}

static void
handshake(void)
{
	struct node *b = &run.n[BETA];
	uint8_t i1[DGRAM_INIT_LEN], r1[DGRAM_RESP_LEN];
	struct handshake_news news;
	struct handshake h;

	init(&h, get_be32(given("init.index", 4)->bytes), "init.ephemeral",
	     NULL, i1);
	same("init", i1, sizeof(i1));
	noise_inputs(i1);
	b->script.v = given("resp.ephemeral", X25519_LEN);
	assert_int_equal(
		handshake_answer(&b->keys, &b->env, run.n[ALPHA].name,
				 get_be32(given("resp.index", 4)->bytes), i1,
				 &run.seed[BETA], &news, r1),
		DROP_NONE);
	same("resp", r1, sizeof(r1));
	assert_int_equal(news.wall.s, run.n[ALPHA].env.now.wall.s);
	assert_int_equal(handshake_finish(&h, r1, &run.seed[ALPHA], &news),
			 DROP_NONE);
	assert_int_equal(news.wall.s, run.n[BETA].env.now.wall.s);
	same("key.to_beta", run.seed[ALPHA].tx_key, AEAD_KEY_MAX);
	same("key.to_beta", run.seed[BETA].rx_key, AEAD_KEY_MAX);
	same("key.to_alpha", run.seed[BETA].tx_key, AEAD_KEY_MAX);
	same("key.to_alpha", run.seed[ALPHA].rx_key, AEAD_KEY_MAX);
}

/* Instead of the RESP: beta is busy. */
static void
cookie(void)
{
	struct node *b = &run.n[BETA];
	uint8_t i1[DGRAM_INIT_LEN], i2[DGRAM_INIT_LEN], c[DGRAM_COOKIE_LEN];
	uint8_t value[PROTO_MAC_LEN];
	struct handshake h;

	init(&h, get_be32(given("init.index", 4)->bytes), "init.ephemeral",
	     NULL, i1);
	b->script.v = given("cookie.nonce", AEAD_NONCE_LEN);
	assert_int_equal(handshake_cookie_write(
				 &b->keys, &b->env.rng, i1,
				 given("cookie.value", PROTO_MAC_LEN)->bytes,
				 c),
			 0);
	same("cookie", c, sizeof(c));
	assert_int_equal(handshake_cookie_read(&h, c, value), DROP_NONE);
	same("cookie.value", value, sizeof(value));
	init(&h, get_be32(given("again.index", 4)->bytes), "again.ephemeral",
	     value, i2);
	same("again.init", i2, sizeof(i2));
}

/* --- data ----------------------------------------------------------------- */

/* Seals with a session of one side, opens with the other's. */
static void
data(struct session *from, struct session *to, uint8_t flags, const char *plain,
     const char *sealed)
{
	const struct vector *v = plain == NULL ? NULL : given(plain, 0);
	size_t len = v == NULL ? 0 : v->len;
	uint8_t out[VECTOR_BYTES_MAX];
	struct monotime now = { 1 };
	bool highest;

	assert_int_equal(session_seal(from, flags, v == NULL ? NULL : v->bytes,
				      len, out),
			 DROP_NONE);
	same(sealed, out, len + DGRAM_DATA_OVERHEAD);
	assert_int_equal(
		session_open(to, now, out, len + DGRAM_DATA_OVERHEAD, &highest),
		DROP_NONE);
	if (len > 0)
		same(plain, out + DGRAM_DATA_HEADER_LEN, len);
}

static void
datagrams(void)
{
	struct conf_timers t = { .rekey_after = 120000,
				 .rekey_after_responder = 150000,
				 .reject_after = 180000,
				 .rekey_packets = UINT64_C(1) << 26,
				 .reject_packets = UINT64_C(1) << 28 };
	struct monotime now = { 1 };
	struct session *s[2];

	for (int i = 0; i < 2; i++)
		assert_int_equal(
			session_new(&s[i], &run.seed[i], now, &t, NULL), 0);
	data(s[ALPHA], s[BETA], 0, NULL, "data.confirm");
	data(s[ALPHA], s[BETA], 0, "packet", "data.packet");
	data(s[BETA], s[ALPHA], DATA_CONTROL, "records", "data.records");
	session_free(s[ALPHA]);
	session_free(s[BETA]);
}

static void
compute(const char *path)
{
	vectors_load(path);
	memset(&run, 0, sizeof(run));
	for (int i = 0; i < 2; i++)
		identity(i);
	list();
	difference();
	for (int i = 0; i < 2; i++)
		hello(i);
	negotiation();
	for (int i = 0; i < 2; i++)
		record(i);
	pair_keys();
	handshake();
	cookie();
	datagrams();
	vectors_all_used();
}

static void
test_aes_256_gcm(void **state)
{
	(void)state;
	compute("tests/vectors/aes-256-gcm.txt");
	assert_int_equal(run.selection.cipher, AEAD_AES_256_GCM);
}

static void
test_aes_128_gcm(void **state)
{
	(void)state;
	compute("tests/vectors/aes-128-gcm.txt");
	assert_int_equal(run.selection.cipher, AEAD_AES_128_GCM);
}

static void
test_chacha20_poly1305(void **state)
{
	(void)state;
	compute("tests/vectors/chacha20-poly1305.txt");
	assert_int_equal(run.selection.cipher, AEAD_CHACHA20_POLY1305);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_aes_256_gcm),
		cmocka_unit_test(test_aes_128_gcm),
		cmocka_unit_test(test_chacha20_poly1305),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
