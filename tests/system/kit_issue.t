#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The start-up kit's server side, as remctld runs it: who gets a certificate
# for what, what is kept of it, and many calls at once. Status, revocation and
# backups are in kit_ca.t; a real realm is in kit_enroll.t.
# shellcheck disable=SC2317 # called by name
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/system/kit_rig.sh
. tests/system/kit_rig.sh
rig_needs openssl flock
# shellcheck source=tests/system/kit_server.sh
. "$tests/kit_server.sh"

gets() { # gets WHAT USER NAME REQUEST: a certificate, as cert.pem
	ask "$2" cert "$3" <"$4" >cert.pem 2>err
	ok $? "$1"
}
refused() { # refused WHAT WORDS USER NAME REQUEST
	! ask "$3" cert "$4" <"$5" >out 2>err && [ ! -s out ] && grep -qF -e "$2" err
	ok $? "$1"
}

ask '' help >got 2>&1
holds 'help says what there is' grep -q '^cluevpn cert NAME' got
ask $ann ca >got 2>&1
holds 'the CA' cmp got ca/ca.pem
ask $ann bnl >got 2>&1
holds 'the list' cmp got list/network.bnl
ask $ann bnlkey >got 2>&1
holds 'the key of the list' cmp got list/bnl-pub.pem
ask $ann dns >got 2>err
is "$?$(grep -c 'no nameserver' err)" 11 'a server without name servers says so'
printf '%s\n' 'nameserver = 10.156.1.53' 'nameserver = fd00:c1::53' >>kit.conf
is "$(ask $ann dns)" "10.156.1.53
fd00:c1::53" 'the name servers inside the VPN'
sed -i '/^nameserver/d' kit.conf
for what in ca bnl bnlkey dns; do
	! ask eve@EXAMPLE.ORG $what >out 2>err && [ ! -s out ]
	ok $? "$what is not for those who have no node"
done

# The daemon's user owns the folder of the list and may put anything there.
if [ "$(id -u)" -eq 0 ]; then
	chmod 711 "$tmp"
	mkdir daemon
	chown 65534:65534 daemon
	sed -i "s|^bnl = .*|bnl = $tmp/daemon/network.bnl|" kit.conf
	plant() { # plant COMMAND...: in that folder, as that user
		rm -f daemon/network.bnl
		setpriv --reuid=65534 --regid=65534 --clear-groups \
			env -C daemon "$@" || exit 1
	}
	gives_nothing() { # gives_nothing TEXT WORDS
		! timeout 20 env REMOTE_USER=$ann REMOTE_ADDR=192.0.2.7 \
			CLUEVPN_KIT_CONF="$tmp/kit.conf" "$kit/issue" bnl \
			>out 2>err && [ ! -s out ] && grep -qF -e "$2" err
		ok $? "$1"
	}
	plant ln -s "$ca/ca.key" network.bnl
	gives_nothing 'a link to the key of the CA gives nothing' 'link'
	plant ln -s "$tmp/list/network.bnl" network.bnl
	gives_nothing 'nor does a link to a list that verifies' 'link'
	plant mkfifo network.bnl
	gives_nothing 'nor a pipe' 'not a regular file'
	plant true
	sed 's/10.156.1.0/10.156.9.0/' list/network.bnl >daemon/network.bnl
	gives_nothing 'nor a list that was changed' 'signature'
	request b0 beta
	! ask $ann cert beta <b0/node.csr >out 2>err && [ ! -s out ] &&
		grep -qF 'which keys are revoked' err
	ok $? 'nor is a certificate given beside such a list'
	sed -i "s|^bnl = .*|bnl = $tmp/list/network.bnl|" kit.conf
fi

# --- who gets what --------------------------------------------------------------

request b1 beta
gets 'a certificate' $ann beta b1/node.csr
holds 'verifies' openssl verify -x509_strict -CAfile ca/ca.pem cert.pem
is "$(subject cert.pem)" 'subject=CN=beta' 'has the name'
is "$(key cert.pem)" "$(key b1/node.csr)" 'and the key'
holds 'is kept' cmp cert.pem ca/certs/beta.pem
is "$(cut -d ' ' -f 2,3,6,7 ca/index)" "beta $(key b1/node.csr) $ann new" \
	'and in the index'
