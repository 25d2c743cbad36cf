/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which messages say that the machine was copied, and who says so. */
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <linux/netlink.h>

#include "../unit.h"
#include "sys/vmfork.h"

#define PLACE "/devices/platform/QEMUVGID:00"
#define HEAD "change@" PLACE "\0ACTION=change\0DEVPATH=" PLACE "\0"
#define COPIED HEAD "NEW_VMGENID=1\0SEQNUM=4711"
#define LONGEST 8192

/* With the NUL at the end of the literal. */
#define SAYS(text) says(0, text, sizeof(text))

/* Each in a room of its own size: a sanitizer sees who reads beyond. */
static bool
says(uint32_t port, const char *text, size_t len)
{
	const struct sockaddr_nl nl = { .nl_family = AF_NETLINK,
					.nl_pid = port,
					.nl_groups = 1 };
	char *copy = malloc(len == 0 ? 1 : len);
	bool yes;

	memcpy(copy, text, len);
	yes = vmfork_says((const struct sockaddr *)&nl, sizeof(nl), copy, len);
	free(copy);
	return yes;
}

static void
test_right(void **state)
{
	(void)state;
	assert_true(SAYS(COPIED));
	assert_true(SAYS(HEAD "NEW_VMGENID=1"));
	assert_true(SAYS("change@/x\0NEW_VMGENID=1"));
	assert_true(SAYS(HEAD "EMPTY=\0NEW_VMGENID=1\0MODALIAS=a=b"));
}

static void
test_other_words(void **state)
{
	(void)state;
	assert_false(SAYS(HEAD "SEQNUM=4711"));
	assert_false(SAYS(HEAD "NEW_VMGENID=0"));
	assert_false(SAYS(HEAD "NEW_VMGENID=10"));
	assert_false(SAYS(HEAD "NEW_VMGENID="));
	assert_false(SAYS(HEAD "NEW_VMGENID"));
	assert_false(SAYS(HEAD "OLD_VMGENID=1"));
	assert_false(SAYS(HEAD "XNEW_VMGENID=1"));
	assert_false(SAYS(HEAD "new_vmgenid=1"));
	assert_false(SAYS(HEAD "X=NEW_VMGENID=1"));
	/* It is a change of a device, and that stands first. */
	assert_false(SAYS("NEW_VMGENID=1"));
	assert_false(SAYS("add@" PLACE "\0NEW_VMGENID=1"));
	assert_false(SAYS("change@\0NEW_VMGENID=1"));
	assert_false(SAYS("change@/x NEW_VMGENID=1"));
	/* What udev sends looks otherwise. */
	assert_false(SAYS("libudev\0NEW_VMGENID=1"));
}

static void
test_bad_form(void **state)
{
	static const char copied[] = COPIED;
	static const size_t whole = sizeof(HEAD "NEW_VMGENID=1");
	static char big[LONGEST + 1];

	(void)state;
	assert_false(SAYS(HEAD "NEW_VMGENID=1\0nonsense"));
	assert_false(SAYS(HEAD "NEW_VMGENID=1\0=value"));
	assert_false(SAYS(HEAD "NEW_VMGENID=1\0"));
	assert_false(SAYS(HEAD "\0NEW_VMGENID=1"));
	/* Cut anywhere else than behind a word there is no NUL. */
	for (size_t n = 0; n < sizeof(copied); n++)
		assert_int_equal(says(0, copied, n), n == whole);
	memcpy(big, copied, sizeof(copied));
	memset(big + sizeof(copied), 'x', sizeof(big) - sizeof(copied));
	big[sizeof(copied) + 1] = '=';
	big[LONGEST - 1] = '\0';
	assert_true(says(0, big, LONGEST));
	big[LONGEST - 1] = 'x';
	big[LONGEST] = '\0';
	assert_false(says(0, big, LONGEST + 1));
}

static void
test_sender(void **state)
{
	static const char copied[] = COPIED;
	const struct sockaddr_nl nl = { .nl_family = AF_NETLINK };
	const struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct sockaddr_storage other = { .ss_family = AF_INET };

	(void)state;
	assert_false(says(1, copied, sizeof(copied)));
	assert_false(says((uint32_t)getpid(), copied, sizeof(copied)));
	assert_false(says(UINT32_MAX, copied, sizeof(copied)));
	assert_false(vmfork_says((const struct sockaddr *)&sun, sizeof(nl),
				 copied, sizeof(copied)));
	assert_false(vmfork_says((const struct sockaddr *)&other, sizeof(nl),
				 copied, sizeof(copied)));
	assert_false(vmfork_says((const struct sockaddr *)&nl, 0, copied,
				 sizeof(copied)));
	assert_false(vmfork_says((const struct sockaddr *)&nl, sizeof(nl) - 1,
				 copied, sizeof(copied)));
}

