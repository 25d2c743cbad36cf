# shellcheck shell=bash
subject_available() { command -v tincd >/dev/null; }

subject_start() {
	local d=$WORK/tinc n
	TARGET=10.67.2.1
	if [ ! -d "$d" ]; then
		for n in a b; do
			mkdir -p "$d/$n/hosts"
			printf '%s\n' "Name = $n" 'Interface = tinc' \
				'AddressFamily = ipv4' >"$d/$n/tinc.conf"
		done
		echo 'ConnectTo = b' >>"$d/a/tinc.conf"
		printf '%s\n' 'Address = 192.0.2.1' 'Subnet = 10.67.1.0/24' \
			>"$d/a/hosts/a"
		printf '%s\n' 'Address = 192.0.2.2' 'Subnet = 10.67.2.0/24' \
			>"$d/b/hosts/b"
		for n in a b; do
			printf '#!/bin/sh\nip addr add 10.67.%s.1/16 dev $INTERFACE\nip link set $INTERFACE up\n' \
				"$([ $n = a ] && echo 1 || echo 2)" >"$d/$n/tinc-up"
			chmod +x "$d/$n/tinc-up"
			tincd -c "$d/$n" -K2048 </dev/null
		done
		cp "$d/a/hosts/a" "$d/b/hosts/"
		cp "$d/b/hosts/b" "$d/a/hosts/"
	fi >>"$WORK/a.log" 2>&1
	run_b tincd -c "$d/b" -D --pidfile="$d/b.pid"
	run_a tincd -c "$d/a" -D --pidfile="$d/a.pid"
}
