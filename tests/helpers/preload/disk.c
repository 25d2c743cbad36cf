/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A bad disk, by LD_PRELOAD. While the file that DISK names is there, fsync()
 * sleeps for as many seconds as its first number says, and then fails with the
 * errno of its second number, if that is not 0.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int
fsync(int fd)
{
	static int (*real)(int);
	const char *name = getenv("DISK");
	FILE *f = name == NULL ? NULL : fopen(name, "r");
	unsigned int seconds = 0;
	int failure = 0;

	if (real == NULL) {
		void *p = dlsym(RTLD_NEXT, "fsync");

		memcpy(&real, &p, sizeof(real));
	}
	if (f != NULL) {
		if (fscanf(f, "%u %d", &seconds, &failure) != 2)
			failure = EINVAL;
		fclose(f);
	}
	if (seconds > 0)
		sleep(seconds);
	if (failure == 0)
		return real(fd);
	errno = failure;
	return -1;
}
