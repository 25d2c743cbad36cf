# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh disable=SC2034,SC2154 # what the tests use
# Sourced after host_test.sh by the tests that found a network and invite to it.

typed() {	# typed HOST COMMAND...: at the prompt; it is counted
	echo "$1" >>"$HOSTS_DIR/typed"
	on "$@"
}
# A host here has no system log; and who is not answered dials anew soon.
LOG='--set logmethod=file --set logfile=/var/log/cluevpn.log
    --set unanswered=2s'

# invite NAME... : in the background; tokens are in $HOSTS_DIR/token.NAME
invite() {
	rm -f "$HOSTS_DIR/invite"
	typed alpha cluevpnctl invite "$@" >"$HOSTS_DIR/invite" 2>&1 &
	inviting=$!
	within 10000 grep -q '^waiting' "$HOSTS_DIR/invite" || return 1
	for n; do
		case $n in -*) continue ;; esac
		sed -n "/^on $n,/{n;p;}" "$HOSTS_DIR/invite" \
		    >"$HOSTS_DIR/token.$n"
	done
}
token() {
	cat "$HOSTS_DIR/token.$1"
}
invited() {	# the invitation ends, and all are in
	wait "$inviting"
}
join() {	# join NAME [OPTION...]
	n=$1
	shift
	# shellcheck disable=SC2086 # words
	typed "$n" cluevpnctl join $LOG "$@" <"$HOSTS_DIR/token.$n"
}
inner() {	# inner NAME: its first IPv4 address inside
	on alpha bnl-verify --json | jq -r --arg n "$1" \
	    '.nodes[] | select(.name == $n) | .subnets[0]' |
	    sed 's|0/24$|1|'
}
reaches() {
	on "$1" ping -n -c 1 -W 5 "$(inner "$2")"
}
stop() {
	for n; do
		# shellcheck disable=SC2016 # for the inner shell
		on "$n" sh -c 'kill $(cat /run/cluevpn/pid)' 2>/dev/null
		within 5000 test ! -e "$HOSTS_DIR/$n/run/pid"
	done
}
