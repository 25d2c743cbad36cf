/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Features of the processor, from the processor itself or from the kernel. */
#include "sys/cpu.h"

#if defined(__x86_64__) || defined(__i386__)

bool
cpu_has_aes(void)
{
	return __builtin_cpu_supports("aes") &&
	       __builtin_cpu_supports("pclmul");
}

#elif defined(__aarch64__)

#include <asm/hwcap.h>
#include <sys/auxv.h>

bool
cpu_has_aes(void)
{
	const unsigned long needed = HWCAP_AES | HWCAP_PMULL;

	return (getauxval(AT_HWCAP) & needed) == needed;
}

#elif defined(__arm__)

#include <asm/hwcap.h>
#include <sys/auxv.h>

bool
cpu_has_aes(void)
{
	const unsigned long needed = HWCAP2_AES | HWCAP2_PMULL;

	return (getauxval(AT_HWCAP2) & needed) == needed;
}

#elif defined(__s390x__) || defined(__powerpc64__)

/* Every such machine that Debian supports has these instructions. */
bool
cpu_has_aes(void)
{
	return true;
}

#else

bool
cpu_has_aes(void)
{
	return false;
}

#endif
