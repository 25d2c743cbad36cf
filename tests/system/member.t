#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A node of the list that is no friend: what it sends passes every check of a
# key. All of it is dropped, counted and bounded, and told in safe words.
# (Its lists: list_refuse.t.)
# shellcheck source=tests/system/lib.sh disable=SC2317 # called by name
. tests/system/lib.sh
# shellcheck source=tests/system/hostile_lib.sh
. tests/system/hostile_lib.sh

STORM=${STORM:-60}
case ${HOSTILE:-} in
short) STORM=120 ;;
full) STORM=600 ;;
esac

outer=4
network alpha beta gamma
for n in alpha beta gamma; do
	conf $n 'compalgos = zlib:9:300' 'channelidle = 500ms'
done
a=$(outer4 alpha) b=$(outer4 beta)
start alpha beta gamma
ok 'packets go' reach alpha beta
ok 'from gamma, too' reach gamma beta
crash alpha
watch beta gamma

# --- by UDP -----------------------------------------------------------------------
drops() { # drops REASON: of what alpha sent
	query beta peers ".[] | select(.name == \"alpha\") |
		.drops[\"$1\"] // 0"
}
counted() { # counted REASON NUMBER
	[ "$(drops "$1")" -eq "$2" ] || {
		query beta peers '.[] | select(.name == "alpha").drops'
		return 1
	}
}
capture $tmp/tun.pcap beta tun0 'udp port 9'
inside alpha "$helpers/rogue" alpha beta $tmp/alpha/state "$a" "$b" 3406 \
	init=none empty \
	packet=10.156.1.1,10.156.2.1,32 \
	packet=10.156.3.1,10.156.2.1,32 \
	packet=fd00:c1:0:3::1,fd00:c1:0:2::1,32 \
	packet=10.156.2.1,10.156.2.1,32 \
	packet=192.0.2.3,10.156.2.1,32 \
	packet=10.156.1.1,10.156.3.1,32 \
	packet=fd00:c1:0:1::1,fd00:c1:0:3::1,32 \
	packet=10.156.1.1,10.156.2.255,32 \
	bomb=60000 bomb=1000000 bomb=1400000 bomb=9001 \
	junk=1,1 junk=1,900 junk=1,1400 \
	junk=0,1 junk=0,20 junk=0,1400 junk=2,60 \
	junk=4,1 junk=4,3 junk=4,900 \
	packet=fd00:c1:0:1::1,fd00:c1:0:2::1,32 >$tmp/said 2>&1 ||
	{ cp $tmp/said $tmp/out; die 'the rogue does not do it'; }
sed 's/^/# /' $tmp/said
soon 'sources that are not its own: dropped' counted inner-source 4
soon 'destinations elsewhere: dropped' counted inner-dest 2
soon 'what blows up, and what does not open: dropped' counted unpack 7
soon 'what is no packet: dropped' counted inner-malformed 4
arrived() { [ "$(packets $tmp/tun.pcap)" -ge 3 ]; }
soon 'its own three packets arrive' arrived
release $tmp/tun.pcap
is "$(packets $tmp/tun.pcap)" 3 'and nothing else'
ok 'beta is well' reach gamma beta

# --- by TCP -----------------------------------------------------------------------
says_no() { # says_no LIE PATTERN: beta answers that to it
	inside alpha "$helpers/member" -d $tmp/alpha -N "$1" alpha beta "$b" \
		3406 $tmp/network.bnl >$tmp/said 2>&1
	cat $tmp/said
	grep -q "$2" $tmp/said
}
pair() { sha256sum <$tmp/beta/state/pairs/alpha.pair; }
had=$(pair)
ok 'no cipher: no pair' says_no none hello
ok 'the null cipher: refused' says_no null 'refused: .*protocol'
ok 'one cipher twice: refused' says_no twice 'refused: .*protocol'
ok 'an unknown cipher: no pair' says_no future hello
ok 'control bytes in the name: refused' says_no name 'refused: .*protocol'
ok 'a wrong confirmation: refused' says_no confirm 'refused: .*protocol'
ok 'control bytes in a refusal' says_no refuse '^end'
ok 'are told' says beta \
	'refuses us: busy: al\\x1b\[31mpha\\x0d\\x0aerror: forged\\x07\\x7f'
is "$(pair)" "$had" 'the secret of before stays as it was'
no_control_bytes() { ! grep -nP '[\x00-\x08\x0b-\x1f\x7f]' $tmp/beta/log; }
ok 'nothing of it is a control byte in the log' no_control_bytes
not_ok 'nor a line of its own' says beta '^error: forged'

# A storm of negotiations that come to nothing.
inside gamma ping -n -q -i 0.01 -c 300 -W 5 "$(inner4 beta)" >$tmp/pings &
ping=$!
lines=$(wc -l <$tmp/beta/log)
for i in $(seq 6); do
	for _ in $(seq $((STORM / 6))); do
		inside alpha "$helpers/member" -d $tmp/alpha -N confirm alpha \
			beta "$b" 3406 $tmp/network.bnl
	done >$tmp/said."$i" 2>&1 &
	storm[i]=$!
done
wait "${storm[@]}" $ping
said=$(cat $tmp/said.*)
echo "# storm: $(grep -c hello <<<"$said") of $STORM were answered," \
	"$(grep -c 'refused' <<<"$said") refused"
sed -n 's/^rtt /# storm: pings: &/p' $tmp/pings
is "$(sed -n 's/.*, \([0-9.]*\)% packet loss.*/\1/p' $tmp/pings)" 0 \
	'a storm of negotiations: no ping of gamma is lost'
more 20 $(($(wc -l <$tmp/beta/log) - lines)) 'and the log stays short'
is "$(pair)" "$had" 'the secret is still there'
start alpha
soon 'alpha, honest again, is a node as ever' reach alpha beta
is "$(logs beta 'peer=alpha pair-new')" 1 'without a negotiation'
unharmed beta gamma
finish
