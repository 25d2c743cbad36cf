#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Certificates that keygen would not make, or not for now: as a daemon's own
# at its start, and as what somebody shows who connects. Refused, and both the
# log and a counter say so; the one that ends after 2038 is taken.
# Other lists and authorities: refuse.t. What is what: crypto's unit tests.
# shellcheck source=tests/system/lib.sh disable=SC2317,SC2329 # called by name
. tests/system/lib.sh

outer=4
network alpha beta gamma
authority $tmp/other
start alpha

# odd KIND [AUTHORITY]: $tmp/beta/odd.pem, with beta's key
odd() {
	must eval "'$O/tests/helpers/oddcert' $tmp/${2:-ca}/ca.pem \
		$tmp/${2:-ca}/ca.key $tmp/beta/node.key beta $1 \
		>$tmp/beta/odd.pem"
}
# An address that nothing was said about yet, for each.
last=100
connect() { # connect: shows it to alpha, until that ends the connection
	last=$((last + 1))
	inside beta ip addr add 192.0.2.$last/24 dev eth0
	inside beta timeout "$LIMIT" openssl s_client -brief \
		-bind 192.0.2.$last:0 -connect 192.0.2.1:3406 -tls1_3 \
		-alpn cluevpn/1 -cert $tmp/beta/odd.pem \
		-key $tmp/beta/node.key -CAfile $tmp/ca/ca.pem >$tmp/shown 2>&1 \
		< <(sleep "$LIMIT")
}
failed() { query alpha status .tls_failed; }
more_failed() { [ "$(failed)" -gt "$1" ]; }

shown() { # shown KIND LOG-LINE ALERT [AUTHORITY]
	local before

	odd "$1" "${4:-ca}"
	before=$(failed)
	connect
	soon "$1: alpha says why" says alpha \
		"peer-refused: connection from 192.0.2.$last: .*$2"
	soon "$1: and counts it" more_failed "$before"
	ok "$1: the other side learns it" grep -q "alert $3" $tmp/shown
}
shown good 'is not signed by a CA of this network' 'unknown ca' other
shown expired 'certificate of the other side has expired' 'certificate expired'
shown early 'certificate of the other side is not valid before' \
	'bad certificate'
shown no-eku 'is not made for a TLS client' 'unsupported certificate'
shown two-names '2 Common Names where exactly one is needed' 'bad certificate'
shown nul 'Common Name "beta\\x00\.evil" is no node name' 'bad certificate'
shown long 'Common Name "beta(a{61})" is no node name' 'bad certificate'
shown unknown-critical 'has a critical extension that is not known here' \
	'certificate unknown'
before=$(failed)
odd good
connect
not_ok 'a good one meets no alert' grep -q alert $tmp/shown
is "$(failed)" "$before" 'and is not counted'
is "$(logs alpha 'peer=beta .*negotiated')" 0 'nobody has negotiated'

# --- as the daemon's own ------------------------------------------------------------
own() { # own KIND ERROR [AUTHORITY]
	odd "$1" "${3:-ca}"
	cp $tmp/beta/odd.pem $tmp/beta/node.pem
	launch beta
	ended beta
	is "${status[beta]}" 2 "$1: no daemon starts with it"
	ok "$1: it says which file and why" says beta \
		"error: $tmp/beta/node.pem: own certificate.*$2"
	: >$tmp/beta/log
}
own good 'is not signed by a CA of this network' other
own no-eku 'is not made for a TLS client'
own two-names '2 Common Names'
own nul 'Common Name "beta\\x00\.evil" is no node name'
own long 'is no node name'
own unknown-critical 'has a critical extension that is not known here'

# Whose clock is right is not known here: it starts, and warns.
dated() { # dated KIND WARNING
	odd "$1"
	cp $tmp/beta/odd.pem $tmp/beta/node.pem
	start beta
	ok "$1: it starts and warns" eval \
		"ctl beta status | grep -q 'certificate.*$2' || says beta '$2'"
	WAIT=1 not_ok "$1: nobody talks to it" reach beta alpha
	stop beta
}
dated expired 'has ended'
dated early 'not valid before'

# --- beyond 2038 --------------------------------------------------------------------
for n in beta gamma; do
	must eval "'$O/tests/helpers/oddcert' $tmp/ca/ca.pem $tmp/ca/ca.key \
		$tmp/$n/node.key $n beyond-2038 >$tmp/$n/node.pem"
done
start beta gamma
ok 'two with certificates that end after 2038 meet' reach beta gamma
ok 'and others' reach beta alpha
more "$(query beta status .certificate_end | cut -d- -f1)" 2060 \
	'the end is told right'
finish
