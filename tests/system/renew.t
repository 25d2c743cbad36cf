#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Keys, certificates and authorities are replaced while packets go between all
# nodes, both ways: each pair of nodes is served again, and in order. For how long
# it is not served is printed: on an idle machine for less than a second.
# shellcheck source=tests/system/lib.sh disable=SC2317,SC2329 # called by name
. tests/system/lib.sh

outer=4
network alpha beta gamma
for n in alpha beta gamma; do
	printf '%s\n' "name = $n" 'devname = tun0' "statedir = $tmp/$n/state" \
		"ctlsocket = $tmp/$n/ctl" 'logmethod = stderr' \
		>$tmp/$n/cluevpn.conf
done
BAR=${BAR:-20}	# seconds: whatever is muted or refused is so for a minute
RUNS=${RUNS:-1}

# pings: each 50 ms, until they are killed
declare -A pinger=()
pings() {
	local a b

	for a in alpha beta gamma; do
		for b in alpha beta gamma; do
			[ $a != $b ] || continue
			inside $a stdbuf -oL ping -n -D -i 0.05 "$(inner4 $b)" \
				>$tmp/ping.$a.$b 2>&1 &
			pinger[$a.$b]=$!
		done
	done
}
hush() {
	local p

	hushed=$(date +%s.%N)
	for p in "${!pinger[@]}"; do
		kill "${pinger[$p]}"
		wait "${pinger[$p]}"
	done 2>/dev/null
	pinger=()
}
# gap FILE: the longest time without an answer, in ms
gap() {
	awk -v end="$hushed" 'function gap(t) {
		if (last && t - last > most)
			most = t - last
		last = t
	} /^\[[0-9.]*\] .*bytes from/ {
		gap(substr($1, 2) + 0)
	} END {
		gap(end)
		printf "%d\n", most * 1000
	}' "$1"
}
longest() {
	local f g most=0

	for f in $tmp/ping.*; do
		g=$(gap "$f")
		[ -z "${SHOW:-}" ] || echo "# ${f##*/ping.} $g ms"
		[ "$g" -le $most ] || most=$g
	done
	longest=$most
}
# served WHAT COMMAND...: it does not stop the packets
served() {
	local what=$1 run

	shift
	for run in $(seq "$RUNS"); do
		pings
		sleep 0.5
		must "$@"
		sleep "${REST:-1}"
		[ -z "${pinned:-}" ] ||
			ok "$what: all have the list" within $BAR all_have_it
		: >$tmp/from
		ok "$what: all are served" within $BAR all_served
		hush
		longest
		echo "# $what: $longest ms without service"
	done
}
# Each of the pings has an answer that came after $tmp/from was made.
all_served() {
	local f

	for f in $tmp/ping.*; do
		tail -n 2 "$f" | awk -v from="$(stat -c %.Y $tmp/from)" '
			/^\[[0-9.]*\] .*bytes from/ {
				served = substr($1, 2) + 0 > from
			} END { exit !served }' || return
	done
}

all_have_it() {
	local n

	for n in alpha beta gamma; do
		cmp "$tmp/network.bnl" "$tmp/$n/state/network.bnl" || return
	done
}
fingerprint() { "$O/keygen" fingerprint "$tmp/$1/node.pem" | cut -d' ' -f1; }
pin() { extra[$1]="  key $(fingerprint "$1")"; }
hup() { kill -HUP "${pid[$1]}"; }
new_key() { # new_key NODE
	rm -f "$tmp/$1/node.key" "$tmp/$1/node.csr" "$tmp/$1/node.pem"
	certify "$1"
}
pushed() { # from alpha
	list alpha beta gamma
	give alpha
	ctl alpha push
}

start alpha beta gamma
for n in alpha beta gamma; do
	for m in alpha beta gamma; do
		[ $n = $m ] || ok "$n reaches $m" reach $n $m
	done
done

renewed() { # the same key, another certificate
	must "$O/keygen" sign $tmp/$1/node.csr -n "$1" --force -o $tmp/$1/node.pem \
		--ca $tmp/ca
	hup "$1"
}
for n in alpha gamma; do
	served "a renewed certificate of $n" renewed $n
done
another() { new_key "$1" && hup "$1"; }
for n in alpha gamma; do
	served "another key of $n, which is not pinned" another $n
done
for n in alpha beta gamma; do
	pin $n
done
must pushed
pinned=1
soon 'keys are pinned' all_have_it

# As invite --replace does it: key, certificate and list at one time; the others
# get the list when the node has it.
replaced() {
	new_key "$1"
	pin "$1"
	list alpha beta gamma
	give "$1"
	hup "$1"
	give alpha
	ctl alpha push
}
for n in alpha beta gamma; do
	served "another key of $n, which is pinned" replaced $n
done
# The list comes from the node itself, to those that do not admit its key.
brought() {
	new_key "$1"
	pin "$1"
	list alpha beta gamma
	give "$1"
	hup "$1"
}
for n in alpha beta gamma; do
	served "another key of $n, which brings the list" brought $n
done
# The others have the list first.
before() {
	new_key "$1"
	pin "$1"
	pushed
	hup "$1"
}
for n in beta gamma; do
	served "another key of $n, which the others hear of first" before $n
done
# One is down meanwhile, and comes back with the old list.
missed() {
	stop beta
	replaced gamma
	sleep 0.5
	start beta
}
missed
WAIT=1 ok 'beta was down, and reaches gamma' within $BAR reach beta gamma
missed
WAIT=1 ok 'beta was down, and is reached' within $BAR reach gamma beta
soon 'all have the list' all_have_it

# The others wait after what they refused; a certificate that is in order ends
# that on both sides.
for n in beta gamma; do
	stop $n
	rm -r "$tmp/$n/state/pairs"
	must eval "'$O/tests/helpers/oddcert' $tmp/ca/ca.pem $tmp/ca/ca.key \
		$tmp/$n/node.key $n expired >$tmp/$n/node.pem"
	start $n
	pings
	soon "$n has a certificate that has ended" says alpha "peer=$n .*expired"
	must renewed $n
	WAIT=1 ok "$n has a new one: served" within $BAR reach alpha $n
	WAIT=1 ok "$n has a new one: serves" within $BAR reach $n alpha
	hush
done

both() { replaced beta && replaced gamma; }
served 'two keys one after the other' both

# --- another authority --------------------------------------------------------------
authority $tmp/ca2
trust() { # trust FILE...: all nodes trust these authorities
	local n f

	for n in alpha beta gamma; do
		cp $tmp/ca2/ca.pem $tmp/$n/ca2.pem
		sed -i '/^cacert/d' $tmp/$n/cluevpn.conf
		for f; do echo "cacert = $f"; done >>$tmp/$n/cluevpn.conf
		hup $n
	done
}
signed() { # signed NODE: by the new one
	must "$O/keygen" sign $tmp/$1/node.csr -n "$1" --force \
		-o $tmp/$1/node.pem --ca $tmp/ca2
	hup "$1"
}
served 'a second authority' trust ca.pem ca2.pem
for n in alpha beta gamma; do
	served "a certificate of $n from it" signed $n
done
served 'the first one is not trusted any more' trust ca2.pem
finish
