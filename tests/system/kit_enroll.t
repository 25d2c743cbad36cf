#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2016,SC2317 # for other shells; "holds" and "refused" call
# The start-up kit with the real parts: a Kerberos realm of its own, remctld,
# and hosts that become nodes of a network; what is refused, and that nothing
# is left of it; renewal, another key, revocation.
set -u
cd "$(dirname "$0")/../.." || exit 1
here=$(pwd)
O=$(cd "${O:-build}" && pwd) || exit 1
export O PATH="$PATH:/usr/sbin:/sbin"

hosts_missing() {
	echo "1..0 # SKIP $1"
	exit 0
}
. tests/system/hosts.sh
# shellcheck source=tests/system/tap.sh
. tests/system/tap.sh
# shellcheck source=tests/system/kit_realm.sh
. tests/system/kit_realm.sh
realm_needs
hosts_enter "$0" "$@"
# All that follows changes /etc, which is a private one.
[ -n "$HOSTS_DIR" ] && mountpoint -q /etc || exit 1
cd "$here" || exit 1

# --- hosts --------------------------------------------------------------------

# As installed; what is installed finds its parts where it was put.
usr=$HOSTS_DIR/usr
must env -u MAKEFLAGS -u MFLAGS make -s PREFIX="$usr" CRONDIR="$usr/cron.d" \
	UNITDIR="$usr/units" install-kit
PATH=$usr/sbin:$O:$PATH
host_add server 192.0.2.10
host_add beta 198.51.100.20
host_add gamma 203.0.113.30

realm server 'server server.example.org' 'beta beta.example.org' \
	'gamma gamma.example.org'
principal host/server.example.org
principal host/gamma.example.org
principal ann secret
principal eve secret

# Each host has what is its own.
kit_conf() {	# kit_conf HOST [LINE...]
	h=$1
	shift
	{
		echo 'server = server.example.org'
		echo "keytab = $HOSTS_DIR/$h.example.org.keytab"
		echo "principal = host/$h.example.org"
		echo "bnlkey = $digest"
		echo 'network = example.org'
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} >"$HOSTS_DIR/$h/etc/kit.conf"
}
LOG='--set logmethod=file --set logfile=/var/log/cluevpn.log
	--set unanswered=2s --set negotiategap=1s'
enroll() {	# enroll HOST [OPTION...]
	h=$1
	shift
	# shellcheck disable=SC2086 # words
	at "$h" cluevpn-enroll $LOG "$@"
}

# --- the server -----------------------------------------------------------------

must on server keygen bnl -t ed25519
must mkdir "$HOSTS_DIR/server/lib/ca"
must on server keygen ca -d /var/lib/cluevpn/ca
digest=$(on server keygen fingerprint bnl-pub.pem)
mkdir "$HOSTS_DIR/server/etc/keys"
mv "$HOSTS_DIR/server/etc/bnl-pub.pem" "$HOSTS_DIR/server/etc/keys/"
cat >"$HOSTS_DIR/text" <<'LIST'
network example.org
prefix 10.156.0.0/16
node server
  address 192.0.2.10
  subnet 10.156.1.0/24
node beta
  address 198.51.100.20
  subnet 10.156.2.0/24
node gamma
  subnet 10.156.3.0/24
LIST
must on server bnl-sign -y --first -o /var/lib/cluevpn/network.bnl \
	"$HOSTS_DIR/text"
serving='bnlpubkey = /etc/cluevpn/keys/bnl-pub.pem'
kit_conf server 'cadir = /var/lib/cluevpn/ca' "$serving"
cat >"$HOSTS_DIR/server/etc/kit.names" <<'NAMES'
host/server.example.org@EXAMPLE.ORG server
host/gamma.example.org@EXAMPLE.ORG  gamma
ann@EXAMPLE.ORG                     beta
NAMES
on server remctld -m -F -S -k "$HOSTS_DIR/server.example.org.keytab" \
	-f "$usr/share/doc/cluevpn-startup-kit/examples/remctl.conf" \
	>"$HOSTS_DIR/remctld.log" 2>&1 &
kit_conf beta
kit_conf gamma
holds 'there is a realm' within 20000 ticket beta ann
holds 'and a server' within 20000 at beta remctl server.example.org cluevpn help
holds 'that says what there is' at beta remctl server.example.org cluevpn
said 'and how it is called' 'cluevpn cert NAME'

# The server becomes a node as all others do, by the key of its host.
holds 'the server is enrolled' enroll server server
said 'and says so' 'server is a node of example.org: 10.156.1.0/24'

