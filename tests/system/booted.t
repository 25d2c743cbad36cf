#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A host that systemd has booted: the unit is reloaded and goes on to take
# lists and to negotiate; the name servers of the start-up kit come and go with
# the VPN, whoever writes resolv.conf there; "make uninstall-kit" leaves nothing
# behind; the gateway for home machines is there after a reboot. Needs what
# tests/booted makes.
# shellcheck source=tests/system/lib.sh disable=SC2086,SC2317 # called by name
[ -n "${BOOTED:-}" ] || {
	echo '1..0 # SKIP tests/booted makes hosts for this'
	exit 0
}
kinds=${KINDS:-plain mounted resolved resolvconf openresolv dhclient gateway}
. tests/system/lib.sh
for c in dnsmasq host openvpn systemd-nspawn; do
	command -v $c >/dev/null || skip_all "there is no $c here"
done

outer=4
network alpha beta
subnet[alpha]+=' 10.156.100.0/24' # for home machines
list alpha beta
give beta
host lan
host home
declare -A dns=()
serve() { # serve HOST ADDRESS ANSWER [OPTION...]: a name server, which says 192.0.2.ANSWER
	nsenter --net="/run/netns/$1" dnsmasq -k -C /dev/null -R -h --user=root \
		--host-record=srv.example.org,192.0.2.$3 --pid-file= \
		--local=/example.org/ --listen-address="$2" \
		--bind-interfaces "${@:4}" >"$tmp/dns.$1" 2>&1 </dev/null &
	dns[$1]=$!
}
start beta
serve lan "$(outer4 lan)" 66
serve beta "$(inner4 beta)" 77

# --- a host ---------------------------------------------------------------------

# As it is on every Debian: for all.
must mknod -m 666 /run/tun c 10 200
mkdir $tmp/host
mount -t tmpfs tmpfs $tmp/host
up=
make_host() { # make_host KIND: alpha is such a host
	local kind=$1 d=$tmp/host/$1 lib

	mkdir -p "$d/upper" "$d/work" "$d/root"
	mount -t overlay -o "lowerdir=$BOOTED,upperdir=$d/upper" \
		-o "workdir=$d/work" overlay "$d/root" 2>$tmp/out || return
	root=$d/root
	rm -f "$root/etc/resolv.conf"
	printf '%s\n' '# by the installer' "nameserver $(outer4 lan)" \
		'options timeout:1' >"$root/etc/resolv.conf"
	echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
	echo alpha >"$root/etc/hostname"
	# Libraries of this machine that this release does not have.
	for lib in $(ldd "$O/cluevpnd" | sed -n 's/.* => \(\/[^ ]*\) .*/\1/p'); do
		[ -n "$(find "$root/usr/lib" -name "${lib##*/}")" ] ||
			install -D -t "$root/usr/local/lib" "$lib"
	done
	chroot "$root" ldconfig
	"kind_$kind" || return
	make -s O="$O" DESTDIR="$root" install install-kit >$tmp/out 2>&1 ||
		return
	cp $tmp/alpha/*.pem $tmp/alpha/node.key "$root/etc/cluevpn"
	cp $tmp/network.bnl "$root/var/lib/cluevpn"
	printf '%s\n' 'name = alpha' 'initretry = 250ms' 'negotiategap = 1s' \
		>"$root/etc/cluevpn/cluevpn.conf"
	boot "$kind"
}
boot() { # boot KIND
	local arg=()

	[ "$1" != mounted ] ||
		arg=(--bind="$tmp/mounted:/etc/resolv.conf")
	SYSTEMD_NSPAWN_API_VFS_WRITABLE=network \
		systemd-nspawn -q --register=no --keep-unit -D "$root" --boot \
		--network-namespace-path=/run/netns/alpha \
		--resolv-conf=off --timezone=off --bind=/run/tun:/dev/net/tun \
		--bind-ro="$PWD:/src" \
		--capability=CAP_NET_ADMIN,CAP_NET_RAW --console=pipe \
		"${arg[@]}" >$tmp/console 2>&1 </dev/null &
	up=$!
	within 180 running
}
leader() { # the first process of the host; before it there is another child
	first=$(pgrep -P "$up") && grep -q '^systemd$' "/proc/$first/comm"
}
at() { # at COMMAND...: on that host
	nsenter -t "$first" -m -u -i -n -p -r -w env -i HOME=/root LC_ALL=C \
		PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
		"$@"
}
running() {
	leader || return
	case $(at systemctl is-system-running) in
	running | degraded) ;;
	*) return 1 ;;
	esac
}
halt() { # as if its power had failed
	kill -KILL "$up" "$first" 2>/dev/null
	wait "$up" 2>/dev/null
	up=
}
dispose() {
	[ -z "$up" ] || halt
	umount -l "$root"
	rm -rf "$tmp/host/${root##*/host/}"
}
packages() { # packages KIND
	[ -d "$root/debs/$1" ] || {
		echo "this release has no packages for it" >$tmp/lacks
		return 1
	}
	mount -t proc proc "$root/proc" &&
		printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d" &&
		chmod 755 "$root/usr/sbin/policy-rc.d" &&
		chroot "$root" sh -c "DEBIAN_FRONTEND=noninteractive dpkg -i \
			/debs/$1/*.deb" >$tmp/out 2>&1
	local rc=$?
	umount "$root/proc"
	return $rc
}

# --- kinds of host ----------------------------------------------------------------

kind_plain() { # the installer has written the file
	:
}
kind_dhclient() { # dhclient writes it, at each lease that it gets
	packages dhclient
}
kind_gateway() {
	packages gateway
}
kind_mounted() { # as in a container
	cp "$root/etc/resolv.conf" $tmp/mounted
}
kind_resolved() {
	packages resolved || return
	echo 'hosts: files resolve [!UNAVAIL=return] dns' \
		>"$root/etc/nsswitch.conf"
	mkdir -p "$root/etc/systemd/resolved.conf.d"
	printf '[Resolve]\nDNS=%s\nFallbackDNS=\nDNSSEC=no\nLLMNR=no\n%s\n' \
		"$(outer4 lan)" 'MulticastDNS=no' \
		>"$root/etc/systemd/resolved.conf.d/lan.conf"
	ln -sf /run/systemd/resolve/stub-resolv.conf "$root/etc/resolv.conf"
	chroot "$root" systemctl enable systemd-resolved >$tmp/out 2>&1
}
kind_resolvconf() {
	packages resolvconf || return
	ln -sf /run/resolvconf/resolv.conf "$root/etc/resolv.conf"
	chroot "$root" systemctl enable resolvconf >$tmp/out 2>&1
}
kind_openresolv() {
	packages openresolv
}
has_lan() { # what the host has from elsewhere
	case $kind in
	resolvconf | openresolv)
		echo "nameserver $(outer4 lan)" | at resolvconf -a eth0.dhcp ;;
	esac
}

