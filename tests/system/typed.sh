# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh
# Sourced by the tests that type the commands of a document.

# typed_read FILE DIR: each command with the prompt "HOST$" becomes a line "HOST
# COMMAND" of DIR/steps, whole where it goes on behind a "\\"; the edit below the
# Nth one, lines that begin with "+" or "-", gets into DIR/edit.N.
typed_read() {
	awk -v dir="$2" '
	/^    [a-z]+\$ / {
		host = substr($1, 1, length($1) - 1)
		command = substr($0, index($0, "$ ") + 2)
		while (command ~ /\\$/) {
			getline
			sub(/\\$/, "", command)
			sub(/^ +/, "")
			command = command $0
		}
		print host, command
		n++
		next
	}
	/^    [-+]/ { print substr($0, 5) >(dir "/edit." n) }
	' "$1" >"$2/steps"
}
