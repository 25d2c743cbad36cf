/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Compares the configuration and the list with the network of this host. */
#include "daemon/hostnet.h"

#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/backoff.h"
#include "daemon/ctl_json.h"
#include "daemon/daemon.h"
#include "daemon/device_impl.h"
#include "format/bnl_overlap.h"
#include "sys/clock.h"
#include "sys/fib.h"
#include "sys/fit.h"

#define GAP_MS 1000	       /* least interval of checks */
#define STRAY_GAP_MAX_MS 60000 /* longest interval while strays keep coming */
#define FAULTS_MAX 64
#define FOREIGN_MAX 16
#define CACHE 8

enum fault_kind { FAULT_LISTEN, FAULT_OVERLAP, FAULT_LOOP };

struct fault {
	enum fault_kind kind;
	char peer[NODE_NAME_MAX + 1]; /* "": about this node */
	char text[BNL_OVERLAP_TEXT_MAX];
};

struct faults {
	struct fault v[FAULTS_MAX];
	size_t n;
};

struct hostnet {
	struct daemon *d;
	struct loop_timer timer;
	struct faults faults;
	/* The state at the last check. */
	struct monotime looked;
	uint64_t changes;  /* changes of the interfaces */
	uint64_t strays;   /* packets that were not for the VPN */
	unsigned int vain; /* checks in a row that found nothing */
	struct bnl_version version;
	/* Routes into our own device other than those of the VPN. */
	struct prefix foreign[FOREIGN_MAX];
	size_t nforeign;
	struct {
		struct ipaddr to;
		bool blocked;
	} cache[CACHE]; /* since the last check */
	size_t ncache;
	uint64_t blocked; /* datagrams */
};

static struct fault *
fault_new(struct faults *f, enum fault_kind kind, const char *peer)
{
	struct fault *new;

	if (f->n == FAULTS_MAX)
		return NULL;
	new = &f->v[f->n++];
	new->kind = kind;
	snprintf(new->peer, sizeof(new->peer), "%s", peer);
	return new;
}

static bool
fault_is_in(const struct faults *f, const struct fault *one)
{
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->v[i].text, one->text) == 0)
			return true;
	return false;
}

/* --- checks --------------------------------------------------------------- */

static void
check_listen(const struct daemon *d, struct faults *f)
{
	for (size_t i = 0; i < d->nudp; i++) {
		struct ipaddr a = udp_local(d->udp[i]).addr;
		char text[IPADDR_TEXT_MAX];
		struct fault *new;
		struct err e;

		if (fit_address(&a, &e) == 0 || e.code != ERR_NOTFOUND)
			continue;
		new = fault_new(f, FAULT_LISTEN, "");
		if (new != NULL)
			snprintf(new->text, sizeof(new->text),
				 "listen: %s is no address of this host yet; "
				 "nothing arrives there until it is",
				 ipaddr_format(text, &a));
	}
}

static void
check_overlap(const struct daemon *d, const struct bnl *b,
	      const struct fib_route *r, struct faults *f)
{
	char device[IF_NAMESIZE] = "";
	struct bnl_overlap o;
	struct fault *new;

	if (f->n == FAULTS_MAX ||
	    !bnl_overlap_find(&o, b, d->id->conf->name, &r->dst))
		return;
	if (r->index != 0 && if_indextoname(r->index, device) == NULL)
		device[0] = '\0';
	new = fault_new(f, FAULT_OVERLAP, o.node != NULL ? o.node->name : "");
	if (new != NULL)
		bnl_overlap_text(new->text, &o, &r->dst, device);
}

/* Default routes and routes for one link are ignored: they do not show a
 * conflict with a prefix. */
static bool
shows_conflict(const struct fib_route *r)
{
	return !r->local && r->dst.len > 1 &&
	       !ipaddr_is_multicast(&r->dst.addr) &&
	       !ipaddr_is_linklocal(&r->dst.addr);
}

static void
check_routes(struct hostnet *h, const struct bnl *b, enum ip_family family,
	     struct faults *f)
{
	struct fib_route *v;
	struct err e;
	size_t n;

	if (fib_routes(&v, &n, family, &e) < 0)
		return;
	for (size_t i = 0; i < n; i++) {
		bool own = v[i].index == tun_ifindex(h->d->tun);

		if (!own && shows_conflict(&v[i]))
			check_overlap(h->d, b, &v[i], f);
		else if (own && !v[i].local && !bnl_covers(b, &v[i].dst) &&
			 !ipaddr_is_multicast(&v[i].dst.addr) &&
			 !ipaddr_is_linklocal(&v[i].dst.addr) &&
			 h->nforeign < FOREIGN_MAX)
			h->foreign[h->nforeign++] = v[i].dst;
	}
	free(v);
}

static void
check_peer(struct hostnet *h, const char *name, struct faults *f)
{
	struct endpoint at[CORE_ENDPOINTS_MAX];
	size_t n = core_endpoints(h->d->core, name, at);
	char text[IPADDR_TEXT_MAX];
	struct fault *new;

	for (size_t i = 0; i < n; i++) {
		if (!hostnet_blocks(h->d, &at[i].addr))
			continue;
		new = fault_new(f, FAULT_LOOP, name);
		if (new != NULL)
			snprintf(
				new->text, sizeof(new->text),
				"the route of this host to %s of %s leads into "
				"%s, the device of the VPN itself: nothing is "
				"sent there",
				ipaddr_format(text, &at[i].addr), name,
				tun_name(h->d->tun));
	}
}

/* --- reports and the next check ------------------------------------------- */

