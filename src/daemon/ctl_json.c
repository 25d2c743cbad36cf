/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON values that several answers of the control socket have. */
#include "daemon/ctl_json.h"

#include "base/text.h"

json_t *
ctl_json_text(const char *text)
{
	char safe[1024];

	if (text == NULL)
		return json_null();
	return json_string(text_escape_rest(safe, sizeof(safe), text));
}

json_t *
ctl_json_version(const struct bnl_version *v)
{
	char text[BNL_VERSION_TEXT_MAX];

	if (v->timestamp.s == 0)
		return json_null();
	return json_string(bnl_version_format(text, v));
}

void
ctl_json_warn(json_t *array, const char *name, const char *peer,
	      const char *text)
{
	json_array_append_new(
		array, json_pack("{sssoso}", "warning", name, "peer",
				 peer == NULL ? json_null() : json_string(peer),
				 "text", ctl_json_text(text)));
}
