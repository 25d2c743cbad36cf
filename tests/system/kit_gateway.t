#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The start-up kit's OpenVPN gateway, with its two configurations as they are:
# a home machine reaches the nodes behind one node's extra subnet.
# shellcheck source=tests/system/lib.sh disable=SC2317 # called by name
. tests/system/lib.sh

command -v openvpn >/dev/null || skip_all 'there is no openvpn here'
kit=$PWD/examples/startup-kit/openvpn

network gateway beta
subnet[gateway]+=' 10.156.100.0/24 fd00:c1:0:100::/64'
list gateway beta
give gateway beta
host home
host thief
start gateway beta
inside gateway sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
# Home machines reach nobody but the gateway.
for h in home thief; do
	inside $h nft 'add table inet t
		add chain inet t out { type filter hook output priority 0; }
		add rule inet t out ip daddr 192.0.2.2 drop
		add rule inet t out ip6 daddr 2001:db8::2 drop'
done

# --- as GATEWAY says ------------------------------------------------------------

server=$tmp/server
mkdir -p $server/homes $tmp/laptop $tmp/stranger
must "$O/keygen" ca -n 'Home machines' -d $server
must "$O/keygen" node gateway -d $server
must openvpn --genkey tls-crypt $server/tls-crypt.key
for m in laptop stranger; do
	must "$O/keygen" node $m -d $tmp/$m
	must "$O/keygen" sign $tmp/$m/node.csr -n $m --ca $server
	cp $server/ca.pem $server/tls-crypt.key $tmp/$m
done
: >$server/homes/laptop
cp "$kit/gateway.conf" $server
vpn() { # vpn HOST DIR CONFIGURATION [OPTION...]
	nsenter --net="/run/netns/$1" openvpn --cd "$2" --config "$3" \
		"${@:4}" --user root --group root >>"$2/log" 2>&1 </dev/null &
	job=$!
}
vpn gateway $server gateway.conf
gate=$job
home() { # home HOST MACHINE
	sed 's/gateway\.example\.org/192.0.2.1/' "$kit/home.conf" \
		>"$tmp/$2/home.conf"
	vpn "$1" "$tmp/$2" home.conf --connect-retry 1 --dev tun0 --verb 3
}
up() { grep -q 'Initialization Sequence Completed' "$1/log"; }
soon 'the gateway is up' up $server
home home laptop
laptop=$job
soon 'the home machine has an address' up $tmp/laptop

# --- through it -----------------------------------------------------------------

try() { # try FROM TO [SIZE]
	inside "$1" ping -n -c 1 -W 1 ${3:+-s "$3" -M "do"} "$2"
}
soon 'it reaches a node behind the gateway' try home 10.156.2.1
soon 'by IPv6, too' try home fd00:c1:0:2::1
soon 'and the gateway itself' try home 10.156.1.1
ok 'with packets as large as the device takes' try home 10.156.2.1 1392
inner=$(inside home ip -j -4 addr show dev tun0 | jq -r '.[0].addr_info[0].local')
is "${inner%.*}" 10.156.100 'its address is one of the extra subnet'
soon 'by which the node reaches it' try beta "$inner"
inside beta socat -u TCP-LISTEN:7000,reuseaddr OPEN:$tmp/got,creat,trunc &
head -c 1000000 /dev/urandom >$tmp/file
ok 'a megabyte by TCP' inside home socat -u OPEN:$tmp/file \
	TCP:10.156.2.1:7000,retry=50,interval=0.1
wait $!
ok 'arrives whole' cmp $tmp/file $tmp/got
ok 'the mesh needs no more than the list: the node has no OpenVPN' \
	test -z "$(inside beta ip -o link show type tun | grep -v tun0)"

# --- who is not let in ------------------------------------------------------------

home thief stranger
thief=$job
soon 'a machine without a file in "homes" is not let in' grep -q \
	'AUTH_FAILED\|auth-failure' $tmp/stranger/log
not_ok 'and reaches no node' try thief 10.156.2.1
kill "$thief" 2>/dev/null
wait "$thief" 2>/dev/null
# A home machine in the place of the gateway.
cp $server/gateway.conf $tmp/laptop/false.conf
mkdir $tmp/laptop/homes
: >$tmp/laptop/homes/stranger
kill "$laptop" "$gate"
wait "$laptop" "$gate"
: >$tmp/stranger/log
vpn gateway $tmp/laptop false.conf
false=$job
home thief stranger
thief=$job
soon 'a home machine is no gateway for another one' grep -q \
	'VERIFY X509NAME ERROR' $tmp/stranger/log
kill "$thief" "$false"
wait "$thief" "$false" 2>/dev/null
ok 'the mesh goes on as before' reach beta gateway
stop gateway beta
finish
