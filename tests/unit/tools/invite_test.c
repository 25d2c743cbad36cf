/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The monitor of an invitation, and a network process that lies to it: nothing
 * is signed but what a guest has proven to ask for. The network of the test is
 * made by init, in a folder of its own; the monitor runs in a child.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../unit.h"
#include "crypto/cert.h"
#include "format/invitemsg.h"
#include "lib/defaults.h"
#include "lib/file.h"
#include "list/sign_session.h"
#include "mesh/invite.h"
#include "mesh/mesh_cmds.h"
#include "sys/fdpass.h"
#include "sys/sigwatch.h"

#define WAIT_MS 60000

static char top[] = "/tmp/invite-test-XXXXXX";
static char conf_dir[64], state_dir[64], list_path[80], key_path[80];

struct world {
	struct invite in;
	pid_t monitor;
	int fd;		 /* the network process's end */
	int guest, conn; /* a TCP connection, its two ends */
	uint32_t last;
};

/* --- the network ------------------------------------------------------------------ */

static void
init(void)
{
	char *argv[] = { (char[]){ "cluevpnctl" },
			 (char[]){ "--name" },
			 (char[]){ "alpha" },
			 (char[]){ "--address" },
			 (char[]){ "192.0.2.10" },
			 (char[]){ "--key-type" },
			 (char[]){ "ed25519" },
			 (char[]){ "--no-start" },
			 (char[]){ "--config-dir" },
			 conf_dir,
			 (char[]){ "--state-dir" },
			 state_dir,
			 NULL };

	optind = 0;
	assert_int_equal(mesh_init(12, argv), EXIT_OK);
}

static void
connect_guest(struct world *w)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t len = sizeof(sin);
	int l = socket(AF_INET, SOCK_STREAM, 0);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(l, (struct sockaddr *)&sin, len), 0);
	assert_int_equal(listen(l, 1), 0);
	assert_int_equal(getsockname(l, (struct sockaddr *)&sin, &len), 0);
	w->guest = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(w->guest, (struct sockaddr *)&sin, len), 0);
	w->conn = accept(l, NULL, NULL);
	assert_true(w->conn >= 0);
	close(l);
}

static void
nothing(const struct invite *in)
{
	(void)in;
}

static void
next_message(struct world *w, uint8_t mem[INVITEMSG_MAX], struct invitemsg *m,
	     int *fd)
{
	struct pollfd p = { .fd = w->fd, .events = POLLIN };
	ssize_t n;

	assert_int_equal(poll(&p, 1, WAIT_MS), 1);
	n = fdpass_recv(w->fd, mem, INVITEMSG_MAX, fd);
	assert_true(n > 0);
	assert_int_equal(invitemsg_decode(m, mem, (size_t)n, NULL), 0);
}

static void
say_bytes(const struct world *w, const void *p, size_t len, int fd)
{
	struct pollfd room = { .fd = w->fd, .events = POLLOUT };
	int rc;

	while ((rc = fdpass_send(w->fd, p, len, fd)) == EAGAIN)
		assert_int_equal(poll(&room, 1, WAIT_MS), 1);
	assert_int_equal(rc, 0);
}

static void
say(const struct world *w, const struct invitemsg *m, int fd)
{
	uint8_t out[INVITEMSG_MAX];

	say_bytes(w, out, invitemsg_encode(out, m), fd);
}

