/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists as JSON, for programs. */
#include "list_json.h"

json_t *
list_json_version(const struct bnl_version *v)
{
	char time[TEXT_TIME_MAX], digest[FINGERPRINT_TEXT_MAX];

	return json_pack("{s:s, s:s}", "timestamp",
			 text_time_format(time, v->timestamp), "digest",
			 fingerprint_format(digest, v->digest));
}

json_t *
list_json_prefixes(const struct prefix *p, uint32_t n)
{
	json_t *array = json_array();
	char text[PREFIX_TEXT_MAX];

	for (uint32_t i = 0; i < n; i++)
		json_array_append_new(array,
				      json_string(prefix_format(text, &p[i])));
	return array;
}

json_t *
list_json_node(const struct bnl_node *n)
{
	char text[IPADDR_TEXT_MAX], key[FINGERPRINT_TEXT_MAX];
	json_t *addresses = json_array();
	json_t *o;

	for (uint32_t i = 0; i < n->naddresses; i++) {
		const struct bnl_address *a = &n->addresses[i];

		json_array_append_new(
			addresses,
			json_pack("{s:s, s:i}", "address",
				  a->host != NULL ?
					  a->host :
					  ipaddr_format(text, &a->ep.addr),
				  "port", (int)a->ep.port));
	}
	o = json_pack("{s:s, s:o, s:o}", "name", n->name, "addresses",
		      addresses, "subnets",
		      list_json_prefixes(n->subnets, n->nsubnets));
	if (n->pinned)
		json_object_set_new(
			o, "key", json_string(fingerprint_format(key, n->pin)));
	return o;
}
