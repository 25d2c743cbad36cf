/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What gcc knows and Frama-C does not. */
/*@ assigns \result, *r \from a, b; */
_Bool __builtin_sub_overflow(long a, long b, long *r);
