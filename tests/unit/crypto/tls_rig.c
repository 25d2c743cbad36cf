/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tls_rig.h"

static struct rng_seeded rig_seed;

struct rng rig_rng;

struct id
id_key(enum key_type type)
{
	struct id id = { NULL, NULL, NULL };
	struct err e = { 0 };

	if (rig_rng.fill == NULL)
		rig_rng = rng_seeded(&rig_seed, 11);
	if (key_generate(&id.key, type, &e) != 0 ||
	    key_write_private(&id.key_pem, id.key, &e) != 0)
		fail_msg("%s", e.text);
	return id;
}

struct id
id_ca(const char *name)
{
	struct id id = id_key(KEY_EC_P256);
	struct err e = { 0 };

	if (cert_make_ca(&id.pem, id.key, name, TEST_NOW, 3650, &rig_rng, &e) !=
	    0)
		fail_msg("%s", e.text);
	return id;
}

struct id
id_node(const char *name, const char *ou, const struct id *ca)
{
	struct id id = id_key(KEY_EC_P256);
	struct err e = { 0 };

	if (cert_make_node(&id.pem, id.key, name, ou, ca->pem, strlen(ca->pem),
			   ca->key, TEST_NOW, 825, &rig_rng, &e) != 0)
		fail_msg("%s", e.text);
	return id;
}

struct id
id_odd(const struct odd_cert *o, const struct id *ca)
{
	struct id id = id_key(KEY_EC_P256);

	id.pem = odd_make(o, id.key, ca != NULL ? ca->pem : NULL,
			  ca != NULL ? ca->key : NULL);
	return id;
}

void
id_free(struct id *id)
{
	key_free(id->key);
	free(id->key_pem);
	free(id->pem);
}

struct pem
pem_of(const char *text)
{
	return (struct pem){ text, strlen(text) };
}

struct tls_ctx *
ctx_of(const struct id *id, const char *ca_pem)
{
	struct pem ca = pem_of(ca_pem);
	struct tls_ctx *c = NULL;
	struct err e = { 0 };

	if (tls_ctx_new(&c, pem_of(id->pem), pem_of(id->key_pem), &ca, 1, &e) !=
	    0)
		fail_msg("%s", e.text);
	return c;
}

struct end
end_open_judged(struct tls_ctx *c, bool dialler, struct walltime now,
		const struct tls_judge *judge)
{
	struct tls_provider p = tls_ctx_provider(c);
	struct end end = { .ops = p.ops, .st = TLS_AGAIN };
	struct err e = { 0 };

	end.t = p.ops->open(p.ctx, dialler, now, judge, &e);
	if (end.t == NULL)
		fail_msg("%s", e.text);
	buf_init(&end.got, RIG_GOT_MAX);
	return end;
}

struct end
end_open(struct tls_ctx *c, bool dialler, struct walltime now)
{
	return end_open_judged(c, dialler, now, NULL);
}

void
end_close(struct end *e)
{
	if (e->t != NULL)
		e->ops->close(e->t);
	SSL_free(e->raw);
	buf_free(&e->got);
}

SSL_CTX *
raw_ctx(const struct id *id)
{
	SSL_CTX *c = SSL_CTX_new(TLS_method());

	SSL_CTX_set_security_level(c, 0);
	if (id != NULL) {
		X509 *x = odd_parse(id->pem);

		odd_require(SSL_CTX_use_certificate(c, x) == 1 &&
			    SSL_CTX_use_PrivateKey(c, key_native(id->key)) ==
				    1);
		X509_free(x);
	}
	return c;
}

static int
raw_take_any(SSL *ssl, const unsigned char **out, unsigned char *outlen,
	     const unsigned char *in, unsigned int inlen, void *arg)
{
	(void)ssl;
	(void)inlen;
	(void)arg;
	*out = in + 1;
	*outlen = in[0];
	return SSL_TLSEXT_ERR_OK;
}

