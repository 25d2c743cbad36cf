#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Many nodes of the list are silent: the others are reached all the same.
# shellcheck source=tests/system/lib.sh disable=SC2317 # called by name
. tests/system/lib.sh

SILENT=300

network alpha beta
prefixes='10.0.0.0/8 fd00:c1::/48'
# Behind beta by name, and before it.
extra[beta]=$(awk -v n=$SILENT 'BEGIN { for (i = 0; i < n; i++)
	printf "node %s%d\n  address 198.18.%d.%d\n  subnet 10.%d.%d.0/24\n",
		i % 2 ? "aa" : "s", i, i / 256, i % 256, 200 + i / 256,
		i % 256 }')
list alpha beta
give alpha beta
# beta forwards nothing, and says nothing of that. Nor does it dial.
inside alpha ip route add 198.18.0.0/15 via "$(outer4 beta)"
inside beta nft 'add table inet t
	add chain inet t out { type filter hook output priority 0; }
	add rule inet t out ct state new drop'
inside alpha nft 'add table inet c
	add chain inet c out { type filter hook output priority 0; }
	add rule inet c out ip daddr 198.18.0.0/15 tcp dport 3406 counter'
dialled() { # dialled COUNT: SYNs to silent nodes, that many at least
	[ "$(inside alpha nft -j list chain inet c out |
		jq '[.nftables[].rule?.expr[]?.counter?.packets // empty] |
			add')" -ge "$1" ]
}
packets_for_all() { # a packet for each silent one, each second
	inside alpha perl -MSocket -e 'my $n = shift;
		socket(my $s, AF_INET, SOCK_DGRAM, 0) or die;
		while (getppid() > 1) {
			send($s, "x", 0, sockaddr_in(9, pack("C4", 10,
				200 + int($_ / 256), $_ % 256, 1)))
					for 0 .. $n - 1;
			sleep 1;
		}' $SILENT
}

start beta alpha
packets_for_all &
sender=$!
soon 'silent nodes are dialled' dialled 8
ok 'a live one is reached while packets wait for all of them' reach alpha beta
soon 'each is dialled, and some again' dialled $((SILENT + 50))
# The log, where there is no way to any of them.
inside alpha ip route replace unreachable 198.18.0.0/15
many_failed() { # more than the log has lines for in a minute
	[ "$(ctl alpha events 256 | grep -c negotiate-failed)" -gt 40 ]
}
few_lines() { # 30 a minute, and what was left of one
	[ "$(logs alpha 'peer=.* negotiate-failed: ')" -le \
		$((30 * (SECONDS / 60 + 2))) ]
}
soon 'many negotiations fail' many_failed
ok '... and the log has few lines about them' few_lines
stop beta alpha
ok '... and counts the others' says alpha \
	'negotiate-failed: [0-9]+ more within a minute were not logged'
inside alpha ip route replace 198.18.0.0/15 via "$(outer4 beta)"
rm -rf $tmp/{alpha,beta}/state/pairs
start beta alpha
soon 'the daemon has started again' dialled $((SILENT + 60))
ok '... and reaches the live one' reach alpha beta

# maxconnections as small as may be.
stop alpha beta
rm -rf $tmp/{alpha,beta}/state/pairs
conf alpha 'maxconnections = 4'
start beta alpha
ok 'with four connections, too' reach alpha beta
kill $sender
wait $sender 2>/dev/null
stop alpha beta
finish
