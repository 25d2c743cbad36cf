#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A stream through the tunnel: many packets for each system call of a daemon,
# and so many looks at the clock for a turn of its loop, however many packets
# a turn has. The clock is read without a system call, so that is counted by a
# library in between.
# shellcheck source=tests/system/lib.sh disable=SC2317 # called by name
. tests/system/lib.sh

PACKETS=20000	# to be counted at least, each time
LOOKS=8	# at the clock, in a turn of the loop

packets_of() { # packets_of NODE: datagrams with data, both ways, up to now
	query "$1" peers '[.[].counters | .tx_packets + .rx_packets] | add'
}
passed() { # passed NODE NUMBER: so many have
	[ "$(packets_of "$1")" -ge "$2" ]
}
sum() { # sum TRACE: all calls
	awk '$NF == "total" { print $(NF - 1 - (NF > 5)) }' "$1"
}
few() { # few CALLS PACKETS EACH WHAT: less than one for so many packets
	echo "# $4: $1 for $2 packets"
	more "$2" $(($1 * $3)) "$4: less than one for $3 packets"
}
traced() { # traced NODE: its system calls while the stream runs
	local first tracer

	strace -c -f -p "${pid[$1]}" -o $tmp/trace 2>$tmp/tracer &
	tracer=$!
	must within "$LIMIT" grep -q attached $tmp/tracer
	first=$(packets_of "$1")
	soon "$1: packets go while it is traced" \
		passed "$1" $((first + PACKETS))
	kill -TERM $tracer
	wait $tracer
	few "$(sum $tmp/trace)" $(($(packets_of "$1") - first)) 3 \
		"$1: system calls"
}
counted() { # counted NODE: how often it has looked at the clock, and waited
	od -An -tu8 -w16 -N16 "$tmp/$1/counts"
}
looks() { # looks NODE: while the stream runs
	local first looked waited looks waits

	first=$(packets_of "$1")
	read -r looked waited < <(counted "$1")
	soon "$1: packets go" passed "$1" $((first + PACKETS))
	read -r looks waits < <(counted "$1")
	looks=$((looks - looked)) waits=$((waits - waited))
	echo "# $1: $looks looks in $waits turns" \
		"with $(($(packets_of "$1") - first)) packets"
	more $looks 0 "$1: it looks at the clock"
	more $((waits * LOOKS)) $looks \
		"$1: less than $LOOKS looks for a turn of the loop"
}
stream() { # from alpha to beta, until the test ends
	inside beta socat -u "TCP4-LISTEN:7000,bind=$(inner4 beta),reuseaddr" \
		OPEN:/dev/null &
	nsenter --net=/run/netns/alpha socat -u OPEN:/dev/zero \
		"TCP4:$(inner4 beta):7000,retry=100,interval=0.05" &
	source=$!
	soon 'the stream runs' passed beta 1000
}

network alpha beta
if command -v strace >/dev/null && strace -o $tmp/trace true 2>/dev/null; then
	start alpha beta
	soon 'packets go' reach alpha beta
	stream
	traced alpha
	traced beta
	ok 'it was there all the time' kill -0 $source
	kill $source
	stop alpha beta
else
	result 0 'system calls # SKIP there is no strace that may trace'
fi

cat >$tmp/clock.c <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static struct {
	uint64_t looks, waits;
} *counts;
static int (*real_look)(clockid_t, struct timespec *);
static int (*real_wait)(int, struct epoll_event *, int, int);

static void __attribute__((constructor))
begin(void)
{
	int fd = open(getenv("COUNTS"), O_RDWR | O_CREAT, 0600);

	*(void **)&real_look = dlsym(RTLD_NEXT, "clock_gettime");
	*(void **)&real_wait = dlsym(RTLD_NEXT, "epoll_wait");
	if (fd < 0 || ftruncate(fd, sizeof(*counts)) < 0)
		abort();
	counts = mmap(NULL, sizeof(*counts), PROT_READ | PROT_WRITE, MAP_SHARED,
		      fd, 0);
	if (counts == MAP_FAILED)
		abort();
}

int
clock_gettime(clockid_t id, struct timespec *t)
{
	__atomic_add_fetch(&counts->looks, 1, __ATOMIC_RELAXED);
	return real_look(id, t);
}

int
epoll_wait(int fd, struct epoll_event *e, int n, int ms)
{
	__atomic_add_fetch(&counts->waits, 1, __ATOMIC_RELAXED);
	return real_wait(fd, e, n, ms);
}
END
if ! ${CC:-cc} -shared -fPIC -o $tmp/clock.so $tmp/clock.c -ldl \
	>$tmp/out 2>&1; then
	result 0 'looks at the clock # SKIP there is no compiler here'
elif nm -D "$O/cluevpnd" 2>/dev/null | grep -q __asan_init; then
	result 0 'looks at the clock # SKIP a sanitizer comes first'
else
	for n in alpha beta; do
		COUNTS=$tmp/$n/counts LD_PRELOAD=$tmp/clock.so launch $n
	done
	soon 'packets go' reach alpha beta
	stream
	looks alpha
	looks beta
	ok 'it was there all the time' kill -0 $source
	kill $source
	stop alpha beta
fi
finish
