# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash disable=SC2034 # what the tests use
# Sourced after lib.sh by the tests of hostile networks and broken hosts.

# --- clocks -----------------------------------------------------------------

clocked() { # clocked NODE...: their daemons get a clock that can be set
	local n

	for n; do
		clock "$n" 0 0
		under[$n]="env LD_PRELOAD=$O/tests/helpers/preload/clock.so
			ASAN_OPTIONS=$second
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

# --- a bad cable ------------------------------------------------------------

helpers=$O/tests/helpers
declare -A box=()	# NODE: the middlebox before it
declare -A boxed=()	# NODE: the descriptor of its commands

plain() { # plain NODE...: what they send is as it will be on the wire
	local n

	command -v ethtool >/dev/null || skip_all 'there is no ethtool here'
	for n; do
		must inside "$n" ethtool -K eth0 tx off tso off gso off gro off \
			tx-udp-segmentation off
	done
}
middle() { # middle SEED NODE: the cable between it and all others
	local n=$2 near=v-$2 far=far-$2 leg=leg-$2

	plain "$n"
	must ip link add "$far" type veth peer name "$leg"
	must ip link set "$near" nomaster
	must ip link set "$leg" master br0
	must ethtool -K "$leg" tx off tso off gso off gro off \
		tx-udp-segmentation off
	must ip link set "$leg" up
	must ip link set "$far" up
	mkfifo "$tmp/$n/box"
	: >"$tmp/$n/box.log"
	"$helpers/middlebox" "$1" "$near" "$far" <"$tmp/$n/box" \
		>>"$tmp/$n/box.log" 2>&1 &
	box[$n]=$!
	# shellcheck disable=SC1083,SC2093 # it opens a file, under that number
	exec {boxed[$n]}>"$tmp/$n/box"
	cable "$n" both count
}
cable() { # cable NODE DIRECTION COMMAND...: see tests/helpers/middlebox.c
	local n=$1 lines

	lines=$(wc -l <"$tmp/$n/box.log")
	shift
	echo "$*" >&"${boxed[$n]}"
	within "$LIMIT" box_answers "$n" "$lines" >$tmp/out || die "cable $*"
}
box_answers() { # box_answers NODE LINES: there are more by now
	[ "$(wc -l <"$tmp/$1/box.log")" -gt "$2" ] || {
		cat "$tmp/$1/box.log"
		kill -0 "${box[$1]}"
		return 1
	}
}
counted() { # counted NODE out|in WHAT: how many frames
	cable "$1" "$2" count
	tail -n 1 "$tmp/$1/box.log" | awk -v way="$2" -v what="$3" '{
		for (i = 2; i < NF; i += 2)
			if ($i == what) n[++k] = $(i + 1)
		print n[way == "out" ? 1 : 2] }'
}

# --- unharmed ---------------------------------------------------------------

declare -A was=()	# "NODE pid", "NODE fds", "NODE kb"
declare -A nonces=()	# NODE: the process that looks for nonces used twice
SLACK_KB=${SLACK_KB:-8192}	# by which a daemon may grow
# ASan keeps what was freed for a while.
! nm -D "$O/cluevpnd" 2>/dev/null | grep -q __asan_init ||
	SLACK_KB=$((16 * SLACK_KB))

fds() { # fds NODE: how many descriptors its daemon has
	find "/proc/${pid[$1]}/fd" -mindepth 1 | wc -l
}
kb() { # kb NODE: what its daemon has in memory
	awk '/^VmRSS/ { print $2 }' "/proc/${pid[$1]}/status"
}
calm() { # calm NODE: no more descriptors than at first
	[ "$(fds "$1")" -le "${was[$1 fds]}" ]
}
no_connections() { # no_connections NODE: nothing is being negotiated
	! inside "$1" ss -Htn state established | grep -q .
}
# From now on all is written down that these do. Their daemons run, and
# packets go between them.
watch() { # watch NODE...
	local n

	plain "$@"
	for n; do
		within "$LIMIT" no_connections "$n" >$tmp/out
		was[$n pid]=${pid[$n]}
		was[$n fds]=$(fds "$n")
		was[$n kb]=$(kb "$n")
		tcpdump -i "v-$n" -Q in -n -U -B 16384 -w - udp \
			2>"$tmp/$n/tcpdump" \
			> >("$helpers/nonces" >"$tmp/$n/nonces" 2>&1) &
		nonces[$n]=$!
		within "$LIMIT" grep -q listening "$tmp/$n/tcpdump" >$tmp/out ||
			die 'tcpdump does not start'
	done
}
alive() { # alive NODE: the daemon that there was
	[ "${pid[$1]}" = "${was[$1 pid]}" ] && kill -0 "${pid[$1]}"
}
no_complaint() { # no_complaint NODE: of a sanitizer, of an assert
	! grep -E 'Sanitizer|runtime error:|Assertion' "$tmp/$1/log"
}
small() { # small NODE: it has not grown
	echo "# $1: ${was[$1 kb]} KB, now $(kb "$1")"
	[ "$(kb "$1")" -le $((${was[$1 kb]} + SLACK_KB)) ]
}
no_nonce_twice() { # no_nonce_twice NODE: in all that it sent meanwhile
	kill -INT "${nonces[$1]}" 2>/dev/null
	wait "${nonces[$1]}" 2>/dev/null
	within "$LIMIT" test -s "$tmp/$1/nonces" && cat "$tmp/$1/nonces" &&
		grep -q ' 0 with a nonce used before' "$tmp/$1/nonces"
}
# What holds after every scenario. The first one of these is pinged by all
# others, and pings them.
unharmed() { # unharmed NODE...: they are as they were at `watch`
	local n first=$1

	for n in "${@:2}"; do
		soon "after it: $n reaches $first" reach "$n" "$first"
		soon "after it: $first reaches $n" reach "$first" "$n"
	done
	for n; do
		ok "after it: the daemon of $n is the same" alive "$n"
		soon "after it: $n has no more descriptors" calm "$n"
		ok "after it: $n takes no more memory" small "$n"
		sed 1q $tmp/out
		ok "after it: nothing complains at $n" no_complaint "$n"
		ok "after it: $n used no nonce twice" no_nonce_twice "$n"
		sed 's/^/# '"$n"': /' $tmp/out
	done
}