# --- what is refused --------------------------------------------------------------

clean() {	# clean HOST [EXCEPT]: it has what it had before
	is "$(cd "$HOSTS_DIR/$1" && find etc lib -type f ! -name kit.conf \
		! -name .enroll.lock ! -path "${2:--}")" '' \
		'nothing is installed'
}
refused 'a name of somebody else' 'gamma: not a name of ann@EXAMPLE.ORG' \
	enroll beta gamma
clean beta
holds 'nor is a key left that nobody will use' \
	test ! -e "$HOSTS_DIR/beta/etc/enroll.gamma"
at beta kdestroy
refused 'no ticket' 'there is no Kerberos ticket' enroll beta beta
clean beta
ticket beta ann -l 1s
sleep 1.5
refused 'a ticket that has expired' 'the Kerberos ticket has expired' \
	enroll beta beta
clean beta
ticket beta eve
refused 'somebody without a node' 'eve@EXAMPLE.ORG has no node here' \
	enroll beta beta
ticket beta ann
refused 'another fingerprint' "the key of the list is $digest; expected was" \
	enroll beta -f "sha256:$(printf '%064d' 0)" beta
clean beta
sed -i 's/^bnlkey/#bnlkey/' "$HOSTS_DIR/beta/etc/kit.conf"
refused 'no fingerprint' 'no fingerprint of the key that signs the list' \
	enroll beta beta
kit_conf beta "cakey = sha256:$(printf '%064d' 0)"
refused 'another CA' 'the key of the CA is' enroll beta beta
kit_conf beta
sed -i 's/^network.*/network = example.com/' "$HOSTS_DIR/beta/etc/kit.conf"
refused 'another network' 'the list is of the network example.org' \
	enroll beta beta
kit_conf beta
clean beta

# What is given is not what was signed: the server's own list stays. A server
# that does not verify its list stands for one in wrong hands.
issue=$usr/lib/cluevpn-startup-kit/issue
must test -x "$issue"
cp "$issue" "$HOSTS_DIR/issue"
sed -i 's/^	list_print .*/	cat "$bnl"/' "$issue"
given=$HOSTS_DIR/given.bnl
kit_conf server 'cadir = /var/lib/cluevpn/ca' "$serving" "bnl = $given"
sed 's/10\.156\.3\.0/10.156.4.0/' "$HOSTS_DIR/server/lib/network.bnl" >"$given"
refused 'a list that somebody has changed' 'is not right: the list' \
	enroll beta beta
clean beta
sed '$d' "$HOSTS_DIR/server/lib/network.bnl" >"$given"
refused 'a list that is cut' 'is not right: the list' enroll beta beta
clean beta
: >"$given"
refused 'an empty list' 'gave nothing' enroll beta beta
must keygen bnl -t ed25519 -o "$HOSTS_DIR/other.key"
must bnl-sign -y --first -k "$HOSTS_DIR/other.key" -o "$HOSTS_DIR/other.bnl" \
	"$HOSTS_DIR/text"
cp "$HOSTS_DIR/other.bnl" "$given"
refused 'a list that somebody else has signed' 'is not right: the list' \
	enroll beta beta
clean beta
cat "$HOSTS_DIR/issue" >"$issue"
# Somebody in the place of the server, with a CA of their own.
cp "$HOSTS_DIR/server/lib/network.bnl" "$given"
must mkdir "$HOSTS_DIR/ca"
must keygen ca -d "$HOSTS_DIR/ca"
mv "$HOSTS_DIR/server/lib/ca/ca.pem" "$HOSTS_DIR/ca.pem"
cp "$HOSTS_DIR/ca/ca.pem" "$HOSTS_DIR/server/lib/ca/ca.pem"
refused 'a CA that does not fit' 'Nothing is installed' enroll beta beta
clean beta
mv "$HOSTS_DIR/ca.pem" "$HOSTS_DIR/server/lib/ca/ca.pem"
kit_conf server 'cadir = /var/lib/cluevpn/ca' "$serving"
refused 'a server that does not answer' 'Nothing is installed' \
	enroll beta -s beta.example.org beta
on beta ip link set eth0 down
refused 'no network' 'Nothing is installed' enroll beta beta
on beta ip link set eth0 up
on beta ip route replace default dev eth0
clean beta
refused 'a line that cluevpnd does not know' 'cluevpnd would not take it' \
	enroll beta --set colour=red beta