# --- what resolves what -------------------------------------------------------------

asks() { # asks LAST: a program on the host resolves it to 192.0.2.LAST
	at getent ahostsv4 srv.example.org | grep -q "^192\.0\.2\.$1 "
}
file() { at cat /etc/resolv.conf; }
first_server() { # first_server ADDRESS
	[ "$(file | awk '$1 == "nameserver" { print $2; exit }')" = "$1" ]
}
owner() { at stat -c '%U %a' /var/lib/cluevpn; }
number() { at systemctl show -p MainPID --value cluevpnd; }
active() { at systemctl is-active -q cluevpnd; }
checked() { # the checker, now rather than in a minute
	at systemctl start cluevpn-nscheck.service
}
pair() { at sh -c 'cksum /var/lib/cluevpn/pairs/beta.pair'; }
newer() { # a list is signed and pushed; alpha has stored it
	prefixes="$prefixes 10.$1.0.0/16"
	list alpha beta
	give beta
	kill -HUP "${pid[beta]}"
	ctl beta push >/dev/null
}
stored() { at cmp /var/lib/cluevpn/network.bnl - <$tmp/network.bnl; }
same_list() { cmp -s "$root/var/lib/cluevpn/network.bnl" $tmp/network.bnl; }

reload() { # the unit: reloaded twice, then a list and a pair come
	local before

	before=$(number)
	ok "$kind: the unit reloads" at systemctl reload cluevpnd
	ok "$kind: once more" at systemctl reload cluevpnd
	is "$(owner)" 'cluevpn 700' "$kind: the state is still the daemon's"
	is "$(number)" "$before" "$kind: which is the same process"
	newer "$((++lists))"
	soon "$kind: it stores a list that is pushed" same_list
	before=$(pair)
	ok "$kind: it negotiates" at cluevpnctl negotiate beta
	another() { [ "$(pair)" != "$before" ]; }
	soon "$kind: and stores the pair" another
}
lists=160

