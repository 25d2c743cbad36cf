/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One CA, one list key and a certificate for each node. */
#include "ca.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/must.h"
#include "crypto/sign.h"

#define CERT_DAYS 3650
#define SEED_CA 1000001
#define SEED_LIST 1000002
#define SEED_NODE 2000000 /* and the node's number */

/* RFC 8410 section 7: a private key is its 32 bytes behind this. */
static const uint8_t pkcs8_ed25519[] = { 0x30, 0x2e, 0x02, 0x01, 0x00, 0x30,
					 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70,
					 0x04, 0x22, 0x04, 0x20 };
#define PKCS8_LEN (sizeof(pkcs8_ed25519) + 32)

static struct {
	struct key *ca_key, *list_key;
	char *ca_pem;
	struct tls_ctx *tls[SIM_NODES_MAX];
} made;

static const struct walltime made_at = { SIM_WALL - 86400 };

void
ca_node_name(char out[NODE_NAME_MAX + 1], size_t i)
{
	snprintf(out, NODE_NAME_MAX + 1, "n%03zu", i);
}

static struct key *
key_of(uint64_t seed)
{
	struct rng_seeded state;
	struct rng rng = rng_seeded(&state, seed);
	uint8_t der[PKCS8_LEN];
	char b64[BASE64_MAX(PKCS8_LEN)];
	char pem[256];
	struct key *k;
	struct err e;

	memcpy(der, pkcs8_ed25519, sizeof(pkcs8_ed25519));
	rng_fill(&rng, der + sizeof(pkcs8_ed25519), 32);
	base64_encode(b64, sizeof(b64), der, sizeof(der));
	snprintf(pem, sizeof(pem),
		 "-----BEGIN PRIVATE KEY-----\n%s\n"
		 "-----END PRIVATE KEY-----\n",
		 b64);
	must(key_read_private(&k, pem, strlen(pem), &e) == 0);
	return k;
}

static void
make_ca(void)
{
	struct rng_seeded state;
	struct rng rng = rng_seeded(&state, SEED_CA);
	struct err e;

	if (made.ca_key != NULL)
		return;
	made.ca_key = key_of(SEED_CA);
	must(cert_make_ca(&made.ca_pem, made.ca_key, "simulated CA", made_at,
			  CERT_DAYS, &rng, &e) == 0);
}

struct tls_ctx *
ca_tls(size_t i)
{
	struct rng_seeded state;
	struct rng rng = rng_seeded(&state, SEED_NODE + i);
	char name[NODE_NAME_MAX + 1];
	struct pem ca, cert, priv;
	char *cert_pem, *key_pem;
	struct key *k;
	struct err e;

	must(i < SIM_NODES_MAX);
	if (made.tls[i] != NULL)
		return made.tls[i];
	make_ca();
	ca = (struct pem){ made.ca_pem, strlen(made.ca_pem) };
	k = key_of(SEED_NODE + i);
	ca_node_name(name, i);
	must(cert_make_node(&cert_pem, k, name, "servers", ca.p, ca.len,
			    made.ca_key, made_at, CERT_DAYS, &rng, &e) == 0);
	must(key_write_private(&key_pem, k, &e) == 0);
	cert = (struct pem){ cert_pem, strlen(cert_pem) };
	priv = (struct pem){ key_pem, strlen(key_pem) };
	must(tls_ctx_new(&made.tls[i], cert, priv, &ca, 1, &e) == 0);
	free(cert_pem);
	free(key_pem);
	key_free(k);
	return made.tls[i];
}

struct cert_info
ca_cert(size_t i, bool plain)
{
	struct cert_info info = {
		.ou = "servers",
		.not_before = made_at,
		.not_after = { made_at.s + CERT_DAYS * INT64_C(86400) },
	};

	if (!plain)
		return *tls_ctx_self(ca_tls(i));
	ca_node_name(info.cn, i);
	memset(info.fingerprint, 0xc1, sizeof(info.fingerprint));
	memcpy(info.fingerprint, &i, sizeof(i));
	return info;
}

const struct key *
ca_list_key(void)
{
	if (made.list_key == NULL)
		made.list_key = key_of(SEED_LIST);
	return made.list_key;
}
