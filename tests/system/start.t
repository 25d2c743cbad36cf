#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Starting where not everything is free or there.
# shellcheck source=tests/system/lib.sh disable=SC2317 # called by name
. tests/system/lib.sh

taken() { # taken FAMILY: somebody listens on alpha's port
	inside alpha ss -Hltn"$1" sport = :3406 | grep -q .
}
fails() { # fails WHAT PATTERN: alpha does not start, and says why
	launch alpha
	ended alpha
	is "${status[alpha]}" 1 "$1"
	ok "... and it says so" says alpha "$2"
}

network alpha beta
where=([4]='0\.0\.0\.0:3406' [6]='\[::\]:3406')

for family in 4 6; do
	only=
	[ $family = 4 ] || only=,ipv6-v6only
	nsenter --net=/run/netns/alpha \
		socat "TCP$family-LISTEN:3406$only" PIPE 2>/dev/null &
	other=$!
	soon "port 3406 is taken, IPv$family" taken $family
	fails 'the daemon does not start without it' \
		"error: TCP ${where[$family]}.*Address already in use"
	kill $other
	wait $other 2>/dev/null
	: >$tmp/alpha/log
done

# Where it was started it says why it does not start, wherever the log goes.
refuses() { # refuses WHAT PATTERN [CLUEVPND'S OPTION...]
	local how

	for how in -f ''; do
		for method in syslog stderr "file
logfile = $tmp/alpha/file"; do
			sed '/^logmethod/d; /^logfile/d' $tmp/alpha/kept \
				>$tmp/alpha/cluevpn.conf
			echo "logmethod = $method" >>$tmp/alpha/cluevpn.conf
			inside alpha timeout "$LIMIT" "$O/cluevpnd" $how \
				-c $tmp/alpha -p $tmp/alpha/pid "${@:3}" \
				>$tmp/said 2>&1 </dev/null
			is $? 1 "$1, ${method%%[!a-z]*} $how: it does not start"
			ok '... and says so there' grep "error: .*$2" \
				$tmp/said
		done
	done
}
set_aside() { cp $tmp/alpha/cluevpn.conf $tmp/alpha/kept; }
set_aside
start alpha
refuses 'a second daemon' 'another daemon (pid [0-9]*) holds'
refuses 'another port only' '3406: Address already in use' -p $tmp/alpha/pid2
stop alpha
: >$tmp/null
must mount --bind $tmp/null /dev/net/tun
refuses 'no TUN device' 'TUN device tun0'
must umount /dev/net/tun
conf alpha 'upcmd = echo the script says why; exit 3'
set_aside
refuses 'upcmd failed' 'the script says why'
conf alpha
set_aside
echo spoiled >$tmp/alpha/state/mark
chmod 600 $tmp/alpha/state/mark
refuses 'a spoiled mark' 'state/mark is damaged'
rm $tmp/alpha/state/mark
must setpriv --bounding-set -net_admin true
old=$O
mkdir $tmp/bin
printf '#!/bin/sh\nexec setpriv --bounding-set -net_admin %s/cluevpnd "$@"\n' \
	"$O" >$tmp/bin/cluevpnd
chmod +x $tmp/bin/cluevpnd
O=$tmp/bin
refuses 'no CAP_NET_ADMIN' 'tun0: Operation not permitted'
printf '#!/bin/sh\nulimit -c 0; exec %s/cluevpnd "$@"\n' "$old" \
	>$tmp/bin/cluevpnd
conf alpha 'upcmd = kill -SEGV $PPID; sleep 1'
inside alpha $tmp/bin/cluevpnd -c $tmp/alpha -p $tmp/alpha/pid >$tmp/said 2>&1
is $? 1 'killed while it starts'
ok '... and the parent says so' grep 'killed by signal 11' $tmp/said
O=$old
conf alpha

# Nobody reads the log: everything else goes on.
mkfifo $tmp/fifo
exec 9<>$tmp/fifo
launch_unread() {
	nsenter --net=/run/netns/alpha "$O/cluevpnd" -f -d debug -c $tmp/alpha \
		-p $tmp/alpha/pid 2>$tmp/fifo </dev/null >&2 &
	pid[alpha]=$!
}
head -c 65536 /dev/zero >&9
launch_unread
start beta
soon 'the log is full from the start: packets go' reach alpha beta
ok '... the control socket answers' ctl alpha status
for ((i = 0; i < 40; i++)); do kill -USR2 "${pid[alpha]}"; sleep 0.05; done
WAIT=2 ok '... packets go while lines pile up' reach alpha beta
ok '... a reload is heeded' ctl alpha reload
began=$SECONDS
stop alpha beta
is "${status[alpha]}" 0 'it ends on TERM'
ok '... within 10 s' test $((SECONDS - began)) -le 10
exec 9<&-

inside alpha sysctl -qw net.ipv6.conf.all.disable_ipv6=1
start alpha
ok 'it starts where IPv6 is off' taken 4
stop alpha

finish
