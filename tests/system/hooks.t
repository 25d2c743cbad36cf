#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Hooks: which run, when, with what around them; what their failure does.
# shellcheck source=tests/system/lib.sh disable=SC2317 # called by name
. tests/system/lib.sh

outer=4
network alpha beta
member gamma
hook=$tmp/hook
cat >$hook <<'END'
#!/bin/sh
# Leaves a line with its own name and all of its environment but the usual.
{
	printf '%s' "$1"
	env | grep -vE '^(PWD|OLDPWD|SHLVL|_|PATH)=' | sort |
		while read -r l; do printf ' %s' "$l"; done
	echo
} >>/run/t/ran
END
chmod +x $hook
ran=$tmp/ran
hooks=()
for h in up down subnetup subnetdown mysubnetup mysubnetdown nodeup nodedown
do
	hooks+=("${h}cmd = $hook $h")
done
conf alpha "${hooks[@]}"

v4() { # v4 NAME: the variables of the IPv4 subnet of a node
	local i=${index[$1]}

	echo "NODE=$1 SUBADDR=10.156.$i.0 SUBADDRTYPE=ipv4 SUBCIDR=24" \
		"SUBNET=10.156.$i.0/24 TUNDEV=tun0"
}
v6() {
	local i=${index[$1]}

	echo "NODE=$1 SUBADDR=fd00:c1:0:$i:: SUBADDRTYPE=ipv6 SUBCIDR=64" \
		"SUBNET=fd00:c1:0:$i::/64 TUNDEV=tun0"
}
# recorded WHAT: that these and no other hooks ran; the wanted ones on stdin
recorded() {
	sort >$tmp/wanted
	enough() { [ "$(wc -l <"$ran")" -ge "$(wc -l <"$tmp/wanted")" ]; }
	within "$LIMIT" enough >/dev/null
	is "$(sort $ran)" "$(cat $tmp/wanted)" "$1"
	: >$ran
}
order() { # order: the hooks that ran, and for which node, in their order
	sed 's/^\([a-z]*\).* NODE=\([a-z]*\) .*/\1-\2/; s/ .*//' $ran | uniq |
		tr '\n' ' '
}
has_run() { # has_run N: so many
	[ "$(wc -l <"$ran")" -ge "$1" ]
}
: >$ran
start alpha beta
soon 'hooks run at the start' has_run 6
is "$(order)" 'up mysubnetup-alpha nodeup-beta subnetup-beta ' \
	'up first, a node before its subnets'
recorded 'at the start' <<END
up TUNDEV=tun0
nodeup NODE=beta TUNDEV=tun0
mysubnetup $(v4 alpha)
mysubnetup $(v6 alpha)
subnetup $(v4 beta)
subnetup $(v6 beta)
END

list alpha beta gamma
give alpha
kill -HUP "${pid[alpha]}"
recorded 'a node more' <<END
nodeup NODE=gamma TUNDEV=tun0
subnetup $(v4 gamma)
subnetup $(v6 gamma)
END
keep=${subnet[beta]}
subnet[beta]=10.156.2.0/24
list alpha beta
give alpha
kill -HUP "${pid[alpha]}"
soon 'hooks run for what has gone' has_run 4
is "$(order)" 'subnetdown-beta subnetdown-gamma nodedown-gamma ' \
	'subnets before their node'
recorded 'a node less and a subnet less' <<END
nodedown NODE=gamma TUNDEV=tun0
subnetdown $(v4 gamma)
subnetdown $(v6 gamma)
subnetdown $(v6 beta)
END
subnet[beta]=$keep
keep=${subnet[alpha]}
subnet[alpha]=10.156.1.0/24
list alpha beta
give alpha
kill -HUP "${pid[alpha]}"
soon 'hooks run for both' has_run 2
is "$(order)" 'mysubnetdown-alpha subnetup-beta ' \
	'what has gone before what has come'
