#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Work on a list is never lost in silence: an edit that is not signed and a
# list that was not pushed are kept when another node's list takes their place.
# shellcheck source=tests/system/lib.sh disable=SC2317 # called by name
. tests/system/lib.sh

outer=4
network alpha beta
for n in "${nodes[@]}"; do conf $n 'pullinterval = 1s'; done
start alpha beta
ok 'alpha reaches beta' reach alpha beta
file=$tmp/alpha/state/network.bnl

lost() { # lost N: so many files are kept
	[ "$(find $tmp/alpha/state -name 'network.bnl.lost-*' | wc -l)" = "$1" ]
}
newest() { find $tmp/alpha/state -name 'network.bnl.lost-*' | sort | tail -n 1; }
same_list() { [ "$(query alpha status .list)" = "$(query beta status .list)" ]; }
disk() { # disk PATTERN: what the status says of the file
	query alpha status '.list_disk // "nothing"' | grep -qE -e "$1"
}
elsewhere() { # another signer's list, that does not have what is on alpha
	list alpha beta
	give beta
	must ctl beta push
}
same_list_as_file() {
	query alpha status .list | grep -q "^$(sed -n 's/^timestamp //p' $file)"
}
is "$(query alpha status .list_disk)" null 'all is as it should be'
lost 0 || die 'files'

# --- an edit that is not signed -----------------------------------------------------
edit() { # edit WORD
	printf '# %s\n' "$1" | cat - $file >$tmp/edited
	cat $tmp/edited >$file
}
chmod 640 $file
edit one
ok 'the status tells of an edit' disk 'network.bnl is not signed as it is.*bnl-sign signs it'
ctl alpha status >$tmp/text
ok 'in its text as well' grep -q '^on disk ' $tmp/text
sleep 1
elsewhere
soon 'a list from another node arrives' same_list
ok 'the edit is kept' lost 1
ok 'as it was' cmp $tmp/edited "$(newest)"
is "$(stat -c %a "$(newest)")" 640 'with its mode'
ok 'the log says so' says alpha "warn: list-lost: .*/network.bnl was never in force .* kept as network.bnl.lost-[0-9TZ]+:"
is "$(ctl alpha --json events 100 | jq -r 'select(.event == "list-lost") | .level')" \
	warn 'an event'
is "$(query alpha status '[.warnings[].warning] | index("list-lost") != null')" \
	true 'and the status'
is "$(query alpha status .list_disk)" null 'the file is the list in force'
stop alpha
edit two
sleep 1
elsewhere
start alpha
soon 'a restart takes the list from another node' same_list
soon 'and keeps the edit' lost 2
ok 'as it was' cmp $tmp/edited "$(newest)"

is "$(logs alpha list-fork)" 0 'an edit is no other list'

# --- a list that was signed and not pushed ---------------------------------------------
cp $file $tmp/base
sleep 1
extra[beta]='  x-note mine'
list alpha beta
cp $tmp/network.bnl $tmp/mine
cat $tmp/mine >$file
ok 'the status tells of a newer list' disk 'network.bnl is newer than the list in force: .*push'
unset 'extra[beta]'
cp $tmp/base $tmp/network.bnl	# the other signer begins where this one began
cp $tmp/base $tmp/network.bnl.prev 2>/dev/null
sleep 2
elsewhere
soon "the other signer's list arrives" same_list
ok 'the list is kept' lost 3
soon 'the log names both' says alpha "error: .*list-fork: .*$(short $tmp/mine)"
ok 'as it was' cmp $tmp/mine "$(newest)"

# --- what is no loss ----------------------------------------------------------------------
sleep 1
elsewhere
soon 'a list that descends from it' same_list
ok 'replaces it' lost 3
rm -f $tmp/alpha/state/network.bnl.lost-*
is "$(query alpha status '[.warnings[].warning] | index("list-lost")')" null \
	'once the files are gone nothing is said'

# --- what follows upon signing ----------------------------------------------------------------
cp $tmp/bnl.key $tmp/bnl-pub.pem $tmp/alpha
sign() { # sign OPTION...
	"$O/bnl-sign" "$@" -y -c $tmp/alpha -k $tmp/alpha/bnl.key
}
sign -f $file >$tmp/text 2>&1
ok 'bnl-sign says what to do next' grep -q '^next: "cluevpnctl push --wait"' $tmp/text
not_ok 'it is not in force yet' same_list_as_file
edit 'a comment'
sign --push $file >$tmp/text 2>&1
is "$?" 0 'or does it'
ok 'with receipts' grep -q '^1 of 1 other nodes have the new list$' $tmp/text
ok 'it is in force' same_list_as_file
sign add gamma -l $file --hosts 2 --push >$tmp/text 2>&1
ok 'so does add' within 5 query alpha peers '.[1].name'
is "$(query alpha peers '.[1].name')" gamma 'the node is there'
cp $file $tmp/elsewhere
sign remove gamma -l $tmp/elsewhere --push >$tmp/text 2>&1
is "$?" 1 'a list elsewhere cannot be pushed'
ok 'which is said' grep -q 'is signed and not pushed' $tmp/text
cp $tmp/elsewhere $tmp/network.bnl
rm -f $tmp/network.bnl.prev

# --- not without end --------------------------------------------------------------------------
for i in 1 2 3 4 5 6 7 8 9 10; do
	edit "more $i"
	elsewhere
	within "$LIMIT" same_list >$tmp/out || die 'no list'
	sleep 0.2
done
ok 'the last eight are kept' lost 8
ok 'the newest among them' grep -q '^# more 10' "$(newest)"

stop alpha beta
finish
