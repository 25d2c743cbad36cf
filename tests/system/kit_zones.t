#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The start-up kit's zones out of the list, as BIND, dnsmasq and unbound read
# them.
# shellcheck disable=SC2317,SC2086 # called by name; words
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/system/kit_rig.sh
. tests/system/kit_rig.sh
rig_needs named-checkzone dnsmasq host

keygen bnl -t ed25519 >/dev/null
echo "bnl = $tmp/network.bnl
bnlpubkey = $tmp/bnl-pub.pem" >kit.conf
sign() { # the list, from the standard input
	cat >text
	bnl-sign -y -k bnl.key ${first:---first} -o network.bnl text >out 2>err
	first=-y
}
zones() { "$kit/cluevpn-zones" -c kit.conf "$@"; }
sign <<'LIST'
network example.org
prefix 10.156.0.0/16
prefix 172.16.32.0/20
prefix fd00:c1::/46
node alpha
  address 192.0.2.1
  subnet 10.156.1.0/24
  subnet 10.156.100.0/24
  subnet fd00:c1:0:1::/64
node beta.example.org   # with the domain
  subnet 10.156.2.7/32
  subnet fd00:c1:3:a0::5/128
node gamma.east
  subnet 172.16.33.128/31
node delta
LIST
is "$?" 0 'a list'

# --- BIND -----------------------------------------------------------------------

mkdir zones
zones -o zones >got 2>err
is "$?$(cat err)" 0 'zones'
is "$(sed 's|.*/||' got | sort | tr '\n' ' ')" \
"0.0.0.0.1.c.0.0.0.0.d.f.ip6.arpa.zone 156.10.in-addr.arpa.zone \
3.0.0.0.1.c.0.0.0.0.d.f.ip6.arpa.zone 33.16.172.in-addr.arpa.zone \
example.org.zone zones.conf " 'one for the names, and those of the prefixes'
dump() { # dump ZONE: its records but for SOA and NS, as BIND sees them
	named-checkzone -q -D -o dump "$1" "zones/$1.zone" >>err 2>&1 ||
		return 1
	awk '$4 != "SOA" && $4 != "NS" { print $1, $4, $5 }' dump
}
is "$(dump example.org)" "alpha.example.org. A 10.156.1.1
alpha.example.org. AAAA fd00:c1:0:1::1
beta.example.org. A 10.156.2.7
beta.example.org. AAAA fd00:c1:3:a0::5
gamma.east.example.org. A 172.16.33.128" \
	'each node has the addresses of its device'
is "$(dump 156.10.in-addr.arpa)" \
	"1.1.156.10.in-addr.arpa. PTR alpha.example.org.
7.2.156.10.in-addr.arpa. PTR beta.example.org." 'and they have its name'
is "$(dump 33.16.172.in-addr.arpa)" \
	'128.33.16.172.in-addr.arpa. PTR gamma.east.example.org.' \
	'where a prefix ends between two dots'
for z in zones/*.ip6.arpa.zone; do
	z=${z#zones/}
	dump "${z%.zone}"
done >got
is "$(sort got)" "$(printf '%s.ip6.arpa. PTR %s.example.org.\n' \
	1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1.0.0.0.0.0.0.0.1.c.0.0.0.0.d.f alpha \
	5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.a.0.0.3.0.0.0.1.c.0.0.0.0.d.f beta |
	sort)" 'IPv6, too'
holds 'zones.conf names them all' test \
	"$(grep -c '^zone "[a-z0-9.-]*" { type master; file "/' zones/zones.conf)" \
	= "$(find zones -name '*.zone' | wc -l)"
holds 'and BIND takes it' named-checkconf -z zones/zones.conf
is "$(named-checkzone example.org zones/example.org.zone | sed -n \
	's/.*loaded serial //p')" "$(date -u -d "$(awk '$1 == "timestamp" {
	print $2 }' network.bnl)" +%s)" 'the serial is the time of the list'
is "$(zones -o zones)" '' 'a second run changes nothing'
echo '; another one' >zones/other.zone
sign <<'LIST'
network example.org
prefix 10.156.0.0/16
node alpha
  subnet 10.156.1.0/24
node epsilon
  subnet 10.156.5.0/24
LIST
zones -o zones >got 2>err
holds 'another list' grep -q /example.org.zone got
is "$(cd zones && echo *)" \
	'156.10.in-addr.arpa.zone example.org.zone other.zone zones.conf' \
	'takes away what it does not have, and nothing else'
is "$(dump example.org | tail -n 1)" 'epsilon.example.org. A 10.156.5.1' \
	'and has what came'
zones -o zones -z vpn.example.org -n alpha.vpn.example.org. >got 2>err
is "$(dump vpn.example.org | head -n 1)" 'alpha.vpn.example.org. A 10.156.1.1' \
	'another zone'

# --- others -----------------------------------------------------------------------

zones -a >hosts 2>err
is "$(tail -n +2 hosts)" "10.156.1.1 alpha.example.org alpha
10.156.5.1 epsilon.example.org epsilon" 'as /etc/hosts, for dnsmasq'
# dnsmasq answers with them, both ways.
ip link set lo up 2>/dev/null # in a network namespace of its own it is down
port=$((20000 + $$ % 10000))
dnsmasq -k -C /dev/null -p $port -R -h -H "$tmp/hosts" --pid-file= \
	--listen-address=127.0.0.1 --bind-interfaces --user="$(id -un)" \
	>dnsmasq.log 2>&1 &
dnsmasq=$!
trap 'kill $dnsmasq; rm -rf "$tmp"' EXIT
asked() { # asked NAME ANSWER: until it serves, which takes a moment
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		host -p $port -W 2 "$1" 127.0.0.1 >got 2>&1
		! grep -q "$2" got || return 0
		sleep 0.5
	done
	cat got
	return 1
}
holds 'dnsmasq has the name' asked alpha.example.org \
	'has address 10.156.1.1$'
holds 'and the address' asked 10.156.5.1 'pointer epsilon.example.org.$'
kill $dnsmasq
wait $dnsmasq
trap 'rm -rf "$tmp"' EXIT
zones -u >unbound.conf 2>err
holds 'for unbound' grep -qx \
	'local-data: "alpha.example.org. 300 IN A 10.156.1.1"' unbound.conf
holds 'with names of addresses' grep -qx \
	'local-data-ptr: "10.156.5.1 300 epsilon.example.org."' unbound.conf

sed 's/10.156.5.0/10.156.6.0/' network.bnl >x && mv x network.bnl
before=$(cat zones/*)
! zones -o zones >out 2>err
ok $? 'a list that does not verify'
is "$(cat zones/*)" "$before" 'changes nothing'
for words in '' '-o' '-z ../x -a' '-n -x -a' '-a more' "-o $tmp/none"; do
	# shellcheck disable=SC2086 # words
	! zones $words >out 2>err
	ok $? "cluevpn-zones $words: wrong usage"
done
tap_end
