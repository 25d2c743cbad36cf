#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The start-up kit's OpenVPN gateway, as "gateway-home" makes it: home machines
# reach the nodes behind one node's extra subnet; nobody reaches them; who is
# shut out stays out.
# shellcheck source=tests/system/lib.sh disable=SC2317 # called by name
. tests/system/lib.sh

command -v openvpn >/dev/null || skip_all 'there is no openvpn here'
kit=$PWD/examples/startup-kit/openvpn

network gateway beta
subnet[gateway]+=' 10.156.100.0/24 fd00:c1:0:100::/64'
list gateway beta
give gateway beta
for h in home desk thief; do host $h; done
start gateway beta
# Home machines reach nobody but the gateway.
for h in home desk thief; do
	inside $h nft 'add table inet t
		add chain inet t out { type filter hook output priority 0; }
		add rule inet t out ip daddr 192.0.2.2 drop
		add rule inet t out ip6 daddr 2001:db8::2 drop'
done

# --- as GATEWAY says ------------------------------------------------------------

etc=$tmp/etc
server=$etc/openvpn/server
mkdir -p $server $etc/cluevpn /run/openvpn-server
printf 'name = gateway\ndevname = tun0\n' >$etc/cluevpn/cluevpn.conf
printf '%s\n' "bnl = $tmp/network.bnl" "bnlpubkey = $tmp/bnl-pub.pem" \
	'nameserver = 10.156.1.53' >$etc/cluevpn/kit.conf
gateway() { # gateway COMMAND...: what is typed there; what it says is in $tmp/said
	inside gateway env -C $tmp CLUEVPN_KIT_ETC=$etc PATH="$O:$PATH:/usr/sbin" \
		"$kit/gateway-home" "$@" >$tmp/said 2>&1
}
not_ok 'nobody is let in before there is a gateway' gateway add laptop
ok 'the message says how there is one' grep -q 'gateway-home setup' $tmp/said
not_ok 'a subnet that is none' gateway setup --remote 192.0.2.1 --subnet x
ok 'the gateway is made by one command' gateway setup --remote 192.0.2.1 \
	--subnet 10.156.100.0/24 --subnet fd00:c1:0:100::/64
is "$(grep -c 'the list does not give' $tmp/said)" 0 'the list has its subnets'
ok 'a subnet that is not in the list' gateway setup --remote 192.0.2.1 \
	--subnet 10.156.101.0/24
ok 'is told' grep -q 'does not give 10.156.101.0/24 to gateway' $tmp/said
cp $server/ca.pem $tmp/ca.before
ok 'the command can be run again' gateway setup --remote 192.0.2.1 \
	--subnet 10.156.100.0/24 --subnet fd00:c1:0:100::/64
ok 'and keeps the keys' cmp $server/ca.pem $tmp/ca.before
is "$(grep '^server\|^push "[rd]' $server/gateway.conf)" \
"server 10.156.100.0 255.255.255.0
server-ipv6 fd00:c1:0:100::/64
push \"route 10.156.0.0 255.255.0.0\"
push \"route-ipv6 fd00:c1::/48\"
push \"dhcp-option DNS 10.156.1.53\"
push \"dhcp-option DOMAIN example.org\"" 'it has what the list and kit.conf say'
is "$(inside gateway sysctl -n net.ipv4.ip_forward \
	net.ipv6.conf.all.forwarding | tr '\n' ' ')" '1 1 ' 'the node forwards'
ok 'after a reboot, too' inside home sysctl -q -p \
	$etc/sysctl.d/60-cluevpn-gateway.conf
is "$(inside home sysctl -n net.ipv4.ip_forward)" 1 'by a file of /etc/sysctl.d'
inside home sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0
ok 'the firewall is loaded without another table' inside gateway \
	nft list table inet cluevpn_homes
ok 'and before each start of the gateway' grep -qx \
	"ExecStartPre=/usr/sbin/nft -f $server/gateway.nft" \
	$etc/systemd/system/openvpn-server@gateway.service.d/cluevpn.conf
ok 'where that can be done again' inside gateway nft -f $server/gateway.nft

# As the service does, where there is a user nobody.
as=''
[ "$(awk '{ print $3; exit }' /proc/self/uid_map)" -gt 1 ] ||
	as='--user root --group root'
vpn() { # vpn HOST DIR CONFIGURATION [OPTION...]
	# shellcheck disable=SC2086 # options
	nsenter --net="/run/netns/$1" openvpn --cd "$2" --config "$3" \
		"${@:4}" $as >>"$2/log" 2>&1 </dev/null &
	job=$!
}
vpn gateway $server gateway.conf
gate=$job
home() { # home HOST DIR: with its profile
	vpn "$1" "$2" home.conf --connect-retry 1 --dev tun0 --verb 3
}
up() { grep -q 'Initialization Sequence Completed' "$1/log"; }
soon 'the gateway is up' up $server

mkdir $tmp/laptop $tmp/desk $tmp/stranger
ok 'a machine is let in by one command' gateway add laptop
ok 'which names the file to copy' grep -q 'wrote laptop.ovpn' $tmp/said
is "$(stat -c %a $tmp/laptop.ovpn)" 600 'that is for nobody else'
mv $tmp/laptop.ovpn $tmp/laptop/home.conf
is "$(ls $server/issued)" laptop.pem 'no key of it stays on the gateway'
not_ok 'the same name again' gateway add laptop
not_ok 'the name of the gateway' gateway add gateway
not_ok 'a name that is a path' gateway add ../laptop
home home $tmp/laptop
laptop=$job
soon 'the home machine has an address' up $tmp/laptop
must "$O/keygen" node desk -d $tmp/desk
ok 'another one has made its own key' gateway add desk desk/node.csr \
	-o desk/home.conf
