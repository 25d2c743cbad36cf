#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The addresses of the device follow the list.
# shellcheck source=tests/system/lib.sh disable=SC2317 # called by name
. tests/system/lib.sh

addresses() { # those of alpha's device, in one line
	inside alpha ip -j addr show dev tun0 |
		jq -r '[.[0].addr_info[] | select(.scope == "global") |
			"\(.local)/\(.prefixlen)"] | sort | join(" ")'
}
has() { # has ADDRESSES: exactly these
	[ "$(addresses)" = "$*" ]
}
take() { # take NODE...: a new list of these is in force at alpha
	list "$@"
	give alpha
	kill -HUP "${pid[alpha]}"
}

network alpha beta
v6='fd00:c1:0:1::/64'
subnet[alpha]="10.156.1.0/24 10.156.9.0/24 10.156.17.0/24 $v6"
list alpha beta
give alpha beta
start alpha
soon 'each subnet has its address' has 10.156.1.1/16 10.156.17.1/16 \
	10.156.9.1/16 fd00:c1:0:1::1/48

# The kernel takes the others of a network away with the first one.
subnet[alpha]="10.156.9.0/24 10.156.17.0/24 10.156.33.0/24 $v6"
take alpha beta
soon 'one goes, the others stay' has 10.156.17.1/16 10.156.33.1/16 \
	10.156.9.1/16 fd00:c1:0:1::1/48

# The network becomes larger around them.
prefixes='10.156.0.0/15 fd00:c1::/40'
take alpha beta
soon 'a larger network is routed to the device' has 10.156.17.1/15 \
	10.156.33.1/15 10.156.9.1/15 fd00:c1:0:1::1/40

take beta
soon 'a node that is gone has none' has
take alpha beta
soon 'and has them again when it is back' has 10.156.17.1/15 \
	10.156.33.1/15 10.156.9.1/15 fd00:c1:0:1::1/40
stop alpha
is "${status[alpha]}" 0 'it stops in order'

finish
