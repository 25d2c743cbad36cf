#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Nodes that are removed, revoked or pinned to another key lose sessions and
# secrets on every node that has the list; nor do they come back to one that
# was away as it came, once that has it.
# shellcheck source=tests/system/lib.sh disable=SC2317,SC2329 # called by name
. tests/system/lib.sh

outer=4
out='removed revoked repinned'
# shellcheck disable=SC2086 # a list of words
network alpha beta gamma $out
for n in "${nodes[@]}"; do conf "$n" 'unanswered = 2s'; done
for n in alpha beta gamma; do conf $n 'unanswered = 2s' 'pullinterval = 2s'; done
fingerprint() { "$O/keygen" fingerprint "$tmp/$1/node.pem"; }
# What they hold on to: they never learn of another list.
for n in $out; do conf "$n" 'unanswered = 2s' 'pullinterval = 24h'; done

start "${nodes[@]}"
for n in $out; do
	for to in alpha beta gamma; do ok "$n reaches $to" reach $n $to; done
done
ok 'alpha reaches beta' reach alpha beta
for n in alpha beta gamma; do
	for o in $out; do
		soon "$n has a secret with $o" test -e $tmp/$n/state/pairs/$o.pair
	done
done
stop gamma

# --- the list that does it ------------------------------------------------------------
mkdir $tmp/new
must "$O/keygen" node repinned -d $tmp/new --ca $tmp/ca
extra[repinned]="  key $("$O/keygen" fingerprint $tmp/new/node.pem)"
revoked=$(fingerprint revoked)
old=$revoked
list alpha beta gamma revoked repinned
has_newest() {
	query "$1" status .list |
		grep -q "^$(sed -n 's/^timestamp //p' $tmp/network.bnl)"
}
# up NODE PEER: NODE has a session with it
up() {
	query "$1" peers ".[] | select(.name == \"$2\").state" | grep -qx up
}
give alpha
kill -USR1 "${pid[alpha]}"
for n in alpha beta; do soon "the list is in force at $n" has_newest $n; done
shut_out() { # shut_out NODE: of what NODE has, they have no part
	local n=$1 o

	for o in $out; do
		soon "$n has no secret with $o" \
			test ! -e $tmp/$n/state/pairs/$o.pair
		not_ok "$n has no session with $o" up $n $o
	done
}
refusals=('removed .*not in the list' 'revoked .*revoked key'
	'repinned .*pins another key')
told() { # told NODE: it says why it refuses each of them
	local r

	for r in "${refusals[@]}"; do
		soon "$1 refuses TLS: $r" says "$1" "peer=$r"
	done
}
silent() { # silent NODE: nobody of them reaches it, or is reached
	local o pings=()

	: >$tmp/reached
	for o in $out; do
		{ WAIT=3 reach $o "$1" >/dev/null && echo $o; } >>$tmp/reached &
		pings+=($!)
		{ WAIT=3 reach "$1" $o >/dev/null && echo $o; } >>$tmp/reached &
		pings+=($!)
	done
	wait "${pings[@]}"
	is "$(cat $tmp/reached)" '' "nobody of them reaches $1, or is reached"
}
for n in alpha beta; do
	shut_out $n
	silent $n
	told $n
done
ok 'alpha reaches beta all the same' reach alpha beta

# --- one that was away --------------------------------------------------------------------
for o in $out; do
	ok "gamma, away, has a secret with $o" \
		test -e $tmp/gamma/state/pairs/$o.pair
done
: >$tmp/gamma/log
start gamma
soon 'gamma has caught up' has_newest gamma
shut_out gamma
silent gamma
told gamma
# With all that they hold, from the beginning.
# shellcheck disable=SC2086 # a list of words
stop $out
# shellcheck disable=SC2086 # a list of words
start $out
for n in alpha beta gamma; do
	silent $n
	shut_out $n
done
stop gamma
start gamma
shut_out gamma
silent gamma
ok 'gamma and beta' reach gamma beta

# --- with another key, they are back --------------------------------------------------------
stop revoked repinned
cp $tmp/new/node.key $tmp/new/node.pem $tmp/repinned/
rm $tmp/revoked/node.*
certify revoked
is "$([ "$(fingerprint revoked)" = "$old" ] && echo same)" '' 'a new key'
start revoked repinned
for o in revoked repinned; do
	for n in alpha gamma; do
		WAIT=1 soon "$o, with a good key, reaches $n" reach $o $n
	done
done
silent_removed() { ! WAIT=2 reach removed alpha; }
ok 'the one that is not in the list does not' silent_removed
finish
