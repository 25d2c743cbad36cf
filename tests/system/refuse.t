#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Who is no member is refused, by either side, and both say why: once.
# shellcheck source=tests/system/lib.sh disable=SC2317 # called by name
. tests/system/lib.sh

# alpha and omega are good; the others were, by the first list, which they
# hold on to.
outer=4
network alpha foreign expired early removed revoked pinned ou omega
others="foreign expired early removed revoked pinned ou"

# --- certificates that are none -----------------------------------------------
# date_certificate NODE FROM TO: signed by the CA, valid from and to then
date_certificate() {
	local d=$tmp/$1

	mkdir "$d/ca"
	: >"$d/ca/index"
	cat >"$d/ca/openssl.cnf" <<-END
	[ca]
	default_ca = this
	[this]
	database = $d/ca/index
	new_certs_dir = $d/ca
	rand_serial = yes
	default_md = sha256
	policy = any
	x509_extensions = node
	unique_subject = no
	[any]
	commonName = supplied
	organizationalUnitName = optional
	[node]
	basicConstraints = critical,CA:FALSE
	keyUsage = critical,digitalSignature
	extendedKeyUsage = serverAuth,clientAuth
	subjectKeyIdentifier = hash
	authorityKeyIdentifier = keyid
	END
	must openssl ca -batch -config "$d/ca/openssl.cnf" -in "$d/node.csr" \
		-out "$d/node.pem" -notext -cert $tmp/ca/ca.pem \
		-keyfile $tmp/ca/ca.key -startdate "$2" -enddate "$3"
}
for n in "${nodes[@]}"; do
	rm "$tmp/$n"/node.*
	# alpha asks for an OU, and ou has another.
	certify "$n" --ou "$([ "$n" = ou ] && echo others || echo servers)"
done
authority $tmp/other
must "$O/keygen" sign $tmp/foreign/node.csr -o $tmp/foreign/node.pem --force \
	--ca $tmp/other
# It trusts both CAs, only the others do not trust it.
cp $tmp/other/ca.pem $tmp/foreign/other.pem
conf foreign 'cacert = ca.pem' 'cacert = other.pem'
date_certificate expired 20200101000000Z 20200201000000Z
date_certificate early 20900101000000Z 20910101000000Z
conf alpha 'restrictouname = servers'

# --- the list of the good -----------------------------------------------------
revoked=$("$O/keygen" fingerprint $tmp/revoked/node.pem)
extra[pinned]="  key $("$O/keygen" fingerprint $tmp/ca/ca.pem)"
extra[omega]="  key $("$O/keygen" fingerprint $tmp/omega/node.pem)"
list alpha foreign expired early pinned ou omega
give alpha omega

# shellcheck disable=SC2086 # a list of words
start alpha omega $others
ok 'the good ones meet: a pin and an OU that are right' reach alpha omega

attempt() { # all of them ping alpha; $tmp/reached names who got an answer
	local n pings=()

	: >$tmp/reached
	for n in $others; do
		{
			WAIT=2 reach "$n" alpha >/dev/null &&
				echo "$n" >>$tmp/reached
		} &
		pings+=($!)
	done
	wait "${pings[@]}"
}
# refused NODE LINE-AT-ALPHA LINE-AT-NODE
refused() {
	local n=$1

	soon "$n: alpha says why" says alpha "$2"
	soon "$n: it learns why itself" says "$n" "$3"
	is "$(query "$n" peers '.[] | select(.name == "alpha") |
		.counters.rx_packets')" 0 "$n: nothing came from alpha"
}
attempt
is "$(cat $tmp/reached)" '' 'nobody else reaches alpha'
refused removed 'peer=removed .*not in the list' 'peer=alpha .*not in the list'
refused revoked 'peer=revoked .*revoked key' 'peer=alpha .*revoked key'
refused pinned 'peer=pinned .*pins another key' 'peer=alpha .*pins another key'
refused ou 'peer=ou .*wrong organisational unit' \
	'peer=alpha .*wrong organisational unit'
refused foreign 'peer=foreign .*not signed by a CA' 'peer=alpha .*unknown ca'
refused expired 'peer=expired .*has expired' 'peer=alpha .*expired'
refused early 'peer=early .*not valid before' 'peer=alpha .*bad certificate'
WAIT=1 not_ok 'nor does alpha reach one of them' reach alpha pinned

# --- once ---------------------------------------------------------------------
lines() { for n in $others; do logs alpha "peer=$n .*(refused|failed)"; done; }
before=$(lines)
attempt
attempt
is "$(lines)" "$before" 'alpha does not say it again and again'
is "$(cat $tmp/reached)" '' 'still nobody reaches alpha'
is "$(query alpha status .peers_up)" 1 'nobody else is up'
finish
