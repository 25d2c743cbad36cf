#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The library that gives a daemon another time does so.
# shellcheck source=tests/system/lib.sh disable=SC2317 # called by name
. tests/system/lib.sh
# shellcheck source=tests/system/hostile_lib.sh
. tests/system/hostile_lib.sh

outer=4
network alpha beta
clocked alpha
start alpha beta
off() { # off SECONDS: so far beta sees alpha's clock ahead, by a ping of why
	ctl beta why alpha >/dev/null
	query beta peers '.[0].clock_ahead_s' | grep -qx -e "$1"
}
ok 'packets go' reach alpha beta
soon 'their clocks agree' off 0
clock alpha 86400 0
soon 'a day ahead' off 86400
clock alpha -86400 0
soon 'a day behind' off -86400
clock alpha 0 0
soon 'right again' off 0

# No datagram tells what another machine slept.
clock alpha 0 3600
soon 'it has slept for an hour' says alpha 'slept: .* slept for 3600 s'
ok 'packets go' reach alpha beta
finish
