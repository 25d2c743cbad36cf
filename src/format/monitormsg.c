/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests to the monitor, and its replies. */
#include "format/monitormsg.h"

#include <string.h>

#include "base/cursor.h"

bool
monitor_hook_node(enum monitor_hook hook)
{
	return hook >= MONITOR_NODE_UP && hook <= MONITOR_MYSUBNET_DOWN;
}

bool
monitor_hook_subnet(enum monitor_hook hook)
{
	return hook >= MONITOR_SUBNET_UP && hook <= MONITOR_MYSUBNET_DOWN;
}

const char *
monitor_hook_command(const struct conf *c, enum monitor_hook hook)
{
	switch (hook) {
	case MONITOR_UP:
		return c->upcmd;
	case MONITOR_DOWN:
		return c->downcmd;
	case MONITOR_NODE_UP:
		return c->nodeupcmd;
	case MONITOR_NODE_DOWN:
		return c->nodedowncmd;
	case MONITOR_SUBNET_UP:
		return c->subnetupcmd;
	case MONITOR_SUBNET_DOWN:
		return c->subnetdowncmd;
	case MONITOR_MYSUBNET_UP:
		return c->mysubnetupcmd;
	case MONITOR_MYSUBNET_DOWN:
		return c->mysubnetdowncmd;
	case MONITOR_CHANGE:
		return c->changecmd;
	case MONITOR_HOOKS:
		break;
	}
	return NULL;
}

static const char *
one_of(const struct conf_many *many, unsigned int index)
{
	return index < many->n ? many->v[index] : NULL;
}

const char *
monitor_path_of(const struct conf *c, enum monitor_path path,
		unsigned int index)
{
	switch (path) {
	case MONITOR_LOG:
		return index == 0 ? c->logfile : NULL;
	case MONITOR_CERT:
		return index == 0 ? c->cert : NULL;
	case MONITOR_KEY:
		return index == 0 ? c->privkey : NULL;
	case MONITOR_CA:
		return one_of(&c->cacert, index);
	case MONITOR_BNLPUBKEY:
		return one_of(&c->bnlpubkey, index);
	case MONITOR_CONF:
	case MONITOR_PATHS:
		break;
	}
	return NULL;
}

/* --- requests ------------------------------------------------------------- */

static void
write_change(struct wcur *w, enum monitor_hook hook, const char *node,
	     const struct prefix *subnet)
{
	size_t len = strlen(node);

	wcur_u8(w, (uint8_t)hook);
	wcur_u8(w, (uint8_t)len);
	wcur_bytes(w, node, len);
	wcur_u8(w, subnet->addr.family);
	wcur_u8(w, subnet->len);
	wcur_bytes(w, subnet->addr.b, sizeof(subnet->addr.b));
}

size_t
monitor_request_encode(uint8_t out[MONITOR_REQUEST_MAX],
		       const struct monitor_request *r)
{
	struct wcur w;

	wcur_init(&w, out, MONITOR_REQUEST_MAX);
	wcur_u8(&w, (uint8_t)r->kind);
	wcur_be32(&w, r->id);
	wcur_be32(&w, r->conf);
	if (r->kind == MONITOR_OPEN) {
		wcur_u8(&w, (uint8_t)r->path);
		wcur_u8(&w, r->index);
		return w.len;
	}
	if (r->kind == MONITOR_DEVICE) {
		wcur_be32(&w, r->device);
		return w.len;
	}
	if (r->kind == MONITOR_CHANGES)
		wcur_bytes(&w, r->changes, r->nchanges);
	else
		write_change(&w, r->hook, r->node, &r->subnet);
	return w.len;
}

/* Checks the prefix by the list's own parser. */
static bool
subnet_ok(const struct prefix *p)
{
	char text[PREFIX_TEXT_MAX];
	struct prefix again;

	if ((p->addr.family != IP_V4 && p->addr.family != IP_V6) ||
	    p->len > ipaddr_bits(&p->addr))
		return false;
	prefix_format(text, p);
	return prefix_parse(&again, text, strlen(text)) == 0 &&
	       again.len == p->len && again.addr.family == p->addr.family &&
	       memcmp(again.addr.b, p->addr.b, sizeof(p->addr.b)) == 0;
}