recorded 'own subnet gone, one of the others back' <<END
mysubnetdown $(v6 alpha)
subnetup $(v6 beta)
END
has() { inside alpha ip addr show dev tun0 | grep -q "$1"; }
not_ok 'its address is gone too' has fd00:c1:0:1::1
ok 'the other one is there' has '10\.156\.1\.1/16'
subnet[alpha]=$keep
list alpha beta
give alpha
kill -HUP "${pid[alpha]}"
recorded 'and it comes back' <<END
mysubnetup $(v6 alpha)
END
soon 'with its address' has fd00:c1:0:1::1/48
kill -HUP "${pid[alpha]}"
list beta
give alpha
kill -HUP "${pid[alpha]}"
recorded 'out of the list: everything goes' <<END
nodedown NODE=beta TUNDEV=tun0
mysubnetdown $(v4 alpha)
mysubnetdown $(v6 alpha)
subnetdown $(v4 beta)
subnetdown $(v6 beta)
END
list alpha beta
give alpha
kill -HUP "${pid[alpha]}"
recorded 'in it again: everything comes' <<END
nodeup NODE=beta TUNDEV=tun0
mysubnetup $(v4 alpha)
mysubnetup $(v6 alpha)
subnetup $(v4 beta)
subnetup $(v6 beta)
END
stop alpha
is "${status[alpha]}" 0 'it ends in order'
is "$(order)" 'mysubnetdown-alpha subnetdown-beta nodedown-beta down ' \
	'subnets before their node, down last'
recorded 'at the end' <<END
down TUNDEV=tun0
nodedown NODE=beta TUNDEV=tun0
mysubnetdown $(v4 alpha)
mysubnetdown $(v6 alpha)
subnetdown $(v4 beta)
subnetdown $(v6 beta)
END
start alpha
: >$ran
kill -INT "${pid[alpha]}"
ended alpha
ok 'SIGINT is a clean end too' grep -q '^down' $ran

# --- many for one -----------------------------------------------------------------
# One process at the start, one for a list, one at the end: by the daemon, and
# by the process that stays root when the daemon does not.
chmod 755 $tmp
for user in '' 'user = nobody'; do
	if [ -n "$user" ]; then
		setpriv --reuid=65534 true 2>/dev/null || continue
		rm -r $tmp/alpha/state
		give alpha
	fi
	list alpha beta
	give alpha
	conf alpha ${user:+"$user"} 'nodeupcmd = echo ran' \
		"changecmd = { echo change on \$TUNDEV; cat; } >>$ran"
	: >$ran
	start alpha
	soon 'all at the start' has_run 6
	is "$(sed 's/alpha.*/alpha/' $ran)" "change on tun0
mysubnetup alpha
mysubnetup alpha
nodeup beta
subnetup beta 10.156.2.0/24
subnetup beta fd00:c1:0:2::/64" 'in one process'
	list alpha gamma
	give alpha
	[ -z "$user" ] || chown 65534 $tmp/alpha/state/network.bnl
	: >$ran
	ok 'another list' ctl alpha reload
	soon 'what went and came with it' has_run 7
	is "$(cat $ran)" "change on tun0
subnetdown beta 10.156.2.0/24
subnetdown beta fd00:c1:0:2::/64
nodedown beta
nodeup gamma
subnetup gamma 10.156.3.0/24
subnetup gamma fd00:c1:0:3::/64" 'in one process'
	: >$ran
	ok 'the same list' ctl alpha reload
	stop alpha
	is "$(grep -c change $ran)" 1 'all at the end in one process'
	is "$(tail -n 1 $ran)" 'nodedown gamma' 'in order'
done
rm -r $tmp/alpha/state
list alpha beta
give alpha

# --- around a hook ----------------------------------------------------------------
fds='ls -l /proc/self/fd'
conf alpha "upcmd = $fds >$tmp/fds; pwd >$tmp/pwd; env >$tmp/env" \
	"nodeupcmd = $fds >$tmp/fds2; echo said by a hook"
