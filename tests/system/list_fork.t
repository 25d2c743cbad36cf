#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Two administrators sign at once: every node ends with the same list, and the
# log of each names both. Who only missed some lists raises no alarm.
# shellcheck source=tests/system/lib.sh disable=SC2317,SC2329 # called by name
. tests/system/lib.sh

outer=4
network alpha beta gamma delta
for n in "${nodes[@]}"; do conf "$n" 'pullinterval = 2s'; done
start "${nodes[@]}"
for n in alpha beta gamma; do
	for to in beta gamma delta; do
		[ $n = $to ] || ok "$n and $to" reach $n $to
	done
done

has() { # has NODE FILE: that list is in force there
	query "$1" status .list | grep -q "($(short "$2"))"
}
forks() { logs "$1" 'list-fork: '; }

# --- some lists are missed ---------------------------------------------------------
stop gamma
for i in 4 5 6 7 8; do
	list "${nodes[@]}"
	give alpha
	kill -USR1 "${pid[alpha]}"
	for n in alpha beta delta; do
		soon "list $i is in force at $n" has $n $tmp/network.bnl
	done
done
start gamma
soon 'gamma, which missed five lists, has the newest' \
	has gamma $tmp/network.bnl
ok 'and reaches alpha' reach gamma alpha
for n in "${nodes[@]}"; do is "$(forks $n)" 0 "no alarm at $n"; done

# --- two sign at once -----------------------------------------------------------------
# Each edits on a machine of her own, with her copy of the key, and neither
# knows of the other.
admin() { # admin NODE COMMAND...: bnl-sign there
	cp -p $tmp/bnl.key "$tmp/$1/bnl.key"
	"$O/bnl-sign" "$2" -y -N nobody -k "$tmp/$1/bnl.key" \
		-l "$tmp/$1/state/network.bnl" "${@:3}"
}
for n in alpha beta; do cp $tmp/$n/state/network.bnl $tmp/$n/before; done
must admin alpha add one --subnet 10.156.101.0/24
must admin beta add two --subnet 10.156.102.0/24
cp $tmp/alpha/state/network.bnl $tmp/one
cp $tmp/beta/state/network.bnl $tmp/two
winner=$tmp/one loser=$tmp/two
of() {
	"$O/bnl-verify" -k $tmp/bnl-pub.pem --json "$1" |
		jq -r '.version | .timestamp + .digest'
}
[[ $(of $winner) > $(of $loser) ]] || winner=$tmp/two loser=$tmp/one
# Each is told before it can hear of the other's list, which would replace the
# file that it has not read yet.
kill -STOP "${pid[alpha]}"
kill -USR1 "${pid[beta]}" "${pid[alpha]}"
kill -CONT "${pid[alpha]}"
for n in "${nodes[@]}"; do
	soon "one of the two is in force at $n" has $n $winner
done
names_both() { # names_both NODE: the one that holds, the one that does not
	says "$1" "list-fork: .*$(short $winner).*$(short $loser)"
}
for n in "${nodes[@]}"; do
	soon "$n names both" names_both $n
	is "$(forks $n)" 1 "$n says so once"
	is "$(cmp $winner $tmp/$n/state/network.bnl 2>&1)" '' \
		"$n has it on its disk"
	ok "$n: as an error" says $n 'error: .*list-fork'
done
ok 'traffic goes on' reach gamma delta

# --- the change that was lost is made again ----------------------------------------------
new=one lost=alpha
[ $loser = $tmp/one ] || new=two lost=beta
not_ok 'not unseen on the machine whose list was passed over' \
	admin $lost add $new --subnet 10.156.103.0/24
must admin delta add $new --subnet 10.156.103.0/24
kill -USR1 "${pid[delta]}"
has_node() { query "$1" peers '.[].name' | grep -qx $new; }
for n in "${nodes[@]}"; do
	soon "$n has the change of the other administrator, too" has_node $n
	is "$(forks $n)" 1 "$n: and no new alarm"
done
finish
