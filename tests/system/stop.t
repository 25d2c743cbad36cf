#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# How a daemon ends, whatever goes on meanwhile.
# shellcheck source=tests/system/lib.sh disable=SC2317 # called by name
. tests/system/lib.sh

junk() { # a connection to alpha that says what is no TLS, and stays open
	inside alpha "$BASH" -c 'exec 3<>/dev/tcp/192.0.2.1/3406
		echo junk >&3 2>/dev/null
		sleep 60' &
}
finished() { # finished HOW-MANY: so many were told that nothing follows
	[ "$(inside alpha ss -Htn state fin-wait-2 sport = :3406 |
		wc -l)" -ge "$1" ]
}
open_files() { # of alpha's daemon
	find "/proc/${pid[alpha]}/fd" -type l | wc -l
}

network alpha beta gamma
conf alpha "nodedowncmd = sleep 0.5; echo \$NODE >>$tmp/down" \
	"downcmd = echo all >>$tmp/down"
start alpha

# Signals while the last hooks run: the first one was enough.
kill -TERM "${pid[alpha]}"
soon 'the daemon says that it stops' says alpha 'stopping'
for signal in TERM HUP USR1 INT TERM; do
	kill -$signal "${pid[alpha]}"
	sleep 0.05
done
ended alpha
is "${status[alpha]}" 0 'further signals do not disturb the end'
is "$(tr '\n' ' ' <$tmp/down)" 'beta gamma all ' 'all hooks have run, in order'
not_ok 'nothing was reloaded' says alpha 'reloaded'
not_ok 'the control socket is gone' test -e $tmp/alpha/ctl
not_ok 'the pid file is gone' test -e $tmp/alpha/pid

# A connection whose other side was told that it ends, and does not care.
conf alpha
start alpha
junk
soon 'a connection waits for its end' finished 1
stop alpha
is "${status[alpha]}" 0 'a connection that waits for its end does not matter'

# Many of them cost little.
start alpha
before=$(open_files)
for _ in {1..200}; do junk; done
soon 'they all were ended' finished 100
more $((before + 90)) "$(open_files)" 'they do not use descriptors up'
ok 'and the daemon goes on' ctl alpha status
stop alpha

finish
