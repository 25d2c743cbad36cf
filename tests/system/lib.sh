# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash disable=SC2034 # what the tests use
# Sourced by the system tests: namespaces, keys, lists, daemons, TAP.
#
# A test runs from the tree's root with O naming the build. It goes on in
# network, mount and process namespaces of its own: whatever it makes is gone
# when it ends, or when its parent does, even by SIGKILL.
#
#	. tests/system/lib.sh
#	network alpha beta	# namespaces on one bridge, keys, first list
#	start alpha beta
#	ok 'alpha reaches beta' reach alpha beta
#	finish
#
# Node number i has 192.0.2.i and 2001:db8::i outside, the subnets
# 10.156.i.0/24 and fd00:c1:0:i::/64 inside.

set -u
export LC_ALL=C TZ=UTC
umask 022

skip_all() {
	echo "1..0 # SKIP $1"
	exit 0
}

O=${O:-build}
case $O in /*) ;; *) O=$PWD/$O ;; esac
export O

for c in ip jq nft nsenter openssl ping socat ss sysctl tcpdump unshare; do
	command -v $c >/dev/null || skip_all "there is no $c here"
done
if [ "${CLUEVPN_TEST_NS:-}" != "$0" ]; then
	ns=(setpriv --pdeathsig KILL
		unshare -n -m -p -f --kill-child --mount-proc)
	[ "$(id -u)" -eq 0 ] || ns+=(-U -r)
	"${ns[@]}" true 2>/dev/null ||
		skip_all 'namespaces are not allowed here'
	CLUEVPN_TEST_NS=$0 exec "${ns[@]}" "$BASH" "$0" "$@"
fi
unset CLUEVPN_TEST_NS
trap 'exit 130' INT	# the first process of a namespace ignores it otherwise
mount -t tmpfs -o mode=755 tmpfs /run ||
	skip_all 'nothing may be mounted here'
(ip tuntap add dev try0 mode tun && ip link del try0) 2>/dev/null ||
	skip_all 'no TUN devices here'
tmp=/run/t
mkdir $tmp $tmp/none

# ASAN_OPTIONS with an LD_PRELOAD: the sanitizer's library is the second one.
second=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0

# --- TAP --------------------------------------------------------------------

LIMIT=${LIMIT:-60}	# seconds to wait for what must come
tests=0
bad=0

note() { # what a failure needs to be understood
	local n

	[ ! -s $tmp/out ] || tail -n 40 $tmp/out | sed 's/^/# /'
	[ $bad -le 3 ] || return	# the first ones tell the most
	for n in "${nodes[@]}"; do
		[ -s "$tmp/$n/log" ] || continue
		echo "# --- log of $n"
		tail -n "${LOG_LINES:-25}" "$tmp/$n/log" | sed 's/^/# /'
	done
}
result() { # result RC WHAT
	tests=$((tests + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $tests - $2"
	else
		bad=$((bad + 1))
		echo "not ok $tests - $2"
		note
	fi
}
ok() { # ok WHAT COMMAND...: that it succeeds
	local what=$1 rc

	shift
	"$@" >$tmp/out 2>&1 </dev/null
	rc=$?
	result $rc "$what"
}
not_ok() { # not_ok WHAT COMMAND...: that it fails
	local what=$1 rc=0

	shift
	! "$@" >$tmp/out 2>&1 </dev/null || rc=1
	result $rc "$what"
}
is() { # is GOT WANTED WHAT
	local rc=0

	[ "$1" = "$2" ] || rc=1
	printf 'got:    %s\nwanted: %s\n' "$1" "$2" >$tmp/out
	result $rc "$3"
}
more() { # more GOT THAN WHAT
	local rc=0

	[ "$1" -gt "$2" ] || rc=1
	echo "$1 is not more than $2" >$tmp/out
	result $rc "$3"
}
within() { # within SECONDS COMMAND...: repeats it until it succeeds
	local end=$((SECONDS + $1)) pause=0.05 tries=0

	shift
	until "$@" >$tmp/poll 2>&1 </dev/null; do
		if [ $SECONDS -gt $end ]; then
			cat $tmp/poll
			return 1
		fi
		# Each try starts processes, of which a busy machine has enough.
		[ $((tries += 1)) -lt 4 ] || pause=0.2
		sleep $pause
	done
}
soon() { # soon WHAT COMMAND...: that it succeeds before long
	local what=$1

	shift
	ok "$what" within "$LIMIT" "$@"
}
finish() {
	echo "1..$tests"
	[ $bad -eq 0 ]
	exit
}
die() { # die WHY: ends this test, and no other
	[ ! -s $tmp/out ] || sed 's/^/# /' $tmp/out
	echo "not ok $((tests + 1)) - the test cannot go on: $1"
	echo "1..$((tests + 1))"
	exit 1
}
must() { # must COMMAND...: set-up that cannot fail
	"$@" >$tmp/out 2>&1 </dev/null || die "$*"
}

# --- a network of namespaces ------------------------------------------------

nodes=()
declare -A index=()	# NODE: its number
declare -A pid=()	# NODE: its daemon
declare -A status=()	# NODE: the last exit status
declare -A under=()	# NODE: words before its daemon's name, as env A=B

inside() { # inside NODE COMMAND...: in its network namespace
	nsenter --net="/run/netns/$1" "${@:2}"
}
host() { # host NODE: a namespace with a leg on the bridge
	local n=$1 i=$((${#index[@]} + 1))

	index[$n]=$i
	ip netns add "$n"
	inside "$n" sysctl -qw net.ipv6.conf.all.accept_dad=0 \
		net.ipv6.conf.default.accept_dad=0 \
		net.ipv6.conf.default.accept_ra=0
	ip -batch - <<-END
		link add v-$n type veth peer name eth0 netns $n
		link set v-$n master br0 up
	END
	{
		echo link set lo up
		echo link set eth0 up
		[ "${outer:-46}" = 6 ] ||
			echo addr add "192.0.2.$i/24" dev eth0
		[ "${outer:-46}" = 4 ] ||
			echo addr add "2001:db8::$i/64" dev eth0 nodad
	} | ip -n "$n" -batch -
}
bridge() {
	sysctl -qw net.ipv6.conf.all.disable_ipv6=1
	ip -batch - <<-END
		link set lo up
		link add br0 type bridge mcast_snooping 0 stp_state 0
		link set br0 up
	END
}
outer4() { echo "192.0.2.${index[$1]}"; }
outer6() { echo "2001:db8::${index[$1]}"; }
inner4() { echo "10.156.${index[$1]}.1"; }
inner6() { echo "fd00:c1:0:${index[$1]}::1"; }

# --- keys and lists ---------------------------------------------------------

declare -A address=()	# NODE: its addresses, one a word
declare -A subnet=()	# NODE: its subnets
declare -A extra=()	# NODE: further statements, one a line
prefixes='10.156.0.0/16 fd00:c1::/48'	# of the network

authority() { # authority DIR
	mkdir -p "$1"
	must "$O/keygen" ca -d "$1"
}
certify() { # certify NODE [keygen's options]: key and certificate
	must "$O/keygen" node "$1" -d "$tmp/$1" --ca $tmp/ca "${@:2}"
}
node_text() { # node_text NODE: its statements
	local a

	echo "node $1"
	for a in ${address[$1]:-}; do echo "  address $a"; done
	for a in ${subnet[$1]:-}; do echo "  subnet $a"; done
	[ -z "${extra[$1]:-}" ] || echo "${extra[$1]}"
}
list() { # list NODE...: signs a list of these as $tmp/network.bnl
	local n

	{
		echo 'network example.org'
		for n in $prefixes; do echo "prefix $n"; done
		for n; do node_text "$n"; done
		[ -z "${revoked:-}" ] || echo "revoke $revoked"
	} >$tmp/network.txt
	# Tests put lists back as they like: nothing is remembered of them.
	rm -f $tmp/bnl.key.last
	if [ -e $tmp/network.bnl ]; then
		must "$O/bnl-sign" -y -k $tmp/bnl.key -o $tmp/network.bnl \
			$tmp/network.txt
	else
		must "$O/bnl-sign" -y -k $tmp/bnl.key --first \
			-o $tmp/network.bnl $tmp/network.txt
	fi
}
give() { # give NODE...: the list that was signed last
	local n

	for n; do
		install -D -m 600 $tmp/network.bnl "$tmp/$n/state/network.bnl"
	done
}
conf() { # conf NODE [LINE...]: its configuration, with these lines
	local n=$1

	shift
	{
		echo "name = $n"
		echo 'devname = tun0'
		echo "statedir = $tmp/$n/state"
		echo "ctlsocket = $tmp/$n/ctl"
		echo 'logmethod = stderr'
		echo 'initretry = 250ms'
		echo 'negotiategap = 1s'
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} >"$tmp/$n/cluevpn.conf"
}
member() { # member NODE: all that a node has but the list
	host "$1"
	nodes+=("$1")
	mkdir -p "$tmp/$1"
	: >"$tmp/$1/log"
	cp $tmp/bnl-pub.pem $tmp/ca/ca.pem "$tmp/$1"
	certify "$1"
	conf "$1"
	address[$1]="$([ "${outer:-46}" = 6 ] || outer4 "$1")
		$([ "${outer:-46}" = 4 ] || outer6 "$1")"
	subnet[$1]="10.156.${index[$1]}.0/24 fd00:c1:0:${index[$1]}::/64"
}
network() { # network NODE...: all of the above for all of them
	local n

	bridge
	authority $tmp/ca
	must "$O/keygen" bnl -t ed25519 -o $tmp/bnl.key
	for n; do member "$n"; done
	list "$@"
	give "$@"
}

# --- daemons ----------------------------------------------------------------

ctl() { # ctl NODE COMMAND...
	"$O/cluevpnctl" -s "$tmp/$1/ctl" "${@:2}"
}
query() { # query NODE status|peers JQ-FILTER
	ctl "$1" --json "$2" | jq -r "$3"
}
launch() { # launch NODE: without waiting
	echo "--- start" >>"$tmp/$1/log"
	# shellcheck disable=SC2086 # words
	nsenter --net="/run/netns/$1" ${under[$1]:-} \
		"$O/cluevpnd" -f -c "$tmp/$1" -p "$tmp/$1/pid" \
		>>"$tmp/$1/log" 2>&1 </dev/null &
	pid[$1]=$!
}
start() { # start NODE...: until they serve
	local n

	for n; do launch "$n"; done
	for n; do
		within "$LIMIT" ctl "$n" status >$tmp/out && continue
		note
		die "the daemon of $n does not start"
	done
}
gone() { # gone PID
	! kill -0 "$1"
}
ended() { # ended NODE: its daemon ends; status[NODE] says how
	local p=${pid[$1]}

	if ! within "$LIMIT" gone "$p" >/dev/null; then
		kill -KILL "$p"
		note
		die "the daemon of $1 does not end"
	fi
	wait "$p" 2>/dev/null
	status[$1]=$?
	unset "pid[$1]"
}
stop() { # stop NODE...: in order
	local n

	for n; do kill -TERM "${pid[$n]}"; done
	for n; do ended "$n"; done
}
crash() { # crash NODE...: without a chance to tidy up
	local n

	for n; do
		{ # the shell would tell
			kill -KILL "${pid[$n]}"
			wait "${pid[$n]}"
		} 2>/dev/null
		unset "pid[$n]"
	done
}
logs() { # logs NODE PATTERN: how often its log has a line like this
	grep -cE -e "$2" "$tmp/$1/log"
}
says() { # says NODE PATTERN
	grep -qE -e "$2" "$tmp/$1/log"
}

short() { # short FILE: what logs show of its digest
	"$O/bnl-verify" -k $tmp/bnl-pub.pem --json "$1" |
		jq -r .version.digest | sed 's/^sha256://; s/^\(.\{8\}\).*/\1/'
}

