#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Completion: every command, option and kind of argument that the programs'
# help has, names of nodes, files; bash, zsh and fish alike.
# shellcheck disable=SC2317 # called by name
set -u
cd "$(dirname "$0")/../.." || exit 1
O=$(cd "${O:-build}" && pwd) || exit 1
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
export PATH="$O:$PATH"
file=examples/completion.bash

# shellcheck source=tests/system/tap.sh
. tests/system/tap.sh
out=$tmp/out
# As bash does it at a tab: the last word is what stands there already.
tab() {
	# shellcheck disable=SC2016 # for the other shell
	bash -c '. "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
		"$(complete -p "$1" | sed "s/.*-F \([^ ]*\).*/\1/")"
		[ ${#COMPREPLY[@]} -eq 0 ] || printf "%s\n" "${COMPREPLY[@]}"' \
		"$file" "$@" 2>&1
}
gives() {	# gives "CANDIDATE..." WORD...: exactly these, in any order
	local wanted=$1 got

	shift
	got=$(tab "$@" | sort | paste -sd ' ')
	printf 'got:    %s\nwanted: %s\n' "$got" "$wanted" >"$tmp/out"
	[ "$got" = "$wanted" ]
	ok $? "$*: ${wanted:-nothing}"
}
declare -A tabs=()	# WORDS: what was offered; the same each time
has() {		# has CANDIDATE WORD...: this among others
	local wanted=$1

	shift
	[ -n "${tabs[$*]+there}" ] || tabs[$*]=$(tab "$@")
	echo "${tabs[$*]}" >"$tmp/out"
	grep -qx -e "$wanted" "$tmp/out"
	ok $? "$*: $wanted"
}

# --- what the help has ----------------------------------------------------------

for program in cluevpnd cluevpnctl bnl-sign bnl-verify keygen; do
	"$program" -h >"$tmp/help" 2>&1
	# Options that are explained, and long ones in brackets.
	for option in $(grep -o -e '^ *-[A-Za-z]\b' -e '\[--[a-z][-a-z]*' \
	    -e '^ *-.*' "$tmp/help" | grep -o -e '^ *-[A-Za-z]\b' \
	    -e '\[--[a-z][-a-z]*' -e '[ ]--[a-z][-a-z]*' |
	    tr -d '[ ' | sort -u); do
		has "$option" $program -
	done
done
"$O/cluevpnctl" -h 2>&1 | sed -n 's/^  \([a-z][-a-z]*\) .*/\1/p' |
	sort -u >"$tmp/commands"
[ -s "$tmp/commands" ]
ok $? 'cluevpnctl has commands'
while read -r command; do
	has "$command" cluevpnctl ''
done <"$tmp/commands"
gives 'peers push' cluevpnctl --json p
gives reset cluevpnctl mark ''
# Commands that have options of their own.
for command in init invite join remove rotate-ca leave; do
	cluevpnctl $command -h | grep -o -e '--[a-z][-a-z0-9]*' | sort -u \
		>"$tmp/own"
	[ "$(tab cluevpnctl $command -- | sort -u)" = "$(cat "$tmp/own")" ]
	ok $? "cluevpnctl $command --: all its options"
done
gives '--via' cluevpnctl invite --v
gives '--port' cluevpnctl join --p
has --expire cluevpnctl invite beta --
for command in add set pin remove revoke diff; do
	has "$command" bnl-sign ''
done
gives '--subnet --subnet4 --subnet6' bnl-sign add --s
gives '--no-revoke' bnl-sign remove --no-r
gives '' bnl-sign diff --no-r
gives 'bnl ca fingerprint node request sign' keygen ''

# --- what options and commands take ---------------------------------------------

gives 'debug error info warn' cluevpnd -d ''
gives 'dsa ed25519' keygen bnl -t ''
gives '' keygen ca --days ''
mkdir "$tmp/files"
: >"$tmp/files/beta.csr"
has "$tmp/files/beta.csr" keygen sign "$tmp/files/"
has "$tmp/files/beta.csr" cluevpnd -c "$tmp/files/b"
has "$tmp/files/beta.csr" bnl-verify -k "$tmp/files/b"
printf '%s\n' 'network x' '  node gamma.example.org # here' '#node no' \
	'node beta' >"$tmp/list"
gives 'beta gamma.example.org' bnl-sign remove -l "$tmp/list" ''
gives gamma.example.org bnl-sign remove -l "$tmp/list" beta g

# --- other shells ---------------------------------------------------------------

for shell in zsh fish; do
	sed "s|/usr/local/share/bash-completion/completions/cluevpnctl|$PWD/$file|" \
		examples/completion.$shell >"$tmp/_cluevpn"
	if ! command -v $shell >/dev/null; then
		ok 0 "$shell # SKIP there is none here"
		continue
	fi
	if [ $shell = fish ]; then
		HOME=$tmp fish -c "source $tmp/_cluevpn
			complete -C 'keygen bnl -t '" >"$tmp/out" 2>&1
	else
		# shellcheck disable=SC2016 # zsh's
		HOME=$tmp zsh -f -c 'words=(keygen bnl -t "") CURRENT=4
			compadd() { print -l -- ${(P)2}; }
			_files() { print files; }
			f() { source '"$tmp"'/_cluevpn; }; f' >"$tmp/out" 2>&1
	fi
	[ "$(sort "$tmp/out" | paste -sd ' ')" = 'dsa ed25519' ]
	ok $? "$shell gives the same"
done
tap_end