/* --- reading --------------------------------------------------------------- */

static void
test_socket(void **state)
{
	int fd = vmfork_open(NULL), flags;

	(void)state;
	if (fd < 0)
		skip();
	flags = fcntl(fd, F_GETFL);
	assert_true((flags & O_NONBLOCK) != 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	/* It may be that this machine changes just now; nobody copies it. */
	assert_int_not_equal(vmfork_read(fd), VMFORK_COPIED);
	close(fd);
}

/* A socket of another kind: its words are read, and do not count. */
static void
test_bounded(void **state)
{
	static const char copied[] = COPIED;
	unsigned int left = 0;
	char text[256];
	int s[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, s),
			 0);
	assert_int_equal(vmfork_read(s[0]), VMFORK_NONE);
	for (unsigned int i = 0; i < 2; i++)
		assert_true(send(s[1], copied, sizeof(copied), 0) > 0);
	assert_int_equal(vmfork_read(s[0]), VMFORK_NONE);
	assert_int_equal(recv(s[0], text, sizeof(text), 0), -1);
	close(s[0]);
	close(s[1]);
	/* More of them than are read at a time. */
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, s), 0);
	for (unsigned int i = 0; i < VMFORK_BATCH + 3; i++)
		assert_true(send(s[1], copied, sizeof(copied), 0) > 0);
	assert_int_equal(vmfork_read(s[0]), VMFORK_NONE);
	while (recv(s[0], text, sizeof(text), 0) > 0)
		left++;
	assert_int_equal(left, 3);
	close(s[0]);
	close(s[1]);
}

/* The kernel's, to this network namespace; to say it takes privileges. */
static void
kernel_says(const char *text, size_t len)
{
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct {
		struct nlmsghdr h;
		char text[1024];
	} m = { .h = { .nlmsg_len = (uint32_t)(NLMSG_HDRLEN + len),
		       .nlmsg_type = NLMSG_MIN_TYPE,
		       .nlmsg_flags = NLM_F_REQUEST } };
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT);

	memcpy(m.text, text, len);
	assert_int_equal(sendto(fd, &m, m.h.nlmsg_len, 0,
				(const struct sockaddr *)&kernel,
				sizeof(kernel)),
			 m.h.nlmsg_len);
	close(fd);
}

static void
test_kernel(void **state)
{
	static const char other[] = HEAD "NEW_VMGENID=0";
	static const char copied[] = HEAD "NEW_VMGENID=1";
	const int small = 16384;
	unsigned int reads = 0;
	int fd;

	(void)state;
	if (geteuid() != 0 || unshare(CLONE_NEWNET) < 0)
		skip();
	fd = vmfork_open(NULL);
	assert_true(fd >= 0);
	kernel_says(other, sizeof(other));
	assert_int_equal(vmfork_read(fd), VMFORK_NONE);
	kernel_says(copied, sizeof(copied));
	kernel_says(other, sizeof(other));
	assert_int_equal(vmfork_read(fd), VMFORK_COPIED);
	assert_int_equal(vmfork_read(fd), VMFORK_NONE);
	/* It is heard behind more than are read at a time. */
	for (unsigned int i = 0; i < 3 * VMFORK_BATCH; i++)
		kernel_says(other, sizeof(other));
	kernel_says(copied, sizeof(copied));
	while (vmfork_read(fd) == VMFORK_NONE && reads < 10)
		reads++;
	assert_int_equal(reads, 3);
	/* Where there was no room for it, it may have been said. */
	assert_int_equal(
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)),
		0);
	for (unsigned int i = 0; i < 1000; i++)
		kernel_says(other, sizeof(other));
	assert_int_equal(vmfork_read(fd), VMFORK_LOST);
	for (unsigned int i = 0; i < 20; i++)
		(void)vmfork_read(fd);
	assert_int_equal(vmfork_read(fd), VMFORK_NONE);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_right),
		cmocka_unit_test(test_other_words),
		cmocka_unit_test(test_bad_form),
		cmocka_unit_test(test_sender),
		cmocka_unit_test(test_socket),
		cmocka_unit_test(test_bounded),
		cmocka_unit_test(test_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
