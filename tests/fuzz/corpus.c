/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A fuzz target over the files of its corpus, without libFuzzer: one test. It
 * fails when there are fewer than AT_LEAST, or one cannot be read.
 */
#include <dirent.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"

#define INPUT_MAX ((size_t)1 << 20)

static char path[4096]; /* of the input that is being run */

/* Says which one it was; then the signal has its way. */
static void
crashed(int signo)
{
	static const char head[] = "# crashed at ";

	(void)!write(STDERR_FILENO, head, sizeof(head) - 1);
	(void)!write(STDERR_FILENO, path, strlen(path));
	(void)!write(STDERR_FILENO, "\n", 1);
	(void)signal(signo, SIG_DFL);
	(void)raise(signo);
}

/* In memory of its own size, so that reading beyond it is seen. */
static int
run(void)
{
	static uint8_t bytes[INPUT_MAX];
	FILE *f = fopen(path, "rb");
	uint8_t *copy;
	size_t len;

	if (f == NULL)
		return -1;
	len = fread(bytes, 1, sizeof(bytes), f);
	fclose(f);
	copy = malloc(len);
	if (copy == NULL && len > 0)
		return -1;
	if (len > 0)
		memcpy(copy, bytes, len);
	LLVMFuzzerTestOneInput(copy, len);
	free(copy);
	return 0;
}

int
main(int argc, char **argv)
{
	FILE *out = stdout; /* a target may put another in its place */
	struct dirent **names;
	int n, files = 0, done = 0;
	bool ok;

	if (argc != 3 || atoi(argv[2]) < 1) {
		fprintf(stderr, "usage: %s DIRECTORY AT_LEAST\n", argv[0]);
		return 2;
	}
	(void)signal(SIGABRT, crashed);
	(void)signal(SIGSEGV, crashed);
	n = scandir(argv[1], &names, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		int len = snprintf(path, sizeof(path), "%s/%s", argv[1],
				   names[i]->d_name);

		if (names[i]->d_name[0] != '.') {
			files++;
			done += len < (int)sizeof(path) && run() == 0;
		}
		free(names[i]);
	}
	if (n > 0)
		free(names);
	ok = done == files && done >= atoi(argv[2]);
	fprintf(out, "%sok 1 - %s: %d inputs of %d, at least %s\n1..1\n",
		ok ? "" : "not ", argv[1], done, files, argv[2]);
	fflush(out);
	return ok ? 0 : 1;
}
