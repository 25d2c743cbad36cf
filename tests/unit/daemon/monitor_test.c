/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The process that stays root, with a hostile daemon at the other end. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../unit.h"
#include "daemon/monitor.h"
#include "format/monitormsg.h"
#include "sys/clock.h"
#include "sys/fdpass.h"
#include "sys/sigwatch.h"

#define LIMIT_MS 20000
#define PATH_ROOM 512
#define TEXT_ROOM 2048

static char dir[] = "/tmp/monitor.XXXXXX";
static int sock; /* the daemon's end */
static pid_t monitor;
static uint32_t last_id;
static uint8_t bytes[MONITOR_REPLY_MAX]; /* what the last reply points to */

static const char *
at(const char *name)
{
	static char path[4][PATH_ROOM];
	static int turn;

	turn = (turn + 1) % 4;
	snprintf(path[turn], PATH_ROOM, "%s/%s", dir, name);
	return path[turn];
}

static void
put(const char *name, const char *text)
{
	FILE *f = fopen(at(name), "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(at(name), 0600), 0);
}

static int
setup(void **state)
{
	(void)state;
	strcpy(dir + strlen(dir) - 6, "XXXXXX");
	assert_non_null(mkdtemp(dir));
	assert_int_equal(chmod(dir, 0755), 0);
	monitor = 0;
	return 0;
}

/* How it ended; it must have ended by itself, or is ended with. */
static int
end_of(void)
{
	struct monotime end = mono_add_ms(clock_mono(), LIMIT_MS);
	int status = -1;

	while (waitpid(monitor, &status, WNOHANG) == 0) {
		if (!mono_before(clock_mono(), end))
			fail_msg("the process does not end");
		usleep(2000);
	}
	monitor = 0;
	return status;
}

static int
teardown(void **state)
{
	char command[PATH_ROOM];

	(void)state;
	if (monitor != 0) {
		close(sock);
		assert_int_equal(end_of(), 0);
	}
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command); /* NOLINT(cert-env33-c): our own */
}

/* The configuration file, with a name and these lines. */
static void
conf_is(const char *lines)
{
	char text[TEXT_ROOM];

	snprintf(text, sizeof(text), "name = alpha\ndevname = tun7\n%s", lines);
	put("conf", text);
}

static void
begin(const char *lines)
{
	struct monitor_setup s = { .path = at("conf"),
				   .user = { .uid = 54321, .gid = 54321 } };
	char text[TEXT_ROOM];
	struct errs es = { .count = 0 };
	int fds[2];
	FILE *f;
	size_t len;

	conf_is(lines);
	f = fopen(s.path, "r");
	assert_non_null(f);
	len = fread(text, 1, sizeof(text), f);
	fclose(f);
	if (conf_parse(&s.conf, text, len, dir, &es) < 0)
		fail_msg("%s", es.e[0].text);
	assert_int_equal(fdpass_pair(fds, NULL), 0);
	last_id = 0;
	monitor = fork();
	assert_true(monitor >= 0);
	if (monitor == 0) {
		close(fds[0]);
		s.fd = fds[1];
		monitor_serve(&s);
	}
	conf_free(s.conf);
	close(fds[1]);
	sock = fds[0];
}

/* --- asking -------------------------------------------------------------------- */

static uint32_t
send_request(struct monitor_request *r)
{
	uint8_t out[MONITOR_REQUEST_MAX];

	r->id = ++last_id;
	assert_int_equal(
		fdpass_send(sock, out, monitor_request_encode(out, r), -1), 0);
	return r->id;
}

static uint32_t
ask_run(enum monitor_hook hook, uint32_t conf)
{
	struct monitor_request r = { .kind = MONITOR_RUN,
				     .hook = hook,
				     .conf = conf };

	if (monitor_hook_node(hook))
		strcpy(r.node, "beta");
	if (monitor_hook_subnet(hook))
		assert_int_equal(
			prefix_parse(&r.subnet, "fd00:c1:0:2::/64", 16), 0);
	return send_request(&r);
}

static struct monitor_reply
reply(int *fd)
{
	struct pollfd p = { .fd = sock, .events = POLLIN };
	struct monitor_reply r;
	ssize_t n;

	if (poll(&p, 1, LIMIT_MS) != 1)
		fail_msg("no answer");
	n = fdpass_recv(sock, bytes, sizeof(bytes), fd);
	assert_true(n > 0);
	assert_int_equal(monitor_reply_decode(&r, bytes, (size_t)n, NULL), 0);
	return r;
}

