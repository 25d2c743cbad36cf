#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# cluevpnctl: every command, its JSON, its width, its exit status; who may use
# the socket; warnings.
# shellcheck source=tests/system/lib.sh disable=SC2317 # called by name
. tests/system/lib.sh

outer=4
network alpha beta
# one that does not run, with a long name
long='a-rather-long-name-of-a-node.with-a-domain.example.org'
address[$long]='192.0.2.200 192.0.2.201'
subnet[$long]='10.156.200.0/24 fd00:c1:0:200::/64'
list alpha beta $long
give alpha beta
conf alpha 'ctlgroup = 54321' 'listmaxage = 1s'
start "${nodes[@]}"
ok 'alpha reaches beta' reach alpha beta

code() { # code WANTED WHAT ARGUMENT...
	local want=$1 what=$2 rc

	shift 2
	ctl alpha "$@" >$tmp/out 2>&1 </dev/null
	rc=$?
	[ $rc -eq "$want" ]
	result $? "$what: exit status $want (got $rc)"
}
narrow() { # narrow ARGUMENT...: no line has more than 80 columns
	ctl alpha "$@" | awk 'length > 80 { bad = 1; print } END { exit bad }'
}

# --- every command ----------------------------------------------------------------
for c in status peers routes list graph metrics 'events 5' 'top 1 1' \
	'why beta' 'peers beta' 'peers --down' 'peers --behind --sort heard' \
	'list --behind' 'metrics --peers' 'log debug' 'negotiate beta' reload \
	push; do
	# shellcheck disable=SC2086 # words
	code 0 "$c" $c
	# shellcheck disable=SC2086
	ok "$c as JSON" sh -c "'$O/cluevpnctl' -s $tmp/alpha/ctl --json $c | jq -e ."
done
for c in status peers 'peers beta' routes list 'events 1000' 'top 1 1' \
	'why beta' "why $long" check push reload help; do
	# shellcheck disable=SC2086
	ok "$c fits 80 columns" narrow $c
done
ctl alpha peers >$tmp/text
ok 'a long name is cut' grep -q '^a-rather-long-.*~ ' $tmp/text
is "$(query alpha routes '[.[] | select(.node == "beta").subnet] | join(" ")')" \
	'10.156.2.0/24 fd00:c1:0:2::/64' 'routes'
is "$(query alpha routes '[.[] | select(.state == "own").node] | unique | join(" ")')" \
	alpha 'with our own'
is "$(query alpha peers '.[] | select(.name == "beta").rtt_us > 0')" true \
	'the round trip is measured at the handshake'
is "$(query alpha peers '.[] | select(.name == "beta").tried[0].result')" \
	reached 'the address that was dialled'

# --- of many peers, some -------------------------------------------------------------
names() { ctl alpha --json "$@" | jq -r '[.[].name] | join(" ")'; }
listed() { ctl alpha --json "$@" | jq -r 'keys | join(" ")'; }
is "$(names peers --sort name)" "$long beta" 'peers by name'
is "$(names peers --sort traffic)" "beta $long" 'the busiest first'
is "$(names peers --sort heard)" "beta $long" 'the one heard last first'
is "$(names peers --sort rtt)" "beta $long" 'the nearest first'
is "$(names peers --sort state)" "$(ctl alpha peers --sort state |
	awk 'NR > 2 { print $1 }' | sed "s/^a-rather.*/$long/" | xargs)" \
	'by state, as the table has it'
ok 'a summary comes first' sh -c "head -n 1 $tmp/text |
	grep -Eqx 'peers    2 peers: [01] with a session, [01] idle, [01] failing'"
is "$(names peers --behind)" "$long" 'who is not known to run this list'
is "$(listed list --behind)" "$long" 'the same of the list'
ok 'with a summary' sh -c "'$O/cluevpnctl' -s $tmp/alpha/ctl list --behind |
	head -n 1 | grep -q '^2 of 3 nodes run list '"
down() { [ "$(names peers --down)" = "$long" ]; }
soon 'who cannot be reached' down
ctl alpha peers --down >$tmp/text
is "$(head -n 1 $tmp/text)" '1 peer is down' 'and how many'
asks() { # asks REQUEST: the daemon's own answer
	printf '%s\n' "$1" | socat -t 10 - "UNIX-CONNECT:$tmp/alpha/ctl"
}
is "$(asks 'peer beta' | jq -r .name)" beta 'one peer is asked for by its name'
is "$(asks 'peers all name,state' | jq -c '[.[] | keys] | unique')" \
	'[["name","state"]]' 'fields of peers are asked for by their names'
