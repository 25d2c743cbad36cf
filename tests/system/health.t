#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What is well says so: an idle mesh, the own addresses, a check for
# monitoring with one line and one exit status, a metric.
# shellcheck source=tests/system/lib.sh disable=SC2317 # called by name
. tests/system/lib.sh

outer=4
network alpha beta gamma
member delta	# in the list, and never started
list alpha beta gamma delta
give alpha beta gamma
for n in "${nodes[@]}"; do conf $n 'silence = 500ms' 'unanswered = 2s'; done
start alpha beta gamma
has_secrets() { [ -e $tmp/alpha/state/pairs/beta.pair ] && [ -e $tmp/alpha/state/pairs/gamma.pair ]; }
soon 'alpha has agreed on secrets' has_secrets
# the daemons know them from before: no session, and nothing to be done
stop alpha
start alpha
checks() { # checks STATUS PATTERN [OPTION...]
	local rc

	ctl alpha check "${@:3}" >$tmp/line
	rc=$?
	cat $tmp/line
	[ $rc = "$1" ] && [ "$(wc -l <$tmp/line)" = 1 ] &&
		grep -qE -e "$2" $tmp/line
}

# --- idle --------------------------------------------------------------------------
counts() { # counts WHAT N
	[ "$(query alpha status ".peers_$1")" = "$2" ]
}
soon 'a node that does not run is failing' counts failing 1
is "$(query alpha status '[.peers, .peers_up + .peers_idle  + .peers_failing + .peers_stopped] | @csv')" \
	3,3 'every peer is counted once'
ctl alpha status >$tmp/text
ok 'the status says how many are how' grep -qE \
	'^peers    3 peers: [0-9] with a session, [0-9] idle, 1 failing$' $tmp/text
is "$(query alpha peers '.[] | select(.name == "delta") | [.health, .reachable] | @csv')" \
	'"failing",false' 'and which'
ctl alpha peers >$tmp/text
ok 'the table as well' grep -qE '^delta +(failing|negotiating)' $tmp/text
ctl alpha metrics --peers >$tmp/text
ok 'a metric says reachable' grep -qx 'cluevpn_peer_reachable{peer="delta"} 0' $tmp/text
ok 'for each' grep -qE '^cluevpn_peer_reachable\{peer="beta"\} 1$' $tmp/text

# --- the own addresses ------------------------------------------------------------------
is "$(query alpha status '.addresses | join(" ")')" '10.156.1.1 fd00:c1:0:1::1' \
	'the own addresses as JSON'
ctl alpha status >$tmp/text
ok 'and in the text' grep -qE '^address  10.156.1.1, fd00:c1:0:1::1$' $tmp/text

# --- check --------------------------------------------------------------------------------
ok 'a node that fails is critical' checks 2 \
	'^CLUEVPN CRITICAL - [0-9] of [0-9] nodes answer.*; delta \(silent|closed\)'
list alpha beta gamma
give alpha
ctl alpha reload
soon 'it is out of the list' counts failing 0
ok 'all is well' checks 0 '^CLUEVPN OK - [0-9] of [0-9] nodes answer'
ok 'with --all all are tried' checks 0 '^CLUEVPN OK - 2 of 2 nodes answer$' --all
is "$(ctl alpha --json check --all | jq -c '[.status, .exit, .tried, .answer, .failing]')" \
	'["OK",0,2,2,[]]' 'as JSON'
crash gamma
ok 'one that is gone is found' checks 2 \
	'^CLUEVPN CRITICAL - 1 of 2 nodes answer; gamma \(closed\)$' --all
ok 'in time' checks 2 CRITICAL --all --timeout=1
start gamma
soon 'and that it is back' checks 0 OK --all
stop gamma
soon 'a goodbye' counts stopped 1
ok 'is meant, without --all' checks 0 '^CLUEVPN OK - .*, 1 stopped$'
ok 'and not with it' checks 2 'gamma \(stopped\)' --all
ok 'no time is a warning' checks 1 'not tried in time' --all --timeout=0
conf alpha 'listmaxage = 1s'
ctl alpha reload
soon 'so is a warning' checks 1 '^CLUEVPN WARNING - .*1 warning: list-old$'
is "$("$O/cluevpnctl" -s $tmp/none/ctl check 2>/dev/null; echo $?)" \
	'CLUEVPN CRITICAL - cluevpnd does not answer
2' 'no daemon is critical'
stop alpha beta

# an idle network, from its start
conf alpha
start alpha beta gamma
idle() { counts failing 0 && counts stopped 0; }
soon 'no failure is seen' idle
ok 'and that is well' checks 0 '^CLUEVPN OK - ' --all

stop alpha beta gamma
finish