static struct monitor_reply
run(enum monitor_hook hook, uint32_t conf)
{
	uint32_t id = ask_run(hook, conf);
	struct monitor_reply r = reply(NULL);

	assert_int_equal(r.kind, MONITOR_DONE);
	assert_int_equal(r.id, id);
	return r;
}

static void
expect_runs(enum monitor_hook hook, uint32_t conf, const char *output)
{
	struct monitor_reply r = run(hook, conf);

	assert_int_equal(r.failed, 0);
	assert_int_equal(r.exit_status, 0);
	assert_int_equal(r.len, strlen(output));
	assert_memory_equal(r.output, output, r.len);
}

static void
expect_refused(enum monitor_hook hook, uint32_t conf, int errnum)
{
	struct monitor_reply r = run(hook, conf);

	assert_int_equal(r.failed, errnum);
	assert_int_equal(r.len, 0);
}

/* The descriptor, or -1; what came besides is in *out. */
static int
ask_open(enum monitor_path path, uint8_t index, uint32_t conf,
	 struct monitor_reply *out)
{
	struct monitor_request r = {
		.kind = MONITOR_OPEN, .path = path, .index = index, .conf = conf
	};
	uint32_t id = send_request(&r);
	int fd;

	*out = reply(&fd);
	assert_int_equal(out->kind, MONITOR_FILE);
	assert_int_equal(out->id, id);
	assert_true((fd >= 0) == (out->failed == ERR_NONE));
	return fd;
}

static void
expect_text(enum monitor_path path, uint8_t index, uint32_t conf,
	    const char *text)
{
	struct monitor_reply r;
	char got[TEXT_ROOM];
	int fd = ask_open(path, index, conf, &r);

	assert_true(fd >= 0);
	assert_int_equal(read(fd, got, sizeof(got)), strlen(text));
	assert_memory_equal(got, text, strlen(text));
	assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	close(fd);
}

static void
expect_no_file(enum monitor_path path, uint8_t index, uint32_t conf,
	       enum err_code code)
{
	struct monitor_reply r;

	assert_int_equal(ask_open(path, index, conf, &r), -1);
	assert_int_equal(r.failed, code);
	assert_true(r.len > 0);
}

static uint32_t
reread(uint32_t in_force)
{
	struct monitor_reply r;
	char got[TEXT_ROOM];
	int fd = ask_open(MONITOR_CONF, 0, in_force, &r);

	assert_true(fd >= 0);
	/* From its first byte, though it was read. */
	assert_true(read(fd, got, sizeof(got)) > 4);
	assert_memory_equal(got, "name", 4);
	close(fd);
	return r.conf;
}

/* --- hooks --------------------------------------------------------------------- */

#define PATH_LINE                                                 \
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:" \
	"/sbin:/bin\n"
/* sh adds PWD and such. */
#define ENV "env | grep -vE \"^(PWD|OLDPWD|SHLVL|_)=\" | sort"

static void
test_environment(void **state)
{
	(void)state;
	begin("upcmd = " ENV "\nnodeupcmd = " ENV "\nsubnetupcmd = " ENV
	      "\ndowncmd = " ENV "\n");
	setenv("LEAKED", "yes", 1);
	expect_runs(MONITOR_UP, 1, PATH_LINE "TUNDEV=tun7\n");
	expect_runs(MONITOR_NODE_UP, 1,
		    "NODE=beta\n" PATH_LINE "TUNDEV=tun7\n");
	expect_runs(MONITOR_SUBNET_UP, 1,
		    "NODE=beta\n" PATH_LINE "SUBADDR=fd00:c1:0:2::\n"
		    "SUBADDRTYPE=ipv6\nSUBCIDR=64\nSUBNET=fd00:c1:0:2::/64\n"
		    "TUNDEV=tun7\n");
	expect_runs(MONITOR_DOWN, 1, PATH_LINE "TUNDEV=tun7\n");
}

