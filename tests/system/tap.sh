# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh
# Sourced behind hosts.sh by the tests that use it: counting and telling.

count=0
bad=0
out=${HOSTS_DIR:-}/out
ok() {		# ok STATUS TEXT; what was said is in $out
	count=$((count + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $count - $2"
	else
		bad=$((bad + 1))
		echo "not ok $count - $2"
		sed 's/^/# /' "$out"
	fi
}
holds() {	# holds TEXT COMMAND...
	text=$1
	shift
	"$@" >"$out" 2>&1 </dev/null
	ok $? "$text"
}
fails() {	# fails TEXT COMMAND...
	text=$1
	shift
	! "$@" >"$out" 2>&1 </dev/null
	ok $? "$text"
}
is() {		# is GOT WANTED TEXT
	printf 'got:    %s\nwanted: %s\n' "$1" "$2" >"$out"
	[ "$1" = "$2" ]
	ok $? "$3"
}
tap_end() {	# the last line of a test
	echo "1..$count"
	[ "$bad" -eq 0 ] || hosts_logs | sed 's/^/# /'
	exit $((bad > 0))
}