static int
setup(void **state)
{
	char *names[] = { (char[]){ "beta" }, (char[]){ "gamma" } };
	struct world *w = calloc(1, sizeof(*w));
	uint8_t mem[INVITEMSG_MAX];
	struct invitemsg m = { .kind = INVITE_READY, .number = 1 };
	struct invitemsg got;
	int fds[2], fd = -1;
	struct err e;

	*state = w;
	if (access(list_path, F_OK) != 0)
		init();
	w->in = (struct invite){ .dir = conf_dir,
				 .ca_dir = conf_dir,
				 .key = key_path,
				 .port = 3407,
				 .days = 10,
				 .seconds = 3600 };
	if (invite_load(&w->in, &e) != 0 ||
	    invite_names(&w->in, names, 2, &e) != 0)
		fail_msg("%s", e.text);
	assert_int_equal(fdpass_pair(fds, &e), 0);
	connect_guest(w);
	fflush(NULL);
	w->monitor = fork();
	if (w->monitor == 0) {
		int log = open("/dev/null", O_WRONLY);

		dup2(log, STDOUT_FILENO);
		dup2(log, STDERR_FILENO);
		close(fds[1]);
		sigwatch_block();
		_exit(invite_monitor(&w->in, fds[0], nothing));
	}
	close(fds[0]);
	w->fd = fds[1];
	next_message(w, mem, &got, &fd);
	assert_int_equal(got.kind, INVITE_SETUP);
	assert_int_equal(got.number, 3407);
	assert_true(fd >= 0);
	close(fd);
	say(w, &m, -1);
	return 0;
}

static int
monitor_ends(struct world *w)
{
	int status;

	if (w->fd >= 0)
		close(w->fd);
	w->fd = -1;
	assert_int_equal(waitpid(w->monitor, &status, 0), w->monitor);
	assert_true(WIFEXITED(status));
	w->monitor = 0;
	return WEXITSTATUS(status);
}

static int
teardown(void **state)
{
	struct world *w = *state;

	if (w->monitor != 0)
		assert_int_equal(monitor_ends(w), EXIT_FAILED);
	close(w->guest);
	close(w->conn);
	invite_unload(&w->in);
	free(w);
	return 0;
}

/* --- what a network process may say ---------------------------------------------------- */

struct request {
	struct key *key;
	uint8_t fp[FINGERPRINT_LEN];
	uint8_t exported[32];
	struct buf payload; /* of an ASK, behind a header */
};

/* A guest's, with a key of its own, proven by what g's token says. */
static struct request
request_of(const struct guest *g, uint8_t exported)
{
	struct join_ask a = { .no_address = true,
			      .port = 3406,
			      .own = { .family = IP_V4,
				       .b = { 127, 0, 0, 1 } } };
	struct request r;
	char *pem;
	struct err e;

	memset(r.exported, exported, sizeof(r.exported));
	assert_int_equal(key_generate(&r.key, KEY_EC_P256, &e), 0);
	key_fingerprint(r.fp, r.key);
	assert_int_equal(
		cert_make_request(&pem, r.key, g->token.guest, NULL, &e), 0);
	memcpy(a.id, g->keys.id, sizeof(a.id));
	a.request = (struct span){ pem, strlen(pem) };
	buf_init(&r.payload, JOIN_ASK_MAX + JOIN_HEADER_LEN);
	assert_int_equal(join_ask_encode(&r.payload, &a, &g->keys, r.exported),
			 0);
	free(pem);
	return r;
}

static void
request_free(struct request *r)
{
	key_free(r->key);
	buf_free(&r->payload);
}

static void
say_ask(struct world *w, const struct request *r, int fd)
{
	struct invitemsg m = { .kind = INVITE_ASK, .conn = ++w->last };

	memcpy(m.hash, r->exported, sizeof(m.hash));
	m.text.p = (const char *)buf_data(&r->payload) + JOIN_HEADER_LEN;
	m.text.len = buf_len(&r->payload) - JOIN_HEADER_LEN;
	say(w, &m, fd);
}

static void
say_end(struct world *w, enum invitemsg_kind kind, const struct guest *g,
	const uint8_t fp[FINGERPRINT_LEN])
{
	struct invitemsg m = { .kind = kind, .conn = ++w->last };

	memcpy(m.id, g->keys.id, sizeof(m.id));
	memcpy(m.hash, fp, sizeof(m.hash));
	say(w, &m, -1);
}

/* The answer is a refusal with that code, and no file comes with it. */
static void
refused(struct world *w, enum join_code code)
{
	uint8_t mem[INVITEMSG_MAX];
	struct invitemsg m;
	int fd = -1;

	next_message(w, mem, &m, &fd);
	assert_int_equal(m.kind, INVITE_REFUSE);
	assert_int_equal(m.conn, w->last);
	assert_int_equal(m.number, code);
	assert_int_equal(fd, -1);
}