static void
test_results(void **state)
{
	struct monitor_reply r;

	(void)state;
	begin("nodeupcmd = echo said; exit 3\nnodedowncmd = kill -9 $$\n"
	      "subnetupcmd = head -c 100000 /dev/zero\n"
	      "subnetdowncmd = ls /proc/self/fd | wc -l\n");
	r = run(MONITOR_NODE_UP, 1);
	assert_int_equal(r.exit_status, 3);
	assert_int_equal(r.len, 5);
	assert_memory_equal(r.output, "said\n", 5);
	r = run(MONITOR_NODE_DOWN, 1);
	assert_int_equal(r.signal, SIGKILL);
	assert_int_equal(r.exit_status, -1);
	r = run(MONITOR_SUBNET_UP, 1);
	assert_int_equal(r.len, MONITOR_OUTPUT_MAX);
	assert_int_equal(r.discarded, 100000 - MONITOR_OUTPUT_MAX);
	/* Three, and the folder. */
	expect_runs(MONITOR_SUBNET_DOWN, 1, "4\n");
}

static void
test_order(void **state)
{
	(void)state;
	begin("upcmd = echo up\ndowncmd = echo down\nnodeupcmd = echo node\n");
	expect_refused(MONITOR_NODE_UP, 1, EPERM);
	expect_refused(MONITOR_DOWN, 1, EPERM);
	expect_refused(MONITOR_SUBNET_UP, 1, ENOENT);
	expect_runs(MONITOR_UP, 1, "up\n");
	expect_refused(MONITOR_UP, 1, EPERM);
	expect_runs(MONITOR_NODE_UP, 1, "node\n");
	expect_runs(MONITOR_DOWN, 1, "down\n");
	expect_refused(MONITOR_DOWN, 1, EPERM);
	expect_refused(MONITOR_NODE_UP, 1, EPERM);
	expect_refused(MONITOR_UP, 1, EPERM);
}

static void
test_without_up(void **state)
{
	(void)state;
	begin("nodeupcmd = echo node\n");
	expect_refused(MONITOR_UP, 1, ENOENT);
	expect_runs(MONITOR_NODE_UP, 1, "node\n");
	/* One that comes with a reload is not run late. */
	conf_is("upcmd = echo up\nnodeupcmd = echo node\n");
	assert_int_equal(reread(1), 2);
	expect_refused(MONITOR_UP, 2, EPERM);
	expect_runs(MONITOR_NODE_UP, 2, "node\n");
}

/* The process number that a hook has written. */
static pid_t
hook_pid(void)
{
	struct monotime end = mono_add_ms(clock_mono(), LIMIT_MS);
	int pid = 0;

	while (pid == 0) {
		FILE *f = fopen(at("pid"), "r");

		if (f != NULL) {
			if (fscanf(f, "%d\n", &pid) != 1)
				pid = 0;
			fclose(f);
		}
		if (!mono_before(clock_mono(), end))
			fail_msg("the hook does not start");
		usleep(2000);
	}
	return pid;
}

static void
expect_gone(pid_t pid)
{
	struct monotime end = mono_add_ms(clock_mono(), LIMIT_MS);

	while (kill(pid, 0) == 0) {
		char path[PATH_ROOM], state = '?';
		FILE *f;

		/* What nobody waits for here is as good as gone. */
		snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
		f = fopen(path, "r");
		if (f != NULL && fscanf(f, "%*d %*s %c", &state) != 1)
			state = '?';
		if (f != NULL)
			fclose(f);
		if (state == 'Z')
			return;
		if (!mono_before(clock_mono(), end))
			fail_msg("process %d does not end", (int)pid);
		usleep(2000);
	}
}

static void
begin_hanging(void)
{
	char lines[TEXT_ROOM];

	snprintf(lines, sizeof(lines),
		 "nodeupcmd = echo $$ >%s; sleep 1000\n"
		 "nodedowncmd = echo no\ndowncmd = echo down\n",
		 at("pid"));
	begin(lines);
	(void)ask_run(MONITOR_NODE_UP, 1);
}

static void
test_one_at_a_time(void **state)
{
	pid_t pid;

	(void)state;
	begin_hanging();
	pid = hook_pid();
	expect_refused(MONITOR_NODE_DOWN, 1, EBUSY);
	expect_refused(MONITOR_NODE_UP, 1, EBUSY);
	assert_int_equal(kill(pid, 0), 0);
	/* Files do not wait for it, and the last hook ends it. */
	put("node.pem", "cert");
	expect_text(MONITOR_CERT, 0, 1, "cert");
	expect_runs(MONITOR_DOWN, 1, "down\n");
	expect_gone(pid);
}

