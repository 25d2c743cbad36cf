/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The client side of the control socket. */
#include "client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/text.h"

#define ANSWER_MAX ((size_t)64 * 1024 * 1024)

/* -1 with errno. */
static int
open_socket(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd, saved;

	if (strlen(path) >= sizeof(sun.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(sun.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 ||
	    connect(fd, (const struct sockaddr *)&sun, sizeof(sun)) == 0)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

static int
dial_daemon(const char *path)
{
	int fd = open_socket(path);

	if (fd < 0)
		fprintf(stderr,
			"cluevpnctl: no daemon answers at %s: %s\n"
			"is cluevpnd running, and may you ask it?\n",
			path, strerror(errno));
	return fd;
}

bool
client_answers(const char *path)
{
	int fd = open_socket(path);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static int
send_request(int fd, const char *request)
{
	char line[256];
	int len = snprintf(line, sizeof(line), "%s\n", request);

	return len > 0 && (size_t)len < sizeof(line) &&
			       send(fd, line, (size_t)len, MSG_NOSIGNAL) ==
				       len ?
		       0 :
		       -1;
}

/* Reads the whole answer to one request; 0 or -1. */
static int
ask_daemon(int fd, const char *request, struct buf *answer)
{
	if (send_request(fd, request) < 0)
		return -1;
	for (;;) {
		uint8_t piece[16384];
		ssize_t n = read(fd, piece, sizeof(piece));

		if (n == 0)
			return 0;
		if (n < 0 || buf_put(answer, piece, (size_t)n) < 0)
			return -1;
	}
}

static bool
has_control(const char *s)
{
	const unsigned char *p = (const unsigned char *)s;

	for (; *p != '\0'; p++)
		if (*p < 0x20 || *p == 0x7f ||
		    (*p == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f))
			return true;
	return false;
}

static int
escape_string(json_t *v)
{
	const char *s = json_string_value(v);
	size_t cap = 4 * strlen(s) + 1;
	char *plain;
	int rc;

	if (!has_control(s))
		return 0;
	plain = malloc(cap);
	if (plain == NULL)
		return -1;
	rc = json_string_set(v, text_escape_rest(plain, cap, s));
	free(plain);
	return rc;
}

/* The daemon is not root, and its answer may go to root's terminal: removes
 * control characters from its strings. 0, or -1: a key has some, or no
 * memory. */
static int
escape_all(json_t *v)
{
	const char *key;
	json_t *part;
	size_t i;

	if (json_is_string(v))
		return escape_string(v);
	json_array_foreach(v, i, part) if (escape_all(part) < 0) return -1;
	json_object_foreach(v, key, part) if (has_control(key) ||
					      escape_all(part) < 0) return -1;
	return 0;
}

/* NULL: not a valid answer; why->text has the reason. */
static json_t *
load_answer(const char *text, size_t len, json_error_t *why)
{
	json_t *root = json_loadb(text, len, 0, why);

	if (root == NULL || escape_all(root) == 0)
		return root;
	json_decref(root);
	snprintf(why->text, sizeof(why->text),
		 "an answer with control characters");
	return NULL;
}

static enum ctl_exit
parse_answer(json_t **out, const struct buf *answer)
{
	json_error_t why;
	json_t *root = load_answer((const char *)buf_data(answer),
				   buf_len(answer), &why);
	const json_t *error = json_object_get(root, "error");

	if (root != NULL && error == NULL) {
		*out = root;
		return CTL_OK;
	}
	fprintf(stderr, "cluevpnctl: the daemon says: %s\n",
		root == NULL ? why.text : json_string_value(error));
	json_decref(root);
	return CTL_FAILED;
}

enum ctl_exit
client_ask(json_t **out, const char *socket, const char *request)
{
	enum ctl_exit rc = CTL_FAILED;
	struct buf answer;
	int fd = dial_daemon(socket);

	if (fd < 0)
		return CTL_NO_DAEMON;
	buf_init(&answer, ANSWER_MAX);
	if (ask_daemon(fd, request, &answer) < 0)
		fprintf(stderr, "cluevpnctl: the daemon broke off\n");
	else
		rc = parse_answer(out, &answer);
	close(fd);
	buf_free(&answer);
	return rc;
}

enum ctl_exit
client_stream(const char *socket, const char *request,
	      bool (*line)(void *ctx, const json_t *o), void *ctx)
{
	enum ctl_exit rc = CTL_OK;
	int fd = dial_daemon(socket);
	size_t cap = 0;
	char *text = NULL;
	bool more = true;
	FILE *f;

	if (fd < 0)
		return CTL_NO_DAEMON;
	f = fdopen(fd, "r");
	if (f == NULL || send_request(fd, request) < 0) {
		fprintf(stderr, "cluevpnctl: the daemon broke off\n");
		rc = CTL_FAILED;
	}
	while (rc == CTL_OK && more && getline(&text, &cap, f) > 0) {
		json_error_t why;
		json_t *o = load_answer(text, strlen(text), &why);
		const json_t *error = json_object_get(o, "error");

		if (o == NULL || error != NULL) {
			fprintf(stderr, "cluevpnctl: the daemon says: %s\n",
				o == NULL ? why.text :
					    json_string_value(error));
			rc = CTL_FAILED;
		} else {
			more = line(ctx, o);
		}
		json_decref(o);
	}
	free(text);
	if (f != NULL)
		fclose(f);
	else
		close(fd);
	return rc;
}