clean beta 'etc/enroll.beta/*'
is "$(stat -c %a "$HOSTS_DIR/beta/etc/enroll.beta")" 700 \
	'the key that the server knows now is for nobody else'
for words in '' 'Beta' '../beta' 'beta gamma' '-x beta' '-f 12 beta' \
	'--set x beta'; do
	# shellcheck disable=SC2086 # words
	refused "cluevpn-enroll $words: wrong usage" '-h shows' \
		at beta cluevpn-enroll $words
done

# --- from nothing to a ping -------------------------------------------------------

rm "$HOSTS_DIR/beta/etc/kit.conf"
holds 'beta is enrolled, by a person, without any file before' \
	enroll beta -s server.example.org -f "$digest" beta
said 'and says so' 'beta is a node of example.org: 10.156.2.0/24'
said 'and that nothing renews its certificate' \
	'nothing renews the certificate of beta, which ends on 20'
said 'and why' 'there is no /etc/krb5.keytab'
is "$(grep -v '^#' "$HOSTS_DIR/beta/etc/kit.conf")" "server = server.example.org
bnlkey = $digest
network = example.org" 'what was said is kept for the renewal'
kit_conf beta
refused 'gamma with name servers, where the server has none' 'no nameserver' \
	enroll gamma --dns gamma
clean gamma
kit_conf server 'cadir = /var/lib/cluevpn/ca' "$serving" \
	'nameserver = 10.156.1.1' 'nameserver = 192.0.2.53'
refused 'where one of them is not inside the VPN' \
	'192.0.2.53 does not lie inside the VPN' enroll gamma --dns gamma
clean gamma
kit_conf server 'cadir = /var/lib/cluevpn/ca' "$serving" \
	'nameserver = 10.156.1.1'
holds 'gamma is enrolled, by the key of its host, with name servers' \
	enroll gamma --dns gamma
said 'and says so' 'name servers first: 10.156.1.1'
not_said 'which renews its certificate' 'nothing renews'
holds 'they are in its configuration' \
	grep -qx 'nameserver = 10.156.1.1' "$HOSTS_DIR/gamma/etc/kit.conf"
holds 'without systemd, hooks say when the VPN is up' grep -qx \
	"upcmd = $usr/lib/cluevpn-startup-kit/ns-up" \
	"$HOSTS_DIR/gamma/etc/cluevpn.conf"
holds 'the name server inside comes first' within 60000 sh -c \
	'grep "^nameserver" /etc/resolv.conf | sed 1q | grep -qF 10.156.1.1'
holds 'cluevpnd -t checks them' on gamma cluevpnd -t
echo 'timeuot = 3' >>"$HOSTS_DIR/gamma/etc/kit.conf"
holds 'an error in kit.conf is no error of cluevpn.conf' on gamma cluevpnd -t
said 'but a warning' 'unknown key "timeuot"'
sed -i '$d' "$HOSTS_DIR/gamma/etc/kit.conf"
mv "$usr/lib/cluevpn-startup-kit/ns-up" "$HOSTS_DIR/ns-up"
refused 'hooks of a kit that is gone are one' 'upcmd: ' on gamma cluevpnd -t
mv "$HOSTS_DIR/ns-up" "$usr/lib/cluevpn-startup-kit/ns-up"
pings() {	# pings HOST ADDRESS
	within 20000 on "$1" ping -c 1 -W 1 "$2"
}
holds 'gamma reaches beta through the VPN' pings gamma 10.156.2.1
holds 'beta reaches gamma' pings beta 10.156.3.1
holds 'and the server' pings gamma 10.156.1.1
etc=$HOSTS_DIR/beta/etc
is "$(stat -c %a "$etc/node.key")" 600 'the key is for nobody else'
is "$(cd "$etc" && echo *)" \
	'bnl-pub.pem ca.pem cluevpn.conf kit.conf node.csr node.key node.pem' \
	'that is all there is'
holds 'who has no address keeps the way open' \
	grep -qx 'keepalive = 25s' "$HOSTS_DIR/gamma/etc/cluevpn.conf"