static void
counted(struct world *w)
{
	uint8_t mem[INVITEMSG_MAX];
	struct invitemsg m;
	int fd = -1;

	next_message(w, mem, &m, &fd);
	assert_int_equal(m.kind, INVITE_COUNTED);
	assert_int_equal(m.conn, w->last);
}

/* The answer is what that guest takes. */
static void
given(struct world *w, const struct guest *g, const struct request *r)
{
	const uint8_t *asked = buf_data(&r->payload) + JOIN_HEADER_LEN;
	uint8_t mem[INVITEMSG_MAX];
	struct cert_info info;
	struct join_give give;
	struct invitemsg m;
	char *p;
	int fd = -1;
	struct err e;

	next_message(w, mem, &m, &fd);
	assert_int_equal(m.kind, INVITE_GIVE);
	assert_int_equal(m.conn, w->last);
	assert_memory_equal(m.hash, r->fp, sizeof(m.hash));
	assert_true(fd >= 0);
	p = fdpass_file_read(fd, m.number);
	assert_non_null(p);
	assert_true(join_give_proven((uint8_t *)p + JOIN_HEADER_LEN,
				     m.number - JOIN_HEADER_LEN, &g->keys,
				     r->exported, asked));
	assert_int_equal(join_give_decode(&give, (uint8_t *)p + JOIN_HEADER_LEN,
					  m.number - JOIN_HEADER_LEN, &e),
			 0);
	assert_int_equal(
		cert_read_info(&info, give.cert.p, give.cert.len, 0, &e), 0);
	assert_memory_equal(info.fingerprint, r->fp, sizeof(r->fp));
	assert_string_equal(info.cn, g->token.guest);
	free(p);
	close(fd);
}

static char *
list(void)
{
	char *p;
	size_t len;
	struct err e;

	assert_int_equal(file_read(&p, &len, list_path, 1 << 20, &e), 0);
	return p;
}

static void
list_is(char *before)
{
	char *now = list();

	assert_string_equal(now, before);
	free(now);
	free(before);
}

static bool
list_names(const uint8_t fp[FINGERPRINT_LEN], const char *before)
{
	char text[FINGERPRINT_TEXT_MAX], line[FINGERPRINT_TEXT_MAX + 16];
	char *now = list();
	bool found;

	snprintf(line, sizeof(line), "%s%s", before,
		 fingerprint_format(text, fp));
	found = strstr(now, line) != NULL;
	free(now);
	return found;
}

/* --- tests ------------------------------------------------------------------------ */

static void
test_nothing_without_a_proof(void **state)
{
	struct world *w = *state;
	const struct guest *g = w->in.guests;
	struct request r = request_of(&g[0], 1), own = request_of(&g[0], 1);
	struct guest guess = g[0];
	struct buf spliced;
	char *before = list();
	size_t head;

	/* No such invitation. */
	memset(guess.keys.id, 7, sizeof(guess.keys.id));
	request_free(&own);
	own = request_of(&guess, 1);
	say_ask(w, &own, w->conn);
	refused(w, JOIN_UNKNOWN);
	/* A guess at the secret, as often as one likes. */
	guess = g[0];
	memset(guess.keys.key, 7, sizeof(guess.keys.key));
	request_free(&own);
	own = request_of(&guess, 1);
	for (int i = 0; i < 20; i++) {
		say_ask(w, &own, w->conn);
		refused(w, JOIN_PROOF);
	}
	/* A guest's request, on another connection than it says. */
	r.exported[0] ^= 1;
	say_ask(w, &r, w->conn);
	refused(w, JOIN_PROOF);
	r.exported[0] ^= 1;
	/* A guest's proof, before another request. */
	head = JOIN_HEADER_LEN + JOIN_ASK_ID_AT + TOKEN_ID_LEN + JOIN_PROOF_LEN;
	spliced = own.payload;
	buf_init(&own.payload, JOIN_ASK_MAX + JOIN_HEADER_LEN);
	assert_int_equal(buf_put(&own.payload, buf_data(&r.payload), head), 0);
	assert_int_equal(buf_put(&own.payload, buf_data(&spliced) + head,
				 buf_len(&spliced) - head),
			 0);
	buf_free(&spliced);
	say_ask(w, &own, w->conn);
	refused(w, JOIN_PROOF);
	/* A guest's request for one name, with the token of another. */
	request_free(&own);
	guess = g[0];
	guess.keys = g[1].keys;
	own = request_of(&guess, 1);
	say_ask(w, &own, w->conn);
	refused(w, JOIN_NAME);
	/* A good one that came from nowhere. */
	say_ask(w, &r, -1);
	refused(w, JOIN_FAILED);
	say_ask(w, &r, w->fd);
	refused(w, JOIN_FAILED);
	list_is(before);
	request_free(&own);
	request_free(&r);
}

