#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A push and its receipts: who has the list, who is missing; who was down gets
# it when it comes up; a list that is refused is pushed to nobody. A small change
# of a large list travels as a difference.
# shellcheck source=tests/system/lib.sh disable=SC2317,SC2329 # called by name
. tests/system/lib.sh

outer=4
network alpha beta gamma delta
start alpha beta gamma
for n in beta gamma; do ok "alpha reaches $n" reach alpha $n; done

disk=$tmp/alpha/state/network.bnl
has_newest() {
	query "$1" status .list |
		grep -q "^$(sed -n 's/^timestamp //p' $tmp/network.bnl)"
}
push() { # push [OPTION]...: at alpha
	ctl alpha "$@" push >$tmp/said 2>$tmp/err
	rc=$?
}
said() { is "$rc $(cat $tmp/said)" "$1" "$2"; }
in_force() { query alpha status .list; }

# --- receipts ------------------------------------------------------------------------
list alpha beta gamma delta
give alpha
push --wait=3
said "1 3 of 4 nodes run list $(in_force), missing: delta" \
	'one is down: it is named, and the exit code tells'
ok 'the newest list is in force' has_newest alpha
for n in beta gamma; do ok "and at $n" has_newest $n; done
ok 'there was progress to be seen' grep -Eq '^[1-3] of 4$' $tmp/err
stop gamma
list alpha beta gamma delta
give alpha
push --wait=3
said "1 2 of 4 nodes run list $(in_force), missing: delta, gamma" \
	'two are down'
start gamma
soon 'gamma gets it when it comes up' has_newest gamma
list alpha beta gamma delta
give alpha
kill -USR1 "${pid[alpha]}"
for n in beta gamma; do soon "SIGUSR1: $n has it" has_newest $n; done
start delta
soon 'SIGUSR1: delta gets it when it comes up' has_newest delta
push --wait
said "0 4 of 4 nodes run list $(in_force)" 'nobody is missing'
is "$(cat $tmp/err)" '' 'and there is nothing more to say'

# --- receipts by session ---------------------------------------------------------------
# gamma takes the list from another node than alpha, and no connection between the
# two can tell of it.
ok 'alpha reaches gamma' reach alpha gamma
inside alpha nft "add table inet c
	add chain inet c out { type filter hook output priority 0; }
	add rule inet c out ip daddr $(outer4 gamma) meta l4proto tcp drop
	add rule inet c out ip6 daddr $(outer6 gamma) meta l4proto tcp drop"
list alpha beta gamma delta
give alpha
push --wait=20
said "0 4 of 4 nodes run list $(in_force)" 'without TCP between two, too'
ok 'by its session' reach alpha gamma
must inside alpha nft delete table inet c
push
said '0 ' 'without --wait, nothing is said'
list_says() { ctl alpha list | head -n 1; }
is "$(list_says)" "4 of 4 nodes run list $(in_force)" 'list says so too'

# --- what is refused -----------------------------------------------------------------
force=$(in_force)
sed -i 's/^node delta$/node delfa/' $disk
push --wait
said '1 ' 'an edit that is not signed'
ok 'nothing was pushed, and why' grep -q \
	'^cluevpnctl: .*: nothing was pushed: list on disk refused: .*signature' \
	$tmp/err
for c in reload push; do
	ctl alpha $c >$tmp/got 2>$tmp/err
	is "$?" 1 "$c fails, too"
	ok 'and says why' grep -q '^cluevpnctl: .*: list on disk refused: .*signature' \
		$tmp/err
done
ctl alpha check >$tmp/got
is "$?" 1 'a check warns of it'
ok 'and says of what' grep -q \
	'^CLUEVPN WARNING - .*; the list on the disk is refused$' $tmp/got
is "$(query alpha status .list_disk_refused | cut -d: -f1)" \
	'list on disk refused' 'status has the reason'
ok 'for people, too' eval 'ctl alpha status | grep -q "^on disk  .*refused"'
is "$(query beta status .list_refused)" '{}' 'and beta has heard of nothing'
rm $disk
push --wait
is "$rc" 1 'no list at all'
ok 'which is told' grep -q 'cluevpnctl: .*: nothing was pushed: .*network.bnl' $tmp/err
give alpha
push --wait
said "0 4 of 4 nodes run list $force" 'put back, it is fine again'
is "$(query alpha status .list_disk_refused)" null 'and nothing is refused'
ok 'a reload has nothing to say' ctl alpha reload
sed -i 's/^node delta$/node delfa/' $disk
kill -HUP "${pid[alpha]}"
reason() { query alpha status .list_disk_refused | grep -q signature; }
soon 'refused once more, by a reload' reason
list alpha beta gamma delta
cp $tmp/network.bnl $tmp/beta/state/network.bnl
kill -USR1 "${pid[beta]}"
soon 'a newer one, from beta' has_newest alpha
is "$(query alpha status .list_disk_refused)" null 'takes its place on the disk'
is "$(cmp $disk $tmp/network.bnl 2>&1)" '' 'byte for byte'
ok 'and at all others' ctl alpha push --wait
is "$(ctl alpha push --wait=0 >/dev/null 2>&1; echo $?)" 0 \
	'no time to wait is enough when all have it'

# --- a large list, and a small change ------------------------------------------------
many=$(for i in {1000..3999}; do
	echo "  # as large as a list of very many nodes: this is line $i of it"
done)
came_whole='list-new: list .* is in force, taken from it$'
came_small='list-new: list .* is in force, taken from it as a difference of '
size() { # size NODE: bytes of the last difference that came
	sed -nE "s/.*$came_small([0-9]+) bytes.*/\1/p" "$tmp/$1/log" | tail -n 1
}
change() { # change LINE: pushes the large list with that line, from alpha
	extra[gamma]="$many
  # $1"
	list alpha beta gamma delta
	give alpha
	push --wait
}
stop delta
whole=$(logs beta "$came_whole")
extra[gamma]=$many
list alpha beta gamma delta
give alpha
push --wait=3
said "1 3 of 4 nodes run list $(in_force), missing: delta" 'a large list'
is "$(logs beta "$came_whole")" $((whole + 1)) 'which came whole'
start delta
soon 'delta gets it when it comes up' has_newest delta
stop delta
was=$(traffic alpha tx)
extra[gamma]+="
  # one line more"
list alpha beta gamma delta
give alpha
push --wait=3
said "1 3 of 4 nodes run list $(in_force), missing: delta" 'one line more'
for n in beta gamma; do
	more 1000 "$(size $n)" "a difference of some hundred bytes at $n"
	is "$(cmp $disk "$tmp/$n/state/network.bnl" 2>&1)" '' \
		'and the list, byte for byte'
done
more "$(stat -c %s $disk)" $(($(traffic alpha tx) - was)) \
	'alpha sent less than one list to both'
start delta
soon 'delta, which was away for a while, gets it' has_newest delta
more 1000 "$(size delta)" 'as a difference, too'
stop alpha beta gamma
start alpha beta gamma
whole=$(logs delta "$came_whole")
change 'another line'
said "0 4 of 4 nodes run list $(in_force)" 'after a restart all get it'
finish
