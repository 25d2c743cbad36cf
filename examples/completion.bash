# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Completion for the programs of ClueVPN. The commands, options and arguments
# come from the programs' own help, so that they cannot be out of step.
#
# bash-completion loads it by the name of the program. Without that: source it.
# The files for zsh and fish ask _cluevpn_candidates, too.

# The facts of a program's help, one line each: "command WORD", "second WORD
# WORD", "option -x", "takes -x WHAT", "argument COMMAND WHAT"; COMMAND is "-"
# for arguments without a command.
# shellcheck disable=SC2016 # awk's
_cluevpn_facts() { # _cluevpn_facts PROGRAM [COMMAND]
	local name=${1##*/}${2:+ $2}

	"$@" -h 2>/dev/null </dev/null | awk -v program="$name" '
	# "[-c DIR|FILE]", "-n, --name NAME": the options, with their values.
	# A value in brackets is optional, or belongs to another option.
	function options(s, n, w, i, j) {
		gsub(/[][()]/, " ; ", s)
		gsub(/,/, " ", s)
		n = split(s, w, " ")
		for (i = 1; i <= n; i++) {
			if (w[i] !~ /^(-[A-Za-z]|--[a-z][-a-z0-9]*)$/)
				continue
			print "option", w[i]
			j = i + 1
			if (w[i] !~ /^--/ && w[j] ~ /^--[a-z]/)
				j++
			if (w[j] ~ /^[A-Z][A-Z0-9\/|]*$/ ||
			    w[j] ~ /^[a-z0-9]+\|[a-z0-9|]+$/)
				print "takes", w[i], w[j]
		}
	}
	# Words outside of brackets, or in brackets without an option.
	function arguments(command, s, n, w, i) {
		gsub(/\[--*[^][]*(\[[^][]*\])?[^][]*\]/, " ", s)
		gsub(/[][]/, " ", s)
		n = split(s, w, " ")
		for (i = 1; i <= n; i++)
			if (w[i] ~ /^[A-Z]+(\.\.\.)?$/)
				print "argument", command, w[i]
	}
	{
		sub(/^usage:/, "      ")
		indent = match($0, /[^ ]/) - 1
		text = substr($0, indent + 1)
	}
	index(text, program " ") == 1 {
		text = substr(text, length(program) + 2)
		options(text)
		n = split(text, word, " ")
		last = "-"
		if (word[1] ~ /^[a-z][-a-z|]*$/) {
			m = split(word[1], one, "|")
			for (i = 1; i <= m; i++)
				print "command", one[i]
			if (m == 1)
				last = word[1]
			text = substr(text, length(word[1]) + 1)
		}
		arguments(last, text)
		next
	}
	# A synopsis goes on in the next line.
	indent > 6 && text ~ /^\[/ {
		options(text)
		arguments(last, text)
		next
	}
	# The explained word ends at two spaces, or with its line.
	(at = index(text, "  ")) > 0 {
		text = substr(text, 1, at)
	}
	text ~ /^-/ {
		options(text)
		next
	}
	indent == 2 && text ~ /^[a-z]/ &&
	(at > 0 || text ~ /^[a-z]+( [[A-Z.][^ ]*)*$/) {
		n = split(text, word, " ")
		print "command", word[1]
		if (word[2] ~ /^[a-z]+$/)
			print "second", word[1], word[2]
		options(text)
		arguments(word[1], text)
	}' | sort -u
}

# The nodes of the list, and those that the daemon knows.
_cluevpn_hosts() { # _cluevpn_hosts WORD...: the words of the line
	local list=/var/lib/cluevpn/network.bnl socket=()

	while [ $# -gt 1 ]; do
		case $1 in
		-l | --list) list=$2 ;;
		-s | --socket) socket=(-s "$2") ;;
		esac
		shift
	done
	{
		sed -n 's/^[[:blank:]]*node[[:blank:]]\{1,\}//p' "$list" |
			sed 's/[[:blank:]#].*//'
		cluevpnctl "${socket[@]}" --json list </dev/null |
			grep -o '^ *"[^"]*":' | cut -d '"' -f 2
	} 2>/dev/null | sort -u
}

# The candidates for each WHAT of the help, one a line.
_cluevpn_values() { # _cluevpn_values WHATS WORD...
	local what whats=$1

	shift
	while read -r what; do
		case ${what%...} in
		*FILE* | *DIR* | *KEY | CERT | REQUEST | SOCKET | OLD | NEW)
			echo '<files>'
			;;
		NODE | NAME | PEER) _cluevpn_hosts "$@" ;;
		LEVEL) printf '%s\n' error warn info debug ;;
		*[a-z]*\|*) tr '|' '\n' <<<"$what" ;;
		esac
	done <<<"$whats" | sort -u
}

# _cluevpn_candidates WORD...: the line, the last word being the one to
# complete. One candidate a line; "<files>": names of files.
_cluevpn_candidates() {
	local words=("$@") n=$(($# - 1)) i w facts command='' of=- what skip=''
	local program before

	[ "$n" -ge 1 ] && program=$(type -P "$1") || return 0
	before=${words[n - 1]}
	facts=$(_cluevpn_facts "$program")
	for ((i = 1; i < n; i++)); do
		w=${words[i]}
		if [ -n "$skip" ]; then
			skip=
		elif [[ $w == -* ]]; then
			! grep -q -e "^takes $w " <<<"$facts" || skip=yes
		elif [ -z "$command" ] && grep -qx "command $w" <<<"$facts"; then
			command=$w of=$w
			# Only where it is known that help is all one gets.
			if "$program" -h 2>/dev/null </dev/null |
				grep -q -e "$w.*each has --help" \
				    -e "^  $w \[OPTION"; then
				facts=$(_cluevpn_facts "$program" "$w")
				of=-
			fi
		fi
	done
	what=
	[[ $before != -* ]] ||
		what=$(sed -n "s/^takes $before //p" <<<"$facts")
	if [ -n "$what" ]; then
		_cluevpn_values "$what" "$@"
	elif [[ ${words[n]} == -* ]]; then
		sed -n 's/^option //p' <<<"$facts"
	else
		[ -n "$command" ] || sed -n 's/^command //p' <<<"$facts"
		[ -z "$command" ] || [ "$before" != "$command" ] ||
			sed -n "s/^second $command //p" <<<"$facts"
		what=$(sed -n "s/^argument $of //p" <<<"$facts")
		_cluevpn_values "$what" "$@"
	fi
}

_cluevpn() {
	local IFS=$'\n' found word=${COMP_WORDS[COMP_CWORD]}

	found=$(_cluevpn_candidates "${COMP_WORDS[@]:0:COMP_CWORD+1}")
	mapfile -t COMPREPLY < <(
		grep -vxF '<files>' <<<"$found" | grep -e "^$word"
		! grep -qxF '<files>' <<<"$found" || compgen -f -- "$word")
	[[ $found != *'<files>'* ]] || compopt -o filenames 2>/dev/null
}
complete -F _cluevpn cluevpnd cluevpnctl bnl-sign bnl-verify keygen
