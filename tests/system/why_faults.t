#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# `cluevpnctl why NODE` tries before it answers: a goodbye does not hide what
# is wrong after the next start, and each fault of the way has its sentence.
# shellcheck source=tests/system/lib.sh disable=SC2317 # called by name
. tests/system/lib.sh
# shellcheck source=tests/system/hostile_lib.sh
. tests/system/hostile_lib.sh

outer=4
echo 'hosts: files' >$tmp/nsswitch.conf
printf '127.0.0.1 localhost\n192.0.2.4 named.example.org\n' >$tmp/hosts
for f in nsswitch.conf hosts; do must mount --bind $tmp/$f /etc/$f; done
network alpha beta gamma
member delta
member epsilon
for n in "${nodes[@]}"; do
	conf $n 'silence = 500ms' 'pullinterval = 1h' 'unanswered = 2s'
done
# delta by its name; epsilon stands where gamma is
address[delta]=named.example.org
must inside gamma ip addr add 192.0.2.30/24 dev eth0
address[epsilon]=192.0.2.30
list alpha beta gamma delta epsilon
give alpha beta gamma delta
clocked beta
start alpha beta gamma delta
ok 'alpha reaches beta' reach alpha beta
ok 'and delta, by its name' reach alpha delta

tells() { # tells NODE ABOUT REASON EXIT
	ctl "$1" --json why "$2" >$tmp/why
	echo $? >$tmp/rc
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
		chain in { type filter hook input priority 0; $2; }
		chain out { type filter hook output priority 0; ${3:-accept}; }
	}
	END
}
undrop() { inside "$1" nft delete table inet t; }

# --- a goodbye, and what came after it ----------------------------------------------
stop beta
ok 'a node that was stopped' tells alpha beta stopped 18
cp -a $tmp/beta $tmp/beta.right

certify_old() {
	openssl req -new -key $tmp/beta/node.key -subj /CN=beta \
		-out $tmp/beta.csr
	printf 'extendedKeyUsage=serverAuth,clientAuth\nkeyUsage=digitalSignature\nauthorityKeyIdentifier=keyid\n' >$tmp/ext
	openssl x509 -req -in $tmp/beta.csr -CA $tmp/ca/ca.pem \
		-CAkey $tmp/ca/ca.key -extfile $tmp/ext -days -1 \
		-out $tmp/beta/node.pem 2>/dev/null ||
	openssl x509 -req -in $tmp/beta.csr -CA $tmp/ca/ca.pem \
		-CAkey $tmp/ca/ca.key -extfile $tmp/ext \
		-not_before 20200101000000Z -not_after 20210101000000Z \
		-out $tmp/beta/node.pem
}
again() { # again COMMAND...: beta says goodbye and starts otherwise
	crash beta
	rm -rf $tmp/beta
	cp -a $tmp/beta.right $tmp/beta
	start beta
	within "$LIMIT" tells alpha beta reachable 0 >$tmp/out || die 'not back'
	stop beta
	"$@"
	start beta
}
start beta
again true
ok 'the next start beats a goodbye' tells alpha beta reachable 0

lose() { rm -rf $tmp/beta/state/pairs $tmp/beta/state/static.key; }
old() { lose; must certify_old; }
again old
ok 'so does an expired certificate' tells alpha beta date 17
ok 'which is told' sentence 'has expired'
ok 'to others as well' tells gamma beta date 17

wrong() { lose; clock beta -400000000 0; }
again wrong
ok 'and a wrong clock' tells alpha beta date 17
clock beta 0 0

shut() {
	lose
	drop beta 'meta l4proto { tcp, udp } th dport 3406 drop' \
		'tcp dport 3406 drop; udp dport 3406 drop'
}
again shut
ok 'and lost state behind a firewall' tells alpha beta silent 15
ok 'the goodbye is told as well' sentence 'no answer from beta .*; it said goodbye at'
undrop beta
again lose
soon 'and lost state' tells alpha beta reachable 0

# --- TCP alone ------------------------------------------------------------------------
drop beta 'tcp dport 3406 drop'
ok 'TCP shut while a secret is known' tells alpha beta tcp-shut 22
ok 'is told' sentence 'reachable at .* by UDP, and TCP to 192.0.2.2:3406 gets no answer'
is "$(jq .reachable $tmp/why)" true 'and packets pass'
undrop beta
drop beta 'tcp dport 3406 reject with tcp reset'
ok 'TCP refused' tells alpha beta tcp-shut 22
ok 'is told' sentence 'TCP to 192.0.2.2:3406 is refused'
undrop beta
ok 'no more' tells alpha beta reachable 0

# --- who answers instead ------------------------------------------------------------------
ok 'another node at the address' tells alpha epsilon other-machine 25
ok 'is named' sentence 'something else does: the certificate is of gamma'
stop gamma
inside gamma socat TCP4-LISTEN:3406,fork,reuseaddr SYSTEM:'echo 220 mail' \
	>/dev/null 2>&1 &
other=$!
soon 'another program at the port' tells alpha gamma other-machine 25
ok 'is told' sentence 'does not speak TLS'
kill $other

# --- names -----------------------------------------------------------------------------------
stop alpha delta
echo '127.0.0.1 localhost' >$tmp/hosts
rm -f $tmp/alpha/state/addresses
start alpha
soon 'a host name that has no address' tells alpha delta no-host 24
ok 'is named' sentence 'the host name named.example.org of delta cannot be looked up: .'

# --- the own link ------------------------------------------------------------------------------
must ip link set v-alpha down
ok 'a link without a carrier' tells alpha beta no-route 23
ok 'names the interface' sentence '192.0.2.2: the interface eth0 of this host, which leads there, has no link'
must ip link set v-alpha up
inside alpha ip link set eth0 down
ok 'an interface that is down' tells alpha beta no-route 23
ok 'is told' sentence 'this host has no way to beta: 192.0.2.2: Network is unreachable'
inside alpha ip link set eth0 up
soon 'up again' tells alpha beta reachable 0

stop alpha beta
finish
