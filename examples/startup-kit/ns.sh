# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh disable=SC2154 # what kit.sh sets
# Sourced by cluevpn-nscheck, ns-up and ns-down: the master of resolv.conf.
#
# A line that ns-up has put in ends with "# by cluevpn"; a line of the same
# address that was there before waits behind "#by-cluevpn# ".

ns_mark='# by cluevpn'
ns_hide='#by-cluevpn# '

# A copy of resolv.conf, the first time; its name, when resolv.conf is a link,
# says nothing of where that leads. To be called under the lock.
master_make() {
	[ ! -e "$resolvmaster" ] || return 0
	[ -r "$resolvconf" ] ||
		die "there is neither $resolvmaster nor $resolvconf"
	new=$(mktemp "$resolvmaster.XXXXXX") || exit 1
	if cat "$resolvconf" >"$new" && chmod 644 "$new" &&
		replace "$new" "$resolvmaster"; then
		return
	fi
	rm -f "$new"
	die "cannot make $resolvmaster"
}

# The master without what ns-up has done to it.
master_plain() {
	awk -v mark="$ns_mark" -v hide="$ns_hide" '
	length($0) >= length(mark) &&
	    substr($0, length($0) - length(mark) + 1) == mark { next }
	index($0, hide) == 1 { $0 = substr($0, length(hide) + 1) }
	{ print }' "$resolvmaster"
}

# The same with these addresses at its head, each once.
master_with() { # master_with ADDRESS...
	master_plain | awk -v mark="$ns_mark" -v hide="$ns_hide" -v ours="$*" '
	BEGIN {
		n = split(ours, a, " ")
		for (i = 1; i <= n; i++)
			if (!(a[i] in head)) {
				head[a[i]]
				print "nameserver " a[i] " " mark
			}
	}
	$1 == "nameserver" {
		s = $2
		sub(/[;#].*/, "", s)
		if (s in head)
			printf "%s", hide
	}
	{ print }'
}

# master_edit COMMAND...: its output becomes the master.
master_edit() {
	lock "$nslock" 60
	master_make
	new=$(mktemp "$resolvmaster.XXXXXX") || exit 1
	if ! cp -p "$resolvmaster" "$new" || ! "$@" >"$new"; then
		rm -f "$new"
		die "cannot write $resolvmaster"
	fi
	if cmp -s "$new" "$resolvmaster"; then
		rm -f "$new"
	elif ! replace "$new" "$resolvmaster"; then
		rm -f "$new"
		die "cannot write $resolvmaster"
	fi
	unlock
}