typed() { # typed FILE PROGRAM...: each such command of the document, on the host
	local file=$1 program command

	shift
	for program; do
		while read -r command <&3; do
			ok "$kind: $command" at $command
		done 3< <(sed -e ':a' -e '/\\$/N; s/\\\n *//; ta' "$file" |
			sed -n "s/^    [a-z]*\$ \($program\( .*\)*\)$/\1/p")
	done
}

# --- a lease that is renewed ------------------------------------------------------

cable=198.18.0
lease() { # lease ANSWER: a LAN that gives leases; it names a name server in it
	serve lan $cable.$1 "$1" --listen-address=$cable.1 --dhcp-authoritative \
		--dhcp-range=$cable.50,$cable.99,2m --dhcp-option=3 \
		--dhcp-option-force=58,30 --dhcp-option-force=59,90 \
		--dhcp-option=6,$cable.$1
}
lease_first() {
	kill "${dns[lan]}"
	ip link add lan1 netns alpha type veth peer name lan1 netns lan
	inside lan ip addr add $cable.1/24 dev lan1
	inside lan ip addr add $cable.66/24 dev lan1
	inside lan ip addr add $cable.67/24 dev lan1
	inside lan ip link set lan1 up
	inside alpha ip link set lan1 up
	lease 66
	ok "$kind: it gets a lease" at dhclient -q lan1
	is "$(file | grep nameserver)" "nameserver $cable.66" \
		"$kind: with a name server"
}
servers_are() { # servers_are ADDRESS...: those of resolv.conf, in this order
	[ "$(file | awk '$1 == "nameserver" { printf "%s ", $2 }')" = "$* " ]
}
lease_renewed() {
	kill "${dns[lan]}"
	wait "${dns[lan]}" 2>/dev/null
	lease 67
	# dhclient writes the file at each renewal, until the next check.
	ok "$kind: its renewal has another name server, behind the VPN's" \
		within 120 servers_are "$(inner4 beta)" $cable.67
	not_ok "$kind: nothing has the former one any more" at grep -q \
		"$cable.66" /etc/resolv.conf /etc/resolv.conf-master
	must at pkill dhclient
	stop beta
	kill "${dns[beta]}"
	checked
	ok "$kind: half dead, it is the first one" servers_are $cable.67
	soon "$kind: and answers" asks 67
	start beta
	serve beta "$(inner4 beta)" 77
	soon "$kind: alive again, that of the VPN" again
	echo "nameserver $cable.67" >$tmp/resolv.before
}

# --- home machines over a reboot ----------------------------------------------------

from_home() { # from_home ADDRESS
	inside home ping -n -c 1 -W 1 "$1"
}
at_home() { # openvpn, with the profile
	nsenter --net=/run/netns/home openvpn --config $tmp/laptop.ovpn \
		--dev tun0 --connect-retry 1 >>$tmp/openvpn 2>&1 </dev/null &
	laptop=$!
}
gateway() {
	local text=examples/startup-kit/openvpn/GATEWAY

	sed "s/gateway\.example\.org/$(outer4 alpha)/; s/ --subnet fd00[^ ]*//" \
		$text >$tmp/GATEWAY
	inside alpha sysctl -qw net.ipv4.ip_forward=0
	ok "$kind: cluevpnd starts" at systemctl enable -q --now cluevpnd
	typed $tmp/GATEWAY 'gateway-home setup'
	ok "$kind: a machine is let in" at env -C /root gateway-home add laptop
	must cp "$root/root/laptop.ovpn" $tmp
	at_home
	soon "$kind: it reaches a node behind the gateway" \
		from_home "$(inner4 beta)"
	halt
	# All that the kernel would have forgotten.
	inside alpha sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0
	inside alpha nft flush ruleset
	ok "$kind: the power fails; it boots again" boot gateway
	# It notices after the minute that "keepalive" of gateway.conf gives.
	ok "$kind: the machine reaches the node again" within 150 \
		from_home "$(inner4 beta)"
	is "$(inside alpha sysctl -n net.ipv4.ip_forward)" 1 \
		"$kind: for it forwards"
	ok "$kind: its firewall is there" at nft list table inet cluevpn_homes
	not_ok "$kind: nobody reaches the machine" inside beta ping -n -c 1 -W 1 \
		"$(inside home ip -j -4 addr show dev tun0 |
			jq -r '.[0].addr_info[0].local')"
	typed $tmp/GATEWAY 'gateway-home list' 'gateway-home remove'
	shut_out() { ! from_home "$(inner4 beta)"; }
	soon "$kind: it is out" shut_out
	kill $laptop
	wait $laptop
}