is "$(asks 'peers all' | jq -c 'map(keys)')" "$(asks peers | jq -c 'map(keys)')" \
	'a request of the first release is still answered in full'
for r in 'peers some' 'peers all nonsense' 'peers all ' 'peers all name,' \
	'peer ' 'peer nobody'; do
	ok "no answer to \"$r\"" sh -c "printf '%s\n' '$(asks "$r" | jq -c .)' |
		jq -e 'keys == [\"error\"]'"
done

ctl alpha graph >$tmp/text
is "$(grep -c '"alpha" -- "' $tmp/text)" 2 'the graph has an edge for each peer'
ok 'it begins and ends' sh -c "head -n 1 $tmp/text | grep -q '^graph \"example.org\" {$' && tail -n 1 $tmp/text | grep -qx '}'"
! command -v dot >/dev/null || ok 'Graphviz takes it' dot -Tsvg -o /dev/null $tmp/text

# --- exit status --------------------------------------------------------------------
code 2 'no command'
code 2 'no such command' wrong
code 2 'an argument too many' status now
code 2 'an argument too few' why
code 2 'no such option' status --wrong
code 2 'an option of another command' status --down
code 2 'two filters' peers --down --behind
code 2 'a filter of one peer' peers --down beta
code 2 'no order' peers --sort size
code 2 'no number' events many
code 2 'no time' top 0
code 2 'a level that is none' log loud
code 1 'a node that is none' negotiate nobody
code 1 'a peer that is none' peers nobody
code 10 'why of it' why nobody
is "$("$O/cluevpnctl" -s $tmp/none/ctl why beta >/dev/null 2>&1; echo $?)" 3 \
	'no daemon'

# --- log and negotiate ----------------------------------------------------------------
is "$(query alpha status .loglevel)" info 'a reload sets the level of the file'
before=$(logs alpha 'peer=beta pair-new')
code 0 'negotiate' negotiate beta
more_pairs() { [ "$(logs alpha 'peer=beta pair-new')" -gt "$before" ]; }
soon 'a new pair is agreed' more_pairs

# --- events -----------------------------------------------------------------------------
ctl alpha events 1000 >$tmp/text
ok 'what happened' grep -Eq '^[0-9-]+T[0-9:]+Z info  beta peer-up: up at 192\.0\.2\.2:3406$' $tmp/text
is "$(ctl alpha events 2 | grep -c '^[^ ]')" 2 'so many as are asked for'
ctl alpha --json events --follow 1 >$tmp/follow &
follower=$!
soon 'who follows sees the newest event at once' test -s $tmp/follow
stop beta
followed() { jq -e 'select(.event == "peer-down" and .peer == "beta")' $tmp/follow; }
soon 'who follows sees what happens' followed
start beta
kill $follower
wait $follower 2>/dev/null
for _ in 1 2 3 4 5 6 7 8 9 10; do
	timeout 0.2 "$O/cluevpnctl" -s $tmp/alpha/ctl events -f 0 >/dev/null
done
code 0 'followers that left make room' status
ctl alpha --json events -f 1 >$tmp/follow &
follower=$!
soon 'for others' test -s $tmp/follow
kill $follower
wait $follower 2>/dev/null
is "$(ctl alpha --json top 1 1 | jq -r '.[0] | keys | join(" ")')" \
	'name rx_bytes_s rx_packets_s state tx_bytes_s tx_packets_s' 'rates'
ctl alpha top 1 1 >$tmp/text
not_ok 'no escapes but on a terminal' grep -q $'\033' $tmp/text

# --- metrics -----------------------------------------------------------------------------
ctl alpha metrics >$tmp/metrics
not_ok 'by default no line is of a peer' grep -q 'cluevpn_peer_.*{peer=' $tmp/metrics
ok 'but their sum' awk '/^cluevpn_sent_packets_total/ && $2 > 0 { n++ }
	/^cluevpn_received_bytes_total/ && $2 > 0 { n++ } END { exit n != 2 }' \
	$tmp/metrics
is "$(ctl alpha --json metrics | jq -c keys)" '["status"]' 'nor in JSON'
is "$(ctl alpha --json metrics --peers | jq -c keys)" '["peers","status"]' \
	'unless they are asked for'
ctl alpha metrics --peers >$tmp/metrics
if command -v promtool >/dev/null; then
	ok 'promtool takes the metrics' promtool check metrics <$tmp/metrics