start alpha
soon 'what a hook says is logged' says alpha 'hook.*: said by a hook'
# 0, 1, 2 and the directory that ls reads
is "$(grep -c -- '->' $tmp/fds)" 4 'up inherits three descriptors'
is "$(grep -c -- '->' $tmp/fds2)" 4 'the others too'
ok 'it cannot read anything' grep -q ' 0 -> /dev/null' $tmp/fds
is "$(cat $tmp/pwd)" / 'it runs in /'
ok 'it has a PATH' grep -q '^PATH=.*/usr/sbin' $tmp/env
stop alpha

# --- failure ----------------------------------------------------------------------
conf alpha 'upcmd = echo out of order; exit 3' "downcmd = touch $tmp/down"
launch alpha
ended alpha
is "${status[alpha]}" 1 'up that fails stops the start'
ok 'the log has its words' says alpha 'out of order'
ok 'and its exit status' says alpha 'exit status 3'
not_ok 'the device is gone' inside alpha ip link show tun0
not_ok 'the control socket too' test -e $tmp/alpha/ctl

conf alpha 'nodeupcmd = exit 4' "downcmd = echo bye; touch $tmp/downed"
start alpha
soon 'another one that fails is logged' says alpha 'exit status 4'
ok 'and does no harm' reach alpha beta
stop alpha
is "${status[alpha]}" 0 'ends in order'
ok 'down has run' test -e $tmp/downed
ok 'and its words are in the log' says alpha 'hook.*: bye'

# --- hooks that misbehave ------------------------------------------------------------
# Not one packet of a flood is lost meanwhile: by the daemon, and by the
# process that stays root when the daemon does not.
flood() { # flood: 2000 pings, each sent when the last one is answered
	timeout 120 nsenter --net=/run/netns/alpha \
		ping -n -q -f -c 2000 -W 30 "$(inner4 beta)" >$tmp/flood
}
misbehaves() { # misbehaves WHAT COMMAND [LINE...]: of the configuration
	rm -f $tmp/began
	conf alpha "nodeupcmd = touch $tmp/began; $2" "${@:3}"
	start alpha
	soon "a hook that $1" test -e $tmp/began
	ok 'does not stop the traffic' flood
	is "$(grep -o '[0-9.]*% packet loss' $tmp/flood)" '0% packet loss' \
		'not for one packet'
	crash alpha
}
chmod 755 $tmp
for user in '' 'user = nobody'; do
	if [ -n "$user" ]; then
		setpriv --reuid=65534 true 2>/dev/null || continue
		rm -r $tmp/alpha/state
		give alpha
	fi
	for what in \
		'hangs:sleep 1000' \
		'does not listen to signals:trap "" TERM; while :; do sleep 1; done' \
		'forks:for i in $(seq 300); do sleep 1000 & done; wait' \
		'floods:yes' \
		'fails:exit 1'
	do
		misbehaves "${what%%:*}" "${what#*:}" \
			${user:+"$user"}
	done
done
soon 'what failed is told' says alpha 'failed: exit status 1'
rm -r $tmp/alpha/state
give alpha

# --- without autoconf ----------------------------------------------------------------
conf alpha 'autoconf = no'
start alpha
not_ok 'autoconf = no: no address' has 'inet 10'
stop alpha
# shellcheck disable=SC2016 # the hook's
up='ip addr add 10.156.1.1/16 dev $TUNDEV && ip link set $TUNDEV up mtu 1400'
conf alpha 'autoconf = no' "upcmd = $up"
start alpha
ok 'autoconf = no: the hook has set the address' has 10.156.1.1/16
is "$(inside alpha ip -j link show tun0 | jq '.[0].mtu')" 1400 \
	'and the MTU, which stays'
ok 'and there is traffic' reach alpha beta
finish