not_ok 'which is not in the profile' grep -q 'PRIVATE KEY' $tmp/desk/home.conf
# With the script of Debian's package, here one that notes what it is told.
sed -i 's/^;//' $tmp/desk/home.conf
script=/etc/openvpn/update-resolv-conf
ok 'the script that the profile names is there' test -x $script
printf '#!/bin/sh\nenv | grep ^foreign_option | sort >%s\n' $tmp/options \
	>$tmp/script
chmod 755 $tmp/script
must mount --bind $tmp/script $script
home desk $tmp/desk
soon 'it has an address' up $tmp/desk
is "$(cat $tmp/options)" "foreign_option_1=dhcp-option DNS 10.156.1.53
foreign_option_2=dhcp-option DOMAIN example.org" \
	'which is told the name servers of the VPN'

# --- through it -----------------------------------------------------------------

try() { # try FROM TO [SIZE]
	inside "$1" ping -n -c 1 -W 1 ${3:+-s "$3" -M "do"} "$2"
}
soon 'it reaches a node behind the gateway' try home 10.156.2.1
soon 'by IPv6, too' try home fd00:c1:0:2::1
soon 'and the gateway itself' try home 10.156.1.1
ok 'with packets as large as the device takes' try home 10.156.2.1 1392
inner() {
	inside "$1" ip -j -4 addr show dev tun0 | jq -r '.[0].addr_info[0].local'
}
inner=$(inner home)
is "${inner%.*}" 10.156.100 'its address is one of the extra subnet'
not_ok 'no node reaches the home machine' try beta "$inner"
not_ok 'nor does another home machine' try desk "$inner"
ok 'it is told the name servers of the VPN' grep -q \
	'PUSH_REPLY.*dhcp-option DNS 10.156.1.53,dhcp-option DOMAIN example.org' \
	$tmp/laptop/log
inside beta socat -u TCP-LISTEN:7000,reuseaddr OPEN:$tmp/got,creat,trunc &
head -c 1000000 /dev/urandom >$tmp/file
ok 'a megabyte by TCP' inside home socat -u OPEN:$tmp/file \
	TCP:10.156.2.1:7000,retry=50,interval=0.1
wait $!
ok 'arrives whole' cmp $tmp/file $tmp/got
ok 'the mesh needs no more than the list: the node has no OpenVPN' \
	test -z "$(inside beta ip -o link show type tun | grep -v tun0)"
ok 'who is there' gateway list
ok 'is shown' grep -q "^laptop  *until 20.* as $inner" $tmp/said
is "$(wc -l <$tmp/said)" 2 'each machine on a line'

# --- who is not let in ------------------------------------------------------------

ok 'a machine' gateway add stranger -o stranger/home.conf
rm $server/homes/stranger
home thief $tmp/stranger
thief=$job
soon 'without a file in "homes" is not let in' grep -q \
	'AUTH_FAILED\|auth-failure' $tmp/stranger/log
not_ok 'and reaches no node' try thief 10.156.2.1
: >$server/homes/stranger
soon 'which does not end it: once there is one, it comes in' up $tmp/stranger
soon 'and reaches a node' try thief 10.156.2.1
kill "$thief"
wait "$thief"

ok 'a machine is shut out' gateway remove laptop
soon 'its connection ends' grep -q 'VERIFY ERROR.*revoked.*laptop' $server/log
not_ok 'it reaches no node' try home 10.156.2.1
: >$server/homes/laptop
before=$(grep -c 'VERIFY ERROR.*revoked.*laptop' $server/log)
more_refused() {
	[ "$(grep -c 'VERIFY ERROR.*revoked.*laptop' $server/log)" -gt "$before" ]
}
kill "$laptop"
wait "$laptop"
home home $tmp/laptop
laptop=$job
soon 'its key stays out, though there is a file with its name again' \
	more_refused
rm $server/homes/laptop
ok 'another one is let in' gateway add laptop -o again.ovpn
kill "$laptop"
wait "$laptop"
mv $tmp/again.ovpn $tmp/laptop/home.conf
: >$tmp/laptop/log
home home $tmp/laptop
laptop=$job
soon 'with another key' up $tmp/laptop
soon 'it reaches a node' try home 10.156.2.1
is "$(grep -c 'Initialization Sequence Completed' $tmp/desk/log)" 1 \
	'the other machine has noticed nothing of all that'
ok 'and is there' try desk 10.156.2.1
not_ok 'a machine that is unknown' gateway remove nobody
ok 'is named' grep -q 'there is no machine nobody' $tmp/said

# A home machine in the place of the gateway.
mkdir -p $tmp/false/homes
cp $server/ca.pem $server/tls-crypt.key $server/crl.pem $tmp/false
cp $server/issued/desk.pem $tmp/false/node.pem
cp $tmp/desk/node.key $server/gateway.conf $tmp/false
: >$tmp/false/homes/laptop
kill "$laptop" "$gate"
wait "$laptop" "$gate"
: >$tmp/laptop/log
vpn gateway $tmp/false gateway.conf
false=$job
home home $tmp/laptop
laptop=$job
soon 'a home machine is no gateway for another one' grep -q \
	'VERIFY X509NAME ERROR' $tmp/laptop/log
kill "$laptop" "$false"
wait "$laptop" "$false" 2>/dev/null
ok 'the mesh goes on as before' reach beta gateway
stop gateway beta
finish
