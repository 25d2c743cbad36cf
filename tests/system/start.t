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

inside alpha sysctl -qw net.ipv6.conf.all.disable_ipv6=1
start alpha
ok 'it starts where IPv6 is off' taken 4
stop alpha

finish
