#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2016,SC2317 # for other shells; "holds" calls
# Every command of the start-up kit's README, typed on the hosts that it names,
# in its order, as "make install-kit" installs the kit: a server with a Kerberos
# realm, a host that comes, renews, and goes, and the other server that takes
# over. Its systemctl commands are run by booted.t, under systemd.
set -u
cd "$(dirname "$0")/../.." || exit 1
here=$(pwd)
given=${README_BUILD:-${O:-build}} # as it was given: make knows it by that name
O=$(cd "$given" && pwd) || exit 1
export O README_BUILD="$given" PATH="$PATH:/usr/sbin:/sbin"

hosts_missing() {
	echo "1..0 # SKIP $1"
	exit 0
}
. tests/system/hosts.sh
# shellcheck source=tests/system/tap.sh
. tests/system/tap.sh
# shellcheck source=tests/system/kit_realm.sh
. tests/system/kit_realm.sh
# shellcheck source=tests/system/typed.sh
. tests/system/typed.sh
realm_needs
for tool in kadmin kadmind named-checkconf; do
	command -v $tool >/dev/null || hosts_missing "no $tool"
done
hosts_enter "$0" "$@"
# All that follows changes /etc and /usr/local, which are private ones.
[ -n "$HOSTS_DIR" ] && mountpoint -q /etc || exit 1
mount -t tmpfs tmpfs /usr/local && cd "$here" || exit 1
PATH=$O:$PATH
readme=examples/startup-kit/README
lib=/usr/local/lib/cluevpn-startup-kit
samples=/usr/local/share/doc/cluevpn-startup-kit/examples

# --- hosts --------------------------------------------------------------------

rm -rf /etc/cron.d /etc/remctl /etc/bind /etc/krb5.keytab
mkdir -p /etc/cron.d /etc/remctl/conf.d /etc/bind /var/lib/cluevpn-ca
touch /etc/krb5.keytab
host_add kdc 192.0.2.88
host_add signer 192.0.2.30
host_add server 192.0.2.10
host_add standby 192.0.2.20
host_add beta 198.51.100.20
realm kdc 'kdc kdc.example.org' 'server vpn.example.org' \
	'standby standby.example.org' 'beta beta.example.org'
on kdc kadmind -nofork -P "$HOSTS_DIR/kadmind.pid" >"$HOSTS_DIR/kadmind.log" \
	2>&1 &
principal host/vpn.example.org
principal host/standby.example.org
principal host/beta.example.org
principal ann secret
principal ann/admin secret
own() {		# own HOST DIR: that host has its own
	mkdir -p "$HOSTS_DIR/$1/own$2"
	must on "$1" mount --bind "$HOSTS_DIR/$1/own$2" "$2"
}
for h in server standby; do
	own $h /etc/remctl/conf.d
	own $h /var/lib/cluevpn-ca
	must on $h chmod 755 /var/lib/cluevpn-ca
done
for h in vpn standby beta; do
	[ $h = vpn ] && on=server || on=$h
	must on $on mount --bind "$HOSTS_DIR/$h.example.org.keytab" \
		/etc/krb5.keytab
done

# There is a list already.
must on signer keygen bnl -t ed25519
digest=$(on signer keygen fingerprint bnl-pub.pem)
cat >"$HOSTS_DIR/text" <<'LIST'
network example.org
prefix 10.156.0.0/16
node signer
  address 192.0.2.30
  subnet 10.156.3.0/24
node server
  address 192.0.2.10
  subnet 10.156.1.0/24
node standby
  address 192.0.2.20
  subnet 10.156.2.0/24
LIST
must on signer bnl-sign -y --first -o /var/lib/cluevpn/network.bnl \
	"$HOSTS_DIR/text"

# --- typing -------------------------------------------------------------------

cat >"$HOSTS_DIR/bin/vi" <<'END'
#!/bin/sh
sed -n 's/^+ //p' "$HOSTS_DIR/edit" >>"$1"
END
# The units that it is told of are there.
cat >"$HOSTS_DIR/bin/systemctl" <<'END'
#!/bin/sh
for u; do
	case $u in
	cluevpn-*) test -e "/usr/local/lib/systemd/system/$u" || exit 5 ;;
	esac
done
END
chmod +x "$HOSTS_DIR/bin/vi" "$HOSTS_DIR/bin/systemctl"