static bool
subnet_none(const struct prefix *p)
{
	static const struct prefix none;

	return p->addr.family == IP_NONE && p->len == 0 &&
	       memcmp(p->addr.b, none.addr.b, sizeof(p->addr.b)) == 0;
}

/* A hook with the node and the subnet that it has; more may follow. */
static int
read_change(struct monitor_change *out, struct rcur *c, struct err *e)
{
	uint8_t hook = rcur_u8(c);
	uint8_t len = rcur_u8(c);
	struct span node = { out->node, len };

	memset(out, 0, sizeof(*out));
	if (hook >= MONITOR_HOOKS)
		return err_set(e, ERR_RANGE, "hook %u: there are %d", hook,
			       MONITOR_HOOKS);
	if (len > NODE_NAME_MAX)
		return err_set(e, ERR_LIMIT, "a name of %u bytes", len);
	out->hook = (enum monitor_hook)hook;
	rcur_bytes(c, out->node, len);
	out->subnet.addr.family = rcur_u8(c);
	out->subnet.len = rcur_u8(c);
	rcur_bytes(c, out->subnet.addr.b, sizeof(out->subnet.addr.b));
	if (c->bad)
		return err_set(e, ERR_SYNTAX,
			       "a request to run of another "
			       "length");
	if (monitor_hook_node(out->hook) ? !text_is_node_name(node) : len != 0)
		return err_set(e, ERR_SYNTAX,
			       "a node that is none, or that "
			       "the hook has not");
	if (monitor_hook_subnet(out->hook) ? !subnet_ok(&out->subnet) :
					     !subnet_none(&out->subnet))
		return err_set(e, ERR_SYNTAX,
			       "a subnet that is none, or that "
			       "the hook has not");
	return 0;
}

static int
decode_run(struct monitor_request *r, struct rcur *c, struct err *e)
{
	struct monitor_change one;

	if (read_change(&one, c, e) < 0)
		return -1;
	if (!rcur_done(c))
		return err_set(e, ERR_SYNTAX,
			       "a request to run of another "
			       "length");
	r->hook = one.hook;
	memcpy(r->node, one.node, sizeof(r->node));
	r->subnet = one.subnet;
	return 0;
}

int
monitor_change_put(struct buf *out, enum monitor_hook hook, const char *node,
		   const struct prefix *subnet)
{
	static const struct prefix none;
	uint8_t one[MONITOR_CHANGE_MAX];
	struct wcur w;

	wcur_init(&w, one, sizeof(one));
	write_change(&w, hook, node,
		     monitor_hook_subnet(hook) ? subnet : &none);
	return buf_put(out, one, w.len);
}

int
monitor_change_next(struct monitor_change *out, const uint8_t **p, size_t *left)
{
	struct rcur c;

	if (*left == 0)
		return 0;
	rcur_init(&c, *p, *left);
	if (read_change(out, &c, NULL) < 0 || !monitor_hook_node(out->hook))
		return -1;
	*p += *left - c.left;
	*left = c.left;
	return 1;
}

static int
decode_changes(struct monitor_request *r, struct rcur *c, struct err *e)
{
	struct monitor_change one;
	const uint8_t *p;
	size_t left;
	int rc;

	r->nchanges = left = c->left;
	r->changes = p = rcur_view(c, left);
	if (left == 0 || left > MONITOR_CHANGES_MAX)
		return err_set(e, ERR_LIMIT, "changes of %zu bytes", left);
	while ((rc = monitor_change_next(&one, &p, &left)) > 0)
		;
	if (rc < 0)
		return err_set(e, ERR_SYNTAX, "a change that is none");
	return 0;
}

