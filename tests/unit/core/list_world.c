/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "list_world.h"

struct host *a, *b;

struct bnl *v1, *v2;

char *
padding(size_t len)
{
	char *s = calloc(1, len + 100);
	size_t n = 0;

	while (n < len)
		n += (size_t)sprintf(s + n, "# %064zu\n", n);
	return s;
}

struct bnl *
copy_of(const struct bnl *l)
{
	return open_list(l->raw, l->rawlen);
}

bool
has(const struct host *h, const struct bnl *l)
{
	return bnl_version_cmp(&h->env.version, &l->version) == 0;
}

void
give(struct host *h, const struct bnl *l)
{
	bnl_free(h->bnl);
	h->bnl = copy_of(l);
	h->env.bnl = h->bnl;
	h->env.version = l->version;
}

void
begin_with(struct host *h, const struct bnl *l)
{
	host_stop(h);
	memset(&h->mark, 0, sizeof(h->mark));
	give(h, l);
	host_start(h);
	world_run();
}

void
quiet_end(void)
{
	world_run();
	world_pass(21000);
	for (int i = 0; i < w.n; i++)
		if (w.h[i].cs != NULL)
			assert_int_equal(conns_count(w.h[i].cs), 0);
}

int
setup_sized(size_t extra)
{
	char *pad = padding(extra);

	world_begin(1);
	v1 = make_list(NULL, T0, BOTH, "");
	v2 = make_list(v1, T0 + 10, BOTH, pad);
	free(pad);
	a = host_add("alpha", copy_of(v2));
	b = host_add("beta", copy_of(v1));
	host_start(a);
	host_start(b);
	world_run();
	return 0;
}

int
setup(void **state)
{
	(void)state;
	return setup_sized(0);
}

int
setup_large(void **state)
{
	(void)state;
	return setup_sized(300000);
}

int
teardown(void **state)
{
	(void)state;
	bnl_free(v1);
	bnl_free(v2);
	world_end();
	return 0;
}
