#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A host whose clock jumps by a day or a month, forth and back, or stands in 1970, keeps
# its sessions and makes new ones; one that slept makes its sessions anew,
# from the secret that it has.
# shellcheck source=tests/system/lib.sh disable=SC2317,SC2329 # called by name
. tests/system/lib.sh
# shellcheck source=tests/system/hostile_lib.sh
. tests/system/hostile_lib.sh

outer=4
network alpha beta
clocked alpha
start alpha beta
ok 'packets go' reach alpha beta
soon 'the negotiation is over' settled alpha
negotiated() { logs alpha 'peer=beta pair-new'; }
pairs=$(negotiated)
more "$pairs" 0 'they have negotiated'
goes_on() { # goes_on WHEN
	ok "$1: packets go" reach alpha beta
	ok "$1: and back" reach beta alpha
	is "$(negotiated)" "$pairs" "$1: nothing is negotiated"
	is "$(logs alpha 'set aside|pair-gone|error')" 0 "$1: nothing is lost"
}

# --- the wall clock ------------------------------------------------------------------
DAY=86400
year1970=$((60 - $(date +%s)))
# Ahead by more than a pair lives: not even then.
for at in $((31 * DAY)) $DAY -$DAY "$year1970"; do
	clock alpha "$at" 0
	goes_on "$at s off"
	crash alpha
	start alpha
	goes_on "$at s off, started"
done
soon 'in 1970 it says that the clock is wrong' says alpha 'clock: .*wrong'
clock alpha 0 0
goes_on 'right again'
stop alpha
start alpha
goes_on 'right again, started'

# A first negotiation in 1970: what is wrong is said by the other side.
stop alpha
rm -r $tmp/alpha/state/pairs
clock alpha "$year1970" 0
start alpha
WAIT=1 not_ok 'without a pair in 1970 nothing goes' reach alpha beta
soon 'and the log says why' says alpha 'certificate.*not valid before'
clock alpha 0 0
WAIT=1 soon 'right again: it negotiates by itself' reach alpha beta
# Both may have begun to: packets go as soon as the first has ended.
soon 'right again: no other negotiation is under way' settled alpha
pairs=$(negotiated)

# --- sleep -----------------------------------------------------------------------------
slept() { logs alpha 'slept: the machine slept for'; }
up() { [ "$(query alpha peers '.[0].state')" = up ]; }
n=0
for s in 5 600; do
	n=$((n + s))
	is "$(slept)" $((s == 5 ? 0 : 1)) "$s s: not noticed before"
	clock alpha 0 $n
	soon "$s s: the sleep is noticed" says alpha "slept for $s s"
	soon "$s s: a new session is made by itself" up
	goes_on "$s s of sleep"
done
is "$(logs alpha 'peer=beta peer-down')" 0 'no peer is called down for it'
finish