node() { # node NAME: enrolled as README says in "3. A host"
	must within 10000 ticket "$1" ann
	must at "$1" cluevpn-enroll -s vpn.example.org -f "$digest" "$1"
}
serves() {	# serves HOST: remctld, by what the README has put there
	on "$1" remctld -m -F -S -k /etc/krb5.keytab \
		-f /etc/remctl/conf.d/cluevpn >"$HOSTS_DIR/$1/remctld.log" \
		2>&1 &
	must within 10000 on "$1" sh -c 'ss -ltn | grep -q :4373'
}
has() {		# has FILE LINE: once it is there
	within 20000 grep -q -- "$2" "$1"
}
before() {	# before HOST COMMAND
	case "$1 $2" in
	'signer bnl-sign add '*)
		# Both as any other host.
		node signer
		node standby ;;
	'standby cp '*)
		must on server ip link set eth0 down
		sed -i '/vpn.example.org/d' /etc/hosts
		echo '192.0.2.20 vpn.example.org' >>/etc/hosts ;;
	esac
}
after() {	# after HOST COMMAND
	case "$1 $2" in
	'build make install-kit')
		PATH=/usr/local/sbin:$PATH ;;
	'server cp '*remctl.conf*) serves server ;;
	'server cluevpn-enroll server')
		said 'it says so' 'server is a node of example.org' ;;
	'beta cluevpn-enroll -s '*)
		said 'it says so' 'beta is a node of example.org'
		said 'and that nothing renews it yet' 'nothing renews'
		holds 'beta reaches the server' within 20000 \
			on beta ping -c 1 -W 1 10.156.1.1 ;;
	'beta cluevpn-enroll --check')
		said 'the server would renew' 'renews it' ;;
	'server vi /etc/bind/'*)
		holds 'BIND takes it' named-checkconf -z /etc/bind/named.conf.local
		holds 'with the name of beta' grep -q '^beta' \
			/etc/bind/vpn/example.org.zone ;;
	'beta cluevpn-enroll --dns '*)
		said 'beta takes the name server' 'first: 10.156.1.1'
		holds 'which is the first one' has /etc/resolv.conf \
			'^nameserver 10.156.1.1' ;;
	'beta cluevpn-enroll --new-key '*)
		holds 'the former key is to be revoked' on server \
			test -s /var/lib/cluevpn-ca/revoke.txt ;;
	'signer bnl-sign remove beta')
		on server sed -i '/^host.beta/d; s/ beta\b//' \
			/etc/cluevpn/kit.names ;;
	'beta cluevpn-nscheck -r')
		fails 'its name server is gone' grep 10.156.1.1 /etc/resolv.conf
		fails 'and its master' test -e /etc/resolv.conf-master ;;
	'signer cluevpn-ask status')
		said 'a signer sees who has what' 'by host/vpn.example.org' ;;
	'server '*backup*)
		is "$(stat -c %a "$HOSTS_DIR/server/etc/ca.tar")" 600 \
			'it is for nobody else' ;;
	'standby '*restore*)
		said 'with all certificates' 'certificates now' ;;
	'standby kadmin '*)
		serves standby
		must ticket signer ann
		holds 'the other server answers' at signer cluevpn-ask status
		said 'and knows all' 'standby '
		key=$(on signer keygen fingerprint node.pem)
		holds 'and gives certificates' at signer cluevpn-enroll \
			--new-key signer
		fails 'for other keys' [ "$key" = \
			"$(on signer keygen fingerprint node.pem)" ]
		must at signer cluevpn-ask revoke
		said 'and notes those that are to be revoked' "$key" ;;
	'build make uninstall-kit')
		holds 'nothing of it is left' on server sh -c '! find /usr/local \
			/etc/cron.d /etc/remctl ! -type d | grep .'
		holds 'but the keys of the server' on server \
			test -s /var/lib/cluevpn-ca/ca.key
		holds 'and nodes stay nodes' on signer ping -c 1 -W 5 10.156.2.1
		;;
	esac
}

typed_read $readme "$HOSTS_DIR"
holds 'the README has commands' [ "$(wc -l <"$HOSTS_DIR/steps")" -gt 30 ]
n=0
while read -r host command <&3; do
	n=$((n + 1))
	if [ -e "$HOSTS_DIR/edit.$n" ]; then
		sed "s/sha256:9b1d\.\.\./$digest/" "$HOSTS_DIR/edit.$n" \
			>"$HOSTS_DIR/edit"
	fi
	before "$host" "$command"
	begin=$(now)
	case $host,$command in
	build,*)
		holds "$host\$ $command" on server env -u MAKEFLAGS -u MFLAGS \
			-C "$here" O="$given" $command ;;
	*)
		do=$(echo "$command" | sed -e "s/sha256:9b1d\.\.\./$digest/" \
			-e "s|samples/|$samples/|g; s|^kit/|$lib/|")
		case $command in
		kinit* | kadmin*) do="echo secret | $do" ;;
		esac
		holds "$host\$ $command" at "$host" sh -c "$do" ;;
	esac
	echo "# $(($(now) - begin)) ms"
	after "$host" "$command"
done 3<"$HOSTS_DIR/steps"

# --- commands in the text -------------------------------------------------------

# Each one in quotation marks is, or begins, one that was typed here or is typed
# by howto.t; deb.t removes the package.
typed_read HOWTO "$HOSTS_DIR/beta"
{
	cut -d ' ' -f 2- "$HOSTS_DIR/steps" "$HOSTS_DIR/beta/steps"
	grep -o '# cluevpnctl .*' HOWTO | cut -c 3-
	sed -n 's/.*dpkg -P \(cluevpn-[a-z-]*\).*/apt purge \1/p' \
		tests/system/deb.t
} >"$HOSTS_DIR/known"
tr '\n' ' ' <$readme | grep -oE \
	'"(cluevpn[a-z-]* |keygen |issue |make |bnl-|gateway-home |apt )[^"]*"' |
	tr -d '"' | sort -u >"$HOSTS_DIR/quoted"
holds 'the text of the README has commands' test -s "$HOSTS_DIR/quoted"
while read -r command <&3; do
	holds "a test runs: $command" grep -qF "$command" "$HOSTS_DIR/known"
done 3<"$HOSTS_DIR/quoted"

tap_end