flip() { # flip FILE OFFSET: one bit of that byte; from the end when negative
	local at=$2 byte

	[ "$at" -ge 0 ] || at=$(($(stat -c %s "$1") + at))
	byte=$(od -An -tu1 -j "$at" -N 1 "$1")
	# shellcheck disable=SC2059 # an octal escape
	printf "\\$(printf %03o $((byte ^ 1)))" |
		dd of="$1" bs=1 seek="$at" conv=notrunc status=none
}

# --- traffic ----------------------------------------------------------------

reach() { # reach FROM TO [4|6]: one ping
	local to

	to=$("inner${3:-4}" "$2")
	inside "$1" ping -n -c 1 -W "${WAIT:-10}" "$to"
}
transfer() { # transfer FROM TO 4|6 FILE: by TCP; the copy must be the same
	local to got=$tmp/got.$1.$2 receiver

	to=$("inner$3" "$2")
	[ "$3" = 4 ] || to="[$to]"
	inside "$2" socat -u -T "$LIMIT" "TCP$3-LISTEN:7000,bind=$to,reuseaddr" \
		"OPEN:$got,creat,trunc" &
	receiver=$!
	inside "$1" socat -u -T "$LIMIT" "OPEN:$4" \
		"TCP$3:$to:7000,retry=100,interval=0.05,connect-timeout=$LIMIT"
	wait $receiver
	cmp "$4" "$got"
}
# shellcheck disable=SC2016 # awk's
connections() { # connections NODE: TCP ones it has tried and taken till now
	inside "$1" awk '/^Tcp:/ && n++ { print $6 + $7 }' /proc/net/snmp
}
settled() { # settled NODE: none is open, so no negotiation is under way
	[ -z "$(inside "$1" ss -Htn)" ]
}
# What a node dropped, by reason, but for what is left of handshakes that cross
# and of sessions of before a restart.
dropped() { # dropped NODE
	query "$1" status '.drops | del(.["no-session", "cookie", "ephemeral",
		"handshake", "state"]) | tojson'
}
traffic() { # traffic NODE rx|tx: bytes on the wire
	inside "$1" ip -s -j link show eth0 | jq ".[0].stats64.$2.bytes"
}
declare -A catcher=()	# FILE: the tcpdump that writes it
capture() { # capture FILE NODE|- INTERFACE FILTER: with - on the bridge's side
	local messages=$1.messages at=()

	[ "$2" = - ] || at=(nsenter --net="/run/netns/$2")
	: >"$messages"
	"${at[@]}" tcpdump -i "$3" -n --immediate-mode -U -w "$1" "$4" \
		2>"$messages" &
	catcher[$1]=$!
	within "$LIMIT" grep -q listening "$messages" >$tmp/out && return
	cp "$messages" $tmp/out
	die 'tcpdump does not start'
}
release() { # release FILE: it is complete
	kill -INT "${catcher[$1]}" 2>/dev/null	# or its device went
	wait "${catcher[$1]}"
	unset "catcher[$1]"
}
packets() { # packets FILE [FILTER]: how many there are
	tcpdump -n -r "$1" "${2:-}" 2>/dev/null | wc -l
}
