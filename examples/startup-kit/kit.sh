# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh disable=SC2034 # the scripts use these
# Sourced by the scripts of the start-up kit: messages, the configuration,
# locks, files.

prog=${0##*/}
PATH=${PATH:-/usr/bin:/bin}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin
PATH=$PATH:/sbin:/bin
export PATH
export LC_ALL=C
umask 022
newline='
'

# clean: a filter; no byte that it lets through controls a terminal or a mail
# program.
clean() {
	tr -cd '\11\12\40-\176'
}
# The words of a server or a peer may be in a message.
plain() { # plain TEXT
	printf '%s\n' "$*" | clean
}
# cleanly FILTER COMMAND...: its output through FILTER, its errors through
# "clean"; ends with its status.
cleanly() {
	way=$1
	shift
	exec 3>&1
	rc=$({ { {
		("$@") 2>&4 3>&- 4>&- 5>&-
		echo $? >&5
	} | "$way" >&3; } 4>&1 | clean >&2; } 5>&1)
	exit "$rc"
}
say() {
	printf '%s: %s\n' "$prog" "$(plain "$*")" >&2
}
die() {
	say "$*"
	exit 1
}
usage_error() {
	say "$*"
	say "-h shows what there is"
	exit 2
}
tell() { # tell TEXT: to the log of the system, and to a terminal
	logger --socket-errors=on -t "$prog" -p daemon.notice -- "$(plain "$*")" \
		2>/dev/null || { say "$*"; return; }
	[ ! -t 2 ] || say "$*"
}
needs() { # needs PROGRAM PACKAGE ...
	while [ $# -gt 1 ]; do
		command -v "$1" >/dev/null ||
			die "$1 is missing; it is in Debian's package $2"
		shift 2
	done
}

# --- kit.conf -----------------------------------------------------------------

conf_file=/etc/cluevpn/kit.conf

# The defaults.
server='' port='' service='' principal='' keytab=/etc/krb5.keytab
bnlkey='' cakey='' network='' renewdays=30
nameserver='' check=ping checkname='' timeout=2
resolvconf=/etc/resolv.conf resolvmaster=/etc/resolv.conf-master
nslock=/run/cluevpn-nscheck.lock
cadir=/var/lib/cluevpn-ca names=/etc/cluevpn/kit.names ou='' days=825
bnl=/var/lib/cluevpn/network.bnl bnlpubkey=''
signer='' mail='' textfile=''

conf_keys='server port service principal keytab bnlkey cakey network renewdays
nameserver check checkname timeout resolvconf resolvmaster nslock cadir names
ou days bnl bnlpubkey signer mail textfile'

conf_bad() { # conf_bad EXPECTED
	say "$conf_file:$conf_line: $key = $value: $1 is expected"
	exit 2
}
is_number() { # is_number TEXT LEAST MOST
	case $1 in '' | *[!0-9]* | ??????*) return 1 ;; esac
	[ "$1" -ge "$2" ] && [ "$1" -le "$3" ]
}
decimal() { # decimal NUMBER: without the zeros in front, which mean octal
	trimmed=${1#"${1%%[!0]*}"}
	trimmed=${trimmed:-0}
}
is_digest() {
	case $1 in
	sha256:*[!0-9a-f]*) return 1 ;;
	sha256:*) [ ${#1} -eq 71 ] ;;
	*) return 1 ;;
	esac
}
is_node() { # as cluevpn-bnl(5) has it, and so never a path
	case $1 in
	'' | [!a-z0-9]* | *[!a-z0-9._-]*) return 1 ;;
	esac
	[ ${#1} -le 63 ]
}
is_address() { # of a name server, by its letters
	case ${1%%%*} in
	'' | *[!0-9a-fA-F:.]*) return 1 ;;
	*[:.]*) ;;
	*) return 1 ;;
	esac
	case $1 in
	*%*) case ${1#*%} in '' | *[!a-zA-Z0-9._-]*) return 1 ;; esac ;;
	esac
}
words() { # words TEXT: the blanks around it and doubled ones go
	case $- in *f*) globs=-f ;; *) globs=+f ;; esac
	set -f
	# shellcheck disable=SC2086 # into words
	set -- $1
	set $globs
	trimmed=$*
}

