#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A node with several addresses, of which the first ones lead nowhere or to
# somebody else: it is reached all the same, and soon.
# shellcheck source=tests/system/lib.sh disable=SC2317 # called by name
. tests/system/lib.sh

network alpha beta gamma
host other
real4=$(outer4 beta) real6=$(outer6 beta)
# Their IPv4 addresses are not in the list: beta's first one may be one of them.
address[alpha]=$(outer6 alpha) address[gamma]=$(outer6 gamma)
# The timers that a user has.
for n in alpha beta; do
	sed -i '/^initretry\|^negotiategap/d' $tmp/$n/cluevpn.conf
done
# beta waits until it is called.
inside beta nft 'add table inet t
	add chain inet t out { type filter hook output priority 0; }
	add rule inet t out ct state new drop'

# --- what may be at an address -------------------------------------------------
# Packets to port 4000 and to a part of its addresses vanish there.
inside other nft 'add table inet t
	add chain inet t in { type filter hook input priority 0; }
	add rule inet t in tcp dport 4000 drop
	add rule inet t in meta l4proto udp drop'
silent4="$(outer4 other) port 4000" silent6="$(outer6 other) port 4000"
must openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	-keyout $tmp/web.key -out $tmp/web.pem -subj /CN=beta
inside other openssl s_server -accept 4001 -cert $tmp/web.pem \
	-key $tmp/web.key -www >/dev/null 2>&1 &
servers=($!)
serve() { # serve PORT SHELL: this for each connection
	inside other socat "TCP6-LISTEN:$1,ipv6only=0,reuseaddr,fork" \
		"SYSTEM:$2" 2>/dev/null &
	servers+=($!)
}
serve 4002 "echo SSH-2.0-OpenSSH_9.2p1; cat >/dev/null"
serve 4003 'cat >/dev/null; sleep 60'
serve 4004 true
serve 4005 'head -c 100000 /dev/urandom; sleep 60'
listens() { inside other ss -Hltn | grep -c ":400[1-5] " | grep -qx 5; }
must within "$LIMIT" listens

# --- each before the right one ---------------------------------------------------
fresh() { # fresh ADDRESS...: both start, with these of beta; nothing is learned
	local n

	extra[beta]=$(printf '  address %s\n' "$@")
	address[beta]=
	list alpha beta gamma
	give alpha beta gamma
	for n in alpha beta; do
		rm -rf $tmp/$n/state/{pairs,addresses}
	done
	start beta alpha
}
soon_reached() { # soon_reached MS: a packet is answered within this time
	local began took

	began=$(date +%s%3N)
	reach alpha beta || return
	took=$(($(date +%s%3N) - began))
	echo "$took ms"
	[ $took -lt "$1" ]
}
first() { # first MS WHAT ADDRESS...: before beta's own
	local ms=$1 what=$2

	shift 2
	fresh "$@" "$real4"
	ok "first $what: reached within $ms ms" soon_reached "$ms"
	sed 's/^/# /' $tmp/out | grep ' ms$'
	again
	stop alpha beta
}
# What alpha tries elsewhere than at beta's own address.
inside alpha nft "add table inet c
	add chain inet c out { type filter hook output priority 0; }
	add rule inet c out ip daddr $real4 accept
	add rule inet c out ip6 daddr $(outer6 gamma) accept
	add rule inet c out tcp flags & (syn | ack) == syn counter"
elsewhere() {
	inside alpha nft -j list chain inet c out |
		jq '[.nftables[].rule?.expr[]?.counter?.packets // empty] | add'
}
again() { # the next negotiation begins behind the address that led nowhere
	local before

	before=$(elsewhere)
	ctl alpha negotiate beta >/dev/null
	ok '... a new pair' within 5 renewed
	is "$(elsewhere)" "$before" '... begins at the right one'
}
renewed() { [ "$(logs alpha 'peer=beta pair-new')" -gt 1 ]; }
log_new() { : >$tmp/alpha/log; }

log_new; first 1000 'a silent one' "$silent4"
log_new; first 1000 'a silent one of IPv6' "$silent6"
log_new; first 2000 'another node' "$(outer4 gamma)"
start gamma
log_new; first 2000 'another node, running' "$(outer4 gamma)"
ok 'the log names it' says alpha "certificate .*gamma"
log_new; first 2000 'ourselves' "$(outer4 alpha)"
log_new; first 2000 'a web server' "$(outer4 other) port 4001"
log_new; first 2000 'a banner' "$(outer4 other) port 4002"
log_new; first 2000 'a tarpit' "$(outer4 other) port 4003"
log_new; first 2000 'closed at once' "$(outer4 other) port 4004"
log_new; first 2000 'noise' "$(outer6 other) port 4005"
log_new; first 2500 'many' "$silent4" "$silent6" "$(outer4 gamma)" \
	"$(outer4 other) port 4001" "$(outer4 other) port 4003"

# --- a pair is stored --------------------------------------------------------------
fresh "$silent4" "$silent6" "$real4"
ok 'a pair is agreed' reach alpha beta
stop alpha beta
start beta alpha
ok 'the next start needs no time for silent addresses' soon_reached 1000

# --- one that was remembered ---------------------------------------------------------
stop alpha beta
inside beta ip addr del "$real4/24" dev eth0
inside beta ip addr add 192.0.2.102/24 dev eth0
inside other ip addr add "$real4/24" dev eth0
extra[beta]=$(printf '  address %s\n' 192.0.2.102)
list alpha beta gamma
give alpha beta gamma
rm -rf $tmp/{alpha,beta}/state/pairs
start beta
start alpha
ok 'one that was right before costs nothing' soon_reached 1000
stop alpha beta gamma
kill "${servers[@]}" 2>/dev/null
finish
