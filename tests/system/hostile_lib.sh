# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash disable=SC2034 # what the tests use
# Sourced after lib.sh by the tests of hostile networks and broken hosts.

# --- clocks -----------------------------------------------------------------

clocked() { # clocked NODE...: their daemons get a clock that can be set
	local n

	for n; do
		clock "$n" 0 0
		# The library of a sanitizer need not be the first one then.
		under[$n]="env LD_PRELOAD=$O/tests/helpers/preload/clock.so
			ASAN_OPTIONS=verify_asan_link_order=0
			CLOCK_OFFSETS=$tmp/$n/clock ${under[$n]:-}"
	done
}
# Both in seconds: what its wall clock is off by, and for how long its machine
# has slept. A daemon looks at its clock when something happens, and `clock`
# sees to that.
clock() { # clock NODE WALL SLEPT
	printf '%-20d %-20d\n' "$2" "$3" 1<>"$tmp/$1/clock"
	[ -z "${pid[$1]:-}" ] || ctl "$1" status >$tmp/out 2>&1
}
