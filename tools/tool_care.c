/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Changes of a list that need a confirmation. */
#include "tool_care.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "format/bnl_edit.h"
#include "format/bnl_value.h"
#include "format/conf.h"
#include "tool_file.h"

#define CONF_NAME "cluevpn.conf"
#define CONF_MAX ((size_t)1 << 20)
#define GONE_SHARE 3 /* more than a third is grave */

/* If conf is a directory, returns the path of its cluevpn.conf. */
static char *
conf_path(const char *conf)
{
	struct stat st;
	char *path;

	if (stat(conf, &st) != 0 || !S_ISDIR(st.st_mode))
		return strdup(conf);
	return asprintf(&path, "%s/" CONF_NAME, conf) < 0 ? NULL : path;
}

static int
name_in(char **out, const char *path, struct err *e)
{
	struct errs es = {0};
	struct conf *conf;
	size_t len;
	char *text;
	int rc;

	if (tool_read_file(&text, &len, path, CONF_MAX, e) != 0)
		return -1;
	rc = conf_parse(&conf, text, len, ".", &es);
	free(text);
	if (rc != 0) {
		*e = es.e[0];
		return err_in_file(e, path);
	}
	*out = strdup(conf->name);
	conf_free(conf);
	return *out == NULL ? err_nomem(e) : 0;
}

static int
host_name(char **out, struct err *e)
{
	char name[256];

	if (gethostname(name, sizeof(name)) != 0)
		return err_errno(e, errno, "the host's name");
	name[sizeof(name) - 1] = '\0';
	*out = strdup(name);
	return *out == NULL ? err_nomem(e) : 0;
}

int
tool_self_find(struct tool_self *out, const char *name, const char *conf,
	       bool must, struct err *e)
{
	int rc;

	memset(out, 0, sizeof(*out));
	out->conf = conf_path(conf);
	if (out->conf == NULL)
		return err_nomem(e);
	if (name != NULL) {
		out->name = strdup(name);
		return out->name == NULL ? err_nomem(e) : 0;
	}
	rc = name_in(&out->name, out->conf, e);
	if (rc == 0 || must)
		return rc;
	out->host = true;
	return host_name(&out->name, e);
}

void
tool_self_free(struct tool_self *self)
{
	free(self->name);
	free(self->conf);
	self->name = self->conf = NULL;
}

/* True for the same host, such as "alpha" and "alpha.example.org". */
static bool
same_host(const char *a, const char *b)
{
	size_t na = strlen(a), nb = strlen(b), n = na < nb ? na : nb;
	const char *longer = na < nb ? b : a;

	return n > 0 && strncasecmp(a, b, n) == 0 &&
	       (longer[n] == '\0' || longer[n] == '.');
}

char *
tool_self_other(const char *node)
{
	char *name;
	struct err e;

	if (host_name(&name, &e) != 0)
		return NULL;
	if (!same_host(name, node))
		return name;
	free(name);
	return NULL;
}

static bool
is_self(const struct tool_self *self, const char *node)
{
	if (self->host)
		return same_host(self->name, node);
	return strcmp(self->name, node) == 0;
}

/* Finds a new node without a pin of which a key was revoked. */
static void
look_for_return(struct tool_care *c, const struct bnl *before,
		const struct bnl *after)
{
	char name[NODE_NAME_MAX + 1];
	const struct bnl_node *n;
	struct bnl_edit *ed;
	struct errs es = {0};
	struct span whose;
	size_t line = 0;

	if (after->nrevoked == 0 ||
	    bnl_edit_new(&ed, after->raw, after->signedlen, &es) != 0)
		return;
	while (bnl_edit_revoked(ed, &line, &whose)) {
		snprintf(name, sizeof(name), "%.*s", (int)whose.len, whose.p);
		n = bnl_find(after, name);
		if (n != NULL && !n->pinned && bnl_find(before, name) == NULL)
			snprintf(c->back, sizeof(c->back), "%s", name);
	}
	bnl_edit_free(ed);
}

static bool
has_address(const struct bnl_node *n, const struct ipaddr *a)
{
	for (uint32_t i = 0; n != NULL && i < n->naddresses; i++)
		if (ipaddr_equal(&n->addresses[i].ep.addr, a))
			return true;
	return false;
}

/* Finds a new address that is doubtful; an address that the list before had
 * needs no further confirmation. */
static void
look_for_doubt(struct tool_care *c, const struct bnl *before,
	       const struct bnl *after)
{
	for (uint32_t i = 0; i < after->nnodes; i++) {
		const struct bnl_node *n = &after->nodes[i];
		const struct bnl_node *old =
		    before != NULL ? bnl_find(before, n->name) : NULL;

		for (uint32_t j = 0; j < n->naddresses; j++) {
			const struct ipaddr *a = &n->addresses[j].ep.addr;

			if (c->doubt[0] != '\0' ||
			    bnl_address_doubt(a) == NULL || has_address(old, a))
				continue;
			snprintf(c->doubt, sizeof(c->doubt), "%s", n->name);
			c->doubted = *a;
		}
	}
}

void
tool_care_look(struct tool_care *c, const struct bnl *before,
	       const struct bnl *after, const struct tool_self *self)
{
	uint32_t gone = 0;

	memset(c, 0, sizeof(*c));
	look_for_doubt(c, before, after);
	if (before == NULL)
		return;
	for (uint32_t i = 0; i < before->nnodes; i++) {
		const char *name = before->nodes[i].name;

		if (bnl_find(after, name) != NULL)
			continue;
		gone++;
		if (is_self(self, name))
			snprintf(c->self, sizeof(c->self), "%s", name);
	}
	c->of = before->nnodes;
	if (gone > before->nnodes / GONE_SHARE)
		c->gone = gone;
	look_for_return(c, before, after);
}

bool
tool_care_print(const struct tool_care *c)
{
	char text[IPADDR_TEXT_MAX];

	if (c->doubt[0] != '\0')
		fprintf(stderr, "%s: address %s of %s: %s\n",
			program_invocation_short_name,
			ipaddr_format(text, &c->doubted), c->doubt,
			bnl_address_doubt(&c->doubted));
	if (c->self[0] != '\0')
		fprintf(stderr, "%s: %s is this machine: it would no longer "
			"belong to the network\n",
			program_invocation_short_name, c->self);
	if (c->gone > 0)
		fprintf(stderr, "%s: %u of %u nodes would be gone\n",
			program_invocation_short_name, c->gone, c->of);
	if (c->back[0] != '\0')
		fprintf(stderr, "%s: %s comes back without a key, though one "
			"of its keys was revoked: any other certificate of "
			"this name would be good\n",
			program_invocation_short_name, c->back);
	return c->doubt[0] != '\0' || c->self[0] != '\0' ||
	       c->back[0] != '\0' || c->gone > 0;
}