static void
test_end_kills(void **state)
{
	pid_t pid;

	(void)state;
	begin_hanging();
	pid = hook_pid();
	close(sock);
	assert_int_equal(end_of(), 0);
	expect_gone(pid);
}

/* --- files --------------------------------------------------------------------- */

static void
test_files(void **state)
{
	(void)state;
	put("node.pem", "cert");
	put("node.key", "key");
	put("1.pem", "ca 1");
	put("2.pem", "ca 2");
	put("bnl-pub.pem", "pub");
	begin("cacert = 1.pem\ncacert = 2.pem\n");
	expect_text(MONITOR_CERT, 0, 1, "cert");
	expect_text(MONITOR_KEY, 0, 1, "key");
	expect_text(MONITOR_CA, 0, 1, "ca 1");
	expect_text(MONITOR_CA, 1, 1, "ca 2");
	expect_text(MONITOR_BNLPUBKEY, 0, 1, "pub");
	expect_no_file(MONITOR_CA, 2, 1, ERR_NOTFOUND);
	expect_no_file(MONITOR_CERT, 1, 1, ERR_NOTFOUND);
	expect_no_file(MONITOR_CERT, 0, 0, ERR_NOTFOUND);
	expect_no_file(MONITOR_CERT, 0, 2, ERR_NOTFOUND);
	expect_no_file(MONITOR_LOG, 0, 0, ERR_NOTFOUND);
	assert_int_equal(unlink(at("node.key")), 0);
	expect_no_file(MONITOR_KEY, 0, 1, ERR_NOTFOUND);
}

static void
test_files_within_reach(void **state)
{
	struct monitor_reply r;

	(void)state;
	put("node.pem", "cert");
	begin("logmethod = file\nlogfile = log\n");
	assert_int_equal(chmod(dir, 0757), 0);
	expect_no_file(MONITOR_CONF, 0, 1, ERR_PERM);
	expect_no_file(MONITOR_LOG, 0, 0, ERR_PERM);
	assert_int_equal(ask_open(MONITOR_CERT, 0, 1, &r), -1);
	assert_int_equal(r.failed, ERR_PERM);
	assert_non_null(memmem(r.output, r.len, "user 54321 may change", 21));
	assert_int_equal(access(at("log"), F_OK), -1);
}

static void
test_log(void **state)
{
	struct monitor_reply r;
	struct stat st;
	int fd;

	(void)state;
	begin("logmethod = file\nlogfile = log\n");
	put("log", "old");
	assert_int_equal(rename(at("log"), at("log.1")), 0);
	fd = ask_open(MONITOR_LOG, 0, 0, &r);
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_WRONLY);
	assert_int_equal(write(fd, "new line", 8), 8);
	close(fd);
	assert_int_equal(stat(at("log"), &st), 0);
	assert_int_equal(st.st_size, 8);
	/* Whatever the configuration says now, until a restart. */
	conf_is("logmethod = file\nlogfile = other\n");
	fd = ask_open(MONITOR_CONF, 0, 1, &r);
	assert_int_equal(r.conf, 2);
	close(fd);
	close(ask_open(MONITOR_LOG, 0, 2, &r));
	assert_int_equal(access(at("other"), F_OK), -1);
}

static void
test_reread(void **state)
{
	(void)state;
	put("1.pem", "one");
	put("2.pem", "two");
	begin("nodeupcmd = echo 1\ncert = 1.pem\n");
	expect_runs(MONITOR_NODE_UP, 1, "1\n");
	conf_is("nodeupcmd = echo 2\ncert = 2.pem\n");
	expect_runs(MONITOR_NODE_UP, 1, "1\n");
	assert_int_equal(reread(1), 2);
	expect_text(MONITOR_CERT, 0, 2, "two");
	/* Nobody has said that it holds. */
	expect_runs(MONITOR_NODE_UP, 1, "1\n");
	expect_text(MONITOR_CERT, 0, 1, "one");
	expect_refused(MONITOR_NODE_UP, 3, ESTALE);
	/* A refusal does not put it in force. */
	expect_refused(MONITOR_NODE_DOWN, 2, ENOENT);
	expect_runs(MONITOR_NODE_UP, 1, "1\n");
	expect_runs(MONITOR_NODE_UP, 2, "2\n");
	expect_refused(MONITOR_NODE_UP, 1, ESTALE);
	conf_is("nodeupcmd = echo 3\n");
	assert_int_equal(reread(2), 3);
	conf_is("nodeupcmd = echo 4\n");
	assert_int_equal(reread(2), 4);
	expect_refused(MONITOR_NODE_UP, 3, ESTALE);
	expect_runs(MONITOR_NODE_UP, 2, "2\n");
	/* In force though no hook has run since, and one more is read. */
	conf_is("nodeupcmd = echo 5\n");
	assert_int_equal(reread(4), 5);
	expect_refused(MONITOR_NODE_UP, 2, ESTALE);
	expect_runs(MONITOR_NODE_UP, 4, "4\n");
	expect_no_file(MONITOR_CONF, 0, 2, ERR_NOTFOUND);
	expect_runs(MONITOR_NODE_UP, 5, "5\n");
}

