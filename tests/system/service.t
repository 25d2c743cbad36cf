#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The systemd unit: systemd-analyze finds it sound and tight, and its command,
# run with its user, capabilities and environment, tells the manager what it
# waits for.
# shellcheck source=tests/system/lib.sh disable=SC2086,SC2317 # called by name
. tests/system/lib.sh

unit=examples/cluevpnd.service
said() { # said PATTERN: the manager has heard this
	grep -aq -e "$1" $tmp/manager
}
setting() { # setting NAME: of the unit
	sed -n "s/^$1=//p" $unit
}

# --- the unit as it is ----------------------------------------------------------

must mkdir -p $tmp/units
score() { # ten times what systemd-analyze says
	systemd-analyze security --offline=true --no-pager \
		$tmp/units/cluevpnd.service |
		sed -n 's/.*exposure level[^:]*: \([0-9]*\)\.\([0-9]\).*/\1\2/p'
}
skip=
if ! systemd-analyze security --help 2>&1 | grep -q -e --offline; then
	skip='no systemd-analyze here that reads files'
fi
if [ -n "$skip" ]; then
	result 0 "its exposure # SKIP $skip"
else
	sed "s|/usr/local/sbin|$O|" $unit >$tmp/units/cluevpnd.service
	systemd-analyze verify --man=no $tmp/units/cluevpnd.service \
		>$tmp/verify 2>&1
	is "$(grep -F cluevpnd.service $tmp/verify)" '' \
		'systemd understands all of the unit'
	more 26 "$(score)" 'its exposure is at most 2.5 of 10'
	# Others judge a little differently.
	[[ $(systemd-analyze --version) != 'systemd 252 '* ]] ||
		is "$(score)" 20 'it is 2.0'
fi

# The thread with the packets may run ahead; where systemd would not let it,
# the daemon only says so, which nobody would miss here.
is "$(setting LimitRTPRIO)" 1 'it may run ahead, at the lowest priority'
is "$(setting RestrictRealtime)" no 'of ordinary programs'
ok 'by this call, which is not of @system-service less @resources' \
	grep -q '^SystemCallFilter=.* sched_setscheduler\( \|$\)' $unit

# --- its command ----------------------------------------------------------------

# The user and the device of the unit, where this is a machine's real root.
as=()
user=nobody
ahead=
give_device() { # as it is on every Debian: for all
	mknod -m 666 /run/tun c 10 200 && mount --bind /run/tun /dev/net/tun
}
network alpha beta
is "$(setting CapabilityBoundingSet)" CAP_NET_ADMIN 'it has one capability'
is "$(setting AmbientCapabilities)" CAP_NET_ADMIN 'from the start'
if setpriv --reuid=65534 true 2>/dev/null && give_device 2>/dev/null; then
	# shellcheck disable=SC2054 # commas of setpriv
	as=(setpriv --reuid="$user" --regid="$(id -g $user)" --clear-groups
		--inh-caps=-all,+net_admin --ambient-caps=+net_admin
		--bounding-set=-all,+net_admin --no-new-privs)
	if prlimit --rtprio="$(setting LimitRTPRIO)" chrt -r 1 true 2>/dev/null
	then
		as=(prlimit --rtprio="$(setting LimitRTPRIO)" "${as[@]}")
		ahead=true
	fi
	chmod 755 $tmp
	# What ExecStartPre and StateDirectory do.
	chown -h $user $tmp/alpha/node.key $tmp/alpha
	chown -R $user $tmp/alpha/state
fi
# shellcheck disable=SC2016 # the hook's
conf alpha 'subnetupcmd = ip route replace $SUBNET dev $TUNDEV table 100'
socat -u UNIX-RECV:$tmp/manager.sock,mode=666 OPEN:$tmp/manager,creat,append &
manager=$!
must within "$LIMIT" test -S $tmp/manager.sock

read -ra command < <(setting ExecStart)
is "${command[*]}" '/usr/local/sbin/cluevpnd -f' 'ExecStart'
echo '--- start' >>$tmp/alpha/log
NOTIFY_SOCKET=$tmp/manager.sock WATCHDOG_USEC=500000 \
	nsenter --net=/run/netns/alpha "${as[@]}" "$O/cluevpnd" \
	"${command[@]:1}" -c $tmp/alpha -p $tmp/alpha/pid \
	>>$tmp/alpha/log 2>&1 </dev/null &
pid[alpha]=$!
start beta
soon 'it says when it is ready' said READY=1
[ ${#as[@]} -eq 0 ] ||
	is "$(awk '$1 == "Uid:" { print $2 }' "/proc/${pid[alpha]}/status")" \
		65534 'it never was root'
[ -z "$ahead" ] ||
	is "$(query alpha status .realtime)" true \
		'it runs ahead without CAP_SYS_NICE'
soon 'it carries packets' reach alpha beta
routed() {
	inside alpha ip route show table 100 | grep -q '^10.156.2.0/24'
}
soon 'its hooks may set routes' routed
: >$tmp/manager
soon 'it says that it is alive' said WATCHDOG=1
: >$tmp/manager
soon 'again and again' said WATCHDOG=1
not_ok 'and nothing else' said READY

# What ExecReload does: check, then tell.
: >$tmp/manager
ok 'its check is content' "${as[@]}" "$O/cluevpnd" -t -c $tmp/alpha
kill -HUP "${pid[alpha]}"
soon 'it says that it reads its files again' said 'RELOADING=1'
ok 'and since when' said 'MONOTONIC_USEC=[0-9]'
soon 'and that it has' said 'READY=1'
echo 'loglevel = loud' >>$tmp/alpha/cluevpn.conf
not_ok 'a wrong configuration fails the check' \
	"${as[@]}" "$O/cluevpnd" -t -c $tmp/alpha
: >$tmp/manager
kill -HUP "${pid[alpha]}"
soon 'a reload that fails ends as well' said 'READY=1'
soon 'and it lives on' reach alpha beta
: >$tmp/manager
kill -TERM "${pid[alpha]}"
soon 'it says that it stops' said STOPPING=1
ended alpha
is "${status[alpha]}" 0 'in order'
launch alpha
ended alpha
is "${status[alpha]}" "$(setting RestartPreventExitStatus)" \
	'systemd does not start it over and over with a wrong configuration'
stop beta
kill $manager
finish
