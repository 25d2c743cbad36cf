/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests to a daemon and its receipts. A child process stands in for the
 * daemon: it gives the answers of a script, one to each connection. */
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../unit.h"
#include "capture.h"
#include "lib/client.h"
#include "lib/receipts.h"

static char dir[] = "/tmp/client-test-XXXXXX";
static char path[64];
static pid_t daemon_pid;

/* Each answer goes to the next connection; the last one to all that follow. */
static void
daemon_start(const char *const *answers)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int l = socket(AF_UNIX, SOCK_STREAM, 0), fd;
	char request[256];

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path);
	unlink(path);
	assert_int_equal(bind(l, (struct sockaddr *)&sun, sizeof(sun)), 0);
	assert_int_equal(listen(l, 8), 0);
	daemon_pid = fork();
	if (daemon_pid == 0) {
		while ((fd = accept(l, NULL, NULL)) >= 0) {
			if (read(fd, request, sizeof(request)) > 0)
				(void)!write(fd, *answers, strlen(*answers));
			close(fd);
			answers += answers[1] != NULL;
		}
		_exit(0);
	}
	close(l);
}

static void
daemon_end(void)
{
	kill(daemon_pid, SIGKILL);
	waitpid(daemon_pid, NULL, 0);
}

/* Asks a daemon that answers this. */
static enum ctl_exit
ask(json_t **out, const char *answer)
{
	const char *const answers[] = { answer, NULL };
	enum ctl_exit rc;

	daemon_start(answers);
	capture_begin();
	rc = client_ask(out, path, "status");
	capture_end();
	daemon_end();
	return rc;
}

static void
test_escapes(void **state)
{
	json_t *o = NULL;

	(void)state;
	assert_int_equal(
		ask(&o, "{\"a\": [\"x\\u001b[2Jy\", {\"b\": "
			"\"\\u009bK\"}, \"\\u007f\"], \"c\": \"\\u00e9\"}"),
		CTL_OK);
	assert_string_equal(captured.text, "");
	assert_string_equal(
		json_string_value(json_array_get(json_object_get(o, "a"), 0)),
		"x\\x1b[2Jy");
	assert_string_equal(
		json_string_value(json_object_get(
			json_array_get(json_object_get(o, "a"), 1), "b")),
		"\\xc2\\x9bK");
	assert_string_equal(
		json_string_value(json_array_get(json_object_get(o, "a"), 2)),
		"\\x7f");
	assert_string_equal(json_string_value(json_object_get(o, "c")),
			    "\xc3\xa9");
	json_decref(o);
}

static void
test_bad_answers(void **state)
{
	json_t *o = NULL;

	(void)state;
	assert_int_equal(ask(&o, "{\"a\\u001b\": 1}"), CTL_FAILED);
	assert_non_null(strstr(captured.text, "control characters"));
	assert_int_equal(ask(&o, "{\"error\": \"no\\u001b\"}"), CTL_FAILED);
	assert_non_null(strstr(captured.text, "no\\x1b\n"));
	assert_int_equal(ask(&o, "{\"a\": "), CTL_FAILED);
	assert_int_equal(ask(&o, ""), CTL_FAILED);
	assert_null(o);
	unlink(path);
	capture_begin();
	assert_int_equal(client_ask(&o, path, "status"), CTL_NO_DAEMON);
	assert_non_null(strstr(capture_end(), "no daemon answers"));
	assert_false(client_answers(path));
}

static bool
take_line(void *ctx, const json_t *o)
{
	return ++*(int *)ctx < json_integer_value(json_object_get(o, "most"));
}

static enum ctl_exit
stream(int *lines, const char *answer)
{
	const char *const answers[] = { answer, NULL };
	enum ctl_exit rc;

	*lines = 0;
	daemon_start(answers);
	capture_begin();
	rc = client_stream(path, "follow", take_line, lines);
	capture_end();
	daemon_end();
	return rc;
}

static void
test_stream(void **state)
{
	int lines;

	(void)state;
	assert_int_equal(stream(&lines, "{\"most\": 9}\n{\"most\": 9}\n"),
			 CTL_OK);
	assert_int_equal(lines, 2);
	assert_int_equal(stream(&lines, "{\"most\": 1}\n{\"most\": 9}\n"),
			 CTL_OK);
	assert_int_equal(lines, 1);
	assert_int_equal(stream(&lines, "{\"most\": 9}\n{\"error\": \"x\"}\n"),
			 CTL_FAILED);
	assert_int_equal(lines, 1);
}

static enum ctl_exit
receipts(const char *const *answers, uint64_t seconds)
{
	enum ctl_exit rc;

	daemon_start(answers);
	capture_begin();
	rc = receipts_wait(path, seconds);
	capture_end();
	daemon_end();
	return rc;
}

/* Answers to push; then, at each look, to status and to peers. */
static void
test_receipts(void **state)
{
	static const char *const pending[] = {
		"{}",
		"{\"list\": \"1\", \"list_pending\": true}",
		"[{\"name\": \"b\", \"list\": \"1\"}]",
		"{\"list\": \"2\", \"list_pending\": false}",
		"[{\"name\": \"b\", \"list\": \"1\"}, "
		"{\"name\": \"c\", \"list\": \"2\"}]",
		"{\"list\": \"2\", \"list_pending\": false}",
		"[{\"name\": \"b\", \"list\": \"2\"}, "
		"{\"name\": \"c\", \"list\": \"2\"}]",
		NULL,
	};
	const char *c, *b;

	(void)state;
	assert_int_equal(receipts(pending, 600), CTL_OK);
	c = strstr(captured.text, "c has the new list (");
	b = strstr(captured.text, "b has the new list (");
	assert_true(c != NULL && b != NULL && c < b);
	assert_null(strstr(c + 1, "c has"));
	assert_non_null(strstr(b, "\n2 of 2 other nodes have the new list\n"));
}

static void
test_receipts_missing(void **state)
{
	static const char *const never[] = {
		"{}",
		"{\"list\": \"2\", \"list_pending\": false}",
		"[{\"name\": \"b\", \"list\": \"1\"}, "
		"{\"name\": \"c\", \"list\": \"2\"}]",
		"[{\"name\": \"b\", \"state\": \"down\"}, "
		"{\"name\": \"c\", \"state\": \"up\"}]",
		NULL,
	};
	static const char *const refused[] = { "{\"error\": \"no\"}", NULL };

	(void)state;
	assert_int_equal(receipts(never, 0), CTL_FAILED);
	assert_non_null(strstr(captured.text, "b has not said that it has it "
					      "(down)\n1 of 2 other nodes"));
	assert_null(strstr(captured.text, "c has not"));
	assert_int_equal(receipts(refused, 0), CTL_FAILED);
	assert_null(strstr(captured.text, "other nodes"));
}

static int
setup(void **state)
{
	(void)state;
	snprintf(path, sizeof(path), "%s/ctl", mkdtemp(dir));
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	capture_free();
	unlink(path);
	return rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_bad_answers),
		cmocka_unit_test(test_stream),
		cmocka_unit_test(test_receipts),
		cmocka_unit_test(test_receipts_missing),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