static void
test_reread_wrong(void **state)
{
	(void)state;
	begin("nodeupcmd = echo 1\n");
	conf_is("nodeupcmd = echo 2\nno such = key\n");
	assert_int_equal(reread(1), 0);
	expect_refused(MONITOR_NODE_UP, 0, ESTALE);
	expect_refused(MONITOR_NODE_UP, 2, ESTALE);
	expect_runs(MONITOR_NODE_UP, 1, "1\n");
	/* Others may write to it: what is in it is not the administrator's. */
	conf_is("nodeupcmd = echo 2\n");
	assert_int_equal(chmod(at("conf"), 0620), 0);
	assert_int_equal(reread(1), 0);
	assert_int_equal(unlink(at("conf")), 0);
	expect_no_file(MONITOR_CONF, 0, 1, ERR_NOTFOUND);
	expect_runs(MONITOR_NODE_UP, 1, "1\n");
}

/* --- what is no request ---------------------------------------------------------- */

static void
expect_end_by(const void *data, size_t len)
{
	pid_t pid;

	assert_int_equal(setup(NULL), 0);
	begin_hanging();
	pid = hook_pid();
	assert_int_equal(fdpass_send(sock, data, len, -1), 0);
	assert_int_equal(end_of(), 0);
	expect_gone(pid);
	close(sock);
	assert_int_equal(teardown(NULL), 0);
}

static void
test_no_request(void **state)
{
	struct monitor_request r = { .kind = MONITOR_RUN,
				     .id = 1,
				     .conf = 1,
				     .hook = MONITOR_NODE_DOWN,
				     .node = "beta" };
	uint8_t out[MONITOR_REQUEST_MAX + 1] = { 0 };
	static uint8_t huge[60000];
	size_t len = monitor_request_encode(out, &r);

	(void)state;
	expect_end_by("", 0);
	expect_end_by("\x01", 1);
	expect_end_by(out, len - 1);
	expect_end_by(out, len + 1);
	expect_end_by(huge, sizeof(huge));
	memcpy(huge, out, len);
	expect_end_by(huge, sizeof(huge));
	out[0] = MONITOR_DONE;
	expect_end_by(out, len);
	out[0] = MONITOR_RUN;
	out[9] = MONITOR_HOOKS;
	expect_end_by(out, len);
	out[9] = MONITOR_NODE_DOWN;
	memcpy(out + 11, "$(id", 4);
	expect_end_by(out, len);
	memcpy(out + 11, "be\0a", 4);
	expect_end_by(out, len);
	r.hook = MONITOR_SUBNET_UP;
	assert_int_equal(prefix_parse(&r.subnet, "10.0.0.0/8", 10), 0);
	r.subnet.len = 200;
	expect_end_by(out, monitor_request_encode(out, &r));
	r = (struct monitor_request){ .kind = MONITOR_OPEN,
				      .path = MONITOR_PATHS };
	expect_end_by(out, monitor_request_encode(out, &r));
	r.path = MONITOR_CA;
	r.index = CONF_MANY_MAX;
	expect_end_by(out, monitor_request_encode(out, &r));
}

static bool
pipe_ended(int fd)
{
	struct pollfd p = { .fd = fd };

	return poll(&p, 1, LIMIT_MS) == 1 && (p.revents & POLLHUP);
}

