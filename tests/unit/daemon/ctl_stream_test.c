/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Answers about many peers go out in slices. The core, the socket and the loop
 * are the real ones; each look at a peer takes a twentieth of a millisecond, on
 * a clock that nothing else moves.
 */
#include "../core/core_rig.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/ctl_requests.h"
#include "daemon/daemon.h"
#include "daemon/status.h"
#include "sys/clock.h"

#define NODES 120
#define LOOK_NS (NS_PER_MS / 20)
#define MOST (20 + STATUS_STEP) /* looks of one turn: 1 ms, and a step */
#define TURNS 2000

static struct rig_node node;
static struct daemon d;
static struct identity id;
static char path[64];
static int64_t clock_ns;
static unsigned int looks, most; /* of this turn, of the longest one */
static char *answer;
static size_t answer_len;

struct monotime __wrap_clock_mono(void);
void __real_core_peer_info(const struct core *c, struct now now, size_t i,
			   struct peer_info *out);
void __wrap_core_peer_info(const struct core *c, struct now now, size_t i,
			   struct peer_info *out);
json_t *__wrap_status_node(struct daemon *daemon,
			   const struct status_sums *sums);
void __wrap_offload_log(const struct daemon *daemon);
bool __wrap_core_list_is_pending(const struct core *c);
const char *__wrap_core_disk_refused(const struct core *c);
enum reloaded __wrap_reload_all(struct daemon *daemon);
enum reloaded __wrap_reload_push(struct daemon *daemon);

struct monotime
__wrap_clock_mono(void)
{
	return (struct monotime){ clock_ns };
}

void
__wrap_core_peer_info(const struct core *c, struct now now, size_t i,
		      struct peer_info *out)
{
	looks++;
	clock_ns += LOOK_NS;
	__real_core_peer_info(c, now, i, out);
}

json_t *
__wrap_status_node(struct daemon *daemon, const struct status_sums *sums)
{
	(void)daemon;
	return json_pack("{sIsI}", "idle",
			 (json_int_t)sums->n[HEALTH_UNTRIED] +
				 (json_int_t)sums->n[HEALTH_IDLE],
			 "warnings",
			 (json_int_t)json_array_size(sums->warnings));
}

void
__wrap_offload_log(const struct daemon *daemon)
{
	(void)daemon;
}

static bool pending;
static const char *why_refused;

bool
__wrap_core_list_is_pending(const struct core *c)
{
	(void)c;
	return pending;
}

const char *
__wrap_core_disk_refused(const struct core *c)
{
	(void)c;
	return why_refused;
}

enum reloaded
__wrap_reload_all(struct daemon *daemon)
{
	(void)daemon;
	return RELOAD_OK;
}

enum reloaded
__wrap_reload_push(struct daemon *daemon)
{
	(void)daemon;
	return RELOAD_NO_LIST;
}

/* --- a daemon ---------------------------------------------------------------------- */

static int
setup(void **state)
{
	char dir[] = "/tmp/ctl_stream.XXXXXX", text[8000];
	int n = snprintf(text, sizeof(text),
			 "prefix 10.156.0.0/16\n"
			 "node alpha\n");
	struct err e;

	(void)state;
	for (int i = 0; i < NODES; i++)
		n += snprintf(text + n, sizeof(text) - (size_t)n,
			      "node n%03d\nsubnet 10.156.%d.0/24\n", i, i + 1);
	rig_begin();
	clock_ns = rig.now.mono.ns;
	rig_node_init(&node, "alpha", "");
	rig_new(&node, rig_list(text, RIG_START), NULL);
	rig_start(&node);
	d = (struct daemon){ .core = node.core, .id = &id };
	id.conf = node.conf;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/ctl", dir);
	if (loop_new(&d.loop, &e) < 0 || ctl_stream_open(&d, &e) < 0 ||
	    giveback_open(&d, &e) < 0 ||
	    ctlsock_open(&d.ctl, d.loop, path, 0600, (gid_t)-1,
			 ctl_requests_handle, &d, &e) < 0)
		fail_msg("%s", e.text);
	pending = false;
	why_refused = NULL;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	ctlsock_close(d.ctl);
	ctl_stream_close(&d);
	giveback_close(&d);
	*strrchr(path, '/') = '\0';
	(void)rmdir(path);
	loop_free(d.loop);
	rig_free(&node);
	rig_end();
	free(answer);
	answer = NULL;
	return 0;
}

static int
ask(const char *request)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	memcpy(sun.sun_path, path, sizeof(path));
	assert_int_equal(connect(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	assert_int_equal(send(fd, request, strlen(request), 0),
			 strlen(request));
	answer_len = 0;
	most = 0;
	return fd;
}

static void
turn(void)
{
	struct err e;

	looks = 0;
	assert_int_equal(loop_turn(d.loop, MONO_NONE, &e), 0);
	ctl_stream_follow(&d);
	if (looks > most)
		most = looks;
}

/* false: the answer has ended. */
static bool
take(int fd)
{
	char *longer = realloc(answer, answer_len + 65536);
	ssize_t n;

	assert_non_null(longer);
	answer = longer;
	n = recv(fd, answer + answer_len, 65536, 0);
	if (n > 0)
		answer_len += (size_t)n;
	return n != 0;
}

static json_t *
whole(int fd)
{
	json_error_t why;
	json_t *o;

	for (int i = 0; i < TURNS; i++) {
		turn();
		if (!take(fd))
			break;
	}
	close(fd);
	o = json_loadb(answer, answer_len, 0, &why);
	if (o == NULL)
		fail_msg("%s", why.text);
	return o;
}

/* --- slices -------------------------------------------------------------------------- */

static void
check_names(const json_t *o, const char *key)
{
	char name[16];

	assert_int_equal(json_array_size(o), NODES);
	for (size_t i = 0; i < NODES; i++) {
		snprintf(name, sizeof(name), "n%03zu", i);
		assert_string_equal(json_string_value(json_object_get(
					    json_array_get(o, i), key)),
				    name);
	}
}

static void
peers_in_slices(void **state)
{
	static const char *const requests[] = { "peers\n", "peers all name\n",
						"peers behind name,list\n" };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		json_t *o = whole(ask(requests[i]));

		check_names(o, "name");
		json_decref(o);
		assert_in_range(most, STATUS_STEP, MOST);
	}
}

