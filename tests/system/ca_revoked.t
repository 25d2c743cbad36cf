#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The key of a CA is revoked: all pairs that were agreed by certificates under
# it end, bnl-sign names the nodes before, and the daemons name them then.
# Nodes under another CA go on.
# shellcheck source=tests/system/lib.sh disable=SC2317,SC2329 # called by name
. tests/system/lib.sh

outer=4
network alpha beta gamma delta
for n in "${nodes[@]}"; do
	conf "$n" 'unanswered = 2s' "cacert = $tmp/both.pem" \
		"bnl = $tmp/$n/state/network.bnl"
done

# Gamma and delta get their certificates from another CA, all trust both.
authority $tmp/other
cat $tmp/ca/ca.pem $tmp/other/ca.pem >$tmp/both.pem
for n in gamma delta; do
	rm -f $tmp/$n/node.*
	must "$O/keygen" node $n -d $tmp/$n --ca $tmp/other
done
key=$("$O/keygen" fingerprint $tmp/other/ca.pem)
start "${nodes[@]}"
for n in beta gamma delta; do
	ok "alpha reaches $n" reach alpha $n
	soon "alpha has a secret with $n" test -e $tmp/alpha/state/pairs/$n.pair
done
ok 'gamma reaches delta' reach gamma delta

# --- before it is signed --------------------------------------------------------
sign() {
	"$O/bnl-sign" revoke -c $tmp/alpha -k $tmp/bnl.key \
		-l $tmp/alpha/state/network.bnl "$@" "$key" >$tmp/said 2>&1
}
tells() { # tells WHAT: gamma and delta are named, and nobody else
	ok "$1: it tells what would happen" grep -q \
		'key of a CA would be revoked' $tmp/said
	is "$(grep -xE '  [a-z]+' $tmp/said | sort | tr -d ' \n')" deltagamma \
		"$1: to which nodes"
}
sign -n
is $? 0 'a dry run ends with 0'
tells 'a dry run'
sign
is $? 1 'nobody is there to be asked: nothing is signed'
tells 'unasked'
ok 'gamma is still reached' reach alpha gamma
sign -y
is $? 0 'with --yes it is signed'
tells 'with --yes'

# --- in force -----------------------------------------------------------------------
up() { query "$1" peers ".[] | select(.name == \"$2\").state" | grep -qx up; }
kill -USR1 "${pid[alpha]}"
for n in alpha beta; do
	for o in gamma delta; do
		soon "$n has no secret with $o any more" \
			test ! -e $tmp/$n/state/pairs/$o.pair
		not_ok "$n has no session with $o" up $n $o
	done
done
for o in gamma delta; do
	soon "alpha says which pair ended: $o" says alpha \
		"peer=$o pair-gone: .*key of a CA above its certificate is revoked"
	WAIT=1 not_ok "alpha does not reach $o" reach alpha $o
done
ok 'alpha reaches beta' reach alpha beta
is "$(logs alpha 'peer=beta pair-gone')" 0 'whose pair stays'
is "$(logs alpha 'peer=beta peer-down')" 0 'and whose session stays'
warned() { # warned NODE TEXT
	query "$1" status '.warnings[].text' | grep "$2"
}
soon 'gamma does not get the list, and warns' warned gamma \
	'removed from the network, or its key or that of a CA above .*: alpha'
install -m 600 $tmp/alpha/state/network.bnl $tmp/delta/state
kill -USR1 "${pid[delta]}"
soon 'delta is given the list, and warns' warned delta \
	'revokes the key of a CA above this node'
soon 'in the log, too' says delta 'certificate-end: the list revokes'

# --- at a start ----------------------------------------------------------------------
# A pair that an old copy of the state directory brings back.
stop alpha
cp $tmp/alpha/state/pairs/beta.pair $tmp/beta.pair
start alpha
ok 'alpha starts, and reaches beta' reach alpha beta
is "$(logs alpha 'peer=beta pair-gone')" 0 'by the pair that it had'
sign -n
is $? 0 'a key that is revoked already'
not_ok 'is told of no more' grep 'key of a CA' $tmp/said

# --- another certificate ------------------------------------------------------------
rm -f $tmp/gamma/node.*
must "$O/keygen" node gamma -d $tmp/gamma --ca $tmp/ca
kill -HUP "${pid[gamma]}"
soon 'gamma comes back with a certificate of the other CA' reach alpha gamma
soon 'and warns no more' eval '! warned gamma "refuses it"'
finish
