#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The start-up kit's server, for those who look after it: who has a certificate
# until when, keys to be revoked, certificates that end, and backups.
# shellcheck disable=SC2317 # called by name
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/system/kit_rig.sh
. tests/system/kit_rig.sh
rig_needs openssl flock
# shellcheck source=tests/system/kit_server.sh
. "$tests/kit_server.sh"

for r in 'b0 beta' 'd delta' 'g gamma' 'b beta'; do
	request "${r% *}" "${r#* }"
	ask $ann cert "${r#* }" <"${r% *}/node.csr" >out 2>err
	is "$?$(cat err)" 0 "a certificate for ${r#* }"
done

# --- what the administrator sees ------------------------------------------------------

by_root() { # by_root WORD...: on the server itself
	env -u REMOTE_USER CLUEVPN_KIT_CONF="$tmp/kit.conf" "$kit/issue" "$@"
}
echo 'bob@EXAMPLE.ORG  zeta' >>kit.names
by_root status >got 2>err
is "$?$(cat err)" 0 'status'
holds 'a node with its end and its principal' grep -q \
	'^beta  *20[0-9-]*  by ann@EXAMPLE.ORG$' got
holds 'one without a certificate' grep -q \
	'^zeta  *-  *no certificate was given yet; may have it: bob@' got
holds 'and the CA' grep -q '^the CA  *20' got
ask $ann status >got 2>err
is "$(cut -d ' ' -f 1 got | sort | tr '\n' ' ')" 'beta delta gamma ' \
	'a principal sees its own nodes'
! ask $ann revoke >out 2>err && grep -q 'is no signer' err
ok $? 'and no keys to be revoked'
echo "signer = $ann" >>kit.conf
ask $ann status >got 2>err
holds 'a signer sees all' grep -q '^alpha\|^zeta' got
ask $ann revoke >got 2>err
holds 'and gets the keys to be revoked' cmp got ca/revoke.txt
ask $ann revoke delta >got 2>err
is "$(tail -n 1 got)" "$(key ca/certs/delta.pem)  # delta, taken out of the network" \
	'that of a node that goes as well'
bnl-sign remove -y -k list/bnl.key -l list/network.bnl beta >/dev/null 2>&1
holds 'bnl-sign takes all of them' bnl-sign revoke -y -k list/bnl.key \
	-l list/network.bnl --from got
ask $ann status >got 2>err
holds 'the list has revoked it' grep -q '^delta .*revoked by the list' got
! ask $ann revoke nobody >out 2>err && grep -q 'never had' err
ok $? 'a node that is unknown'
for words in watch backup restore; do
	! ask $ann $words </dev/null >out 2>err && grep -q 'only on the server' err
	ok $? "$words is not for a signer"
done

# Certificates that end: 400 days are less than half of 900.
by_root watch >got 2>err
is "$?$(cat got err)" 0 'watch: nothing to say'
sed -i 's/^renewdays = .*/renewdays = 900/' kit.conf
sed -i '/ann@EXAMPLE.ORG/s/ delta//' kit.names
awk '$2 == "gamma" { $4 = "2020-01-01T00:00:00Z" } { print }' ca/index >x
cp x ca/index
! by_root watch >got 2>err
ok $? 'certificates that end and were not renewed'
holds 'are named' grep -q '^beta .*NOT RENEWED by ann@EXAMPLE.ORG' got
holds 'one that has ended' grep -q '^gamma  *2020-01-01  ENDED' got
! grep -q '^zeta\|^delta' got
ok $? 'and none that has none'
mkdir bin
printf '#!/bin/sh\nexec cat >%s\n' "$tmp/mailed" >bin/sendmail
chmod +x bin/sendmail
echo 'mail = root@example.org' >>kit.conf
echo "textfile = $tmp/cluevpn.prom" >>kit.conf
PATH=$tmp/bin:$PATH by_root watch >got 2>err
is "$?$(cat got err)" 0 'by mail'
holds 'to whom it may concern' grep -qx 'To: root@example.org' mailed
holds 'the same text' grep -q '^gamma  *2020-01-01  ENDED' mailed
holds 'for monitoring the end' grep -qx \
	'cluevpn_certificate_end_seconds{node="gamma"} 1577836800' cluevpn.prom
holds 'and the trouble' grep -qx \
	'cluevpn_certificate_trouble{node="gamma"} 1' cluevpn.prom
is "$(stat -c %a cluevpn.prom)" 644 'which others may read'
sed -i '/^mail\|^textfile\|^renewdays/d' kit.conf

# --- a backup -------------------------------------------------------------------------

by_root backup >b.tar 2>err
is "$?$(cat err) $(stat -c %a b.tar)" '0 600' 'a backup, for nobody else'
sed -e "s|^cadir = .*|cadir = $tmp/second|" -e "s|^names.*|names = $tmp/names2|" \
	kit.conf >second.conf
second() {
	env -u REMOTE_USER CLUEVPN_KIT_CONF="$tmp/second.conf" "$kit/issue" "$@"
}
second restore <b.tar >got 2>err
is "$?$(cat err)" 0 'becomes a second server'
is "$(cd second && find . -type f | sort | xargs sha256sum)" \
	"$(cd ca && find . -type f | sort | xargs sha256sum)" \
	'which has all that the first one has'
holds 'and who may have what' cmp names2 kit.names
is "$(stat -c %a second second/ca.key | tr '\n' ' ')" '700 600 ' \
	'for nobody else'
request z zeta
REMOTE_USER=bob@EXAMPLE.ORG CLUEVPN_KIT_CONF=$tmp/second.conf \
	"$kit/issue" cert zeta <z/node.csr >cert.pem 2>err
is "$?$(key cert.pem)" "0$(key z/node.csr)" 'it gives certificates'
! second restore <b.tar >out 2>err && grep -q 'that the backup does not have' err
ok $? 'and does not forget them by an older backup'
second backup >b2.tar 2>err
by_root restore <b2.tar >got 2>err
is "$?$(tail -n 1 ca/index | cut -d ' ' -f 2)" 0zeta 'the way back'
mkdir third
keygen ca -d third >/dev/null
sed -i "s|^cadir = .*|cadir = $tmp/third|" second.conf
! second restore <b.tar >out 2>err && grep -q 'of another CA' err
ok $? 'not in the place of another CA'
rm -r third
ln -s /etc/passwd ca/certs/link.pem
by_root backup >b.tar 2>err
rm ca/certs/link.pem
! second restore <b.tar >out 2>err && grep -q 'links' err
ok $? 'nor with a link in it'
! second restore </dev/null >out 2>err && grep -q 'no backup' err
ok $? 'nor of nothing'
is "$(find ca second third -name '.work*')" '' 'nothing is left of all that'
tap_end
