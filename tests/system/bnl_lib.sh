# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh disable=SC2034 # what the tests use
# Sourced by the tests of the list's tools, from the tree's root with O set:
# a directory that goes away, TAP, keys, a small list.
# shellcheck source=tests/system/tap.sh
. tests/system/tap.sh
keys=$PWD/tests/unit/format/bnl_keys.h
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT PIPE TERM
cd "$dir" || exit 1
umask 022
unset VISUAL

tap_said() { sed 's/^/# /' out err; }
run() {		# run COMMAND...: its exit code becomes $rc
	"$@" >out 2>err </dev/null
	rc=$?
}
code() {	# code WANTED TEXT
	[ "$rc" -eq "$1" ]
	ok $? "$2"
}
says() {	# says FILE PATTERN TEXT
	grep -q -- "$2" "$1"
	ok $? "$3"
}
same() {
	cmp -s "$1" "$2"
	ok $? "$3"
}
# The lists of these tests are put back and exchanged all the time: nothing is
# remembered of those before.
sign() {
	rm -f dsa.key.last
	run "$O/bnl-sign" -N nobody -k dsa.key "$@"
}
verify() { run "$O/bnl-verify" "$@"; }
editor() {	# editor COMMAND...: $EDITOR does that to its file
	printf '#!/bin/sh\nf=$1\n%s\n' "$*" >editor
	chmod +x editor
	export EDITOR="$dir/editor"
}

pem() { sed -n "/define PEM_$1 /,/END/s/.*\"\\(.*\\)\\\\n\".*/\\1/p" "$keys"; }
pem DSA_1 >dsa.key
pem DSA_2 >other.key
pem ED_1 >ed.key
chmod 600 ./*.key
for k in dsa other ed; do openssl pkey -in $k.key -pubout -out $k.pub; done

list() {
	cat <<-END
	# Ours.
	network   example.org
	prefix    10.156.0.0/16
	
	node alpha
	  address 192.0.2.1
	  subnet  10.156.1.0/24
	node beta
	  address beta.example.org port 4406
	  subnet  10.156.2.0/24
	END
}
