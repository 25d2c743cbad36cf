/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cluevpnctl: asks the running daemon and prints what it says. */
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/text.h"

#define SOCKET "/run/cluevpn/ctl"
#define ANSWER_MAX ((size_t)64 * 1024 * 1024)

enum { EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_NO_DAEMON = 3 };

static void
usage(FILE *to)
{
	fprintf(to, "usage: cluevpnctl [-s SOCKET] [--json] status|peers\n"
		    "  status   the node, its list, its sockets\n"
		    "  peers    every other node: state, address, algorithms\n");
}

static int
dial(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(sun.sun_path)) {
		fprintf(stderr, "cluevpnctl: %s: the path is too long\n",
			path);
		return -1;
	}
	memcpy(sun.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 &&
	    connect(fd, (const struct sockaddr *)&sun, sizeof(sun)) == 0)
		return fd;
	fprintf(stderr,
		"cluevpnctl: no daemon answers at %s: %s\n"
		"is cluevpnd running, and may you ask it?\n",
		path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

/* The whole answer to one request; 0 or -1. */
static int
ask(int fd, const char *request, struct buf *answer)
{
	char line[64];
	int len = snprintf(line, sizeof(line), "%s\n", request);

	if (len < 0 || send(fd, line, (size_t)len, MSG_NOSIGNAL) != len)
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

static const char *
text_of(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);

	return json_is_string(v) ? json_string_value(v) : "-";
}

static json_int_t
number_of(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

static void
print_duration(const json_t *o, const char *key, json_int_t unit)
{
	const json_t *v = json_object_get(o, key);
	char text[TEXT_SPAN_MAX];

	printf(" %-9s", json_is_integer(v) ?
		       text_duration(text, json_integer_value(v) / unit) :
		       "-");
}

static void
print_peers(const json_t *peers)
{
	size_t i;
	const json_t *p;

	printf("%-20s %-12s %-22s %-9s %s\n", "PEER", "STATE", "ADDRESS",
	       "HEARD", "CIPHER, COMPRESSOR, LEVEL");
	json_array_foreach(peers, i, p) {
		printf("%-20s %-12s %-22s", text_of(p, "name"),
		       text_of(p, "state"), text_of(p, "endpoint"));
		print_duration(p, "heard_ms", 1000);
		printf(" %s %s %" JSON_INTEGER_FORMAT "\n",
		       text_of(p, "cipher"), text_of(p, "compressor"),
		       number_of(p, "level"));
	}
}

static void
print_status(const json_t *s)
{
	json_t *drops = json_object_get(s, "drops"), *count;
	const json_t *socket;
	const char *reason;
	size_t i;

	printf("node     %s (cluevpnd %s) on %s, offload %s\n",
	       text_of(s, "name"), text_of(s, "version"),
	       text_of(s, "device"), text_of(s, "device_offload"));
	printf("list     %s, %s%s\n", text_of(s, "network"),
	       text_of(s, "list"),
	       json_is_true(json_object_get(s, "list_stale")) ?
		       " STALE: nothing is routed" : "");
	printf("peers    %" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT
	       " up\n", number_of(s, "peers_up"), number_of(s, "peers"));
	json_array_foreach(json_object_get(s, "sockets"), i, socket) {
		printf("udp      %s sent %" JSON_INTEGER_FORMAT " received %"
		       JSON_INTEGER_FORMAT " failed %" JSON_INTEGER_FORMAT
		       "\n", text_of(socket, "local"),
		       number_of(socket, "sent"),
		       number_of(socket, "received"),
		       number_of(socket, "failed"));
	}
	json_object_foreach(drops, reason, count)
		printf("dropped  %" JSON_INTEGER_FORMAT " %s\n",
		       json_integer_value(count), reason);
}

static int
print_answer(const char *request, const struct buf *answer)
{
	json_error_t why;
	json_t *root = json_loadb((const char *)buf_data(answer),
				  buf_len(answer), 0, &why);
	const json_t *error = json_object_get(root, "error");
	int rc = 0;

	if (root == NULL || error != NULL) {
		fprintf(stderr, "cluevpnctl: the daemon's answer: %s\n",
			root == NULL ? why.text : json_string_value(error));
		rc = EXIT_FAILED;
	} else if (strcmp(request, "peers") == 0) {
		print_peers(root);
	} else {
		print_status(root);
	}
	json_decref(root);
	return rc;
}

static int
request(const char *socket, const char *what, bool json)
{
	struct buf answer;
	int fd = dial(socket);
	int rc = 0;

	if (fd < 0)
		return EXIT_NO_DAEMON;
	buf_init(&answer, ANSWER_MAX);
	if (ask(fd, what, &answer) < 0) {
		fprintf(stderr, "cluevpnctl: the daemon broke off\n");
		rc = EXIT_FAILED;
	} else if (json) {
		fwrite(buf_data(&answer), 1, buf_len(&answer), stdout);
	} else {
		rc = print_answer(what, &answer);
	}
	close(fd);
	buf_free(&answer);
	return rc;
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	const char *socket = SOCKET;
	bool json = false;
	int opt;

	while ((opt = getopt_long(argc, argv, "s:hV", options, NULL)) != -1) {
		switch (opt) {
		case 's':
			socket = optarg;
			break;
		case 'j':
			json = true;
			break;
		case 'V':
			printf("cluevpnctl " VERSION "\n");
			return 0;
		case 'h':
			usage(stdout);
			return 0;
		default:
			usage(stderr);
			return EXIT_USAGE;
		}
	}
	if (optind + 1 != argc || (strcmp(argv[optind], "status") != 0 &&
				   strcmp(argv[optind], "peers") != 0)) {
		usage(stderr);
		return EXIT_USAGE;
	}
	return request(socket, argv[optind], json);
}
