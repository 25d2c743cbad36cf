#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A daemon that dies at any step of storing a list has, when it is started
# again, the one before or the new one in force, and no older one; bnl-sign
# that dies leaves the old list or the new one, and keeps what was edited.
# shellcheck source=tests/system/lib.sh disable=SC2317,SC2329 # called by name
. tests/system/lib.sh

# --- a death at the n-th step ------------------------------------------------------
# See tests/helpers/preload/die.c.
die_so=$O/tests/helpers/preload/die.so
armed=$tmp/armed

outer=4
network alpha beta
for n in alpha beta; do conf $n 'pullinterval = 1s'; done
state=$tmp/beta/state
arm() { echo "$1" >$armed; }
mortal() { # mortal NODE: its daemon dies at the step that was armed
	LD_PRELOAD=$die_so WITHIN=$tmp/$1/state ARMED=$armed launch "$1"
}
serves() { ctl "$1" status; }
version_of() { # version_of FILE: as the daemon shows it
	"$O/bnl-verify" -k $tmp/bnl-pub.pem --json "$1" | jq -r '.version |
		"\(.timestamp) (\(.digest | ltrimstr("sha256:")[0:8]))"'
}
in_force() { [ "$(query "$1" status .list)" = "$2" ]; }
dead_or_done() { # the daemon is gone, or has stored the list and its mark
	gone "${pid[beta]}" || in_force beta "$new"
}

one_of() { # one_of VERSION
	echo "found $1: neither $old nor $new"
	[ "$1" = "$old" ] || [ "$1" = "$new" ]
}

# --- the daemon -------------------------------------------------------------------
start alpha
old=$(version_of $tmp/network.bnl)
for n in $(seq 1 20); do
	mortal beta
	if ! within "$LIMIT" serves beta >$tmp/out; then
		note
		die "beta does not start"
	fi
	soon "$n: beta has the list of before" in_force beta "$old"
	soon "$n: its mark is stored" test -e $state/mark
	list alpha beta
	new=$(version_of $tmp/network.bnl)
	arm "$n"
	give alpha
	kill -USR1 "${pid[alpha]}"
	soon "$n: beta takes the new one, or dies" dead_or_done
	rm -f $armed
	if ! gone "${pid[beta]}" 2>/dev/null; then
		stop beta
		break
	fi
	wait "${pid[beta]}" 2>/dev/null
	ok "$n: what is on the disk is the one before or the new one" \
		one_of "$(version_of $state/network.bnl)"
	: >$tmp/beta/log
	start beta
	soon "$n: started again, it gets to the new one" in_force beta "$new"
	is "$(logs beta 'list-refused|set aside|STALE|without a list')" 0 \
		"$n: and never had an older one, or none"
	is "$(query beta status .list_stale)" false "$n: it routes"
	stop beta
	old=$new
done
more "$n" 7 'there are eight steps at least: list and mark'
ok 'and an end to them' test "$n" -lt 20

# --- a damaged mark ------------------------------------------------------------------
cp $state/mark $tmp/mark
flip $state/mark 20
launch beta
ended beta
is "${status[beta]}" 1 'with a damaged mark it does not start'
ok 'it says what is damaged' says beta "error: $state/mark is damaged"
ok 'and how to go on' says beta "remove $state/mark and start again"
rm $state/mark
start beta
soon 'which works' in_force beta "$new"
soon 'the mark is there again' cmp $state/mark $tmp/mark
stop beta

# --- bnl-sign ---------------------------------------------------------------------------
dir=$tmp/sign
mkdir $dir
cp $tmp/network.bnl $dir/net
cp $tmp/network.bnl $dir/net.prev
sign() { # sign ARGUMENT...: dies at the step that was armed
	LD_PRELOAD=$die_so WITHIN=$dir ARMED=$armed "$O/bnl-sign" "$@" \
		</dev/null >$tmp/out 2>&1
}
add() { sign add "$1" -N nobody -k $tmp/bnl.key -l $dir/net; }
is_list() { "$O/bnl-verify" -k $tmp/bnl-pub.pem $dir/net; }
has_node() { grep -qx "node $1" $dir/net; }
for n in $(seq 1 20); do
	cp $dir/net $tmp/net.before
	arm $n
	{ add "n$n"; rc=$?; } 2>/dev/null
	rm -f $armed
	ok "add, $n: what is there is a signed list" is_list
	[ $rc -ne 0 ] || break
	ok "add, $n: the one before, or the new one" eval \
		'cmp $tmp/net.before $dir/net || has_node n$n'
	has_node "n$n" || ok "add, $n: done again, it works" add "n$n"
	ok "add, $n: the next one works" add "m$n"
	ok "add, $n: and has both" eval "has_node n$n && has_node m$n"
done
more "$n" 7 'add: eight steps at least: the list and its copy'
ok 'add: and an end to them' test "$n" -lt 20

cat >$tmp/editor <<-END
	#!/bin/sh
	unset LD_PRELOAD
	echo "node \$(cat $tmp/name)" >>"\$1"
	touch $tmp/edited
END
chmod +x $tmp/editor
export EDITOR=$tmp/editor
unset VISUAL
for n in $(seq 1 30); do
	rm -f $tmp/edited $dir/net.edit.*
	echo "e$n" >$tmp/name
	arm $n
	{ sign -e -N nobody -k $tmp/bnl.key $dir/net; rc=$?; } 2>/dev/null
	rm -f $armed
	ok "edit, $n: what is there is a signed list" is_list
	[ $rc -ne 0 ] || break
	[ -e $tmp/edited ] || continue
	ok "edit, $n: what was edited is in the list, or kept" eval \
		'has_node e$n || grep -qx "node e$n" $dir/net.edit.*'
done
ok 'edit: it was done in the end' has_node "e$n"
ok 'edit: after some deaths' test "$n" -gt 8
finish
