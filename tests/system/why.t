#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# `cluevpnctl why NODE` tells apart what keeps nodes from each other: a
# sentence, a reason, an exit status, within two seconds.
# shellcheck source=tests/system/lib.sh disable=SC2317 # called by name
. tests/system/lib.sh

outer=4
network alpha beta gamma
member delta
for n in "${nodes[@]}"; do
	conf $n 'silence = 500ms' 'pullinterval = 1s' 'unanswered = 2s'
done
start alpha beta gamma
for n in beta gamma; do ok "alpha reaches $n" reach alpha $n; done
ok 'and beta gamma' reach beta gamma

why() { # why NODE ABOUT: the JSON; status in $tmp/rc
	ctl "$1" --json why "$2" >$tmp/why
	echo $? >$tmp/rc
}
tells() { # tells NODE ABOUT REASON EXIT
	why "$1" "$2"
	[ "$(jq -r .reason $tmp/why) $(cat $tmp/rc) $(jq .exit $tmp/why)" = "$3 $4 $4" ] ||
		{
			cat $tmp/rc
			jq -c 'del(.events)' $tmp/why
			return 1
		}
}
sentence() { # sentence PATTERN: of the last answer
	jq -r .sentence $tmp/why | grep -E -e "$1"
}
drop() { # drop NODE RULE: a filter in its namespace
	inside "$1" nft -f - <<-END
	table inet t {
		chain in { type filter hook input priority 0; $2 }
	}
	END
}
undrop() { inside "$1" nft delete table inet t; }

# --- all is well ------------------------------------------------------------------
ok 'a node that answers' tells alpha beta reachable 0
ok 'with its address' sentence 'beta is reachable at 192.0.2.2:3406, round trip'
ok 'this node itself' tells alpha alpha reachable 0
is "$(jq '.peer' $tmp/why)" null 'which is no peer'
ctl alpha why beta >$tmp/text
is "$(head -n 1 $tmp/text | cut -d ' ' -f 1-3)" 'beta is reachable' \
	'the sentence comes first'
for word in route address cipher 'pair age' 'session age' 'our list' mtu; do
	ok "the evidence has: $word" grep -q "^$word" $tmp/text
done

# --- names -----------------------------------------------------------------------
ok 'no such name' tells alpha bata no-such-name 10
ok 'and the nearest one' sentence 'no node bata; near it: beta'
is "$("$O/cluevpnctl" -s $tmp/alpha/ctl why 'no name' >/dev/null 2>&1; echo $?)" \
	1 'what is no name is refused'
is "$("$O/cluevpnctl" -s $tmp/alpha/ctl why >/dev/null 2>&1; echo $?)" 2 \
	'no name at all: usage'

# --- stopped in order --------------------------------------------------------------
stop beta
ok 'a node that said goodbye' tells alpha beta stopped 18
ok 'and when' sentence 'stopped by its operator at [0-9-]+T[0-9:]+Z'
ok 'the log says so, too' says alpha 'peer=beta peer-down: .*stopped by its operator'
start beta
ok 'it is back' reach alpha beta
ok 'and reachable again' tells alpha beta reachable 0

# --- gone without a word ------------------------------------------------------------
crash beta
ok 'its host refuses' tells alpha beta closed 14
ok 'where' sentence 'refuses connections at 192.0.2.2:3406'
start beta
soon 'it is back' reach alpha beta
soon 'to gamma, too' reach gamma beta

# the kernel sends few ICMP errors a second
drop beta 'tcp dport 3406 reject with tcp reset; udp dport 3406 reject;'
ok 'a firewall that rejects' tells alpha beta closed 14
undrop beta
soon 'no more' tells alpha beta reachable 0

soon 'gamma has a session with it' reach gamma beta

# --- silence -------------------------------------------------------------------------
# Were beta to miss an answer to what it sent last, it would call, and be heard.
sleep 1
drop beta 'meta l4proto { tcp, udp } th dport 3406 ip saddr 192.0.2.1 drop;
	meta l4proto { tcp, udp } th sport 3406 ip saddr 192.0.2.1 drop;'
