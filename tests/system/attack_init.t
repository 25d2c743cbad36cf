#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# INITs that were caught, 1,000 a second, from their own address and from
# others, before a session is confirmed and while keys are replaced: they draw
# cookies at most, and no pair suffers. And cookies that are not right.
# shellcheck source=tests/system/lib.sh disable=SC2317 # called by name
. tests/system/lib.sh
# shellcheck source=tests/system/hostile_lib.sh
. tests/system/hostile_lib.sh

RATE=${RATE:-1000} SPAN=2
case ${HOSTILE:-} in
short) SPAN=5 ;;
full) SPAN=20 ;;
esac

outer=4
network alpha beta
host mallory
a=$(outer4 alpha) b=$(outer4 beta) m=$(outer4 mallory)
quick=('rekey = 500ms' 'rekeyresponder = 5s' 'reject = 12s')
for n in alpha beta; do conf $n "${quick[@]}"; done

again() { # again SOURCE: the INITs that were caught, to beta
	inside mallory "$helpers/attack" again "$RATE" $SPAN "$b" 3406 "$1" 1 \
		$tmp/init.pcap >/dev/null
}
inits() { [ "$(packets $tmp/init.pcap)" -ge "$1" ]; }
peer() { query beta peers ".[0].$1"; } # what beta has of alpha
drops() { query beta peers ".[0].drops[\"$1\"] // 0"; }
answers() { # answers FILTER: that beta has given meanwhile
	packets $tmp/answers.pcap "src host $b and udp and ($1)"
}
listen() { capture $tmp/answers.pcap - v-beta "udp port 3406"; }

capture $tmp/init.pcap - v-beta "udp[8] == 1 and src host $a and dst host $b"
start alpha beta
inside alpha ping -q -n -c 200 -i 0.02 -W 5 "$(inner4 beta)" >$tmp/pings
soon 'INITs were caught' inits 4
release $tmp/init.pcap
watch alpha beta

# --- while keys are replaced --------------------------------------------------
listen
before=$(peer handshakes) moved=$(drops ephemeral)
again - &
first=$!
again "$m" &
second=$!
inside alpha ping -q -n -c $((50 * SPAN)) -i 0.02 -W 5 "$(inner4 beta)" \
	>$tmp/pings
wait $first $second
release $tmp/answers.pcap
is "$(sed -n 's/.*, \([0-9.]*\)% packet loss.*/\1/p' $tmp/pings)" 0 \
	'while keys are replaced: no ping is lost'
sed -n 's/^rtt /# &/p' $tmp/pings
more "$(peer handshakes)" $((before + 1)) 'they are replaced'
more "$(drops ephemeral)" $((moved + 1000)) 'the copies are told by their key'
is "$(answers "dst host $m")" 0 'no answer goes elsewhere'
is "$(peer endpoint)" "$a:3406" 'alpha has not moved'
unharmed alpha beta

# --- before a session is confirmed ----------------------------------------------
crash alpha beta
start beta
listen
again -
again "$m"
release $tmp/answers.pcap
resps=$(answers 'udp[8] == 2') cookies=$(answers 'udp[8] == 3')
echo "# $((2 * SPAN * RATE)) INITs: $resps RESP, $cookies COOKIE"
more $(($(packets $tmp/init.pcap) + 1)) "$resps" \
	'beta, which knows them no more, answers each once at most'
more "$cookies" 1000 'and cookies to others'
is "$(answers 'udp[8] > 3')" 0 'and nothing else'
is "$(answers 'udp[8] == 3 and udp[4:2] != 60')" 0 'which are shorter'
is "$(peer handshakes)" 0 'no session comes of it'
again - &
first=$!
start alpha
soon 'alpha, meanwhile, gets through' reach alpha beta
more "$(query alpha peers '.[0].handshakes')" 0 'by its own handshake'
wait $first
ok 'and stays' reach beta alpha

# --- cookies --------------------------------------------------------------------
crash alpha
stop beta
conf beta 'cookierotate = 500ms'
start beta
watch beta
listen
inside alpha "$helpers/rogue" alpha beta $tmp/alpha/state "$a" "$b" 3406 \
	init=none init=none init=zero init=random wait=50 init=kept \
	port=4000 init=kept port=3406 \
	init=none wait=50 init=kept wait=1600 init=kept >$tmp/said 2>&1
release $tmp/answers.pcap
is "$(tr '\n' ' ' <$tmp/said)" "none: resp none: cookie zero: cookie \
random: cookie kept: resp kept: cookie none: cookie kept: resp kept: cookie " \
	'cookies: none, zero, wrong, right, from elsewhere, expired'
is "$(peer handshakes)" 0 'no session is confirmed by a handshake'
inside alpha "$helpers/rogue" alpha beta $tmp/alpha/state "$a" "$b" 3406 \
	init=none storm=$((SPAN * RATE)),$RATE >$tmp/said 2>&1
sed 's/^/# /' $tmp/said
resps=$(sed -n 's/.*: \([0-9]*\) resp.*/\1/p' $tmp/said)
more "${resps:-0}" 0 'a storm of good ones: some are answered'
ms=$(sed -n 's/.* in \([0-9]*\) ms.*/\1/p' $tmp/said)
more $((ms / 20 + 2)) "${resps:-0}" 'not more than one in 20 ms'
start alpha
soon 'alpha is back' reach alpha beta
unharmed beta
finish
