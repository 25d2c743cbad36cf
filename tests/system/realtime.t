#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A daemon that runs ahead of ordinary programs, and steps back when it must.
# shellcheck source=tests/system/lib.sh disable=SC2317 # called by name
. tests/system/lib.sh

policy() { # policy PROCESS|THREAD
	chrt -p "$1" | sed -n 's/.*policy: //p'
}
worker() { # the daemon's other threads
	find "/proc/$1/task" -mindepth 1 -maxdepth 1 -not -name "$1" -printf '%f\n'
}
ahead() { # ahead YES|NO: alpha's daemon is, and says so
	query alpha status .realtime | grep -qx "$1" || return
	if [ "$1" = true ]; then
		policy "${pid[alpha]}" | grep -q SCHED_RR
	else
		policy "${pid[alpha]}" | grep -q SCHED_OTHER
	fi
}
back() { # back NUMBER: that often it has stepped back
	query alpha status .realtime_steps_back | grep -qx "$1"
}
steps() { # steps AS: back and ahead again, when the kernel says so
	must kill -XCPU "${pid[alpha]}"
	soon "$1: told of too much work, it steps back" back 1
	soon "$1: and comes back" ahead true
}

command -v chrt >/dev/null || skip_all 'there is no chrt here'
chrt -r 1 true 2>/dev/null || skip_all 'realtime is not allowed here'
network alpha beta
chmod 755 $tmp
# shellcheck disable=SC2016 # the hook's
conf alpha 'nodeupcmd = echo hook: $(chrt -p $$)'
start alpha beta
ok 'it runs ahead' ahead true
is "$(for t in $(worker "${pid[alpha]}"); do policy "$t"; done |
	grep -vc SCHED_OTHER)" 0 'alone: its worker does not'
soon 'packets go' reach alpha beta
soon 'hooks run' says alpha 'hook: .*policy'
not_ok 'as ordinary programs' says alpha 'hook: .*SCHED_RR'
steps root
must kill -HUP "${pid[alpha]}"
soon 'a reload changes nothing' says alpha 'certificate reloaded'
ok 'it still runs ahead' ahead true
stop alpha
is "${status[alpha]}" 0 'it stops in order'

conf alpha 'realtime = no'
start alpha
ok 'realtime = no: it does not' ahead false
must kill -XCPU "${pid[alpha]}"
soon 'packets go' reach alpha beta
ok 'that signal means nothing then' back 0
conf alpha
must kill -HUP "${pid[alpha]}"
soon 'to change that takes a restart' says alpha 'realtime has changed: restart'
ok 'so it is the same' ahead false
stop alpha

if setpriv --reuid=65534 true 2>/dev/null && prlimit --rtprio=1 true 2>/dev/null
then
	rm -r $tmp/alpha/state
	give alpha
	chown -R nobody $tmp/alpha/state $tmp/alpha/node.key
	conf alpha 'user = nobody'
	start alpha
	ok 'as another user: it runs ahead' ahead true
	steps nobody
	stop alpha
	chown root $tmp/alpha/node.key
	rm -r $tmp/alpha/state
	give alpha
fi

# As in a container that does not allow it.
conf alpha
nsenter --net=/run/netns/alpha setpriv --bounding-set=-sys_nice \
	"$O/cluevpnd" -f -c $tmp/alpha -p $tmp/alpha/pid \
	>>$tmp/alpha/log 2>&1 </dev/null &
pid[alpha]=$!
soon 'without the capability: it starts' ctl alpha status
ok 'as an ordinary program' ahead false
ok 'and says why' says alpha 'not realtime: SCHED_RR: '
soon 'packets go all the same' reach alpha beta
stop alpha beta

finish
