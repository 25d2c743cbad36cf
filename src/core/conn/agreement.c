/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Selection of algorithms, keys and confirmation of a negotiation. */
#include "core/conn/agreement.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"

static bool
select_cipher(struct selection *s, const struct conf_algos *a,
	      const struct conf_algos *b)
{
	uint32_t best = 0;
	bool found = false;

	for (unsigned int i = 0; i < a->nciphers; i++)
		for (unsigned int j = 0; j < b->nciphers; j++) {
			const struct conf_cipher *p = &a->ciphers[i];
			uint32_t sum = (uint32_t)p->preference +
				       b->ciphers[j].preference;

			if (p->alg != b->ciphers[j].alg ||
			    (found && (sum < best ||
				       (sum == best && p->alg < s->cipher))))
				continue;
			found = true;
			best = sum;
			s->cipher = p->alg;
		}
	return found;
}

/* The algorithm `none` where the other side did not name it: preference 0. */
static struct conf_comp
comp_find(const struct conf_algos *a, enum comp_alg alg, bool *found)
{
	for (unsigned int i = 0; i < a->ncomps; i++)
		if (a->comps[i].alg == alg) {
			*found = true;
			return a->comps[i];
		}
	*found = alg == COMP_NONE;
	return (struct conf_comp){ .alg = alg };
}

static void
select_comp(struct selection *s, const struct conf_algos *a,
	    const struct conf_algos *b)
{
	int64_t best = -1;

	for (int alg = COMP_NONE; alg < COMP_ALGS; alg++) {
		bool in_a, in_b;
		struct conf_comp p = comp_find(a, (enum comp_alg)alg, &in_a);
		struct conf_comp q = comp_find(b, (enum comp_alg)alg, &in_b);
		int64_t sum = (int64_t)p.preference + q.preference;

		if (!in_a || !in_b || sum <= best)
			continue;
		best = sum;
		s->comp = p.alg;
		s->level = p.level < q.level ? p.level : q.level;
	}
}

static uint32_t
highest_generation(const struct hello *h, uint32_t highest)
{
	for (unsigned int i = 0; i < h->nheld; i++)
		if (h->held[i].generation > highest)
			highest = h->held[i].generation;
	return highest;
}

bool
agreement_select(struct selection *out, const struct hello *a,
		 const struct hello *b)
{
	struct selection s = { .comp = COMP_NONE };

	if (!select_cipher(&s, &a->algos, &b->algos))
		return false;
	select_comp(&s, &a->algos, &b->algos);
	s.generation = 1 + highest_generation(a, highest_generation(b, 0));
	*out = s;
	return true;
}

void
agreement_transcript(uint8_t th[SHA256_LEN],
		     const struct negotiate_side *dialler,
		     const struct negotiate_side *listener)
{
	bool lower = strcmp(dialler->hello->from, listener->hello->from) < 0;
	const struct bytes parts[] = {
		{ (lower ? dialler : listener)->fingerprint, FINGERPRINT_LEN },
		{ (lower ? listener : dialler)->fingerprint, FINGERPRINT_LEN },
		{ dialler->frame, dialler->framelen },
		{ listener->frame, listener->framelen },
	};

	sha256_parts(th, parts, sizeof(parts) / sizeof(parts[0]));
}

static void
expand_key(uint8_t *out, size_t len, const uint8_t prk[SHA256_LEN],
	   const char *label, const uint8_t th[SHA256_LEN])
{
	uint8_t info[64 + SHA256_LEN];
	size_t labellen = strlen(label);

	memcpy(info, label, labellen);
	memcpy(info + labellen, th, SHA256_LEN);
	hkdf_expand(out, len, prk, info, labellen + SHA256_LEN);
}

void
agreement_derive(struct negotiate_keys *out, const uint8_t th[SHA256_LEN],
		 const uint8_t exporter[SHA256_LEN],
		 const struct negotiate_side *dialler,
		 const struct negotiate_side *listener)
{
	uint8_t ikm[2 * PROTO_RANDOM_LEN], prk[SHA256_LEN];

	memcpy(ikm, dialler->hello->random, PROTO_RANDOM_LEN);
	memcpy(ikm + PROTO_RANDOM_LEN, listener->hello->random,
	       PROTO_RANDOM_LEN);
	hkdf_extract(prk, exporter, SHA256_LEN, ikm, sizeof(ikm));
	expand_key(out->secret, sizeof(out->secret), prk, LABEL_PAIR_SECRET,
		   th);
	expand_key(out->id, sizeof(out->id), prk, LABEL_PAIR_ID, th);
	expand_key(out->confirm_key, sizeof(out->confirm_key), prk,
		   LABEL_CONFIRM_KEY, th);
	bytes_wipe(prk, sizeof(prk));
}

void
agreement_confirm(uint8_t out[PROTO_CONFIRM_LEN],
		  const struct negotiate_keys *k, bool by_dialler,
		  const uint8_t th[SHA256_LEN], const struct selection *s)
{
	const char *role =
		by_dialler ? LABEL_CONFIRM_DIALLER : LABEL_CONFIRM_LISTENER;
	uint8_t chosen[7] = { (uint8_t)s->cipher, (uint8_t)s->comp, s->level };
	const struct bytes parts[] = {
		{ role, strlen(role) },
		{ th, SHA256_LEN },
		{ chosen, sizeof(chosen) },
	};

	put_be32(chosen + 3, s->generation);
	hmac_sha256(out, k->confirm_key, sizeof(k->confirm_key), parts,
		    sizeof(parts) / sizeof(parts[0]));
}

char *
agreement_list(char out[NEGOTIATE_LIST_MAX], const struct conf_algos *a)
{
	size_t len = 0;

	out[0] = '\0';
	for (unsigned int i = 0; i < a->nciphers; i++) {
		int n = snprintf(out + len, NEGOTIATE_LIST_MAX - len, "%s%s:%u",
				 i == 0 ? "" : " ",
				 aead_name(a->ciphers[i].alg),
				 a->ciphers[i].preference);

		if (n < 0 || (size_t)n >= NEGOTIATE_LIST_MAX - len)
			break;
		len += (size_t)n;
	}
	if (a->nciphers == 0)
		snprintf(out, NEGOTIATE_LIST_MAX, "nothing");
	return out;
}