is "$(cut -d ' ' -f 1 ca/index)" \
	"$(openssl x509 -in cert.pem -noout -serial | cut -d = -f 2)" \
	'with its serial'
holds 'and in the audit log, with who and where from' grep -q \
	" $ann 192.0.2.7 cert beta: new, serial" ca/audit.log
is "$(stat -c %a ca/index ca/audit.log | sort -u)" 600 \
	'which others may not read'
cp cert.pem first.pem

request a alpha
request g gamma
refused 'the name of somebody else' 'not a name of' $ann alpha a/node.csr
holds 'is in the audit log' grep -q "$ann 192.0.2.7 refused: cert alpha" \
	ca/audit.log
refused 'a principal without nodes' 'has no node here' eve@EXAMPLE.ORG beta \
	b1/node.csr
for user in host/alpha.example.org@EXAMPLE.COM host/alpha.example.org \
	'ann@EXAMPLE.ORG ' 'ann@EXAMPLE.ORGX' 'ANN@EXAMPLE.ORG' 'an.@EXAMPLE.ORG' \
	'10@EXAMPLE.ORG' '.*@EXAMPLE.ORG' 'ann@EXAMPLE.ORG@X' '' '@' \
	'ann@EXAMPLE.ORG
eve@EXAMPLE.ORG' 'gamma' '#'; do
	refused "principal '$user'" '' "$user" gamma g/node.csr
done
for name in ../gamma gamma/../beta . .. '' '*' 'gam*' GAMMA 'beta gamma' \
	'gamma
' -n /etc/passwd "$(printf '%064d' 0)"; do
	refused "name '$name'" '' $ann "$name" g/node.csr
done
is "$(find ca -newer g/node.csr -name '*.pem' | wc -l)" 0 \
	'no certificate was made for any of them'
holds 'nor a line of the audit log broken' test \
	"$(grep -cv '^20..-..-..T..:..:..Z [^ ]*@[^ ]* 192.0.2.7 ' \
	ca/audit.log)" = 0

# The subject of a request is what its maker likes.
refused 'a request of another name' 'the request is of alpha, not of gamma' \
	$ann gamma a/node.csr
mkdir o
keygen node gamma -d o --ou admins >/dev/null
gets 'a request with an OU' $ann gamma o/node.csr
is "$(subject cert.pem)" 'subject=CN=gamma' 'does not get it'
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	-keyout x.key -subj /CN=delta -out x.csr -addext \
	'basicConstraints=critical,CA:TRUE' -addext 'subjectAltName=DNS:alpha' \
	>/dev/null 2>&1
gets 'a request that wants to be a CA' $ann delta x.csr
! openssl x509 -in cert.pem -noout -text | grep -q 'CA:TRUE\|DNS:alpha'
ok $? 'is none, and has no other name'

# --- what is no request ---------------------------------------------------------

refused 'nothing' 'no request on the standard input' $ann beta /dev/null
echo hello >junk
refused 'something' 'is no request' $ann beta junk
refused 'a certificate' 'is no request' $ann beta first.pem
refused 'a key' 'is no request' $ann beta b1/node.key
head -c 20000 /dev/zero >long
refused 'too much' 'more than 16384 bytes' $ann beta long
# one whose own signature is false: the key is somebody else's
openssl req -in g/node.csr -outform DER -out g.der
size=$(stat -c %s g.der)
head -c $((size - 1)) g.der >f.der
tail -c 1 g.der | tr '\000-\377' '\001-\377\000' >>f.der
openssl req -inform DER -in f.der -out forged.csr 2>/dev/null
refused 'a request whose signature is false' '' $ann beta forged.csr
before=$(wc -l <ca/index)
is "$before" 3 'none of these is in the index'

# --- again, another key, the same one -------------------------------------------

gets 'the same request again' $ann beta b1/node.csr
holds 'gets the same certificate' cmp cert.pem first.pem
is "$(wc -l <ca/index)" 3 'no other one was made'
holds 'nothing is to be revoked' test ! -e ca/revoke.txt
request b2 beta
gets 'a request with another key' $ann beta b2/node.csr
is "$(key cert.pem)" "$(key b2/node.csr)" 'gets a certificate for it'
is "$(cut -d ' ' -f 1 ca/revoke.txt)" "$(key b1/node.csr)" \
	'the old key is to be revoked'
