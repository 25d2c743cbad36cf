/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Looks for bytes in the memory of processes:
 *
 *	memfind PID... <WORDS
 *
 * A line of WORDS is a name and what is looked for, in hexadecimal digits. All
 * that a process can write to is looked at: heap, stacks, data, buffers. Prints
 * the pid, the name and the mapping for each place; the last line has how many
 * places and how many bytes were looked at. The exit status is 0, unless
 * something cannot be read.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"

#define WORDS_MAX 4096
#define WORD_MAX 256 /* bytes */
#define PIECE ((size_t)1 << 20)

struct word {
	char name[32];
	uint8_t bytes[WORD_MAX];
	size_t len;
	struct word *next; /* that begins with the same two bytes */
};

static struct word words[WORDS_MAX];
static size_t nwords;
static struct word *by_start[1 << 16];
static uint64_t places, looked;
static uint8_t mem[WORD_MAX + PIECE];

static _Noreturn void
fail(const char *what)
{
	perror(what);
	exit(EXIT_FAILURE);
}

static void
read_words(void)
{
	char name[32], hex[2 * WORD_MAX + 1];

	while (scanf("%31s %512s", name, hex) == 2) {
		struct word *w = &words[nwords++];

		w->len = strlen(hex) / 2;
		if (nwords > WORDS_MAX || w->len < 8 ||
		    hex_decode(w->bytes, w->len, hex, strlen(hex)) != 0) {
			fprintf(stderr, "memfind: what is \"%s %s\"?\n", name,
				hex);
			exit(EXIT_FAILURE);
		}
		memcpy(w->name, name, sizeof(name));
		w->next = by_start[get_be16(w->bytes)];
		by_start[get_be16(w->bytes)] = w;
	}
}

/* In len bytes, of which all places that begin in the first `fresh` are told. */
static void
look(const char *pid, const char *where, size_t len, size_t fresh)
{
	for (size_t i = 0; i < fresh && i + 1 < len; i++) {
		const struct word *w = by_start[get_be16(mem + i)];

		for (; w != NULL; w = w->next) {
			if (w->len > len - i ||
			    memcmp(mem + i, w->bytes, w->len) != 0)
				continue;
			printf("%s %s %s\n", pid, w->name, where);
			places++;
		}
	}
}

static void
look_at_mapping(int fd, const char *pid, const char *where, uint64_t from,
		uint64_t to)
{
	while (from < to) {
		size_t want = to - from < sizeof(mem) ? (size_t)(to - from) :
							sizeof(mem);
		ssize_t n = pread(fd, mem, want, (off_t)from);
		size_t fresh;

		/* Of a mapping that has been taken away meanwhile, or is the
		 * kernel's. */
		if (n <= 0)
			return;
		fresh = (size_t)n == sizeof(mem) ? PIECE : (size_t)n;
		look(pid, where, (size_t)n, fresh);
		looked += fresh;
		from += fresh;
	}
}

static void
look_at(const char *pid)
{
	char path[64], line[4352], where[4097];
	uint64_t from, to;
	char mode[8];
	FILE *maps;
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/mem", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/%s/maps", pid);
	maps = fopen(path, "r");
	if (fd < 0 || maps == NULL)
		fail(path);
	while (fgets(line, sizeof(line), maps) != NULL) {
		snprintf(where, sizeof(where), "anonymous");
		if (sscanf(line,
			   "%" SCNx64 "-%" SCNx64 " %7s %*s %*s %*s "
			   "%4096[^\n]",
			   &from, &to, mode, where) < 3)
			fail("maps");
		if (mode[0] == 'r' && mode[1] == 'w')
			look_at_mapping(fd, pid, where, from, to);
	}
	fclose(maps);
	close(fd);
}

int
main(int argc, char **argv)
{
	read_words();
	if (argc < 2 || nwords == 0) {
		fprintf(stderr, "usage: memfind PID... <WORDS\n");
		return EXIT_FAILURE;
	}
	for (int i = 1; i < argc; i++)
		look_at(argv[i]);
	printf("%" PRIu64 " places in %" PRIu64 " bytes\n", places, looked);
	return 0;
}