# --- all kinds ------------------------------------------------------------------------

for kind in $kinds; do
	rm -f $tmp/lacks
	if ! make_host $kind; then
		if [ -s $tmp/lacks ]; then
			ok "$kind # SKIP $(cat $tmp/lacks)" true
		else
			sed 's/^/# /' $tmp/out
			tail -n 20 $tmp/console | sed 's/^/# /'
			result 1 "$kind: it boots"
		fi
		dispose
		continue
	fi
	result 0 "$kind: it boots"
	if [ $kind = gateway ]; then
		gateway
		dispose
		continue
	fi
	[ $kind != dhclient ] || lease_first
	has_lan
	soon "$kind: before, the LAN's name server answers" asks 66
	file >$tmp/resolv.before
	# Which cluevpn-enroll --dns does.
	printf '%s\n' "nameserver = $(inner4 beta)" 'timeout = 1' \
		>"$root/etc/cluevpn/kit.conf"
	typed examples/startup-kit/README systemctl
	ok "$kind: cluevpnd starts" at systemctl enable -q --now cluevpnd
	soon "$kind: up: the VPN's name server answers" asks 77
	[ "$kind" = resolved ] ||
		soon "$kind: it is the first one of resolv.conf" \
			first_server "$(inner4 beta)"
	again() { checked && asks 77; }
	[ "$kind" != plain ] || reload
	if [ "$kind" = resolved ]; then
		kill "${dns[beta]}"
		ok "$kind: a host that answers pings and no questions" checked
		soon "$kind: is not asked" asks 66
		serve beta "$(inner4 beta)" 77
		soon "$kind: once it answers it is" again
	fi
	if [ "$kind" = dhclient ]; then
		lease_renewed
	else
		stop beta
		kill "${dns[beta]}"
		ok "$kind: half dead, it is checked" checked
		soon "$kind: the LAN's name server answers" asks 66
		start beta
		serve beta "$(inner4 beta)" 77
		soon "$kind: alive again, that of the VPN" again
	fi
	lan=66
	[ "$kind" != dhclient ] || lan=67
	number >$tmp/number
	at kill -KILL "$(number)"
	soon "$kind: the daemon dies and comes back" active
	soon "$kind: and its name server" asks 77
	ok "$kind: down" at systemctl stop cluevpnd
	soon "$kind: the LAN's name server answers" asks $lan
	not_server() { ! file | grep -q "$(inner4 beta)"; }
	soon "$kind: nobody asks that of the VPN" not_server
	# A typing error, and no daemon that cares.
	echo 'timeuot = 3' >>"$root/etc/cluevpn/kit.conf"
	ok "$kind: with an error in kit.conf the VPN starts" \
		at systemctl start cluevpnd
	sed -i '$d' "$root/etc/cluevpn/kit.conf"
	soon "$kind: once that is mended its name server is asked" asks 77
	ok "$kind: the kit is taken out while the VPN is up" \
		at make -s -C /src uninstall-kit
	soon "$kind: the LAN's name server answers" asks $lan
	file >$tmp/resolv.after
	ok "$kind: resolv.conf is as it was" \
		cmp $tmp/resolv.before $tmp/resolv.after
	is "$(at systemctl list-units --all --plain --no-legend 'cluevpn-*')" '' \
		"$kind: systemd knows no unit of the kit any more"
	is "$(at find /etc /run/systemd /usr/local /var/lib/systemd -name \
		'*cluevpn-*' ! -name '*.[57]')" '' \
		"$kind: nor is a file of it anywhere"
	ok "$kind: the VPN goes on" active
	dispose
	if [ "$kind" = dhclient ]; then
		kill "${dns[lan]}"
		inside lan ip link del lan1
		serve lan "$(outer4 lan)" 66
	fi
done
stop beta
finish