static void
test_words_out_of_turn(void **state)
{
	struct world *w = *state;
	const struct guest *g = w->in.guests;
	struct request r = request_of(&g[0], 1);
	struct invitemsg m = { .text = { "x", 1 } };
	uint8_t junk[INVITEMSG_MAX];
	char *before = list();

	/* Messages of the monitor, and unknown ones: no answer. */
	for (int kind = 0; kind < 256; kind++) {
		m.kind = (enum invitemsg_kind)kind;
		if (kind != INVITE_FAILED && kind != INVITE_ASK &&
		    kind != INVITE_DONE)
			say(w, &m, -1);
	}
	memset(junk, INVITE_ASK, sizeof(junk));
	for (size_t len = 1; len < INVITEMSG_HEAD; len++)
		say_bytes(w, junk, len, -1);
	/* An end without a beginning. */
	say_end(w, INVITE_LEFT, &g[0], r.fp);
	say_end(w, INVITE_DONE, &g[0], r.fp);
	refused(w, JOIN_REQUEST);
	list_is(before);
	request_free(&r);
}

static void
test_the_key_that_is_pinned(void **state)
{
	struct world *w = *state;
	const struct guest *g = w->in.guests;
	struct request first = request_of(&g[0], 1);
	struct request second = request_of(&g[0], 2);
	struct request other = request_of(&g[1], 3);
	char *before;

	say_ask(w, &first, w->conn);
	given(w, &g[0], &first);
	assert_true(list_names(first.fp, "key     "));
	/* Said once more, it changes nothing. */
	before = list();
	say_ask(w, &first, w->conn);
	given(w, &g[0], &first);
	list_is(before);
	/* Another one takes its place; then the first one cannot come back,
	 * and its end is none. */
	say_ask(w, &second, w->conn);
	given(w, &g[0], &second);
	assert_true(list_names(second.fp, "key     "));
	assert_true(list_names(first.fp, "revoke    "));
	before = list();
	say_ask(w, &first, w->conn);
	refused(w, JOIN_FAILED);
	say_end(w, INVITE_DONE, &g[0], first.fp);
	refused(w, JOIN_USED);
	list_is(before);
	say_end(w, INVITE_DONE, &g[0], second.fp);
	counted(w);
	say_ask(w, &second, w->conn);
	refused(w, JOIN_USED);
	/* The other invitation goes on, and with it all have come. */
	say_ask(w, &other, w->conn);
	given(w, &g[1], &other);
	say_end(w, INVITE_DONE, &g[1], second.fp);
	refused(w, JOIN_USED);
	say_end(w, INVITE_DONE, &g[1], other.fp);
	counted(w);
	assert_int_equal(monitor_ends(w), EXIT_OK);
	request_free(&first);
	request_free(&second);
	request_free(&other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_nothing_without_a_proof,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_words_out_of_turn, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_the_key_that_is_pinned,
						setup, teardown),
	};
	char command[64];
	int rc;

	if (mkdtemp(top) == NULL)
		return 1;
	snprintf(conf_dir, sizeof(conf_dir), "%s/etc", top);
	snprintf(state_dir, sizeof(state_dir), "%s/lib", top);
	snprintf(list_path, sizeof(list_path), "%s/network.bnl", state_dir);
	snprintf(key_path, sizeof(key_path), "%s/bnl.key", conf_dir);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	snprintf(command, sizeof(command), "rm -rf %s", top);
	return system(command) == 0 ? rc : 1;
}
