/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Compares two configurations, in the keys that are used at the start only. */
#include "format/conf.h"

#include <assert.h>
#include <string.h>

#include "format/conf_schema.h"

static bool
text_same(const void *a, const void *b)
{
	const char *x = *(const char *const *)a, *y = *(const char *const *)b;

	return x == y || (x != NULL && y != NULL && strcmp(x, y) == 0);
}

static bool
listen_same(const struct conf *a, const struct conf *b)
{
	if (a->nlisten != b->nlisten)
		return false;
	for (unsigned int i = 0; i < a->nlisten; i++)
		if (!ipaddr_equal(&a->listen[i], &b->listen[i]))
			return false;
	return true;
}

bool
conf_key_restart(size_t i)
{
	return i < conf_nkeys && conf_keys[i].restart;
}

bool
conf_key_same(const struct conf *a, const struct conf *b, size_t i)
{
	const void *x = (const char *)a + conf_keys[i].offset;
	const void *y = (const char *)b + conf_keys[i].offset;

	assert(conf_keys[i].restart);
	switch (conf_keys[i].kind) {
	case CONF_KIND_NAME:
	case CONF_KIND_DEVICE:
	case CONF_KIND_TEXT:
	case CONF_KIND_PATH:
		return text_same(x, y);
	case CONF_KIND_ADDRESSES:
		return listen_same(a, b);
	case CONF_KIND_BOOL:
		return *(const bool *)x == *(const bool *)y;
	case CONF_KIND_CHOICE:
		return memcmp(x, y, sizeof(int)) == 0;
	case CONF_KIND_U16:
		return *(const uint16_t *)x == *(const uint16_t *)y;
	case CONF_KIND_OFFLOAD:
		return *(const uint8_t *)x == *(const uint8_t *)y;
	case CONF_KIND_NODE:
	case CONF_KIND_PATHS:
	case CONF_KIND_U32:
	case CONF_KIND_U64:
	case CONF_KIND_SECONDS:
	case CONF_KIND_MS:
	case CONF_KIND_CIPHERS:
	case CONF_KIND_COMPS:
		break;
	}
	assert(false); /* no key of this kind needs a restart */
	return false;
}
