#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A host that systemd has booted: the unit is reloaded and goes on to take
# lists and to negotiate; the name servers of the start-up kit come and go with
# the VPN, whoever writes resolv.conf there. Needs what tests/booted makes.
# shellcheck source=tests/system/lib.sh disable=SC2086,SC2317 # called by name
[ -n "${BOOTED:-}" ] || {
	echo '1..0 # SKIP tests/booted makes hosts for this'
	exit 0
}
kinds=${KINDS:-plain mounted resolved resolvconf openresolv}
. tests/system/lib.sh
for c in dnsmasq host systemd-nspawn; do
	command -v $c >/dev/null || skip_all "there is no $c here"
done

outer=4
network alpha beta
host lan
declare -A dns=()
serve() { # serve HOST ADDRESS ANSWER: a name server, which says 192.0.2.ANSWER
	nsenter --net="/run/netns/$1" dnsmasq -k -C /dev/null -R -h --user=root \
		--host-record=srv.example.org,192.0.2.$3 --pid-file= \
		--local=/example.org/ --listen-address="$2" \
		--bind-interfaces >"$tmp/dns.$1" 2>&1 </dev/null &
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
boot() { # boot KIND: alpha is such a host
	local kind=$1 d=$tmp/host/$1 arg=()

	mkdir -p "$d/upper" "$d/work" "$d/root"
	mount -t overlay -o "lowerdir=$BOOTED,upperdir=$d/upper" \
		-o "workdir=$d/work" overlay "$d/root" 2>$tmp/out || return
	root=$d/root
	rm -f "$root/etc/resolv.conf"
	printf '%s\n' '# by the installer' "nameserver $(outer4 lan)" \
		'options timeout:1' >"$root/etc/resolv.conf"
	echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
	echo alpha >"$root/etc/hostname"
	"kind_$kind" || return
	make -s O="$O" DESTDIR="$root" install install-kit >$tmp/out 2>&1 ||
		return
	cp $tmp/alpha/*.pem $tmp/alpha/node.key "$root/etc/cluevpn"
	cp $tmp/network.bnl "$root/var/lib/cluevpn"
	printf '%s\n' 'name = alpha' 'initretry = 250ms' 'negotiategap = 1s' \
		>"$root/etc/cluevpn/cluevpn.conf"
	[ "$kind" != mounted ] ||
		arg=(--bind="$tmp/mounted:/etc/resolv.conf")
	systemd-nspawn -q --register=no --keep-unit -D "$root" --boot \
		--network-namespace-path=/run/netns/alpha \
		--resolv-conf=off --timezone=off --bind=/run/tun:/dev/net/tun \
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
halt() {
	kill -KILL "$up" "$first" 2>/dev/null
	wait "$up" 2>/dev/null
	umount -l "$root"
	rm -rf "$tmp/host/${root##*/host/}"
	up=
}
packages() { # packages KIND
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

kind_plain() { # dhclient writes the file
	packages dhclient
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

for kind in $kinds; do
	if ! boot $kind; then
		sed 's/^/# /' $tmp/out
		tail -n 20 $tmp/console | sed 's/^/# /'
		result 1 "$kind: it boots"
		[ -z "$up" ] || halt
		continue
	fi
	result 0 "$kind: it boots"
	has_lan
	soon "$kind: before, the LAN's name server answers" asks 66
	file >$tmp/resolv.before
	# Which cluevpn-enroll --dns does.
	printf '%s\n' "nameserver = $(inner4 beta)" 'timeout = 1' \
		>"$root/etc/cluevpn/kit.conf"
	ok "$kind: the checker is switched on" at systemctl enable -q --now \
		cluevpn-nscheck.path cluevpn-nscheck.timer
	ok "$kind: cluevpnd starts" at systemctl enable -q --now cluevpnd
	soon "$kind: up: the VPN's name server answers" asks 77
	[ "$kind" = resolved ] ||
		soon "$kind: it is the first one of resolv.conf" \
			first_server "$(inner4 beta)"
	[ "$kind" != plain ] || reload
	stop beta
	kill "${dns[beta]}"
	ok "$kind: half dead, it is checked" checked
	soon "$kind: the LAN's name server answers" asks 66
	start beta
	serve beta "$(inner4 beta)" 77
	again() { checked && asks 77; }
	soon "$kind: alive again, that of the VPN" again
	number >$tmp/number
	at kill -KILL "$(number)"
	soon "$kind: the daemon dies and comes back" active
	soon "$kind: and its name server" asks 77
	ok "$kind: down" at systemctl stop cluevpnd
	soon "$kind: the LAN's name server answers" asks 66
	not_server() { ! file | grep -q "$(inner4 beta)"; }
	soon "$kind: nobody asks that of the VPN" not_server
	# A typing error, and no daemon that cares.
	echo 'timeuot = 3' >>"$root/etc/cluevpn/kit.conf"
	ok "$kind: with an error in kit.conf the VPN starts" \
		at systemctl start cluevpnd
	sed -i '$d' "$root/etc/cluevpn/kit.conf"
	soon "$kind: once that is mended its name server is asked" asks 77
	must at systemctl disable -q --now cluevpn-nscheck.path \
		cluevpn-nscheck.timer
	must at systemctl stop cluevpn-nscheck.service
	ok "$kind: all is taken back" at cluevpn-nscheck -r
	soon "$kind: the LAN's name server answers" asks 66
	file >$tmp/resolv.after
	ok "$kind: resolv.conf is as it was" \
		cmp $tmp/resolv.before $tmp/resolv.after
	halt
done
stop beta
finish
