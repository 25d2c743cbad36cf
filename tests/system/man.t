#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The manual pages are clean mdoc, and know the options the programs know.
set -u
cd "$(dirname "$0")/../.." || exit 1
O=$(cd "${O:-build}" && pwd) || exit 1
# shellcheck source=tests/system/tap.sh
. tests/system/tap.sh
out=$(mktemp) || exit 1
trap 'rm -f "$out"' EXIT
trap 'exit 1' HUP INT PIPE TERM

kit=examples/startup-kit
if ! command -v mandoc >/dev/null; then
	echo '1..0 # SKIP no mandoc'
	exit 0
fi
for page in man/*.[1-8] $kit/man/*.8; do
	mandoc -T lint -W warning "$page" >"$out" 2>&1
	ok $? "$page is clean"
done
for page in man/*.[18] $kit/man/*.8; do
	program=${page##*/}
	program=${program%.*}
	path=$O/$program
	[ -e "$path" ] || path=$kit/$program
	# Every option of the help is an item of the page.
	mandoc -T ascii "$page" | sed "s/.$(printf '\b')//g" >"$out"
	"$path" -h 2>&1 | grep -o -- '^ *-[a-zA-Z],\? \|--[a-z][a-z-]*' |
	    tr -d ' ,' | sort -u >"$out.options"
	lacks=
	while read -r option; do
		grep -q -- "$option\b" "$out" || lacks="$lacks $option"
	done <"$out.options"
	rm "$out.options"
	[ -z "$lacks" ]
	ok $? "$page has the options of $program$lacks"
done
for text in README HOWTO $kit/README; do
	! LC_ALL=C grep -n '.\{81\}\|[^ -~]' $text >"$out"
	ok $? "$text is plain text of 80 columns"
done
tap_end