must cp "$etc/node.pem" "$HOSTS_DIR/before.pem"
must cp "$etc/node.csr" "$HOSTS_DIR/before.csr"
pid=$(on beta cat /run/cluevpn/pid)
holds 'enrolled again' enroll beta beta
holds 'it has the same certificate' cmp "$etc/node.pem" "$HOSTS_DIR/before.pem"
is "$(on beta cat /run/cluevpn/pid)" "$pid" 'and the same daemon'
# The owner of the list's folder replaces each name that appears there by a
# link to a file of root's, as fast as it can.
echo secret >"$etc/victim"
chmod 600 "$etc/victim"
lib=$HOSTS_DIR/beta/lib
must chown 65534:65534 "$lib"
# shellcheck disable=SC2016 # for the inner shell
on beta setpriv --reuid=65534 --regid=65534 --clear-groups timeout 120 \
	sh -c 'cd /var/lib/cluevpn && until [ -e stop ]; do
		for f in .enroll.*; do
			[ ! -f "$f" ] || ln -sf /etc/cluevpn/victim "$f"
		done
	done' >/dev/null 2>&1 &
racer=$!
for i in 1 2 3; do
	rm -f "$lib/network.bnl"
	enroll beta beta >"$out" 2>&1
	is "$(cat "$etc/victim") $(stat -c '%a %u' "$etc/victim")" \
		'secret 600 0' 'a link that appears meanwhile leads nowhere'
done
: >"$lib/stop"
wait $racer
rm -f "$lib/network.bnl" "$lib"/.enroll.* "$lib/stop" "$etc/victim"
holds 'enrolled again, where the folder has another owner' enroll beta beta
is "$(stat -c '%F %a %u' "$lib/network.bnl")" 'regular file 644 65534' \
	'the list is there, and its owner is that of the folder'
must chown -R root:root "$lib"
# Where systemd is in charge; the programs of other hosts do not see this.
must mkdir -p /run/systemd/system
cat >"$HOSTS_DIR/bin/systemctl" <<'FAKE'
#!/bin/sh
[ "$1" = cat ] || echo "$*" >>"$HOSTS_DIR/systemctl"
FAKE
chmod +x "$HOSTS_DIR/bin/systemctl"
holds 'enrolled again, under systemd' enroll beta beta
is "$(tr '\n' ',' <"$HOSTS_DIR/systemctl")" \
	'enable -q cluevpnd,start cluevpnd,enable -q --now cluevpn-renew.timer,' \
	'the unit is enabled and started, and so is the renewal'
: >"$HOSTS_DIR/systemctl"
holds 'enrolled again, with name servers' enroll beta --dns beta
holds 'their checker is, too' grep -qx \
	'enable -q --now cluevpn-nscheck.path cluevpn-nscheck.timer' \
	"$HOSTS_DIR/systemctl"
: >"$HOSTS_DIR/systemctl"
cp "$HOSTS_DIR/gamma/etc/node.pem" "$etc/node.pem"
holds 'with another certificate in its place' enroll beta beta
is "$(tr '\n' ',' <"$HOSTS_DIR/systemctl")" \
	"enable -q cluevpnd,reload-or-restart cluevpnd,$(:
	)enable -q --now cluevpn-renew.timer," 'it reads that'
holds 'which is the right one again' cmp "$etc/node.pem" "$HOSTS_DIR/before.pem"
printf '#!/bin/sh\nexit 1\n' >"$HOSTS_DIR/bin/systemctl"
holds 'where systemd does not know the unit' enroll beta beta
printf '#!/bin/sh\n[ "$1" != start ]\n' >"$HOSTS_DIR/bin/systemctl"
refused 'a unit that does not start' 'all is in its place, but' enroll beta beta
rm -r /run/systemd "$HOSTS_DIR/bin/systemctl"
refused 'another name' 'this host is the node beta' enroll beta gamma
mkdir "$HOSTS_DIR/beta/run/x"
cp "$etc/node.pem" "$HOSTS_DIR/beta/run/x/"
refused 'a host that has been something else' 'move it away' \
	enroll beta -d /run/cluevpn/x beta
audit=$HOSTS_DIR/server/lib/ca/audit.log
holds 'the server knows who asked for what' grep -q \
	' ann@EXAMPLE.ORG 198.51.100.20 cert beta: new, serial' "$audit"
holds 'and what it refused' grep -q \
	' ann@EXAMPLE.ORG 198.51.100.20 refused: cert gamma: not a name' "$audit"

# Many calls at the same time.
i=0
while [ $i -lt 6 ]; do
	i=$((i + 1))
	at beta remctl server.example.org cluevpn cert beta \
		"$(cat "$HOSTS_DIR/before.csr")" >"$HOSTS_DIR/call.$i" 2>&1 &
	calls="${calls:-} $!"
done
# shellcheck disable=SC2086 # words
wait $calls
same=0
for f in "$HOSTS_DIR"/call.?; do
	! cmp -s "$f" "$HOSTS_DIR/before.pem" || same=$((same + 1))
