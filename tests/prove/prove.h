/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the drivers of tests/prove have in common. */
#ifndef PROVE_H
#define PROVE_H

#include <stddef.h>
#include <stdint.h>

#include <__fc_builtin.h>

/* Any number from min to max. */
#define ANY(min, max) Frama_C_size_t_interval(min, max)
/* Any content of a variable. */
#define FILL(var) Frama_C_make_unknown((char *)&(var), sizeof(var))
/* The last len bytes of an array: what is behind them is behind the array, so
 * that reading there is seen. */
#define LAST(array, len) ((array) + sizeof(array) - (len))

#endif
