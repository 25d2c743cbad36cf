/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "odd_cert.h"

void
odd_require(int ok)
{
	if (!ok)
		abort();
}

void
odd_name(X509_NAME *n, int nid, const char *text, int len)
{
	X509_NAME_ENTRY *ne = X509_NAME_ENTRY_new();

	odd_require(ne != NULL &&
		    X509_NAME_ENTRY_set_object(ne, OBJ_nid2obj(nid)) == 1 &&
		    X509_NAME_ENTRY_set_data(
			    ne, V_ASN1_UTF8STRING, (const unsigned char *)text,
			    len > 0 ? len : (int)strlen(text)) == 1 &&
		    X509_NAME_add_entry(n, ne, -1, 0) == 1);
	X509_NAME_ENTRY_free(ne);
}

static void
odd_ext(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *ext;

	if (value[0] == '\0')
		return;
	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	odd_require(ext != NULL && X509_add_ext(x, ext, -1) == 1);
	X509_EXTENSION_free(ext);
}

static void
odd_unknown(X509 *x, const char *oid)
{
	static const unsigned char null_der[] = { 5, 0 };
	ASN1_OBJECT *obj = OBJ_txt2obj(oid, 1);
	ASN1_OCTET_STRING *os = ASN1_OCTET_STRING_new();
	X509_EXTENSION *ext;

	odd_require(ASN1_OCTET_STRING_set(os, null_der, 2) == 1);
	ext = X509_EXTENSION_create_by_OBJ(NULL, obj, 1, os);
	odd_require(ext != NULL && X509_add_ext(x, ext, -1) == 1);
	X509_EXTENSION_free(ext);
	ASN1_OCTET_STRING_free(os);
	ASN1_OBJECT_free(obj);
}

X509 *
odd_parse(const char *pem)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	X509 *x = PEM_read_bio_X509(bio, NULL, NULL, NULL);

	BIO_free(bio);
	odd_require(x != NULL);
	return x;
}

char *
odd_text(BIO *bio)
{
	char *data;
	long n = BIO_get_mem_data(bio, &data);
	char *text = malloc((size_t)n + 1);

	odd_require(text != NULL);
	memcpy(text, data, (size_t)n);
	text[n] = '\0';
	BIO_free(bio);
	return text;
}

static char *
odd_write(X509 *x)
{
	BIO *bio = BIO_new(BIO_s_mem());

	odd_require(PEM_write_bio_X509(bio, x) == 1);
	return odd_text(bio);
}

static void
odd_times(X509 *x, const struct odd_cert *o)
{
	int64_t from = o->from, to = o->to;
	time_t now = (time_t)TEST_NOW.s;

	if (from == 0 && to == 0) {
		from = -TEST_DAY;
		to = TEST_DAY;
	}
	/* In days and seconds: time_t may have 32 bits. */
	odd_require(ASN1_TIME_adj(X509_getm_notBefore(x), now,
				  (int)(from / TEST_DAY),
				  (long)(from % TEST_DAY)) != NULL &&
		    ASN1_TIME_adj(X509_getm_notAfter(x), now,
				  (int)(to / TEST_DAY),
				  (long)(to % TEST_DAY)) != NULL);
}

char *
odd_make(const struct odd_cert *o, const struct key *key, const char *ca_pem,
	 const struct key *ca_key)
{
	X509 *x = X509_new();
	X509 *ca = ca_pem != NULL ? odd_parse(ca_pem) : x;
	X509_NAME *n = X509_get_subject_name(x);
	static long serial = 1000;
	char *pem;

	odd_require(X509_set_version(x, X509_VERSION_3) == 1 &&
		    ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial) == 1 &&
		    X509_set_pubkey(x, key_native(key)) == 1);
	odd_times(x, o);
	if (o->ou != NULL)
		odd_name(n, NID_organizationalUnitName, o->ou, 0);
	if (o->cn != NULL)
		odd_name(n, NID_commonName, o->cn, o->cnlen);
	if (o->cn2 != NULL)
		odd_name(n, NID_commonName, o->cn2, 0);
	odd_require(X509_set_issuer_name(x, X509_get_subject_name(ca)) == 1);
	odd_ext(x, ca, NID_basic_constraints,
		o->basic != NULL ? o->basic : "critical,CA:FALSE");
	odd_ext(x, ca, NID_key_usage,
		o->usage != NULL ? o->usage : "critical,digitalSignature");
	odd_ext(x, ca, NID_ext_key_usage,
		o->eku != NULL ? o->eku : "serverAuth,clientAuth");
	odd_ext(x, ca, NID_subject_key_identifier, "hash");
	if (!o->no_aki)
		odd_ext(x, ca, NID_authority_key_identifier, "keyid");
	if (o->constraints != NULL)
		odd_ext(x, ca, NID_name_constraints, o->constraints);
	if (o->oid != NULL)
		odd_unknown(x, o->oid);
	odd_require(X509_sign(x, key_native(ca_key != NULL ? ca_key : key),
			      o->sha1 ? EVP_sha1() : EVP_sha256()) > 0);
	if (ca != x)
		X509_free(ca);
	pem = odd_write(x);
	X509_free(x);
	return pem;
}
