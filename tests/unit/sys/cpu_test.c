/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the processor can do, against what the kernel says of it. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "../unit.h"
#include "sys/cpu.h"

static bool
has_word(const char *line, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = line; (p = strstr(p, word)) != NULL; p += len)
		if (p > line && p[-1] == ' ' &&
		    (p[len] == ' ' || p[len] == '\n'))
			return true;
	return false;
}

/* -1: it says nothing that is known here. */
static int
kernel_says(void)
{
	FILE *f = fopen("/proc/cpuinfo", "r");
	char line[16384];
	int aes = -1;

	while (f != NULL && aes < 0 && fgets(line, sizeof(line), f) != NULL) {
		if (strncmp(line, "flags", 5) == 0)
			aes = has_word(line, "aes") &&
			      has_word(line, "pclmulqdq");
		else if (strncmp(line, "Features", 8) == 0)
			aes = has_word(line, "aes") && has_word(line, "pmull");
	}
	if (f != NULL)
		fclose(f);
	return aes;
}

static void
test_aes(void **state)
{
	int aes = kernel_says();

	(void)state;
	if (aes < 0) {
		print_message("skipped: /proc/cpuinfo does not tell\n");
		skip();
	}
	assert_int_equal(cpu_has_aes(), aes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_aes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
