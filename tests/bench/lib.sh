# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Two hosts joined by one cable, and how to measure what runs between them.

A=bench$$a	# namespaces: the sender's and the receiver's host
B=bench$$b
WORK=$(mktemp -d /tmp/bench.XXXXXX)

ina() { ip netns exec "$A" "$@"; }
inb() { ip netns exec "$B" "$@"; }

say() { echo "$*" >&2; }

# What a subject started in the background, to be killed with it.
PIDS=()
run_a() { ip netns exec "$A" "$@" >>"$WORK/a.log" 2>&1 & PIDS+=($!); }
run_b() { ip netns exec "$B" "$@" >>"$WORK/b.log" 2>&1 & PIDS+=($!); }

hosts_up() {
	ip netns add "$A"
	ip netns add "$B"
	ip link add cable netns "$A" type veth peer name cable netns "$B"
	for ns in "$A" "$B"; do
		ip -n "$ns" link set lo up
		ip netns exec "$ns" sysctl -qw \
			net.ipv4.tcp_congestion_control="${CC_ALGO:-bbr}"
	done
	ip -n "$A" addr add 192.0.2.1/24 dev cable
	ip -n "$B" addr add 192.0.2.2/24 dev cable
	ip -n "$A" link set cable up
	ip -n "$B" link set cable up
	case ${WIRE:-offload} in
	offload) ;;
	nouso)	# segmentation of UDP before the wire, coalescing behind it
		for ns in "$A" "$B"; do
			ip netns exec "$ns" ethtool -K cable \
				tx-udp-segmentation off gro on \
				rx-udp-gro-forwarding on
		done ;;
	nogro)	# segmentation of UDP before the wire, nothing behind it
		for ns in "$A" "$B"; do
			ip netns exec "$ns" ethtool -K cable \
				tx-udp-segmentation off
		done ;;
	bare)	# nothing is segmented or coalesced anywhere
		for ns in "$A" "$B"; do
			ip netns exec "$ns" ethtool -K cable tso off gso off \
				gro off tx-udp-segmentation off
		done ;;
	*) say "WIRE: offload, nouso, nogro or bare"; exit 2 ;;
	esac
}

hosts_down() {
	subject_stop
	ip netns pids "$A" 2>/dev/null | xargs -r kill -9 2>/dev/null
	ip netns pids "$B" 2>/dev/null | xargs -r kill -9 2>/dev/null
	ip netns del "$A" 2>/dev/null
	ip netns del "$B" 2>/dev/null
	return 0
}

subject_stop() {
	[ ${#PIDS[@]} -eq 0 ] && return 0
	kill "${PIDS[@]}" 2>/dev/null
	wait "${PIDS[@]}" 2>/dev/null
	PIDS=()
}

# Until TARGET answers: some that start at once take turns to miss each other.
wait_up() {
	local end=$((SECONDS + 30))
	until ina ping -q -c 1 -W 1 "$TARGET" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.01
	done
}

# Processor time of all that was started, all threads, in clock ticks.
ticks() {
	local sum=0 f
	for p in "${PIDS[@]}"; do
		[ -r "/proc/$p/stat" ] || continue
		read -r -a f <"/proc/$p/stat"
		sum=$((sum + f[13] + f[14]))
	done
	echo "$sum"
}

rss_kb() {
	local most=0 kb
	for p in "${PIDS[@]}"; do
		kb=$(awk '/^VmRSS/ { print $2 }' "/proc/$p/status" 2>/dev/null)
		[ "${kb:-0}" -gt "$most" ] && most=$kb
	done
	echo "$most"
}

serve() {
	inb iperf3 -s -1 -D --logfile /dev/null
	for _ in $(seq 100); do
		inb ss -Hltn sport = :5201 | grep -q . && return 0
		sleep 0.02
	done
	return 1
}

# iperf3 arguments; prints the value of a jq expression on its report.
iperf() {
	local what=$1
	shift
	serve
	ina iperf3 -c "$TARGET" -J "$@" 2>/dev/null | jq -r "$what // empty"
}

# The p-th percentile of the numbers on standard input.
percentile() {
	sort -n | awk -v p="$1" '{ v[NR] = $1 }
		END { if (NR) { i = int((NR - 1) * p / 100 + 0.5) + 1;
			print v[i] } }'
}

# Round trips in microseconds, one a line.
rtts() {
	ina ping -n -i 0.005 -c "$1" "$TARGET" |
		sed -n 's/.*time=\([0-9.]*\) ms/\1/p' |
		awk '{ print $1 * 1000 }'
}
