/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as cluevpn.conf: refused with errors, or accepted within bounds. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "format/conf.h"

static void
check_algos(const struct conf_algos *a)
{
	unsigned int none = 0;

	require(a->nciphers >= 1 && a->nciphers < AEAD_ALGS);
	require(a->ncomps >= 1 && a->ncomps <= COMP_ALGS);
	for (unsigned int i = 0; i < a->nciphers; i++)
		require(a->ciphers[i].alg != AEAD_NONE);
	for (unsigned int i = 0; i < a->ncomps; i++) {
		const struct conf_comp *c = &a->comps[i];

		none += c->alg == COMP_NONE;
		require(c->level >= comp_level_min(c->alg) &&
			c->level <= comp_level_max(c->alg));
	}
	require(none == 1);
}

static void
check_conf(const struct conf *c)
{
	require(c->name != NULL && c->bnl != NULL && c->cert != NULL);
	require(c->privkey != NULL && c->statedir != NULL);
	require(c->ctlsocket != NULL && strlen(c->ctlsocket) <= 107);
	require(strlen(c->devname) >= 1 && strlen(c->devname) <= 15);
	require(c->port != 0 && c->mtu >= 1280 && c->mtu <= 9000);
	require(c->cacert.n >= 1 && c->cacert.n <= CONF_MANY_MAX);
	require(c->bnlpubkey.n >= 1 && c->nlisten <= CONF_MANY_MAX);
	require(c->timers.rekey_after < c->timers.reject_after);
	require(c->timers.rekey_packets < c->timers.reject_packets);
	check_algos(&c->algos);
	for (unsigned int i = 0; i < c->nnodes; i++) {
		const struct conf_node *n = &c->nodes[i];

		check_algos(&n->algos);
		require(conf_algos_for(c, n->name) == &n->algos);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct errs es;
	struct conf *c = NULL;

	es.count = 0;
	if (conf_parse(&c, (const char *)data, len, "/etc/cluevpn", &es) == 0) {
		require(es.count == 0);
		check_conf(c);
		conf_free(c);
	} else {
		require(es.count != 0 && c == NULL);
	}
	return 0;
}
