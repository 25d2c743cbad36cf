#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A node with several addresses, of which the first ones lead nowhere or to
# somebody else: it is reached all the same, by the first packet. How soon: see
# several_addresses of tests/unit/core/conns_test.c, on a fake clock.
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
reached() { # the first packet is answered
	WAIT=$LIMIT reach alpha beta
}
first() { # first WHAT ADDRESS...: before beta's own
	local what=$1

	shift
	fresh "$@" "$real4"
	ok "first $what: reached" reached
	again
	stop alpha beta
}
# Counts the connections that alpha tries elsewhere before it has tried beta's own
# address: `begun` remembers that it has. A slow answer there is no reason to count.
inside alpha nft "add table inet c
	add set inet c begun { type inet_proto; flags dynamic; size 8; }
	add chain inet c out { type filter hook output priority 0; }
	add rule inet c out meta l4proto != tcp accept
	add rule inet c out tcp flags & (syn | ack) != syn accept
	add rule inet c out ip daddr $real4 add @begun { meta l4proto } accept
	add rule inet c out ip6 daddr $(outer6 gamma) accept
	add rule inet c out meta l4proto @begun accept
	add rule inet c out counter"
elsewhere() {
	inside alpha nft -j list chain inet c out |
		jq '[.nftables[].rule?.expr[]?.counter?.packets // empty] | add'
}
again() { # the next negotiation begins behind the address that led nowhere
	local before

	must inside alpha nft flush set inet c begun
	before=$(elsewhere)
	ctl alpha negotiate beta >/dev/null
	soon '... a new pair' renewed
	is "$(elsewhere)" "$before" '... begins at the right one'
}
renewed() { [ "$(logs alpha 'peer=beta pair-new')" -gt 1 ]; }
log_new() { : >$tmp/alpha/log; }

log_new; first 'a silent one' "$silent4"
log_new; first 'a silent one of IPv6' "$silent6"
log_new; first 'another node' "$(outer4 gamma)"
start gamma
# alpha may dial gamma itself from now on.
must inside alpha nft insert rule inet c out ip daddr "$(outer4 gamma)" accept
log_new; first 'another node, running' "$(outer4 gamma)"
ok 'the log names it' says alpha "certificate .*gamma"
log_new; first 'ourselves' "$(outer4 alpha)"
log_new; first 'a web server' "$(outer4 other) port 4001"
log_new; first 'a banner' "$(outer4 other) port 4002"
log_new; first 'a tarpit' "$(outer4 other) port 4003"
log_new; first 'closed at once' "$(outer4 other) port 4004"
log_new; first 'noise' "$(outer6 other) port 4005"
log_new; first 'many' "$silent4" "$silent6" "$(outer4 gamma)" \
	"$(outer4 other) port 4001" "$(outer4 other) port 4003"

# --- a pair is stored --------------------------------------------------------------
fresh "$silent4" "$silent6" "$real4"
ok 'a pair is agreed' reached
stop alpha beta
capture $tmp/init.pcap alpha eth0 "udp and (dst port 3406 or dst port 4000) and
	(src host $(outer4 alpha) or src host $(outer6 alpha)) and
	not host $(outer6 gamma)"
start beta alpha
ok 'the next start reaches it' reached
release $tmp/init.pcap
ok 'its own address is among those that are called at once' eval \
	"tcpdump -n -r $tmp/init.pcap -c 4 2>&1 | grep -F ' > $real4.3406: '"

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
ok 'one that was right before does not keep it from the right one' reached
stop alpha beta gamma
kill "${servers[@]}" 2>/dev/null
finish