ok 'a firewall that drops' tells alpha beta silent 15
ok 'and gamma still reaches it' sentence '1 of 1 other nodes reaches it'
is "$(jq -c '[.others.asked, .others.reach]' $tmp/why)" '[1,1]' \
	'which was asked'
undrop beta
soon 'no more' tells alpha beta reachable 0

sleep 1
drop beta 'ip saddr 192.0.2.1 udp dport 3406 drop;'
soon 'only UDP' tells alpha beta silent 15
ok 'is told' sentence 'answers by TCP, and not by UDP'
# beta tries, alpha hears it and answers, and beta drops the answers
heard() {
	inside beta ping -n -c 1 -W 1 10.156.1.1
	tells alpha beta one-way 16
}
soon 'its handshakes are heard, the answers are not' heard
ok 'one way' sentence 'beta is heard, and does not hear'
undrop beta
soon 'no more' tells alpha beta reachable 0

# --- lists -----------------------------------------------------------------------------
list alpha beta
give alpha
kill -USR1 "${pid[alpha]}"
gone_from() { ! query "$1" peers '.[].name' | grep -qx gamma; }
soon 'gamma is removed' gone_from alpha
ok 'which is told' tells alpha gamma removed 11
ok 'with the list that did it' sentence \
	'gamma was removed from the list, by the one of [0-9]{4}-.* taken here at'
soon 'gamma hears of it' query gamma status '.peers == 0' 
soon 'and knows what that means' tells gamma alpha removed 11
stop gamma
rm -f $tmp/gamma/state/network.bnl

# delta has a list without alpha, and alpha a newer one
list beta delta
give delta
list alpha beta delta
give alpha beta
for n in alpha beta; do kill -USR1 "${pid[$n]}"; done
knows() { query "$1" peers '.[].name' | grep -qx "$2"; }
soon 'alpha knows delta' knows alpha delta
start delta
soon 'who has an older list takes the newer one' tells alpha delta reachable 0

# --- keys -------------------------------------------------------------------------------
mkdir $tmp/other
certify other
fp=$(openssl x509 -in $tmp/other/node.pem -pubkey -noout |
	openssl pkey -pubin -outform der | sha256sum | cut -d ' ' -f 1)
extra[beta]="  key sha256:$fp"
list alpha beta delta
give alpha
kill -USR1 "${pid[alpha]}"
soon 'a key that the list does not say' tells alpha beta key 13
ok 'with both' sentence "it offers sha256:[0-9a-f]+, the list says sha256:$fp"
soon 'beta is refused and says so' tells beta alpha key 13
unset 'extra[beta]'
list alpha beta delta
give alpha beta
for n in alpha beta; do kill -USR1 "${pid[$n]}"; done
soon 'no more' tells alpha beta reachable 0

# --- certificates ---------------------------------------------------------------------------
stop beta
rm -rf $tmp/beta/state/pairs $tmp/alpha/state/pairs
certify_old() {
	local key=$tmp/beta/node.key

	openssl req -new -key $key -subj /CN=beta -out $tmp/beta.csr
	printf 'extendedKeyUsage=serverAuth,clientAuth\nkeyUsage=digitalSignature\nauthorityKeyIdentifier=keyid\n' >$tmp/ext
	openssl x509 -req -in $tmp/beta.csr -CA $tmp/ca/ca.pem \
		-CAkey $tmp/ca/ca.key -extfile $tmp/ext -days -1 \
		-out $tmp/beta/node.pem 2>/dev/null ||
	openssl x509 -req -in $tmp/beta.csr -CA $tmp/ca/ca.pem \
		-CAkey $tmp/ca/ca.key -extfile $tmp/ext \
		-not_before 20200101000000Z -not_after 20210101000000Z \
		-out $tmp/beta/node.pem
}
must certify_old
stop alpha
start alpha beta
soon 'a certificate that has ended' tells alpha beta date 17
ok 'whose' sentence 'has expired'
ok 'and its own node knows' tells beta alpha date 17
ok 'of itself' sentence 'the certificate of this node has ended'
is "$(query beta status '[.warnings[].warning] | index("certificate-end") != null')" \
	true 'and warns'

stop alpha beta delta
finish