done
is $same 6 'six calls at the same time get the same certificate'

# An end half way: what is missing comes with the next run.
on beta sh -c 'kill "$(cat /run/cluevpn/pid)"'
mkdir -m 700 "$etc/enroll.beta"
cp "$etc/node.key" "$etc/node.csr" "$etc/enroll.beta/"
rm "$etc/node.pem" "$etc/cluevpn.conf"
holds 'after an installation that did not come to its end' enroll beta beta
holds 'all is there' cmp "$etc/node.pem" "$HOSTS_DIR/before.pem"
holds 'and works' pings beta 10.156.3.1
holds 'nothing is left' test ! -e "$etc/enroll.beta"

# --- renewal ----------------------------------------------------------------------

at beta kdestroy
holds 'a certificate that is good for long' at beta cluevpn-enroll --renew
holds 'is let alone, without a ticket' \
	cmp "$etc/node.pem" "$HOSTS_DIR/before.pem"
# It is tried long before, by the key of the host alone.
refused 'where the host has no key' "there is no $HOSTS_DIR/beta" \
	at beta cluevpn-enroll --check
touch -d '8 days ago' "$etc/node.pem"
refused 'the timer fails after a week' 'nothing renews the certificate of beta' \
	at beta cluevpn-enroll --renew
principal host/beta.example.org
ticket beta ann
refused 'where the server does not know it' \
	"adds \"host/beta.example.org@EXAMPLE.ORG beta\" to kit.names there" \
	at beta cluevpn-enroll --check
refused 'nor does the ticket of a person help the timer' 'nothing renews' \
	at beta cluevpn-enroll --renew
echo host/beta.example.org@EXAMPLE.ORG beta \
	>>"$HOSTS_DIR/server/etc/kit.names"
holds 'with that line it works' at beta cluevpn-enroll --check
said 'and that is said' 'beta has a certificate until 20'
said 'with its principal' 'host/beta.example.org@EXAMPLE.ORG may have one until'
holds 'which the timer sees, too' at beta cluevpn-enroll --renew
is "$(cat "$out")" '' 'without a word'
holds 'no other certificate was made' cmp "$etc/node.pem" "$HOSTS_DIR/before.pem"
mv "$HOSTS_DIR/server/lib/ca/ca.key" "$HOSTS_DIR/ca.key"
refused 'a server that has lost its CA' 'the server has no CA' \
	at beta cluevpn-enroll --check
holds 'may be mended within a week' at beta cluevpn-enroll --renew
mv "$HOSTS_DIR/ca.key" "$HOSTS_DIR/server/lib/ca/ca.key"
sed -i '$d' "$HOSTS_DIR/server/etc/kit.names"
# Another clock than the KDC's.
cp "$(command -v remctl)" "$HOSTS_DIR/bin/remctl.real"
printf '#!/bin/sh\n[ ! -e %s ] || { cat %s >&2; exit 1; }\nexec %s "$@"\n' \
	"$HOSTS_DIR/skew" "$HOSTS_DIR/skew" "$HOSTS_DIR/bin/remctl.real" \
	>"$HOSTS_DIR/bin/remctl"
chmod +x "$HOSTS_DIR/bin/remctl"
printf 'remctl: \033[2JClock skew too great\n' >"$HOSTS_DIR/skew"
refused 'a clock that is wrong' 'compare "date -u" on all three' \
	at beta cluevpn-enroll --check
not_said 'the message controls no terminal' "$(printf '\033')"
rm "$HOSTS_DIR/skew" "$HOSTS_DIR/bin/remctl"
# A kit.conf for name servers alone.
cp "$etc/kit.conf" "$HOSTS_DIR/kit.conf"
echo 'nameserver = 10.156.1.53' >"$etc/kit.conf"
holds 'where kit.conf has name servers alone, nothing is to be renewed' \
	at beta cluevpn-enroll --renew
is "$(cat "$out")" '' 'without a word'
cp "$HOSTS_DIR/kit.conf" "$etc/kit.conf"
rm -f "$HOSTS_DIR/beta.example.org.keytab" "$etc/.enroll.checked"
touch "$etc/node.pem"
for h in server gamma beta; do
	echo 'renewdays = 1000' >>"$HOSTS_DIR/$h/etc/kit.conf"
done
at beta kdestroy
refused 'one that ends soon' 'there is no Kerberos ticket' \
	at beta cluevpn-enroll --renew