static void
nobody_in_slices(void **state)
{
	json_t *o;

	(void)state;
	o = whole(ask("peers down\n"));
	assert_int_equal(json_array_size(o), 0);
	assert_true(json_is_array(o));
	json_decref(o);
	assert_in_range(most, STATUS_STEP, MOST);
}

static void
routes_in_slices(void **state)
{
	json_t *o;

	(void)state;
	o = whole(ask("routes\n"));
	check_names(o, "node");
	assert_string_equal(json_string_value(json_object_get(
				    json_array_get(o, 9), "subnet")),
			    "10.156.10.0/24");
	json_decref(o);
	assert_in_range(most, 1, MOST);
}

static void
status_in_slices(void **state)
{
	json_t *o;

	(void)state;
	o = whole(ask("status\n"));
	assert_int_equal(json_integer_value(json_object_get(o, "idle")), NODES);
	assert_int_equal(json_integer_value(json_object_get(o, "warnings")), 0);
	json_decref(o);
	assert_in_range(most, STATUS_STEP, MOST);
}

static void
log_in_slices(void **state)
{
	unsigned int all = 0;

	(void)state;
	ctl_stream_log(&d);
	ctl_stream_log(&d); /* it is under way */
	most = 0;
	while (d.ctl_stream.answers != NULL) {
		turn();
		all += looks;
	}
	assert_int_equal(all, NODES);
	assert_in_range(most, STATUS_STEP, MOST);
}

/* Many who ask share a turn. */
static void
many_share(void **state)
{
	int fds[8];

	(void)state;
	for (size_t i = 0; i < 8; i++)
		fds[i] = ask("peers all name\n");
	for (size_t i = 0; i < 8; i++) {
		json_t *o = whole(fds[i]);

		check_names(o, "name");
		json_decref(o);
		answer_len = 0;
	}
	assert_in_range(most, STATUS_STEP, MOST);
}

/* The list changes between two slices: who left is told of no more. */
static void
list_changes(void **state)
{
	json_t *o;
	int fd;

	(void)state;
	fd = ask("routes\n");
	for (int i = 0; i < 4; i++)
		turn();
	node.nhooks = 0;
	rig_offer(&node,
		  "prefix 10.156.0.0/16\nnode alpha\n"
		  "node n119\nsubnet 10.156.1.0/24\n",
		  RIG_START + 60);
	o = whole(fd);
	assert_true(json_array_size(o) > 1 && json_array_size(o) < NODES);
	assert_string_equal(
		json_string_value(json_object_get(
			json_array_get(o, json_array_size(o) - 1), "subnet")),
		"10.156.1.0/24");
	json_decref(o);
}

/* --- the list on the disk --------------------------------------------------------------- */

static void
reload_waits(void **state)
{
	json_t *o;
	int fd;

	(void)state;
	pending = true;
	fd = ask("reload\n");
	for (int i = 0; i < 10; i++) {
		turn();
		assert_true(take(fd));
		assert_int_equal(answer_len, 0);
	}
	assert_true(mono_before(ctl_stream_deadline(&d), MONO_NEVER));
	pending = false;
	o = whole(fd);
	assert_true(json_is_true(json_object_get(o, "ok")));
	assert_true(json_is_array(json_object_get(o, "restart_needed")));
	json_decref(o);
	assert_true(ctl_stream_deadline(&d).ns == MONO_NEVER.ns);
}

static void
reload_refused(void **state)
{
	json_t *o;

	(void)state;
	why_refused = "it is older";
	o = whole(ask("reload\n"));
	assert_string_equal(json_string_value(json_object_get(o, "error")),
			    "the configuration is reloaded, the list is not: "
			    "it is older");
	json_decref(o);
	o = whole(ask("push\n"));
	assert_string_equal(json_string_value(json_object_get(o, "error")),
			    "nothing was pushed: it is older");
	json_decref(o);
}

/* A disk that does not answer holds nobody for ever. */
static void
reload_in_vain(void **state)
{
	json_t *o;
	int fd;

	(void)state;
	pending = true;
	fd = ask("reload\n");
	for (int i = 0; i < 4; i++)
		turn();
	clock_ns = ctl_stream_deadline(&d).ns;
	o = whole(fd);
	assert_non_null(json_object_get(o, "error"));
	json_decref(o);
}

int
main(void)
{
	/* clang-format off */
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(peers_in_slices, setup, teardown),
		cmocka_unit_test_setup_teardown(nobody_in_slices, setup, teardown),
		cmocka_unit_test_setup_teardown(routes_in_slices, setup, teardown),
		cmocka_unit_test_setup_teardown(status_in_slices, setup, teardown),
		cmocka_unit_test_setup_teardown(log_in_slices, setup, teardown),
		cmocka_unit_test_setup_teardown(many_share, setup, teardown),
		cmocka_unit_test_setup_teardown(list_changes, setup, teardown),
		cmocka_unit_test_setup_teardown(reload_waits, setup, teardown),
		cmocka_unit_test_setup_teardown(reload_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(reload_in_vain, setup, teardown),
	};
	/* clang-format on */

	return cmocka_run_group_tests(tests, NULL, NULL);
}
