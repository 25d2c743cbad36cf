/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The lock of a list, and the list remembered beside the key that signed it. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../unit.h"
#include "capture.h"
#include "format/bnl_sign.h"
#include "lib/file.h"
#include "lib/lock.h"
#include "list/last_signed.h"

#define K1        \
	"sha256:" \
	"1111111111111111111111111111111111111111111111111111111111111111"

static char dir[] = "/tmp/last-signed-test-XXXXXX";
static char key_path[64], last_path[80];
static struct key *key;

struct signed_text {
	char *p;
	size_t len;
	struct bnl *bnl;
};

static void
sign(struct signed_text *s, const char *text, const struct signed_text *before)
{
	const struct key *const keys[] = { key };
	static struct walltime now = { 1700000000 };
	struct bnl_sign_in in = {
		.text = text,
		.len = strlen(text),
		.key = key,
		.previous = before == NULL ? NULL : before->bnl,
		.now = now,
	};
	struct errs es = { 0 };
	struct err e;

	now.s += 10; /* the next list is later */
	if (bnl_sign(&s->p, &s->len, &in, &es) != 0)
		fail_msg("%s", es.e[0].text);
	assert_int_equal(bnl_open(&s->bnl, s->p, s->len, keys, 1, &e), 0);
}

static void
drop(struct signed_text *s)
{
	free(s->p);
	bnl_free(s->bnl);
}

/* Checks the list against the memory; the text printed is captured. */
static int
check(const struct signed_text *base, struct err *e)
{
	int rc;

	capture_begin();
	rc = last_signed_check(key_path, "net", base->bnl, e);
	capture_end();
	return rc;
}

static void
test_memory(void **state)
{
	struct signed_text a, b, c, fork;
	struct err e;

	(void)state;
	sign(&a, "network n\nnode x\nnode y\n", NULL);
	sign(&b, "network n\nnode x\nrevoke " K1 "\n", &a);
	sign(&c, "network n\nnode x\nnode z\nrevoke " K1 "\n", &b);
	sign(&fork, "network n\nnode x\nnode y\nnode v\n", &a);
	unlink(last_path);
	assert_int_equal(check(&a, &e), 0);
	assert_int_equal(last_signed_keep(key_path, b.p, b.len, &e), 0);
	assert_int_equal(check(&b, &e), 0);
	assert_int_equal(check(&c, &e), 0);
	/* An older one, and one that forked off before: both bring back the
	 * node and the key. */
	assert_int_equal(check(&a, &e), -1);
	assert_int_equal(e.code, ERR_STALE);
	assert_string_equal(captured.text, "node y would come back\n"
					   "key " K1 " would be good again\n");
	assert_int_equal(check(&fork, &e), -1);
	assert_int_equal(e.code, ERR_STALE);
	/* Signed on from the older one all the same, it is the last. */
	assert_int_equal(last_signed_keep(key_path, a.p, a.len, &e), 0);
	assert_int_equal(check(&a, &e), 0);
	drop(&a);
	drop(&b);
	drop(&c);
	drop(&fork);
}

static void
test_broken_memory(void **state)
{
	struct signed_text a;
	struct err e;

	(void)state;
	sign(&a, "network n\nnode x\n", NULL);
	unlink(last_path);
	assert_int_equal(file_write_new(last_path, 0600, "nonsense\n", 9, &e),
			 0);
	assert_int_equal(check(&a, &e), -1);
	assert_non_null(strstr(e.text, "the list that was signed last"));
	drop(&a);
}

/* A key from a pipe has no memory. */
static void
test_pipe(void **state)
{
	struct signed_text a;
	char fifo[80];
	struct err e;

	(void)state;
	sign(&a, "network n\nnode x\n", NULL);
	snprintf(fifo, sizeof(fifo), "%s/fifo", dir);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(last_signed_check(fifo, "net", a.bnl, &e), 0);
	capture_begin();
	assert_int_equal(last_signed_keep(fifo, a.p, a.len, &e), 0);
	assert_non_null(strstr(capture_end(), "warning"));
	unlink(fifo);
	drop(&a);
}

static void
test_lock(void **state)
{
	char path[64], name[80];
	struct store s, again;
	struct err e;
	int fd;

	(void)state;
	snprintf(path, sizeof(path), "%s/net", dir);
	snprintf(name, sizeof(name), "%s.lock", path);
	fd = lock_take(path, &e);
	assert_true(fd >= 0);
	assert_int_equal(lock_take(path, &e), -1);
	assert_int_equal(e.code, ERR_EXISTS);
	lock_release(fd);
	fd = lock_take(path, &e);
	assert_true(fd >= 0);
	lock_release(fd);
	lock_release(-1);
	/* No link is followed. */
	assert_int_equal(unlink(name), 0);
	assert_int_equal(symlink("elsewhere", name), 0);
	assert_int_equal(lock_take(path, &e), -1);
	assert_int_not_equal(e.code, ERR_EXISTS);
	unlink(name);
	/* The lock of the daemon's list is taken again once it is free. */
	assert_int_equal(lock_store(&s, path, &e), 0);
	store_close(&s);
	assert_int_equal(lock_store(&again, path, &e), 0);
	store_close(&again);
	assert_int_equal(lock_store(&s, "/nonexistent/net", &e), -1);
}

static int
setup(void **state)
{
	struct err e;

	(void)state;
	snprintf(key_path, sizeof(key_path), "%s/bnl.key", mkdtemp(dir));
	snprintf(last_path, sizeof(last_path), "%s.last", key_path);
	if (file_write_new(key_path, 0600, "x", 1, &e) != 0)
		return -1;
	return key_generate(&key, KEY_ED25519, &e);
}

static int
teardown(void **state)
{
	char command[128];

	(void)state;
	capture_free();
	key_free(key);
	snprintf(command, sizeof(command), "rm -r %s", dir);
	return system(command);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_broken_memory),
		cmocka_unit_test(test_pipe),
		cmocka_unit_test(test_lock),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
