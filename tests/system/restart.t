#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A node that comes back goes on without a negotiation, as long as both have
# what they had agreed on.
# shellcheck source=tests/system/lib.sh disable=SC2317 # called by name
. tests/system/lib.sh

outer=4
network alpha beta
# A node that starts a second before the other one must not dial it.
for n in alpha beta; do
	conf $n 'unanswered = 2s'
	sed -i 's/^initretry.*/initretry = 2s/' $tmp/$n/cluevpn.conf
done
start alpha beta
ok 'there, at first' reach alpha beta
ok 'and back' reach beta alpha

negotiated() { # how many pairs were agreed on till now
	logs alpha 'peer=beta pair-new'
}
total() { # TCP connections till now
	echo $(($(connections alpha) + $(connections beta)))
}
pairs=$(negotiated)
tcp=$(total)
more "$pairs" 0 'what was negotiated shows in the log'
more "$tcp" 0 'and as TCP connections'

# --- nothing lost, nothing negotiated -----------------------------------------
same() { # same WHAT: traffic goes on, and nothing over TCP
	ok "$1: there" reach alpha beta
	ok "$1: and back" reach beta alpha
	is "$(negotiated)" "$pairs" "$1: nothing is negotiated"
	is "$(total)" "$tcp" "$1: no TCP connection"
}
crash alpha
WAIT=1 not_ok 'a node that was killed does not answer' reach beta alpha
start alpha
same 'one killed and started'
stop alpha
is "${status[alpha]}" 0 'it ends in order'
start alpha
same 'one stopped and started'
crash alpha beta
start alpha beta
same 'both killed and started'
stop alpha beta
start beta
start alpha
same 'both stopped and started'
sleep 3
is "$(total)" "$tcp" 'no TCP connection after a while either'

# --- something lost: negotiated anew ------------------------------------------
anew() { # anew FROM TO WHAT: traffic goes on, by a negotiation
	WAIT=1 soon "$3: there" reach "$1" "$2"
	WAIT=1 soon "$3: and back" reach "$2" "$1"
	more "$(negotiated)" "$pairs" "$3: negotiated anew"
	pairs=$(negotiated)
}
for n in alpha beta; do
	stop $n
	rm -r $tmp/$n/state/pairs
	start $n
	[ $n = alpha ] && other=beta || other=alpha
	anew $n "$other" "$n has lost its pairs and speaks"
	stop $n
	rm -r $tmp/$n/state/pairs
	start $n
	anew "$other" $n "$n has lost its pairs and is spoken to"
done
stop alpha
rm $tmp/alpha/state/static.key
start alpha
anew alpha beta 'a lost static key'
stop alpha
rm $tmp/alpha/state/static.key
start alpha
anew beta alpha 'a lost static key, and the other one speaks'

# --- damage -------------------------------------------------------------------
pair=$tmp/alpha/state/pairs/beta.pair
damaged() { # damaged WHAT: the record, while alpha is down
	local before

	before=$(logs alpha 'beta\.pair: .*set aside')
	rm -f $pair.bad
	start alpha
	more "$(logs alpha 'beta\.pair: .*set aside')" "$before" \
		"$1: the log says so"
	anew alpha beta "$1"
	soon "$1: what was set aside is gone then" test ! -e $pair.bad
}
for at in 0 8 40 -40 -1; do
	stop alpha
	flip $pair $at
	damaged "byte $at altered"
done
stop alpha
truncate -s -1 $pair
damaged 'a byte cut off'
stop alpha
: >$pair
damaged 'an empty record'
stop alpha
sed 's/beta/beth/' $pair >$tmp/foreign
cp $tmp/foreign $pair
damaged 'the name of another node'
stop alpha
cp $pair $tmp/alpha/state/pairs/gamma.pair
start alpha
ok 'a record under another name is set aside' \
	test -e $tmp/alpha/state/pairs/gamma.pair.bad
stop alpha
start alpha
ok 'until the next start' \
	test ! -e $tmp/alpha/state/pairs/gamma.pair.bad
same_pairs() { [ "$(negotiated)" = "$pairs" ] && reach alpha beta; }
ok 'and the one it was copied from is used' same_pairs
stop alpha
flip $tmp/alpha/state/static.key 20
start alpha
ok 'a damaged static key is replaced' \
	test ! -e $tmp/alpha/state/static.key.bad
anew alpha beta 'a damaged static key'
finish
