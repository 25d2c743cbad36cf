/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads the keys that nodes have shown. */
#include "shown_keys.h"

#include <stdio.h>
#include <string.h>

#include "lib/client.h"
#include "lib/conffile.h"
#include "lib/keyfile.h"

/* A host that signs need not be a node. */
static void
read_own(struct shown_keys *k, const char *path)
{
	struct key *key = NULL;
	struct conf *conf;
	struct err e;

	if (conffile_read(&conf, path, &e) != 0)
		return;
	if (keyfile_public(&key, conf->cert, &e) == 0) {
		key_fingerprint(k->own, key);
		snprintf(k->self, sizeof(k->self), "%s", conf->name);
	}
	key_free(key);
	conf_free(conf);
}

int
shown_keys_read(struct shown_keys *k, const char *socket, const char *conf,
		struct err *e)
{
	memset(k, 0, sizeof(*k));
	if (client_ask(&k->peers, socket, "peers") != CTL_OK)
		return err_set(e, ERR_IO,
			       "the daemon at %s knows the keys, and does not "
			       "answer",
			       socket);
	read_own(k, conf);
	return 0;
}

bool
shown_keys_find(uint8_t fp[FINGERPRINT_LEN], const struct shown_keys *k,
		const char *node)
{
	const json_t *peer;
	size_t i;

	if (strcmp(node, k->self) == 0) {
		memcpy(fp, k->own, FINGERPRINT_LEN);
		return true;
	}
	json_array_foreach(k->peers, i, peer)
	{
		const char *name =
			json_string_value(json_object_get(peer, "name"));
		const char *key =
			json_string_value(json_object_get(peer, "key"));

		if (name != NULL && key != NULL && strcmp(name, node) == 0)
			return fingerprint_parse(fp, key, strlen(key)) == 0;
	}
	return false;
}

void
shown_keys_free(struct shown_keys *k)
{
	json_decref(k->peers);
}
