/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The u coordinates of Curve25519 whose order divides 8. */
#ifndef TESTS_CRYPTO_TEST_POINTS_H
#define TESTS_CRYPTO_TEST_POINTS_H

/* 0, 1, the two of order 8, and p - 1, p, p + 1 of p = 2^255 - 19. */
static const char *const small_points[] = {
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000000",
	"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
	"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
};

#define NSMALL_POINTS (sizeof(small_points) / sizeof(*small_points))

#endif
