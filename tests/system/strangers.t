#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Strangers and thieves of identities keep nobody out. A node without an address
# in the list gets in while a crowd comes from one /64; a list gets through while
# two members deliver others, a few bytes at a time.
# shellcheck source=tests/system/lib.sh disable=SC2317 # called by name
. tests/system/lib.sh
# shellcheck source=tests/system/hostile_lib.sh
. tests/system/hostile_lib.sh

network alpha beta gamma one two
host mallory
# Any address of a /64 is mallory's; gamma has none in the list.
must inside mallory sysctl -qw net.ipv6.ip_nonlocal_bind=1
must inside mallory ip -6 route add local 2001:db8:0:666::/64 dev lo
for n in alpha beta; do
	must inside $n ip -6 route add 2001:db8:0:666::/64 via "$(outer6 mallory)"
done
address[gamma]=
list alpha beta gamma one two
give alpha beta gamma
# A round trip is longer than a stranger would last among many.
middle 1 gamma
cable gamma both delay 25 0
start alpha beta

# --- a crowd ----------------------------------------------------------------------
agreed() { says gamma 'peer=alpha pair-new'; }
there() { # a crowd is there
	[ "$(inside alpha ss -Htn state established '( sport = :3406 )' |
		grep -c 2001:db8:0:666)" -ge 8 ]
}
for how in idle hello; do
	# Alpha has never met gamma.
	stop alpha
	rm -rf $tmp/alpha/state/addresses $tmp/alpha/state/pairs \
		$tmp/gamma/state/addresses $tmp/gamma/state/pairs
	start alpha
	inside mallory "$helpers/crowd" $how 2000 3600 "$(outer6 alpha)" 3406 \
		2001:db8:0:666::1 65536 >$tmp/crowd 2>&1 &
	flood=$!
	soon "$how: the crowd is there" there
	: >$tmp/gamma/log
	from=$(date +%s%3N)
	start gamma
	soon "$how: gamma agrees with alpha" agreed
	echo "# $how: after $(($(date +%s%3N) - from)) ms"
	soon "$how: and packets go" reach gamma alpha
	ok "$how: alpha serves beta" reach beta alpha
	kill $flood
	wait $flood 2>/dev/null
	stop gamma
done

# --- two thieves -------------------------------------------------------------------
# What they announce is newer than what alpha will sign, and would take minutes.
head -c 8000000 /dev/zero >$tmp/large
later=$(($(date +%s) + 3600))
for n in one two; do
	later=$((later + 1))
	inside $n "$helpers/member" -d $tmp/$n -w 500 -v $later $n beta \
		"$(outer4 beta)" 3406 $tmp/large >$tmp/$n/said 2>&1 &
	soon "$n delivers its list to beta" grep -q wanted $tmp/$n/said
done
list alpha beta gamma one two
give alpha
from=$(date +%s%3N)
kill -USR1 "${pid[alpha]}"
has() { # has NODE: the list that was signed last
	cmp $tmp/network.bnl "$tmp/$1/state/network.bnl"
}
soon 'beta has the list of alpha all the same' has beta
echo "# after $(($(date +%s%3N) - from)) ms"
ok 'which one of them had to wait for' says beta 'others wait'
finish