fi
# The grammar of the text format: comments, then samples of that name, each
# once.
# shellcheck disable=SC2016 # awk's
ok 'the metrics are well-formed' awk '
/^# HELP cluevpn_[a-z_]+ .+\.$/ { help = $3; next }
/^# TYPE cluevpn_[a-z_]+ (counter|gauge)$/ {
	if ($3 != help || $3 in type) { print; bad = 1 }
	if ($4 == "counter" && $3 !~ /_total$/) { print; bad = 1 }
	if ($4 == "gauge" && $3 ~ /_total$/) { print; bad = 1 }
	type[$3] = $4; now = $3; next
}
/^cluevpn_[a-z_]+(\{[a-z]+="[^"\\]*"(,[a-z]+="[^"\\]*")*\})? -?[0-9]+(\.[0-9]+)?$/ {
	name = $0; sub(/[{ ].*/, "", name)
	key = $0; sub(/ [^ ]*$/, "", key)
	if (name != now || key in seen) { print; bad = 1 }
	seen[key] = 1; n++; next
}
{ print; bad = 1 }
END { exit bad || n < 20 }' $tmp/metrics
ok 'a peer that is up' grep -q '^cluevpn_peer_up{peer="beta"} 1$' $tmp/metrics

# --- warnings -----------------------------------------------------------------------------
warns() { query alpha status '.warnings[].warning' | grep -qx "$1"; }
soon 'an old list is warned of' warns list-old
ok 'in text' sh -c "'$O/cluevpnctl' -s $tmp/alpha/ctl status | grep -q '^warning  list-old: '"
ok 'in metrics' sh -c "'$O/cluevpnctl' -s $tmp/alpha/ctl metrics | grep -q '^cluevpn_warning{warning=\"list-old\",peer=\"\"} 1'"
kill -HUP "${pid[alpha]}"
soon 'in the log' says alpha 'list-old: the list was signed'
conf alpha 'ctlgroup = 54321'
kill -HUP "${pid[alpha]}"
no_warning() { ! warns list-old; }
soon 'without listmaxage it is not' no_warning

# --- an answer of somebody else ------------------------------------------------------------
# The daemon is not root: what it answers must not control root's terminal.
esc=$(printf '\033')
lies() { # lies JSON COMMAND...: what cluevpnctl shows, of that answer
	local answer=$1 server

	shift
	printf '%s\n' "$answer" >$tmp/answer
	rm -f $tmp/liar
	socat "UNIX-LISTEN:$tmp/liar" "SYSTEM:head -n 1 >/dev/null; cat $tmp/answer" \
		>$tmp/out 2>&1 &
	server=$!
	within 10 test -S $tmp/liar
	"$O/cluevpnctl" -s $tmp/liar "$@" >$tmp/shown 2>&1
	wait $server
	! LC_ALL=C grep -q "[$esc$(printf '\177')]" $tmp/shown
}
ok 'control characters of an error are not shown' \
	lies '{"error": "\u001b[2Jfirst\u007f"}' status
ok 'but as digits' grep -F 'first\x7f' $tmp/shown
ok 'nor those of a string' lies '{"name": "\u001b]0;title\u0007second"}' --json status
ok 'but as digits as well' grep -F 'second' $tmp/shown
ok 'nor those of a key' lies '{"\u001b[2Jthird": 1}' --json status
ok 'which is no answer' grep -F 'control characters' $tmp/shown

# --- who may ask -----------------------------------------------------------------------------
is "$(stat -c '%a %g' $tmp/alpha/ctl)" '660 54321' 'the socket is the group'\''s'
is "$(stat -c '%a %g' $tmp/beta/ctl)" "660 $(id -g)" 'without one it is root'\''s'
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null && [ ! "$(awk '{ print $3 }' /proc/self/uid_map)" = 1 ]; then
	as() { # as GID COMMAND...
		setpriv --reuid 54322 --regid "$1" --clear-groups \
			"$O/cluevpnctl" -s $tmp/alpha/ctl "${@:2}"
	}
	ok 'who is in the group may ask' as 54321 status
	not_ok 'but not reset the mark' as 54321 mark reset
	not_ok 'who is not, may not' as 54322 status
fi
stop alpha
conf alpha 'ctlgroup = no-such-group'
launch alpha
ended alpha
is "${status[alpha]}" 1 'a group that is none: no start'
ok 'and why' says alpha 'ctlgroup: there is no group "no-such-group"'
finish
