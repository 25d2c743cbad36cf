/* SPDX-License-Identifier: GPL-3.0-or-later */
/* This machine's node. */
#include "node_self.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "lib/conffile.h"

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

static int
name_in(char **out, const char *path, struct err *e)
{
	struct conf *conf;

	if (conffile_read(&conf, path, e) != 0)
		return -1;
	*out = strdup(conf->name);
	conf_free(conf);
	return *out == NULL ? err_nomem(e) : 0;
}

int
node_self_find(struct node_self *out, const char *name, const char *conf,
	       bool must, struct err *e)
{
	int rc;

	memset(out, 0, sizeof(*out));
	out->conf = conffile_path(conf);
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
node_self_free(struct node_self *self)
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
node_self_other(const char *node)
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

bool
node_self_is(const struct node_self *self, const char *node)
{
	if (self->host)
		return same_host(self->name, node);
	return strcmp(self->name, node) == 0;
}
