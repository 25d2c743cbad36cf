#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A node starts without its pairs, its static key or its newest state, with the
# lower or the higher of two names, listed with an address or behind a NAT: it is
# served again. And a node without an address gets new lists at once.
# Every role, and how soon, on the fake clock: tests/sim/lost_test.c,
# tests/sim/hidden_test.c.
# shellcheck source=tests/system/lib.sh disable=SC2317,SC2329 # called by name
. tests/system/lib.sh

outer=4
network alpha beta gamma
for n in alpha beta gamma; do
	printf '%s\n' "name = $n" 'devname = tun0' "statedir = $tmp/$n/state" \
		"ctlsocket = $tmp/$n/ctl" 'logmethod = stderr' \
		>$tmp/$n/cluevpn.conf
done

# gamma is behind a NAT: nobody can dial it.
address[gamma]=
list alpha beta gamma
give alpha beta gamma
inside gamma nft 'table ip f {
	chain i { type filter hook input priority 0;
		iif eth0 tcp flags & (syn | ack) == syn drop
	}
}' || skip_all 'no nftables here'

away() { # away NODE stop|crash WHAT: it starts again without that
	local state=$tmp/$1/state

	$2 "$1"
	case $3 in
	pairs) rm -r "$state/pairs" ;;
	key) flip "$state/static.key" 20 ;;
	state)
		rm -r "$state"
		give "$1"
		;;
	newest)
		rm -r "$state"
		cp -a "$state.old" "$state"
		;;
	esac
	start "$1"
}
# served WHAT NODE PEER: each reaches the other
served() {
	local began

	began=$(date +%s%3N)
	WAIT=1 soon "$1: served" reach "$3" "$2"
	WAIT=1 soon "$1: and serves" reach "$2" "$3"
	echo "# $1: after $(($(date +%s%3N) - began)) ms"
}

start alpha beta gamma
ok 'packets go' reach alpha beta
soon 'to the hidden node, too' reach alpha gamma
for n in alpha beta; do
	cp -a $tmp/$n/state $tmp/$n/state.old
done
for what in pairs key state newest; do
	away beta crash $what
	served "beta without its $what" beta alpha
	away alpha crash $what
	served "alpha without its $what" alpha beta
done
for what in pairs state; do
	away gamma stop $what
	served "gamma without its $what" gamma alpha
	away alpha stop $what
	served "alpha without its $what, gamma is idle" alpha gamma
done

# --- lists ---------------------------------------------------------------------------
all_up() {
	[ "$(query alpha peers '[.[] | select(.state == "up")] | length')" = 2 ]
}
within "$LIMIT" reach beta alpha >$tmp/out
soon 'alpha has sessions with all' all_up
for i in 1 2 3; do
	extra[alpha]="  x-note $i"
	list alpha beta gamma
	give alpha
	ok "push $i: all others say that they have it" ctl alpha push --wait=2
	sed 's/^/# /' $tmp/out
	ok "push $i: gamma has it on its disk" cmp $tmp/network.bnl \
		$tmp/gamma/state/network.bnl
done
finish