conf_take() { # key and value
	case $key in
	port)
		is_number "$value" 1 65535 || conf_bad 'a port' ;;
	renewdays | days)
		is_number "$value" 1 36500 || conf_bad 'a number of days' ;;
	timeout)
		is_number "$value" 1 20 || conf_bad '1 to 20 seconds' ;;
	check)
		case $value in
		ping | dns) ;;
		*) conf_bad 'ping or dns' ;;
		esac ;;
	bnlkey | cakey)
		is_digest "$value" ||
			conf_bad '"sha256:" and 64 hexadecimal digits' ;;
	nameserver)
		is_address "$value" || conf_bad 'an address' ;;
	signer | mail)
		case $value in
		*[!a-zA-Z0-9._/@+-]* | *@*@* | @* | *@) conf_bad 'a name with an @' ;;
		*@*) ;;
		*) conf_bad 'a name with an @' ;;
		esac ;;
	server | service | principal | checkname | network)
		case $value in
		'' | -* | *[!a-zA-Z0-9._/@-]*) conf_bad 'a name' ;;
		esac ;;
	ou) ;;
	*)
		case $value in
		/*) ;;
		*) conf_bad 'a file name with a / in front' ;;
		esac ;;
	esac
	conf_set
}
conf_set() { # each key by its own name: nothing in the file is evaluated
	case $key in
	port | renewdays | days | timeout)
		decimal "$value"
		value=$trimmed ;;
	esac
	case $key in
	bnlkey) bnlkey="${bnlkey:+$bnlkey }$value"; return ;;
	cakey) cakey="${cakey:+$cakey }$value"; return ;;
	nameserver) nameserver="${nameserver:+$nameserver }$value"; return ;;
	bnlpubkey) bnlpubkey="${bnlpubkey:+$bnlpubkey }$value"; return ;;
	signer) signer="${signer:+$signer }$value"; return ;;
	esac
	case " $conf_seen " in
	*" $key "*)
		say "$conf_file:$conf_line: $key is there twice"
		exit 2 ;;
	esac
	conf_seen="$conf_seen $key"
	case $key in
	server) server=$value ;;
	port) port=$value ;;
	service) service=$value ;;
	principal) principal=$value ;;
	keytab) keytab=$value ;;
	network) network=$value ;;
	renewdays) renewdays=$value ;;
	check) check=$value ;;
	checkname) checkname=$value ;;
	timeout) timeout=$value ;;
	resolvconf) resolvconf=$value ;;
	resolvmaster) resolvmaster=$value ;;
	nslock) nslock=$value ;;
	cadir) cadir=$value ;;
	names) names=$value ;;
	ou) ou=$value ;;
	days) days=$value ;;
	bnl) bnl=$value ;;
	mail) mail=$value ;;
	textfile) textfile=$value ;;
	esac
}

conf_must() {
	[ -e "$conf_file" ] || die "there is no $conf_file"
	conf_read
}
conf_read() { # reads $conf_file; it need not exist
	bnlpubkey=/etc/cluevpn/bnl-pub.pem
	[ -e "$conf_file" ] || return 0
	bnlpubkey=
	[ -r "$conf_file" ] || die "$conf_file cannot be read"
	conf_line=0 conf_seen=
	while IFS= read -r line || [ -n "$line" ]; do
		conf_line=$((conf_line + 1))
		line=${line%%#*}
		words "${line%%=*}"
		key=$trimmed
		words "${line#*=}"
		value=$trimmed
		[ -n "$key$value" ] || continue
		case $line in
		*=*) ;;
		*)
			say "$conf_file:$conf_line: \"$key\": key = value is" \
				'expected'
			exit 2 ;;
		esac
		words "$conf_keys"
		case " $trimmed " in
		*" $key "*) ;;
		*)
			say "$conf_file:$conf_line: unknown key \"$key\"; one" \
				"of these is expected: $trimmed"
			exit 2 ;;
		esac
		conf_take
	done <"$conf_file"
	bnlpubkey=${bnlpubkey:-/etc/cluevpn/bnl-pub.pem}
}

# --- locks and files ----------------------------------------------------------

lock() { # lock FILE SECONDS: on descriptor 9, until unlock or the end
	exec 9>"$1" || exit 1
	flock -w "$2" 9 ||
		die "$1 is locked by another one, for $2 seconds now"
}
unlock() {
	exec 9>&-
}

# replace NEW FILE: NEW, beside it, takes its place, as a whole.
replace() {
	sync "$1" && mv -f "$1" "$2" && sync "$(dirname "$2")"
}

# wipe FILE ...: overwrites files that held a secret, and removes them. The
# secret leaves the disk only if the file system writes in place.
wipe() {
	shred -n 0 -z --remove=unlink -- "$@" 2>/dev/null || rm -f -- "$@"
}

# server_ask COMMAND...: prints the answer of the server of kit.conf, by remctl.
server_ask() {
	# shellcheck disable=SC2086 # one word or none each
	remctl -t 30 ${port:+-p $port} ${service:+-s $service} \
		"$server" cluevpn "$@"
}