struct end
raw_open(SSL_CTX *c, bool dialler, const char *alpn)
{
	struct end end = { .st = TLS_AGAIN };

	if (alpn != NULL && dialler)
		SSL_CTX_set_alpn_protos(c, (const unsigned char *)alpn,
					(unsigned int)strlen(alpn));
	if (alpn != NULL && !dialler)
		SSL_CTX_set_alpn_select_cb(c, raw_take_any, NULL);
	end.raw = SSL_new(c);
	SSL_CTX_free(c);
	end.raw_in = BIO_new(BIO_s_mem());
	end.raw_out = BIO_new(BIO_s_mem());
	SSL_set_bio(end.raw, end.raw_in, end.raw_out);
	if (dialler)
		SSL_set_connect_state(end.raw);
	else
		SSL_set_accept_state(end.raw);
	buf_init(&end.got, RIG_GOT_MAX);
	return end;
}

static void
raw_go(struct end *e)
{
	uint8_t b[RIG_CHUNK];
	unsigned long err;
	size_t n;
	int rc;

	ERR_clear_error();
	if (!e->up) {
		rc = SSL_do_handshake(e->raw);
		e->up = rc == 1;
	} else {
		while ((rc = SSL_read_ex(e->raw, b, sizeof(b), &n)) == 1)
			assert_int_equal(buf_put(&e->got, b, n), 0);
	}
	switch (rc == 1 ? SSL_ERROR_NONE : SSL_get_error(e->raw, rc)) {
	case SSL_ERROR_NONE:
		e->st = TLS_OK;
		break;
	case SSL_ERROR_WANT_READ:
		e->st = TLS_AGAIN;
		break;
	case SSL_ERROR_ZERO_RETURN:
		e->st = TLS_CLOSED;
		break;
	default:
		e->st = TLS_FAILED;
		err = ERR_peek_error();
		if (ERR_GET_LIB(err) == ERR_LIB_SSL &&
		    ERR_GET_REASON(err) > SSL_AD_REASON_OFFSET)
			e->alert = ERR_GET_REASON(err) - SSL_AD_REASON_OFFSET;
	}
	ERR_clear_error();
}

/* Every failure has a reason, and none leaves anything in OpenSSL's queue. */
static void
end_check(const struct end *e)
{
	assert_int_equal(ERR_peek_error(), 0);
	assert_non_null(e->ops->reason(e->t));
	assert_true(strlen(e->ops->reason(e->t)) > 0);
	if (e->st == TLS_FAILED)
		assert_string_not_equal(e->ops->reason(e->t),
					"nothing has failed");
}

void
end_go(struct end *e)
{
	uint8_t b[RIG_CHUNK];
	size_t n;

	if (e->raw != NULL) {
		raw_go(e);
		return;
	}
	if (!e->up) {
		e->st = e->ops->handshake(e->t);
		e->up = e->st == TLS_OK;
	}
	if (e->up) {
		while ((e->st = e->ops->read(e->t, b, sizeof(b), &n)) == TLS_OK)
			assert_int_equal(buf_put(&e->got, b, n), 0);
		assert_int_equal(n, 0);
	}
	end_check(e);
}

size_t
end_drain(struct end *e, uint8_t *out, size_t cap)
{
	int n;

	if (e->raw == NULL)
		return e->ops->drain(e->t, out, cap);
	n = BIO_read(e->raw_out, out, (int)cap);
	return n > 0 ? (size_t)n : 0;
}

void
end_feed(struct end *e, const uint8_t *in, size_t len)
{
	if (e->raw != NULL)
		BIO_write(e->raw_in, in, (int)len);
	else
		e->ops->feed(e->t, in, len);
	end_go(e);
}

size_t
rig_move(struct end *from, struct end *to, size_t frag)
{
	uint8_t b[RIG_CHUNK];
	size_t n, total = 0;

	while ((n = end_drain(from, b, sizeof(b))) > 0) {
		for (size_t at = 0, k; at < n; at += k) {
			k = frag != 0 ? frag : 1 + rng_below(&rig_rng, 700);
			if (k > n - at)
				k = n - at;
			end_feed(to, b + at, k);
		}
		total += n;
	}
	return total;
}

void
rig_run(struct end *a, struct end *b, size_t frag)
{
	if (!a->up)
		end_go(a);
	if (!b->up)
		end_go(b);
	while (rig_move(a, b, frag) + rig_move(b, a, frag) > 0)
		;
}

void
assert_reason(const struct end *e, const char *hint)
{
	const char *why = e->ops->reason(e->t);

	assert_int_equal(e->st, TLS_FAILED);
	if (strstr(why, hint) == NULL)
		fail_msg("\"%s\" does not contain \"%s\"", why, hint);
}