holds 'bnl-sign takes that' bnl-sign revoke -y -k list/bnl.key \
	-l list/network.bnl --from ca/revoke.txt
holds 'it is in the list' grep -q "^revoke *$(key b1/node.csr)" list/network.bnl
holds 'with the name of the node' grep -q '^revoke .*# beta' list/network.bnl
refused 'the old key again' 'was replaced by another one' $ann beta b1/node.csr
openssl req -new -key b2/node.key -subj /CN=gamma -out stolen.csr
refused 'a key that another node has' 'the key is one of beta' $ann gamma \
	stolen.csr
request b3 beta
sed -e '/^timestamp/d' -e '/^history/d' -e '/BEGIN/,$d' list/network.bnl >text
echo "revoke $(key b3/node.csr)" >>text
bnl-sign -y -k list/bnl.key -o list/network.bnl text >/dev/null 2>&1
refused 'a key that the list revokes' 'revoked by the list' $ann beta \
	b3/node.csr
gets 'the present key' $ann beta b2/node.csr
is "$(lines ca/revoke.txt sha256)" 1 'revokes nothing'

# --- renewal --------------------------------------------------------------------

sed -i 's/renewdays = 30/renewdays = 500/' kit.conf
cp ca/certs/beta.pem old.pem
gets 'the same key, when the certificate ends soon' $ann beta b2/node.csr
is "$(key cert.pem)" "$(key b2/node.csr)" 'has the same key'
! cmp -s cert.pem old.pem
ok $? 'another certificate'
is "$(tail -n 1 ca/index | cut -d ' ' -f 7)" renew 'is in the index'
is "$(lines ca/revoke.txt sha256)" 1 'and nothing is revoked'
sed -i 's/renewdays = 500/renewdays = 30/' kit.conf

# --- what a crash leaves ----------------------------------------------------------

cp ca/revoke.txt saved
rm ca/revoke.txt
gets 'a call after a crash before the revocation was noted' $ann beta \
	b2/node.csr
holds 'notes it' cmp ca/revoke.txt saved
cp ca/certs/beta.pem saved
cp first.pem ca/certs/beta.pem
gets 'a call after a crash before the certificate was kept' $ann beta \
	b2/node.csr
is "$(key cert.pem)" "$(key b2/node.csr)" 'gets one for its key'
is "$(find ca -name '.work*' | wc -l)" 0 'nothing is left of all that'

# --- many at once -----------------------------------------------------------------

i=0
while [ $i -lt 12 ]; do
	i=$((i + 1))
	name=n$i
	[ $((i % 2)) = 0 ] || name=same
	echo "many@EXAMPLE.ORG $name" >>kit.names
	request "m$i" $name
done
before=$(wc -l <ca/index)
i=0
while [ $i -lt 12 ]; do
	i=$((i + 1))
	name=n$i
	[ $((i % 2)) = 0 ] || name=same
	ask many@EXAMPLE.ORG cert $name <"m$i/node.csr" >"m$i.pem" 2>"m$i.err" &
done
wait
good=0
i=0
while [ $i -lt 12 ]; do
	i=$((i + 1))
	[ "$(key "m$i.pem" 2>/dev/null)" != "$(key "m$i/node.csr")" ] ||
		good=$((good + 1))
done
is $good 12 'twelve calls at once: each gets the certificate of its key'
is $(($(wc -l <ca/index) - before)) 12 'all are in the index'
is "$(cut -d ' ' -f 1 ca/index | sort | uniq -d)" '' 'with serials of their own'
is "$(lines ca/revoke.txt '# same')" 5 \
	'of six keys for one name, five are to be revoked'
! grep -q "$(key ca/certs/same.pem)" ca/revoke.txt
ok $? 'and not the last one'
is "$(tail -n 1 ca/certs/same.pem)" '-----END CERTIFICATE-----' \
	'whose certificate is whole'

# --- more than a request ------------------------------------------------------------

