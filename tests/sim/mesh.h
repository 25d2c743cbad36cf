/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What several tests ask of a whole mesh, and figures over many runs. */
#ifndef SIM_MESH_H
#define SIM_MESH_H

#include "world.h"

/* Starts every node at some moment of the next `spread` ns. */
void mesh_start(struct world *w, int64_t spread);
/* For world_run_until(). */
bool mesh_all_up(struct world *w, void *arg);
/* A packet came on every flow since *(int64_t *)arg. */
bool mesh_all_heard(struct world *w, void *arg);
/* Every node has the newest list in force. */
bool mesh_has_list(struct world *w, void *arg);
uint64_t mesh_connects(const struct world *w);
uint64_t mesh_events(const struct world *w, enum event_kind k);

/* Times of many runs. */
struct figures {
	int64_t *v;
	size_t n, cap;
};

void figures_add(struct figures *f, int64_t ns);
/* One line for people: how many, median, 90 %, 99 %, the worst. Frees. */
void figures_tell(struct figures *f, const char *what);

#endif