/* It takes no descriptor, with whatever message. */
static void
test_smuggling(void **state)
{
	struct monitor_request r = {
		.kind = MONITOR_OPEN, .id = 1, .conf = 1, .path = MONITOR_CERT
	};
	uint8_t out[MONITOR_REQUEST_MAX];
	size_t len = monitor_request_encode(out, &r);
	int p[2];

	(void)state;
	put("node.pem", "cert");
	begin("");
	for (int i = 0; i < 50; i++) {
		assert_int_equal(pipe2(p, O_CLOEXEC), 0);
		assert_int_equal(fdpass_send(sock, out, len, p[1]), 0);
		close(p[1]);
		assert_int_equal(reply(NULL).failed, ERR_NONE);
		assert_true(pipe_ended(p[0]));
		close(p[0]);
	}
	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	assert_int_equal(fdpass_send(sock, "?", 1, p[1]), 0);
	close(p[1]);
	assert_true(pipe_ended(p[0]));
	close(p[0]);
	assert_int_equal(end_of(), 0);
	close(sock);
}

/* --- changes ------------------------------------------------------------------- */

static void
change(const char *node)
{
	struct monitor_request r = { .kind = MONITOR_CHANGES, .conf = 1 };
	struct prefix p;
	struct buf b;
	uint32_t sent;

	buf_init(&b, MONITOR_CHANGES_MAX);
	assert_int_equal(prefix_parse(&p, "10.0.0.0/8", 10), 0);
	assert_int_equal(monitor_change_put(&b, MONITOR_NODE_UP, node, &p), 0);
	assert_int_equal(monitor_change_put(&b, MONITOR_SUBNET_UP, node, &p),
			 0);
	r.changes = buf_data(&b);
	r.nchanges = buf_len(&b);
	sent = send_request(&r);
	assert_int_equal(reply(NULL).id, sent);
	buf_free(&b);
}

/* All that was sent, once. */
static void
test_changes(void **state)
{
	(void)state;
	begin("changecmd = cat\nnodeupcmd = cat\n");
	change("beta");
	expect_runs(MONITOR_NODE_UP, 1, "");
	change("gamma");
	expect_runs(MONITOR_CHANGE, 1,
		    "nodeup beta\nsubnetup beta 10.0.0.0/8\n"
		    "nodeup gamma\nsubnetup gamma 10.0.0.0/8\n");
	expect_runs(MONITOR_CHANGE, 1, "");
	/* A run that is refused forgets them as well. */
	change("beta");
	expect_refused(MONITOR_CHANGE, 7, ESTALE);
	expect_runs(MONITOR_CHANGE, 1, "");
}

/* --- too many ------------------------------------------------------------------ */

static void
test_rate(void **state)
{
	enum { N = 1000, BURST = 256 };
	struct monotime start = clock_mono();
	struct monitor_reply r;

	(void)state;
	begin("");
	for (int i = 0; i < N; i++)
		assert_int_equal(ask_open(MONITOR_CERT, 1, 1, &r), -1);
	assert_true(mono_ms(start, clock_mono()) >= N - 2 * BURST);
}

static void
test_answers_not_read(void **state)
{
	struct monitor_request r = { .kind = MONITOR_OPEN,
				     .conf = 1,
				     .path = MONITOR_CERT };
	uint8_t out[MONITOR_REQUEST_MAX];
	size_t len = monitor_request_encode(out, &r);
	struct monotime end = mono_add_ms(clock_mono(), LIMIT_MS);
	int rc;

	(void)state;
	put("node.pem", "cert");
	begin("");
	do {
		struct pollfd p = { .fd = sock, .events = POLLOUT };

		assert_true(mono_before(clock_mono(), end));
		poll(&p, 1, 100);
		rc = fdpass_send(sock, out, len, -1);
	} while (rc == 0 || rc == EAGAIN);
	assert_true(rc == EPIPE || rc == ECONNRESET);
	assert_int_equal(end_of(), 0);
	close(sock);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_environment),   T(test_results),
		T(test_order),	       T(test_without_up),
		T(test_one_at_a_time), T(test_end_kills),
		T(test_files),	       T(test_files_within_reach),
		T(test_log),	       T(test_reread),
		T(test_reread_wrong),  cmocka_unit_test(test_no_request),
		T(test_changes),       T(test_smuggling),
		T(test_rate),	       T(test_answers_not_read),
	};

	sigwatch_block(); /* as main() does */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