# The key in the index is the one that is certified, whatever stands before it.
request b9 beta
cat ca/certs/delta.pem b9/node.csr >both.csr
gets 'a request behind the certificate of another node' $ann beta both.csr
is "$(key cert.pem)" "$(key b9/node.csr)" 'is the one that is signed'
is "$(awk 'END { print $3 }' ca/index)" "$(key b9/node.csr)" \
	'and its key stands in the index'
cat b9/node.csr g/node.csr >both.csr
gets 'of two requests' $ann beta both.csr
is "$(key cert.pem)" "$(key b9/node.csr)" 'the first one counts'
holds 'the key of the other node is not to be revoked' sh -c \
	"! grep -q $(key ca/certs/delta.pem) ca/revoke.txt"

# --- messages -----------------------------------------------------------------------

# Others' words stand in them: no byte controls the terminal that shows them.
sh -c '. "$1/kit.sh"; say "$2"' kit.sh "$kit" \
	"$(printf 'a\033]0;b\a\rc\tc \2332Jd\177')" 2>err
is "$(cat err)" "$(printf 'kit.sh: a]0;bc\tc 2Jd')" \
	'a message has no control characters'

printf '\033[2J\233 beta\n' >>kit.names
! ask $ann cert beta <b9/node.csr >out 2>err &&
	grep -q 'a principal with its realm' err &&
	! LC_ALL=C grep -q "$(printf '[\033\233]')" err
ok $? 'nor has what the server prints of files that others write'
sed -i '$d' kit.names

# --- check --------------------------------------------------------------------------

before=$(cat ca/index ca/revoke.txt ca/certs/*.pem | sha256sum)
ask $ann check beta <b9/node.csr >got 2>err
is "$?" 0 'check: the certificate of this key would be renewed'
holds 'and until when' grep -q "^$ann may have one until 20" got
request b10 beta
ask $ann check beta <b10/node.csr >out 2>err
is "$?" 0 'so would be that of another key'
is "$(cat ca/index ca/revoke.txt ca/certs/*.pem | sha256sum)" "$before" \
	'and nothing of it is kept'
ask $ann check alpha <a/node.csr >out 2>err
is "$?" 3 'not for the name of somebody else'
ask eve@EXAMPLE.ORG check beta <b9/node.csr >out 2>err
is "$?" 3 'nor for a principal without nodes'
mkdir old
keygen ca -d old --days 20 >/dev/null
sed -i "s|^cadir = .*|cadir = $tmp/old|" kit.conf
! ask $ann check beta <b9/node.csr >out 2>err && grep -q 'CA ends too soon' err
ok $? 'nor by a CA that ends soon'
sed -i "s|^cadir = .*|cadir = $ca|" kit.conf
for days in 08 030 0390; do
	sed -i "s|^renewdays = .*|renewdays = $days|" kit.conf
	ask $ann check beta <b9/node.csr >out 2>err
	is "$?$(cat err)" 0 "renewdays = $days is a decimal number"
done
sed -i "s|^renewdays = .*|renewdays = 30|" kit.conf

# --- files that are not in order ----------------------------------------------------

wrong() { # wrong LINE WORDS
	cp kit.names saved
	echo "$1" >>kit.names
	refused "kit.names: $1" "kit.names:$(wc -l <kit.names): $2" $ann beta \
		b2/node.csr
	cp saved kit.names
}
wrong 'ann@EXAMPLE.ORG' 'PRINCIPAL NAME ... is expected'
wrong 'ann beta' '"ann": a principal with its realm is expected'
wrong '*@EXAMPLE.ORG beta' '"*@EXAMPLE.ORG": a principal with its'
wrong 'bob@EXAMPLE.ORG ../x' '"../x": the name of a node is expected'
rm kit.names
refused 'no file of names' "there is no $tmp/kit.names" $ann beta b2/node.csr
echo "$ann beta" >kit.names
mv ca/ca.key ca.key
refused 'no CA' 'has no CA in' $ann beta b2/node.csr
mv ca.key ca/
for words in 'cert' 'cert beta x' 'ca x' 'remove beta' 'bnl -x'; do
	# shellcheck disable=SC2086 # words
	! ask $ann $words </dev/null >out 2>err
	ok $? "cluevpn $words: wrong usage"
done

tap_end
