#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Two nodes with a different mtu, at the start or after a reload, packed or
# not: nothing is lost, and senders hear of packets that cannot pass.
# shellcheck source=tests/system/lib.sh disable=SC2317 # called by name
. tests/system/lib.sh

outer=4
network alpha beta
head -c 3000000 /dev/urandom >$tmp/noise
head -c 3000000 /dev/zero >$tmp/zeros
outside() { # outside BYTES: what the network between them takes
	local n

	ip link set br0 mtu "$1"
	for n in alpha beta; do
		ip link set "v-$n" mtu "$1"
		inside $n ip link set eth0 mtu "$1"
	done
}
fits() { # fits FROM TO BYTES: a packet that may not be cut, and its answer
	inside "$1" ping -n -c 1 -W 5 -M 'do' -s $(($3 - 28)) "$(inner4 "$2")"
}
crosses() { # crosses WHAT
	ok "$1: TCP" transfer alpha beta 4 $tmp/noise
	ok "$1: and back" transfer beta alpha 4 $tmp/noise
	ok "$1: what packs well" transfer alpha beta 6 $tmp/zeros
	ok "$1: and back" transfer beta alpha 6 $tmp/zeros
}

outside 9200
for comp in lzo:1 zlib:6 none; do
	[ -z "${pid[alpha]:-}" ] || stop alpha beta
	rm -rf $tmp/{alpha,beta}/state/pairs
	conf alpha "compalgos = $comp:100" 'mtu = 9000'
	conf beta "compalgos = $comp:100" 'mtu = 1280'
	start alpha beta
	ok "$comp: there" reach alpha beta
	ok "$comp: 9000 bytes to 1280" fits alpha beta 9000
	crosses "$comp, 9000 and 1280"
	is "$(dropped alpha) $(dropped beta)" '{} {}' "$comp: nothing is dropped"

	conf alpha "compalgos = $comp:100" 'mtu = 1300'
	conf beta "compalgos = $comp:100" 'mtu = 8000'
	kill -HUP "${pid[alpha]}" "${pid[beta]}"
	mtus() {
		[ "$(query alpha peers '.[0].mtu') $(query beta peers \
			'.[0].mtu')" = '1300 8000' ]
	}
	soon "$comp: another mtu by reload" mtus
	ok "$comp: 8000 bytes to 1300" fits beta alpha 8000
	crosses "$comp, 1300 and 8000"
	is "$(dropped alpha) $(dropped beta)" '{} {}' "$comp: nothing is dropped"
done

# The network takes less than beta's mtu.
outside 1500
# The first one is lost while the path is measured.
told() {
	! fits beta alpha 5000 >$tmp/ping && grep -q 'mtu = 1440\|mtu=1440' \
		$tmp/ping
}
soon 'too long for the path: its sender is told' told
more "$(query beta peers '.[0].drops["too-big"]')" 0 'and it is counted'
is "$(query beta status '.warnings[] | select(.warning == "mtu").text')" \
	"the path takes packets of 1440 bytes, mtu is 8000 (at $(outer4 alpha):3406)" \
	'and warned of'
ok '1440 bytes to 1300' fits beta alpha 1440
crosses 'a path of 1500'
finish
