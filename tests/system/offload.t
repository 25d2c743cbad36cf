#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Offloads: those that are in use and those that are not, on either side, with
# a network that has none, and with one that takes only short datagrams.
# shellcheck source=tests/system/lib.sh disable=SC2317 # called by name
. tests/system/lib.sh

network alpha beta
head -c 3000000 /dev/urandom >$tmp/noise

features='tun-csum tun-tso tun-uso udp-gso udp-gro'
used() { # used NODE: the features in use, in order
	query "$1" status '[.offload | to_entries[] |
		select(.value.in_use).key] | join(" ")'
}
why() { # why NODE FEATURE
	query "$1" status ".offload[\"$2\"].why"
}
shows() { # shows PATTERN: in the status of alpha
	ctl alpha status | grep -e "$1"
}
segmented() { # segmented NODE: how many calls sent many datagrams
	query "$1" status '[.sockets[].segmented] | add'
}
restart() { # restart ALPHA-LINE BETA-LINE
	local n

	for n in alpha beta; do
		[ -z "${pid[$n]:-}" ] || stop $n
	done
	conf alpha "$1"
	conf beta "$2"
	start alpha beta
}
# both WHAT: TCP crosses either way, unharmed, in either family
both() {
	local f

	for f in 4 6; do
		ok "$1: alpha to beta, IPv$f" transfer alpha beta $f $tmp/noise
		ok "$1: beta to alpha, IPv$f" transfer beta alpha $f $tmp/noise
	done
}

# --- by configuration -------------------------------------------------------------
start alpha beta
both 'auto on both sides'
# What there is depends on the kernel; nothing is missing without a reason.
has=$(used alpha)
for f in $features; do
	case " $has " in
	*" $f "*) is "$(why alpha "$f")" null "auto: $f is in use" ;;
	*) ok "auto: why $f is not" says alpha \
		"offload: $f is not in use: kernel refused" ;;
	esac
done
if [[ $has = *udp-gso* && $has = *tun-tso* ]]; then
	more "$(segmented alpha)" 10 'auto: many datagrams go at a time'
fi
ok 'they are shown' shows "^offload  $has\$"

for lines in 'off:auto' 'auto:off' 'off:off'; do
	restart "offload = ${lines%:*}" "offload = ${lines#*:}"
	both "$lines"
	for n in alpha beta; do
		[ $n = alpha ] && set=${lines%:*} || set=${lines#*:}
		[ "$set" = off ] && want='' || want=$has
		is "$(used $n)" "$want" "$lines: what $n uses"
		is "$(dropped $n)" {} "$lines: $n drops nothing"
	done
done
for f in $features; do
	is "$(why alpha "$f")" 'off by configuration' "off: why $f is not used"
done
is "$(segmented alpha)" 0 'off: each datagram goes alone'
ok 'off is shown with its reason' shows \
	'^offload  udp-gso: not in use: off by configuration$'

for f in $features; do
	restart "offload = no-$f" 'offload = auto'
	both "no-$f"
	is "$(why alpha "$f")" 'off by configuration' "no-$f: it is not used"
	case $f in
	tun-csum) left=${has/tun-csum/} left=${left/tun-tso/}
		left=${left/tun-uso/} ;;
	tun-tso) left=${has/tun-tso/} left=${left/tun-uso/} ;;
	*) left=${has/$f/} ;;
	esac
	# shellcheck disable=SC2086,SC2116 # words
	is "$(used alpha)" "$(echo $left)" "no-$f: what is left is"
done

# --- a change waits for a restart --------------------------------------------------
conf alpha 'offload = off'
ok 'a changed offload is read' ctl alpha reload
ok '... and waits for a restart' says alpha 'offload has changed: restart'
is "$(why alpha tun-csum)" null '... until then all is as it was'

# --- a network without ------------------------------------------------------------
restart 'offload = auto' 'offload = auto'
if command -v ethtool >/dev/null; then
	for n in alpha beta; do
		inside $n ethtool -K eth0 tx off tso off gso off gro off \
			tx-udp-segmentation off >$tmp/out 2>&1
	done
	both 'no offload on the wire'
	shows '^offload' | sed 's/^/# /'
	for n in alpha beta; do
		inside $n ethtool -K eth0 tx on tso on gso on gro on \
			tx-udp-segmentation on >$tmp/out 2>&1
	done
	both 'with it again'
else
	ok 'no offload on the wire # SKIP there is no ethtool here' true
fi

# --- a network that takes only short datagrams --------------------------------------
inside alpha ip link set eth0 mtu 1400
failed() {
	query alpha status '[.sockets[].failed] | add'
}
before=$(failed)
ok 'too long for the network: goes in shorter ones' transfer alpha beta 4 $tmp/noise
more "$(failed)" "$before" 'too long: not sent'
is "$(used alpha)/$(why alpha udp-gso)" "$has/null" \
	'too long: no reason to send each alone'
is "$(query alpha peers '.[0].segmentation_refused')" null \
	'too long: nor to this peer'
for n in alpha beta; do
	conf $n 'mtu = 1280'
	must ctl $n reload
done
before=$(segmented alpha)
ok 'short enough: it goes on' transfer alpha beta 4 $tmp/noise
if [[ $has = *udp-gso* && $has = *tun-tso* ]]; then
	more "$(segmented alpha)" "$before" 'short enough: many at a time'
fi
finish