ticket beta ann
key=$(keygen fingerprint "$etc/node.pem")
holds 'is renewed' at beta cluevpn-enroll --renew
said 'and it says so' 'beta has a certificate until'
is "$(keygen fingerprint "$etc/node.pem")" "$key" 'with the same key'
refused 'but is another one' 'differ' cmp "$etc/node.pem" \
	"$HOSTS_DIR/before.pem"
holds 'the daemon has read it' within 10000 \
	grep -q 'certificate reloaded' "$HOSTS_DIR/beta/log/cluevpn.log"
ticket gamma eve
holds 'from cron, by the key of the host, and by no ticket that is there' \
	on gamma env -i PATH="$PATH" KRB5CCNAME="FILE:$HOSTS_DIR/gamma.cache" \
	cluevpn-enroll --renew
said 'gamma has one, too' 'gamma has a certificate until'
at gamma kdestroy
is "$(find "$HOSTS_DIR/gamma/etc" -name '.enroll.?*' ! -name .enroll.lock \
	! -name .enroll.checked)" '' 'no ticket of it is left'
holds 'nothing was revoked' test ! -e "$HOSTS_DIR/server/lib/ca/revoke.txt"
for h in server gamma beta; do sed -i '$d' "$HOSTS_DIR/$h/etc/kit.conf"; done

# --- another key ------------------------------------------------------------------

exec 7<"$etc/node.key"
holds 'another key for beta' enroll beta --new-key beta
is "$(tr -d '\0' <&7 | wc -c)" 0 'the former one is overwritten on the disk'
exec 7<&-
new=$(keygen fingerprint "$etc/node.pem")
holds 'is another one' test "$new" != "$key"
is "$(keygen fingerprint "$etc/node.key")" "$new" 'with its certificate'
holds 'the old key is to be revoked' \
	grep -q "^$key " "$HOSTS_DIR/server/lib/ca/revoke.txt"
refused 'who gets it is not anybody' 'is no signer' at beta cluevpn-ask revoke
echo 'signer = ann@EXAMPLE.ORG' >>"$HOSTS_DIR/server/etc/kit.conf"
at beta cluevpn-ask revoke >"$HOSTS_DIR/revoke.txt"
holds 'but a signer, by remctl' cmp "$HOSTS_DIR/revoke.txt" \
	"$HOSTS_DIR/server/lib/ca/revoke.txt"
# shellcheck disable=SC2016 # for the inner shell
holds 'and gets revoked' on server sh -c \
	'bnl-sign revoke -y --from - <"$1"' sh "$HOSTS_DIR/revoke.txt"
holds 'a signer sees who has what' at beta cluevpn-ask status
said 'and until when' 'by host/gamma.example.org@EXAMPLE.ORG'
holds 'everywhere' on server cluevpnctl push --wait
holds 'gamma has that list' within 10000 grep -q "^revoke *$key" \
	"$HOSTS_DIR/gamma/lib/network.bnl"
holds 'beta goes on with the new key' pings gamma 10.156.2.1
refused 'the old key' 'was replaced by another one' at beta remctl \
	server.example.org cluevpn cert beta "$(cat "$HOSTS_DIR/before.csr")"

# A list that ties the node to its key: first the list, then the node.
holds 'the list ties gamma to its key' on server bnl-sign set -y gamma \
	--key "$(keygen fingerprint "$HOSTS_DIR/gamma/etc/node.pem")"
holds 'everywhere' on server cluevpnctl push --wait
cp "$HOSTS_DIR/gamma/etc/node.pem" "$HOSTS_DIR/before.pem"
refused 'another key for gamma' 'bnl-sign set gamma --key sha256:' \
	enroll gamma --new-key gamma
new=$(sed -n 's/.*bnl-sign set gamma --key \(sha256:[0-9a-f]*\).*/\1/p' "$out")
holds 'is not used yet' cmp "$HOSTS_DIR/before.pem" \
	"$HOSTS_DIR/gamma/etc/node.pem"
refused 'nor by cron' 'bnl-sign set gamma' at gamma cluevpn-enroll --renew
holds 'the list ties gamma to the new one' on server bnl-sign set -y gamma \
	--key "$new"
holds 'which the nodes get' on server cluevpnctl push
holds 'gamma uses it' at gamma cluevpn-enroll --renew
is "$(keygen fingerprint "$HOSTS_DIR/gamma/etc/node.pem")" "$new" 'the new one'
holds 'and is reached' pings beta 10.156.3.1

tap_end
