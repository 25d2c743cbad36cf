# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh
# Hosts for the demo and for tests, each with a network, processes, /etc/cluevpn,
# /var/lib/cluevpn, /var/log and /run of its own, on one simulated internet.
#
#	. tests/system/hosts.sh		with $O and $PATH set
#	hosts_enter "$0" "$@"		runs the script again, in private namespaces
#	host_add alpha 192.0.2.10	a host with its address
#	on alpha ping -c 1 192.0.2.20	a command on a host
#
# When the script ends, even by SIGKILL, all of it is gone: its files are in
# memory, and nothing can be seen from outside the namespaces.

# Runs the script a second time; comes back in that second run only. Without
# namespaces it calls hosts_missing WHY, which should exit.
hosts_enter() {
	if [ -n "${HOSTS_DIR:-}" ]; then
		hosts_prepare
		return
	fi
	# A test ends with the harness that runs it: by itself it would go on.
	if [ -n "${HARNESS_ACTIVE:-}" ] && [ -z "${HOSTS_BOUND:-}" ]; then
		export HOSTS_BOUND=yes
		exec setpriv --pdeathsig KILL "$@"
	fi
	hosts_as=
	[ "$(id -u)" -eq 0 ] || hosts_as='-U --map-root-user'
	hosts_in="setpriv --pdeathsig KILL unshare $hosts_as --mount --net --uts
		--pid --fork --kill-child --mount-proc"
	# shellcheck disable=SC2086 # words
	if ! hosts_why=$($hosts_in true 2>&1); then
		hosts_missing "no namespaces: $hosts_why"
	elif ! (: <>/dev/net/tun) 2>/dev/null; then
		hosts_missing 'no /dev/net/tun that may be opened'
	fi
	export HOSTS_DIR=/run/hosts
	hosts_pid=
	trap 'hosts_leave' EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	# shellcheck disable=SC2086 # words
	$hosts_in "$@" &
	hosts_pid=$!
	hosts_rc=0
	wait "$hosts_pid" || hosts_rc=$?
	hosts_pid=
	exit "$hosts_rc"
}

hosts_leave() {
	# unshare takes the whole namespace of processes with it.
	[ -n "$hosts_pid" ] || return 0
	kill -KILL "$hosts_pid" || :
	wait "$hosts_pid" 2>/dev/null || :
}

# A directory that can be changed at will: links to what was in it.
hosts_shadow() {
	mkdir -p "/run/outside$1"
	mount --rbind "$1" "/run/outside$1"
	mount -t tmpfs -o mode=755 tmpfs "$1"
	find "/run/outside$1" -mindepth 1 -maxdepth 1 -exec ln -s -t "$1" {} +
}

hosts_prepare() {
	umask 022
	export LC_ALL=C
	mount -t tmpfs -o mode=755 tmpfs /run
	mkdir "$HOSTS_DIR"
	hosts_shadow /etc
	hosts_shadow /var/lib
	for f in /etc /var/lib /run; do
		rm -f $f/cluevpn
		mkdir $f/cluevpn
	done
	ip link set lo up
	mount -t sysfs sysfs /sys
	ip link add internet type bridge
	ip link set internet up
	# scp between the hosts: scp FILE... HOST:DIR_OR_FILE
	mkdir -p "$HOSTS_DIR/bin"
	PATH=$HOSTS_DIR/bin:$PATH
	cat >"$HOSTS_DIR/bin/scp" <<-'END'
	#!/bin/sh
	for last; do :; done
	dest=${last#*:}
	case $dest in
	/etc/cluevpn*) dest=etc${dest#/etc/cluevpn} ;;
	/var/lib/cluevpn*) dest=lib${dest#/var/lib/cluevpn} ;;
	*) echo "scp: $last: not in this simulation" >&2; exit 1 ;;
	esac
	while [ $# -gt 1 ]; do
		cp "$1" "$HOSTS_DIR/${last%%:*}/$dest" || exit 1
		shift
	done
	END
	chmod +x "$HOSTS_DIR/bin/scp"
}

# host_add NAME ADDRESS...: its interface is eth0, and all of the internet is
# behind it.
host_add() {
	h=$1
	shift
	d=$HOSTS_DIR/$h
	mkdir -p "$d/etc" "$d/lib" "$d/log" "$d/run"
	chmod 700 "$d/lib"
	mkfifo "$d/ready"
	# shellcheck disable=SC2016 # for the inner shell
	unshare --mount --net --uts --pid --fork --kill-child --mount-proc \
	    sh -c '
		hostname "$1"
		mount --bind "$2/etc" /etc/cluevpn
		mount --bind "$2/lib" /var/lib/cluevpn
		mount --bind "$2/log" /var/log
		mount --bind "$2/run" /run/cluevpn
		mount -t sysfs sysfs /sys
		ip link set lo up
		echo >"$2/ready"
		trap : TERM
		while :; do sleep 1000 & wait $!; done
	    ' sh "$h" "$d" </dev/null &
	read -r _ <"$d/ready"
	pgrep -P $! >"$d/pid"
	read -r p <"$d/pid"
	ip -batch - <<-END
		link add $h type veth peer name eth0 netns $p
		link set $h master internet up
	END
	{
		echo link set eth0 up
		for a; do
			case $a in
			*:*) echo addr add "$a" dev eth0 nodad ;;
			*) echo addr add "$a" dev eth0 ;;
			esac
		done
		echo route add default dev eth0
		echo route add ::/0 dev eth0
	} | nsenter -t "$p" --net ip -batch -
}

# on NAME COMMAND...: in that host's /etc/cluevpn, which is where its keys are.
on() {
	read -r host_pid <"$HOSTS_DIR/$1/pid"
	shift
	# shellcheck disable=SC2016 # for the inner shell
	nsenter -t "$host_pid" --mount --root --wd --net --uts --pid -- \
	    sh -c 'cd /etc/cluevpn && exec "$@"' sh "$@"
}

# now: milliseconds of some clock
now() {
	date +%s%3N
}

# within MS COMMAND...: tries it until it succeeds, but no longer than this
within() {
	hosts_end=$(($(now) + $1)) hosts_pause=0.02
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$(now)" -lt "$hosts_end" ] || return 1
		# Each try starts processes, of which a busy machine has enough.
		sleep $hosts_pause
		case $hosts_pause in
		0.02) hosts_pause=0.05 ;;
		0.05) hosts_pause=0.1 ;;
		*) hosts_pause=0.2 ;;
		esac
	done
}

# hosts_logs: what all daemons have logged
hosts_logs() {
	for f in "$HOSTS_DIR"/*/log/cluevpn.log; do
		[ -s "$f" ] || continue
		echo "--- $f"
		tail -n 40 "$f"
	done
}
