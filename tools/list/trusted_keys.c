/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The keys that may have signed a list. */
#include "trusted_keys.h"

#include <stdlib.h>
#include <string.h>

#include "lib/keyfile.h"

int
trusted_keys_add(struct trusted_keys *keys, const char *path, struct err *e)
{
	if (keys->n == TRUSTED_KEYS_MAX)
		return err_set(e, ERR_LIMIT, "%s: more than %d keys", path,
			       TRUSTED_KEYS_MAX);
	if (keyfile_verify(&keys->k[keys->n], path, e) != 0)
		return -1;
	keys->n++;
	return 0;
}

int
trusted_keys_add_all(struct trusted_keys *keys,
		     const struct option_values *files, struct err *e)
{
	for (size_t i = 0; i < files->n; i++)
		if (trusted_keys_add(keys, files->v[i], e) != 0)
			return -1;
	return 0;
}

int
trusted_keys_add_half(struct trusted_keys *keys, const struct key *private,
		      struct err *e)
{
	char *pem;
	int rc;

	if (keys->n == TRUSTED_KEYS_MAX)
		return err_set(e, ERR_LIMIT, "more than %d keys",
			       TRUSTED_KEYS_MAX);
	if (key_write_public(&pem, private, e) != 0)
		return -1;
	rc = key_read_public_alone(&keys->k[keys->n], pem, strlen(pem), e);
	free(pem);
	keys->n += rc == 0;
	return rc;
}

void
trusted_keys_free(struct trusted_keys *keys)
{
	while (keys->n > 0)
		key_free(keys->k[--keys->n]);
}