static int
decode_open(struct monitor_request *r, struct rcur *c, struct err *e)
{
	uint8_t path = rcur_u8(c);

	r->index = rcur_u8(c);
	if (!rcur_done(c))
		return err_set(e, ERR_SYNTAX,
			       "a request to open of another "
			       "length");
	if (path >= MONITOR_PATHS)
		return err_set(e, ERR_RANGE, "file %u: there are %d", path,
			       MONITOR_PATHS);
	if (r->index >= CONF_MANY_MAX)
		return err_set(e, ERR_RANGE, "index %u: there are %d", r->index,
			       CONF_MANY_MAX);
	r->path = (enum monitor_path)path;
	return 0;
}

static int
decode_device(struct monitor_request *r, struct rcur *c, struct err *e)
{
	r->device = rcur_be32(c);
	if (!rcur_done(c) || r->device == 0 || r->device > INT32_MAX)
		return err_set(e, ERR_SYNTAX, "a device that is none");
	return 0;
}

int
monitor_request_decode(struct monitor_request *out, const void *in, size_t len,
		       struct err *e)
{
	struct monitor_request r = { .conf = 0 };
	struct rcur c;
	uint8_t kind;
	int rc;

	rcur_init(&c, in, len);
	kind = rcur_u8(&c);
	r.id = rcur_be32(&c);
	r.conf = rcur_be32(&c);
	if (kind == MONITOR_RUN)
		rc = decode_run(&r, &c, e);
	else if (kind == MONITOR_OPEN)
		rc = decode_open(&r, &c, e);
	else if (kind == MONITOR_DEVICE)
		rc = decode_device(&r, &c, e);
	else if (kind == MONITOR_CHANGES)
		rc = decode_changes(&r, &c, e);
	else
		rc = err_set(e, ERR_SYNTAX, "request of kind %u", kind);
	if (rc < 0)
		return -1;
	r.kind = (enum monitor_kind)kind;
	*out = r;
	return 0;
}

/* --- replies -------------------------------------------------------------- */

size_t
monitor_reply_encode(uint8_t out[MONITOR_REPLY_MAX],
		     const struct monitor_reply *r)
{
	size_t len = r->len < MONITOR_OUTPUT_MAX ? r->len : MONITOR_OUTPUT_MAX;
	struct wcur w;

	wcur_init(&w, out, MONITOR_REPLY_MAX);
	wcur_u8(&w, (uint8_t)r->kind);
	wcur_be32(&w, r->id);
	wcur_be32(&w, r->failed);
	if (r->kind == MONITOR_FILE) {
		wcur_be32(&w, r->conf);
	} else {
		wcur_be32(&w, (uint32_t)r->exit_status);
		wcur_be32(&w, r->signal);
		wcur_u8(&w, r->timed_out);
		wcur_be64(&w, r->discarded + (r->len - len));
	}
	wcur_bytes(&w, r->output, len);
	return w.len;
}

int
monitor_reply_decode(struct monitor_reply *out, const void *in, size_t len,
		     struct err *e)
{
	struct monitor_reply r = { .conf = 0 };
	struct rcur c;
	uint8_t kind;

	rcur_init(&c, in, len);
	kind = rcur_u8(&c);
	r.id = rcur_be32(&c);
	r.failed = rcur_be32(&c);
	if (kind == MONITOR_FILE) {
		r.conf = rcur_be32(&c);
	} else if (kind == MONITOR_DONE) {
		r.exit_status = (int32_t)rcur_be32(&c);
		r.signal = rcur_be32(&c);
		r.timed_out = rcur_u8(&c) != 0;
		r.discarded = rcur_be64(&c);
	}
	r.len = c.left;
	r.output = rcur_view(&c, r.len);
	r.kind = (enum monitor_kind)kind;
	if ((kind != MONITOR_FILE && kind != MONITOR_DONE) || !rcur_done(&c) ||
	    r.len > MONITOR_OUTPUT_MAX)
		return err_set(e, ERR_SYNTAX, "no reply of the monitor");
	*out = r;
	return 0;
}
