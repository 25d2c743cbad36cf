#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Ten daemons started at once, with traffic between all of them: every pair
# comes up at the first attempt, though both begin. Every other round they
# have agreed before and only resume. ROUNDS: how many (2).
# shellcheck source=tests/system/lib.sh disable=SC2317 # called by name
. tests/system/lib.sh

ROUNDS=${ROUNDS:-2}
names=(n1 n2 n3 n4 n5 n6 n7 n8 n9 n10)
outer=4
network "${names[@]}"
# An answer takes less than 5 s on the busiest machine, so that a retry after
# that time means that one was lost.
for n in "${names[@]}"; do
	sed -i '/^negotiategap/d; s/^initretry.*/initretry = 5s/' \
		$tmp/$n/cluevpn.conf
done

has_device() { # has_device NODE
	inside "$1" ip -4 addr show dev tun0 | grep -q inet
}
greet() { # greet NODE: one packet to each other node, as soon as can be
	local to p=()

	until has_device "$1"; do
		sleep 0.01
	done 2>/dev/null
	for to in "${names[@]}"; do
		[ "$to" != "$1" ] || continue
		inside "$1" ping -n -c 1 -W $LIMIT "$(inner4 $to)" \
			>$tmp/ping.$1.$to 2>&1 &
		p+=($!)
	done
	wait "${p[@]}"
}
ups() { # ups: how many ends of pairs are up
	for n in "${names[@]}"; do
		query $n peers '.[] | select(.state == "up").name'
	done | wc -l
}
all_up() { [ "$(ups)" -eq $((${#names[@]} * (${#names[@]} - 1))) ]; }
most_inits() { # most_inits: sent by one node to another
	for n in "${names[@]}"; do
		query $n peers '.[].inits_sent'
	done | sort -n | tail -n 1
}
# shellcheck disable=SC2016 # awk's
times() { # times: by the logs, in ms, when the last daemon served, and when
	# the last end of a pair was up, since the first daemon served
	cat $tmp/n*/log | awk '
		{
			split(substr($1, 12), t, /[:Z]/)
			at = ((t[1] * 60 + t[2]) * 60 + t[3]) * 1000
		}
		/ on tun0$/ && (first == 0 || at < first) { first = at }
		/ on tun0$/ && at > served { served = at }
		/ peer-up: / && at > up { up = at }
		END { printf "%d %d\n", served - first, up - first }'
}

for ((round = 1; round <= ROUNDS; round++)); do
	how='from nothing'
	[ $((round % 2)) -eq 1 ] || how='with what was agreed before'
	for n in "${names[@]}"; do
		[ $((round % 2)) -eq 0 ] || rm -rf $tmp/$n/state/pairs
		: >$tmp/$n/log
	done
	rm -f $tmp/ping.*
	greeters=()
	for n in "${names[@]}"; do launch $n; done
	for n in "${names[@]}"; do
		greet $n &
		greeters+=($!)
	done
	wait "${greeters[@]}"
	is "$(grep -l ' 1 received' $tmp/ping.* | wc -l)" 90 \
		"round $round, $how: the first packet of each pair arrives"
	soon 'every pair is up' all_up
	read -r served up < <(times)
	echo "# round $round, $how: all daemons served after $served ms, all" \
		"pairs were up after $up ms"
	# Two cross at most; a third would be a retry.
	ok "nobody had to try again ($(most_inits) at most)" \
		[ "$(most_inits)" -le 2 ]
	is "$(cat $tmp/*/log | grep -c 'negotiate-failed.*nothing in common')" \
		0 'nor was anything not agreed on'
	stop "${names[@]}"
done
finish