static void
report_changes(const struct hostnet *h, const struct faults *old)
{
	const struct faults *now = &h->faults;
	char text[BNL_OVERLAP_TEXT_MAX + 16];

	for (size_t i = 0; i < now->n; i++)
		if (!fault_is_in(old, &now->v[i]))
			events_say(h->d, EVENT_WARN, EVENT_NETWORK,
				   now->v[i].peer, now->v[i].text);
	for (size_t i = 0; i < old->n; i++) {
		if (fault_is_in(now, &old->v[i]))
			continue;
		snprintf(text, sizeof(text), "no longer: %s", old->v[i].text);
		events_say(h->d, EVENT_INFO, EVENT_NETWORK, old->v[i].peer,
			   text);
	}
}

/* Counts frames that the core could not route: a foreign route leads here. */
static uint64_t
count_strays(const struct daemon *d)
{
	return core_drops(d->core, DROP_NO_ROUTE) +
	       core_drops(d->core, DROP_TUN_SOURCE) +
	       core_drops(d->core, DROP_OWN_SUBNET);
}

static struct bnl_version
version_of(const struct bnl *b)
{
	struct bnl_version none;

	memset(&none, 0, sizeof(none));
	return b != NULL ? b->version : none;
}

static void
check_network(struct hostnet *h)
{
	const struct bnl *b = core_list(h->d->core);
	struct faults old = h->faults;

	h->looked = clock_mono();
	h->changes = device_ifaces(h->d)->changes;
	h->strays = count_strays(h->d);
	h->version = version_of(b);
	h->nforeign = h->ncache = 0;
	h->faults.n = 0;
	check_listen(h->d, &h->faults);
	if (b != NULL) {
		check_routes(h, b, IP_V4, &h->faults);
		check_routes(h, b, IP_V6, &h->faults);
	}
	for (size_t i = 0; h->nforeign > 0 && i < core_peer_count(h->d->core);
	     i++) {
		struct peer_info p;

		core_peer_info(h->d->core, clock_now(), i, &p);
		check_peer(h, p.name, &h->faults);
	}
	report_changes(h, &old);
}

static bool
has_news(const struct hostnet *h)
{
	const struct bnl_version version = version_of(core_list(h->d->core));

	return !mono_is_set(h->looked) ||
	       h->changes != device_ifaces(h->d)->changes || h->nforeign > 0 ||
	       bnl_version_cmp(&version, &h->version) != 0;
}

static void
on_time(void *ctx)
{
	(void)ctx; /* the next turn checks */
}

void
hostnet_follow(struct daemon *d)
{
	struct hostnet *h = d->hostnet;
	int64_t gap;
	bool news;

	if (h == NULL)
		return;
	news = has_news(h);
	if (!news && h->strays == count_strays(d))
		return;
	gap = backoff_ms(GAP_MS, STRAY_GAP_MAX_MS, news ? 0 : h->vain);
	if (mono_is_set(h->looked) && mono_ms(h->looked, clock_mono()) < gap) {
		loop_timer_set(&h->timer, mono_add_ms(h->looked, gap));
		return;
	}
	check_network(h);
	h->vain = news || h->nforeign > 0 ? 0 : h->vain + 1;
	/* Only a check can show that the route is gone, as nothing is sent any
	 * more. */
	if (h->nforeign > 0)
		loop_timer_set(&h->timer, mono_add_ms(h->looked, GAP_MS));
}

/* --- queries -------------------------------------------------------------- */

static bool
is_foreign(const struct hostnet *h, const struct ipaddr *a)
{
	for (size_t i = 0; i < h->nforeign; i++)
		if (prefix_contains(&h->foreign[i], a))
			return true;
	return false;
}

bool
hostnet_blocks(struct daemon *d, const struct ipaddr *to)
{
	const struct ipaddr any = { .family = IP_NONE };
	struct hostnet *h = d->hostnet;
	bool blocked;

	if (h == NULL || h->nforeign == 0 || !is_foreign(h, to))
		return false;
	for (size_t i = 0; i < h->ncache && i < CACHE; i++)
		if (ipaddr_equal(&h->cache[i].to, to))
			return h->cache[i].blocked;
	blocked = fib_device(to, &any) == tun_ifindex(d->tun);
	h->cache[h->ncache % CACHE].to = *to;
	h->cache[h->ncache++ % CACHE].blocked = blocked;
	return blocked;
}

void
hostnet_blocked(struct daemon *d, uint64_t n)
{
	d->hostnet->blocked += n;
}

uint64_t
hostnet_blocked_count(const struct daemon *d)
{
	return d->hostnet->blocked;
}

void
hostnet_warnings(struct daemon *d, const char *peer, json_t *array)
{
	struct hostnet *h = d->hostnet;

	/* Foreign routes change without any news. */
	if (!mono_is_set(h->looked) ||
	    mono_ms(h->looked, clock_mono()) >= GAP_MS)
		check_network(h);
	for (size_t i = 0; i < h->faults.n; i++) {
		const struct fault *f = &h->faults.v[i];

		if (peer == NULL)
			ctl_json_warn(array, event_name(EVENT_NETWORK),
				      f->peer[0] == '\0' ? NULL : f->peer,
				      f->text);
		else if (strcmp(f->peer, peer) == 0)
			json_array_append_new(array, json_string(f->text));
	}
}

int
hostnet_open(struct daemon *d, struct err *e)
{
	struct hostnet *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return err_nomem(e);
	h->d = d;
	d->hostnet = h;
	return loop_timer_init(&h->timer, d->loop, on_time, h, e);
}

void
hostnet_close(struct daemon *d)
{
	if (d->hostnet == NULL)
		return;
	loop_timer_fini(&d->hostnet->timer);
	free(d->hostnet);
	d->hostnet = NULL;
}
