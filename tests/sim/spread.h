/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One list pushed into a mesh in bad weather, and what that took. */
#ifndef SIM_SPREAD_H
#define SIM_SPREAD_H

#include "mesh.h"

struct spread_opts {
	uint64_t seed;
	size_t nodes;
	unsigned int down; /* percent of the nodes; half of them are
			    * machines that are off and never answer, on
			    * the others only the daemon is not running */
	bool killed;	   /* the signer, right after its first transfer */
	size_t pad;	   /* bytes of comments in the list */
	bool whole;	   /* all have made pairs and sessions before; else
			    * none has, and news comes by TCP alone */
};

struct spread {			  /* what one run took */
	int64_t all;		  /* ns until the last live node had it */
	unsigned int rounds;	  /* longest way from the signer, in nodes */
	uint64_t connects, bytes; /* TCP, by all nodes, until then */
	size_t back;		  /* nodes that came up later: */
	int64_t back_all; /* the longest that one of them then took, ns */
};

/* Fails like a test when somebody does not get it. */
struct spread spread_run(const struct spread_opts *o);

#endif
