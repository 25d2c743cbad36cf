# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh
# Counting and telling: sourced behind hosts.sh by the tests that use it; the
# others say where $out is themselves.

count=0
bad=0
out=${HOSTS_DIR:-}/out
tap_said() {	# a test that keeps elsewhere what was said has its own
	[ ! -s "$out" ] || sed 's/^/# /' "$out"
}
ok() {		# ok STATUS TEXT; what was said is in $out
	count=$((count + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $count - $2"
	else
		bad=$((bad + 1))
		echo "not ok $count - $2"
		tap_said
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
refused() {	# refused TEXT WORDS COMMAND...: it fails, and says so
	text=$1 words=$2
	shift 2
	! "$@" >"$out" 2>&1 && grep -qF -e "$words" "$out"
	ok $? "$text"
}
said() {	# said TEXT WORDS: by the last "refused" or "holds"
	cp "$out" "$out.said"
	holds "$1" grep -qF -e "$2" "$out.said"
	cp "$out.said" "$out"
}
not_said() {	# not_said TEXT WORDS
	! grep -qF -e "$2" "$out"
	ok $? "$1"
}
must() {	# must COMMAND...: set-up that cannot fail
	"$@" >"$out" 2>&1 && return
	tap_said
	echo "not ok $((count + 1)) - the test cannot go on: $*"
	echo "1..$((count + 1))"
	exit 1
}
tap_end() {	# the last line of a test
	echo "1..$count"
	[ "$bad" -eq 0 ] || [ -z "${HOSTS_DIR:-}" ] ||
		hosts_logs | sed 's/^/# /'
	exit $((bad > 0))
}
