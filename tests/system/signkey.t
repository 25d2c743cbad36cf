#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2317 # "holds" and "fails" call what they are given
# The signing key is replaced while three daemons run, by the very commands of
# bnl-sign(8). Before, one key's lists are taken; then both's; then the other's.
set -u
cd "$(dirname "$0")/../.." || exit 1
O=$(cd "${O:-build}" && pwd) || exit 1
export O
page=$PWD/man/bnl-sign.8

hosts_missing() {
	echo "1..0 # SKIP $1"
	exit 0
}
# shellcheck source=tests/system/hosts.sh
. tests/system/hosts.sh
# shellcheck source=tests/system/tap.sh
. tests/system/tap.sh

hosts_enter "$0" "$@"
PATH=$O:$PATH:/usr/sbin:/sbin

# --- a network of three -------------------------------------------------------

nodes='alpha beta gamma'
host_add alpha 192.0.2.10/32
host_add beta 198.51.100.20/32
host_add gamma 203.0.113.30/32
on alpha keygen ca >"$out" 2>&1
on alpha keygen bnl >"$out" 2>&1
for n in $nodes; do
	on alpha keygen node "$n" -d "/run/hosts/$n/etc" --ca . >"$out" 2>&1
	[ "$n" = alpha ] || on alpha scp ca.pem bnl-pub.pem "$n:/etc/cluevpn/"
	printf '%s\n' "name = $n" 'logmethod = file' \
		'logfile = /var/log/cluevpn.log' 'negotiategap = 1s' \
		'node = delta' 'cryptalgos = aes-256-gcm:1' \
		>"$HOSTS_DIR/$n/etc/cluevpn.conf"
done
list=/var/lib/cluevpn/network.bnl
printf '%s\n' 'network example.org' 'prefix 10.156.0.0/16' \
	>"$HOSTS_DIR/alpha/lib/network.bnl"
holds 'the first list' on alpha bnl-sign --first
i=0
for a in 192.0.2.10 198.51.100.20 203.0.113.30; do
	i=$((i + 1))
	# shellcheck disable=SC2086 # words
	set -- $nodes
	shift $((i - 1))
	holds "a list with $1" on alpha bnl-sign add "$1" --address $a \
		--subnet "10.156.$i.0/24"
done
for n in $nodes; do
	[ "$n" = alpha ] || on alpha scp $list "$n:$list"
	holds "$n: the daemon starts" on "$n" cluevpnd
done

version() {	# version HOST: of the list in force
	on "$1" cluevpnctl --json status | jq -r .list
}
signed() {	# signed: the version of the list that was signed last
	on alpha sed -n 's/^timestamp *//p' "$list"
}
has() {		# has HOST...: the list that was signed last
	want=$(signed)
	for n; do
		case $(version "$n") in
		"$want"*) ;;
		*) return 1 ;;
		esac
	done
}
reach() {	# reach: everybody everybody
	for n in $nodes; do
		for i in 1 2 3; do
			on "$n" ping -n -c 1 -W 5 "10.156.$i.1" || return 1
		done
	done
}
reloads() {	# reloads HOST: how often it has
	grep -c 'certificate reloaded' "$HOSTS_DIR/$1/log/cluevpn.log"
}
more_than() {	# more_than N COMMAND...
	[ "$("$2" "$3")" -gt "$1" ]
}
refusals() {	# refusals HOST: how many lists it has refused
	grep -c 'refused: .*no trusted key' "$HOSTS_DIR/$1/log/cluevpn.log"
}
refused() {	# refused FILE HOST: it does not take this list of alpha's
	force=$(version "$2")
	times=$(refusals "$2")
	on "$2" cp $list /etc/cluevpn/kept
	on alpha scp "$1" "$2:$list"
	on "$2" cluevpnctl push >"$out" 2>&1
	holds "$2 refuses it and says so" within 5000 \
		more_than "$times" refusals "$2"
	holds 'the one in force stays' [ "$(version "$2")" = "$force" ]
	on "$2" mv kept $list
}
# shellcheck disable=SC2086 # words
holds 'all have the list' within 10000 has $nodes
holds 'everybody reaches everybody' reach

# --- the page's commands ------------------------------------------------------

# "KIND COMMAND" a line; KIND: signs or every, by the paragraph above.
awk '
/^\.Sh/ { here = /REPLACING THE SIGNING KEY/ }
!here { next }
/machine that signs/ { kind = "signs" }
/very node, / { kind = "every" }
/^\.Ed/ { block = 0; print kind, "--" }
block { gsub(/\\e/, "\\"); print kind, $0 }
/^\.Bd/ { block = 1 }
' "$page" >"$HOSTS_DIR/steps"
holds 'the page has commands' [ "$(grep -vc -- '--$' "$HOSTS_DIR/steps")" -eq 10 ]

step=0
while read -r kind command <&3; do
	if [ "$command" = -- ]; then
		step=$((step + 1))
		holds "step $step: everybody reaches everybody" reach
	fi
	case $step$command in
	1--)	# "Copy new-pub.pem"
		for n in beta gamma; do
			on alpha scp new-pub.pem "$n:/etc/cluevpn/"
		done
		on alpha cp -p bnl.key old.key
		on alpha cp bnl-pub.pem old-pub.pem
		holds 'a list by the new key' on alpha bnl-sign -k new.key \
			-p bnl-pub.pem -f -o /etc/cluevpn/early $list
		refused early beta
		# It came from nothing that follows.
		on alpha rm -f new.key.last ;;
	2--)
		holds 'a list by the old key' on alpha bnl-sign set gamma \
			--address 203.0.113.30 --address 203.0.113.31
		holds 'is still taken' on alpha cluevpnctl push --wait ;;
	3--)
		# shellcheck disable=SC2086 # words
		holds 'all have the list by the new key' has $nodes
		for n in $nodes; do
			holds "it verifies on $n" on "$n" bnl-verify \
				-k new-pub.pem
		done ;;
	esac
	[ "$command" != -- ] || continue
	case $kind in
	signs)
		holds "alpha\$ $command" on alpha sh -c "$command" ;;
	every)
		for n in $nodes; do
			before=$(reloads "$n")
			holds "$n\$ $command" on "$n" sh -c "$command"
			case $command in
			kill*)
				holds "$n has read its files" within 5000 \
					more_than "$before" reloads "$n" ;;
			esac
		done ;;
	esac
done 3<"$HOSTS_DIR/steps"
holds 'five steps' [ $step -eq 5 ]

# --- afterwards ---------------------------------------------------------------

holds 'the new key signs without a word of it' on alpha bnl-sign set gamma \
	--address 203.0.113.30
holds 'and its lists are taken' on alpha cluevpnctl push --wait
for n in $nodes; do
	fails "$n names no key any more" \
		grep -q bnlpubkey "$HOSTS_DIR/$n/etc/cluevpn.conf"
done
holds 'the old key can still sign' on alpha bnl-sign -k old.key \
	-p bnl-pub.pem -f -o /etc/cluevpn/late $list
refused late alpha
refused late beta
holds 'everybody reaches everybody' reach

on gamma sh -c 'kill $(cat /run/cluevpn/pid)'
holds 'gamma stops' within 5000 test ! -e "$HOSTS_DIR/gamma/run/pid"
holds 'and starts' on gamma cluevpnd
# shellcheck disable=SC2086 # words
holds 'with the list by the new key' within 5000 has $nodes
holds 'and everybody reaches everybody' reach

tap_end
