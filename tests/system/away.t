#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A node that was away for long: no address in its list is right any more, and
# it finds its way by one at which it reached somebody before.
# shellcheck source=tests/system/lib.sh disable=SC2317 # called by name
. tests/system/lib.sh

outer=4
network alpha beta gamma
known=$tmp/alpha/state/addresses
list alpha
cp $tmp/network.bnl $tmp/alone.bnl
list alpha beta gamma
give alpha beta gamma
for n in "${nodes[@]}"; do conf "$n" 'unanswered = 2s'; done

move() { # move NODE ADDRESS: it has that one from now on, and no other
	inside "$1" ip addr flush dev eth0
	inside "$1" ip addr add "$2/24" dev eth0
}
has_newest() {
	query "$1" status .list |
		grep -q "^$(sed -n 's/^timestamp //p' $tmp/network.bnl)"
}
at() { # at NODE PEER ADDRESS: there it sees it
	[ "$(query "$1" peers ".[] | select(.name == \"$2\") | .endpoint")" = \
		"$3:3406" ]
}

# --- what is remembered ---------------------------------------------------------
start alpha beta gamma
ok 'alpha reaches beta' reach alpha beta
ok 'and gamma' reach alpha gamma
soon 'where they are is written' test -s $known
is "$(stat -c %a $known)" 600 'for nobody else to read'
# Beta moves, and alpha hears from it before it goes away itself.
move beta 192.0.2.102
ok 'beta, elsewhere, reaches alpha' reach beta alpha
soon 'alpha sees where it is' at alpha beta 192.0.2.102
stop alpha
written() { # written ADDRESS-IN-HEX
	od -An -tx1 -v $known | tr -d ' \n' | grep -q "$1"
}
ok 'the new address is written at the stop' written 04c00002660d4e
not_ok 'and no other' written 04c00002670d4e

# --- months later -----------------------------------------------------------------
move gamma 192.0.2.103
address[beta]=192.0.2.102
address[gamma]=192.0.2.103
for _ in 1 2 3; do list alpha beta gamma; done
give beta
kill -USR1 "${pid[beta]}"
for n in beta gamma; do soon "the new list is at $n" has_newest $n; done
cp -r $tmp/alpha/state $tmp/then

start alpha
soon 'alpha, with an old list, gets the new one' has_newest alpha
for n in beta gamma; do ok "and reaches $n" reach alpha $n; done
stop alpha

# By TCP alone: the stored pairs are lost.
back_then() { # alpha's state of then
	rm -r $tmp/alpha/state
	cp -r $tmp/then $tmp/alpha/state
}
back_then
rm $tmp/alpha/state/pairs/*.pair
start alpha
soon 'without the stored secrets as well' has_newest alpha
ok 'and negotiates there' reach alpha beta
stop alpha

# --- without a proper list --------------------------------------------------------
back_then
: >$tmp/alpha/state/network.bnl
start alpha
soon 'with an empty list, too' has_newest alpha
ok 'and reaches beta' reach alpha beta
stop alpha
back_then
cp $tmp/alone.bnl $tmp/alpha/state/network.bnl
start alpha
soon 'and with one below the mark, which names nobody else' has_newest alpha
is "$(query alpha status .list_refused.older)" 1 'which is refused'
ok 'it reaches beta' reach alpha beta
stop alpha

# --- without a remembered address ---------------------------------------------------
# Of use where there is one: otherwise it has to wait for the others.
back_then
rm $known
inside beta nft 'add table inet t
	add chain inet t out { type filter hook output priority 0; }
	add rule inet t out ip daddr 192.0.2.1 ct state new drop'
inside gamma nft 'add table inet t
	add chain inet t out { type filter hook output priority 0; }
	add rule inet t out ip daddr 192.0.2.1 ct state new drop'
start alpha
sleep 5
not_ok 'without them it would not have found anybody' has_newest alpha
for n in beta gamma; do
	# Who pulls asks every other node in turn.
	conf $n 'unanswered = 2s' 'pullinterval = 5s'
	kill -HUP "${pid[$n]}"
	inside $n nft delete table inet t
done
soon 'until somebody finds it' has_newest alpha
stop alpha

# --- damaged ------------------------------------------------------------------------
back_then
flip $known 20
start alpha
ok 'a damaged file is told' says alpha 'state/addresses: .*set aside'
soon 'the node works on' reach beta alpha
soon 'and learns addresses anew' test -s $known
soon 'what was set aside is gone then' test ! -e $known.bad
stop alpha beta gamma
finish
