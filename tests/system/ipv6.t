#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# IPv6 between the nodes: alone, preferred, refused; an address that is dead.
# shellcheck source=tests/system/lib.sh disable=SC2317 # called by name
. tests/system/lib.sh

# alpha and beta have nothing but IPv6, the others have both.
outer=6
network alpha beta
outer=46
member gamma
member delta
member zeta
conf zeta 'disableipv6 = yes'
# The first address of zeta leads nowhere.
address[zeta]="192.0.2.250 $(outer4 zeta)"
list alpha beta gamma delta zeta
give alpha beta gamma delta zeta
start alpha beta gamma

at() { # at FROM TO: where FROM finds TO
	query "$1" peers ".[] | select(.name == \"$2\") | .endpoint"
}
for family in 4 6; do
	ok "IPv$family from alpha to beta" reach alpha beta $family
	ok "IPv$family from beta to alpha" reach beta alpha $family
done
is "$(at alpha beta)" "[$(outer6 beta)]:3406" 'their traffic is in IPv6'
ok 'a node with both reaches one with IPv6 alone' reach gamma alpha
ok 'and is reached by it' reach beta gamma

# --- preference ---------------------------------------------------------------
# The lower name dials, so delta chooses.
meet() { # delta and gamma begin anew, delta with that preference
	rm -rf "$tmp/delta/state/pairs" "$tmp/gamma/state/pairs"
	conf delta "preferipv6 = $1"
	start gamma	# it is there when the other one dials
	start delta
	reach delta gamma && reach gamma delta
}
first() { # first tcp|udp: the protocol below, IP or IP6, of delta's first try
	tcpdump -n -r $tmp/tries.pcap -c 1 "$1" 2>/dev/null | awk '{ print $2 }'
}
to_gamma="dst port 3406 and (dst host $(outer4 gamma) or
	dst host $(outer6 gamma))"
stop gamma
for prefer in no yes; do
	capture $tmp/tries.pcap - v-delta "$to_gamma"
	ok "delta and gamma meet, preferipv6 = $prefer" meet $prefer
	stop delta gamma
	release $tmp/tries.pcap
	[ $prefer = yes ] && want=IP6 || want=IP
	is "$(first tcp) $(first udp)" "$want $want" "by $want"
done
start gamma

# --- an address that is dead --------------------------------------------------
start zeta
ok 'a first address that is dead does not matter' reach gamma zeta
is "$(at gamma zeta)" "$(outer4 zeta):3406" 'the second one is used'
listens() { # listens NODE 4|6
	inside "$1" ss "-$2Htuln" | grep -q ':3406 '
}
ok 'zeta listens on IPv4' listens zeta 4
not_ok 'and not on IPv6' listens zeta 6
ok 'gamma does' listens gamma 6
finish
