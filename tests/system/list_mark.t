#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A list dated far ahead by mistake, and the way back: bnl-sign --reset-time,
# and a new mark on each node, one after the other.
# shellcheck source=tests/system/lib.sh disable=SC2317,SC2329 # called by name
. tests/system/lib.sh

outer=4
network alpha beta gamma
for n in "${nodes[@]}"; do conf "$n" 'pullinterval = 1s'; done
start "${nodes[@]}"
for n in beta gamma; do ok "alpha reaches $n" reach alpha $n; done
cp $tmp/network.bnl $tmp/first.bnl

has() { # has NODE FILE
	query "$1" status .list | grep -q "^$(sed -n 's/^timestamp //p' "$2")"
}
use() { # use NODE FILE: it is put on its disk and read
	install -m 600 "$2" "$tmp/$1/state/network.bnl"
	ctl "$1" reload
}
older() { query "$1" status '.list_refused.older // 0'; }
more_older() { [ "$(older "$1")" -gt "$2" ]; }

# --- the mistake -------------------------------------------------------------------
# As on a machine whose clock is ahead by less than is refused.
ahead=$(date -u -d '+40 hours' +%Y-%m-%dT%H:%M:%SZ)
digest=$("$O/bnl-verify" -k $tmp/bnl-pub.pem --json $tmp/first.bnl |
	jq -r '.version | .timestamp + " " + .digest')
sed -n '/^-----BEGIN/q; p' $tmp/first.bnl |
	sed "s/^timestamp .*/timestamp $ahead\nhistory $digest/" |
	"$O/tests/helpers/rawsign" $tmp/bnl.key >$tmp/ahead.bnl
ok 'a list dated ahead' use alpha $tmp/ahead.bnl
for n in "${nodes[@]}"; do soon "is taken by $n" has $n $tmp/ahead.bnl; done

# --- a list that goes on from it, dated now ---------------------------------------------
cp $tmp/ahead.bnl $tmp/back.bnl
cp $tmp/ahead.bnl $tmp/back.bnl.prev
sign() {
	"$O/bnl-sign" -f -N nobody -k $tmp/bnl.key "$@" $tmp/back.bnl \
		>$tmp/said 2>&1
}
not_ok 'bnl-sign goes not on from it' sign
ok 'and tells the way back' grep -q -e --reset-time $tmp/said
is "$(cmp $tmp/ahead.bnl $tmp/back.bnl 2>&1)" '' 'the list is as it was'
ok 'bnl-sign --reset-time' sign --reset-time
use alpha $tmp/back.bnl >/dev/null
soon 'alpha refuses it, as older' more_older alpha 0
ok 'and keeps the one ahead' has alpha $tmp/ahead.bnl

# --- the mark -----------------------------------------------------------------------------
if setpriv --reuid 65534 --regid 65534 --clear-groups true 2>/dev/null; then
	chmod 711 $tmp $tmp/alpha
	chmod 666 $tmp/alpha/ctl
	cp "$O/cluevpnctl" /run/cluevpnctl
	reset_as_nobody() {
		setpriv --reuid 65534 --regid 65534 --clear-groups \
			/run/cluevpnctl -s $tmp/alpha/ctl mark reset \
			>$tmp/said 2>&1
	}
	not_ok 'whoever is not root may not reset it' reset_as_nobody
	ok 'and is told' grep -q 'only root' $tmp/said
	use alpha $tmp/back.bnl >/dev/null
	soon 'it was not' more_older alpha 1
else
	for _ in 1 2 3; do ok 'no other user here # skip' true; done
fi
ok 'root may' ctl alpha mark reset
ok 'which is logged' says alpha 'warn: the mark is reset by root'
ok 'then the list is read' use alpha $tmp/back.bnl
soon 'and taken' has alpha $tmp/back.bnl
# The others have the one that is dated later, and pull and push go on.
kill -USR1 "${pid[beta]}"
sleep 3
ok 'alpha stays with it' has alpha $tmp/back.bnl
for n in beta gamma; do ok "$n with the other" has $n $tmp/ahead.bnl; done
ok 'traffic goes on' reach alpha beta
stop alpha
start alpha
ok 'alpha stays with it after a restart' has alpha $tmp/back.bnl
is "$(query alpha status .list_stale)" false 'which is not below the mark'
for n in beta gamma; do
	ok "$n: a new mark" ctl $n mark reset
	use $n $tmp/back.bnl >/dev/null
	soon "$n: is back, too" has $n $tmp/back.bnl
done

# --- as before ------------------------------------------------------------------------------
ok 'the next list is signed without a word' sign
ok 'and read' use beta $tmp/back.bnl
for n in "${nodes[@]}"; do
	soon "it comes to $n" has $n $tmp/back.bnl
	is "$(logs $n list-fork)" 0 "$n has seen no rivals"
done
# The one dated ahead, once more on the disk, is no reason not to store.
install -m 600 $tmp/ahead.bnl $tmp/alpha/state/network.bnl
ok 'one more' sign
ok 'is read at beta' use beta $tmp/back.bnl
soon 'and taken by alpha' has alpha $tmp/back.bnl
is "$(cmp $tmp/back.bnl $tmp/alpha/state/network.bnl 2>&1)" '' \
	'which stores it over the one that was dated ahead'
for n in beta gamma; do ok "alpha reaches $n" reach alpha $n; done
use alpha $tmp/first.bnl >/dev/null
soon 'and older ones are refused again' says alpha 'list-refused: .*older'
finish
