/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests to the warden, and its replies. */
#include "format/wardenmsg.h"

#include <string.h>

#include "base/cursor.h"

bool
warden_hook_node(enum warden_hook hook)
{
	return hook >= WARDEN_NODE_UP && hook <= WARDEN_MYSUBNET_DOWN;
}

bool
warden_hook_subnet(enum warden_hook hook)
{
	return hook >= WARDEN_SUBNET_UP && hook <= WARDEN_MYSUBNET_DOWN;
}

const char *
warden_hook_command(const struct conf *c, enum warden_hook hook)
{
	switch (hook) {
	case WARDEN_UP:
		return c->upcmd;
	case WARDEN_DOWN:
		return c->downcmd;
	case WARDEN_NODE_UP:
		return c->nodeupcmd;
	case WARDEN_NODE_DOWN:
		return c->nodedowncmd;
	case WARDEN_SUBNET_UP:
		return c->subnetupcmd;
	case WARDEN_SUBNET_DOWN:
		return c->subnetdowncmd;
	case WARDEN_MYSUBNET_UP:
		return c->mysubnetupcmd;
	case WARDEN_MYSUBNET_DOWN:
		return c->mysubnetdowncmd;
	case WARDEN_CHANGE:
		return c->changecmd;
	case WARDEN_HOOKS:
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
warden_path_of(const struct conf *c, enum warden_path path, unsigned int index)
{
	switch (path) {
	case WARDEN_LOG:
		return index == 0 ? c->logfile : NULL;
	case WARDEN_CERT:
		return index == 0 ? c->cert : NULL;
	case WARDEN_KEY:
		return index == 0 ? c->privkey : NULL;
	case WARDEN_CA:
		return one_of(&c->cacert, index);
	case WARDEN_BNLPUBKEY:
		return one_of(&c->bnlpubkey, index);
	case WARDEN_CONF:
	case WARDEN_PATHS:
		break;
	}
	return NULL;
}

/* --- requests -------------------------------------------------------------- */

static void
write_change(struct wcur *w, enum warden_hook hook, const char *node,
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
warden_request_encode(uint8_t out[WARDEN_REQUEST_MAX],
		      const struct warden_request *r)
{
	struct wcur w;

	wcur_init(&w, out, WARDEN_REQUEST_MAX);
	wcur_u8(&w, (uint8_t)r->kind);
	wcur_be32(&w, r->id);
	wcur_be32(&w, r->conf);
	if (r->kind == WARDEN_OPEN) {
		wcur_u8(&w, (uint8_t)r->path);
		wcur_u8(&w, r->index);
		return w.len;
	}
	if (r->kind == WARDEN_DEVICE) {
		wcur_be32(&w, r->device);
		return w.len;
	}
	if (r->kind == WARDEN_CHANGES)
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
read_change(struct warden_change *out, struct rcur *c, struct err *e)
{
	uint8_t hook = rcur_u8(c);
	uint8_t len = rcur_u8(c);
	struct span node = { out->node, len };

	memset(out, 0, sizeof(*out));
	if (hook >= WARDEN_HOOKS)
		return err_set(e, ERR_RANGE, "hook %u: there are %d", hook,
			       WARDEN_HOOKS);
	if (len > NODE_NAME_MAX)
		return err_set(e, ERR_LIMIT, "a name of %u bytes", len);
	out->hook = (enum warden_hook)hook;
	rcur_bytes(c, out->node, len);
	out->subnet.addr.family = rcur_u8(c);
	out->subnet.len = rcur_u8(c);
	rcur_bytes(c, out->subnet.addr.b, sizeof(out->subnet.addr.b));
	if (c->bad)
		return err_set(e, ERR_SYNTAX, "a request to run of another "
			       "length");
	if (warden_hook_node(out->hook) ? !text_is_node_name(node) : len != 0)
		return err_set(e, ERR_SYNTAX, "a node that is none, or that "
			       "the hook has not");
	if (warden_hook_subnet(out->hook) ? !subnet_ok(&out->subnet) :
					    !subnet_none(&out->subnet))
		return err_set(e, ERR_SYNTAX, "a subnet that is none, or that "
			       "the hook has not");
	return 0;
}

static int
decode_run(struct warden_request *r, struct rcur *c, struct err *e)
{
	struct warden_change one;

	if (read_change(&one, c, e) < 0)
		return -1;
	if (!rcur_done(c))
		return err_set(e, ERR_SYNTAX, "a request to run of another "
			       "length");
	r->hook = one.hook;
	memcpy(r->node, one.node, sizeof(r->node));
	r->subnet = one.subnet;
	return 0;
}

int
warden_change_put(struct buf *out, enum warden_hook hook, const char *node,
		  const struct prefix *subnet)
{
	static const struct prefix none;
	uint8_t one[WARDEN_CHANGE_MAX];
	struct wcur w;

	wcur_init(&w, one, sizeof(one));
	write_change(&w, hook, node, warden_hook_subnet(hook) ? subnet : &none);
	return buf_put(out, one, w.len);
}

int
warden_change_next(struct warden_change *out, const uint8_t **p, size_t *left)
{
	struct rcur c;

	if (*left == 0)
		return 0;
	rcur_init(&c, *p, *left);
	if (read_change(out, &c, NULL) < 0 || !warden_hook_node(out->hook))
		return -1;
	*p += *left - c.left;
	*left = c.left;
	return 1;
}

static int
decode_changes(struct warden_request *r, struct rcur *c, struct err *e)
{
	struct warden_change one;
	const uint8_t *p;
	size_t left;
	int rc;

	r->nchanges = left = c->left;
	r->changes = p = rcur_view(c, left);
	if (left == 0 || left > WARDEN_CHANGES_MAX)
		return err_set(e, ERR_LIMIT, "changes of %zu bytes", left);
	while ((rc = warden_change_next(&one, &p, &left)) > 0)
		;
	if (rc < 0)
		return err_set(e, ERR_SYNTAX, "a change that is none");
	return 0;
}

static int
decode_open(struct warden_request *r, struct rcur *c, struct err *e)
{
	uint8_t path = rcur_u8(c);

	r->index = rcur_u8(c);
	if (!rcur_done(c))
		return err_set(e, ERR_SYNTAX, "a request to open of another "
			       "length");
	if (path >= WARDEN_PATHS)
		return err_set(e, ERR_RANGE, "file %u: there are %d", path,
			       WARDEN_PATHS);
	if (r->index >= CONF_MANY_MAX)
		return err_set(e, ERR_RANGE, "index %u: there are %d",
			       r->index, CONF_MANY_MAX);
	r->path = (enum warden_path)path;
	return 0;
}

static int
decode_device(struct warden_request *r, struct rcur *c, struct err *e)
{
	r->device = rcur_be32(c);
	if (!rcur_done(c) || r->device == 0 || r->device > INT32_MAX)
		return err_set(e, ERR_SYNTAX, "a device that is none");
	return 0;
}

int
warden_request_decode(struct warden_request *out, const void *in, size_t len,
		      struct err *e)
{
	struct warden_request r = { .conf = 0 };
	struct rcur c;
	uint8_t kind;
	int rc;

	rcur_init(&c, in, len);
	kind = rcur_u8(&c);
	r.id = rcur_be32(&c);
	r.conf = rcur_be32(&c);
	if (kind == WARDEN_RUN)
		rc = decode_run(&r, &c, e);
	else if (kind == WARDEN_OPEN)
		rc = decode_open(&r, &c, e);
	else if (kind == WARDEN_DEVICE)
		rc = decode_device(&r, &c, e);
	else if (kind == WARDEN_CHANGES)
		rc = decode_changes(&r, &c, e);
	else
		rc = err_set(e, ERR_SYNTAX, "request of kind %u", kind);
	if (rc < 0)
		return -1;
	r.kind = (enum warden_kind)kind;
	*out = r;
	return 0;
}

/* --- replies --------------------------------------------------------------- */

size_t
warden_reply_encode(uint8_t out[WARDEN_REPLY_MAX],
		    const struct warden_reply *r)
{
	size_t len = r->len < WARDEN_OUTPUT_MAX ? r->len : WARDEN_OUTPUT_MAX;
	struct wcur w;

	wcur_init(&w, out, WARDEN_REPLY_MAX);
	wcur_u8(&w, (uint8_t)r->kind);
	wcur_be32(&w, r->id);
	wcur_be32(&w, r->failed);
	if (r->kind == WARDEN_FILE) {
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
warden_reply_decode(struct warden_reply *out, const void *in, size_t len,
		    struct err *e)
{
	struct warden_reply r = { .conf = 0 };
	struct rcur c;
	uint8_t kind;

	rcur_init(&c, in, len);
	kind = rcur_u8(&c);
	r.id = rcur_be32(&c);
	r.failed = rcur_be32(&c);
	if (kind == WARDEN_FILE) {
		r.conf = rcur_be32(&c);
	} else if (kind == WARDEN_DONE) {
		r.exit_status = (int32_t)rcur_be32(&c);
		r.signal = rcur_be32(&c);
		r.timed_out = rcur_u8(&c) != 0;
		r.discarded = rcur_be64(&c);
	}
	r.len = c.left;
	r.output = rcur_view(&c, r.len);
	r.kind = (enum warden_kind)kind;
	if ((kind != WARDEN_FILE && kind != WARDEN_DONE) || !rcur_done(&c) ||
	    r.len > WARDEN_OUTPUT_MAX)
		return err_set(e, ERR_SYNTAX, "no reply of the warden");
	*out = r;
	return 0;
}
