#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A list of a later format than this version applies: held and passed on, the
# keys that it revokes are refused, and all else stays. Then the versions that
# apply what was held, and that cannot read what was in force.
# shellcheck source=tests/system/lib.sh disable=SC2317,SC2329 # called by name
. tests/system/lib.sh

outer=4
network alpha beta gamma
for n in alpha beta gamma; do conf "$n" 'pullinterval = 1s'; done
start alpha beta gamma
for n in beta gamma; do ok "alpha reaches $n" reach alpha $n; done
ok 'beta reaches gamma' reach beta gamma
cp $tmp/network.bnl $tmp/first.bnl

later=$(($(date +%s) + 60))
# text SECONDS: the first list's, dated then
text() {
	local at
	at=$(date -u -d "@$1" +%Y-%m-%dT%H:%M:%SZ)
	sed -n '/^-----BEGIN/q; p' $tmp/first.bnl |
		sed "s/^timestamp .*/timestamp $at/"
}
raw() { "$O/tests/helpers/rawsign" $tmp/bnl.key; }
is_held() { query "$1" status .list_held_format | grep -qx 2; }
in_force() { # in_force NODE FILE
	query "$1" status .list | grep -q "^$(sed -n 's/^timestamp //p' "$2")"
}

key=$(openssl x509 -in $tmp/gamma/node.pem -pubkey -noout |
	openssl pkey -pubin -outform DER | sha256sum | cut -d' ' -f1)
{
	echo 'format 2'
	echo 'admit pinned'
	text $later
	echo "revoke sha256:$key"
} | raw >$tmp/later.bnl
install -m 600 $tmp/later.bnl $tmp/alpha/state/network.bnl
ctl alpha reload
for n in alpha beta; do
	soon "$n holds a list of a later format" is_held $n
	ok "and keeps to the one in force" in_force $n $tmp/first.bnl
	ok 'the list is on its disk' cmp -s $tmp/later.bnl \
		"$tmp/$n/state/held.bnl"
	ok 'its log says which format is needed' says $n \
		'list-held: .*format 2.* a later version of ClueVPN'
done
ok "beta's list is as it was" cmp -s $tmp/first.bnl $tmp/beta/state/network.bnl
ctl beta status >$tmp/said
ok 'status says it' grep -q '^held .*format 2 needs a later version' $tmp/said
ctl beta check >$tmp/said 2>&1
ok 'check as well' grep -q '; a list needs format 2' $tmp/said
lost() { query "$1" "peers" '.[] | select(.name == "gamma").state' | grep -vqx up; }
for n in alpha beta; do
	soon "the session of $n with the revoked gamma ends" lost $n
	ok 'and its pair' says $n 'peer=gamma pair-gone: .*list that is held'
done
WAIT=1 not_ok 'beta does not reach gamma' reach beta gamma
ok 'alpha reaches beta' reach alpha beta

stop beta
start beta
ok 'beta starts, and holds it still' is_held beta
ok 'and reaches alpha' reach beta alpha
WAIT=1 not_ok 'but not gamma' reach beta gamma

# --- a list that can be applied -------------------------------------------------
# Above the one that is held.
text $((later + 10)) | raw >$tmp/second.bnl
install -m 600 $tmp/second.bnl $tmp/alpha/state/network.bnl
ctl alpha push
for n in alpha beta; do
	soon "a newer list is in force at $n" in_force $n $tmp/second.bnl
	is "$(query $n status .list_held)" null 'and none is held'
	gone_from_disk() { [ ! -e "$tmp/$1/state/held.bnl" ]; }
	soon 'nor stored' gone_from_disk $n
done
soon 'gamma is back' reach beta gamma

# --- another version of the daemon -----------------------------------------------
# The next version applies the format that the one before it had to hold.
stop beta
text $((later + 20)) | raw >$tmp/third.bnl
install -m 600 $tmp/third.bnl $tmp/beta/state/held.bnl
start beta
ok 'a held list that beta can apply is in force' in_force beta $tmp/third.bnl
is "$(query beta status .list_held)" null 'and held no more'
ok 'but on its disk' cmp -s $tmp/third.bnl $tmp/beta/state/network.bnl
not_ok 'once' test -e $tmp/beta/state/held.bnl
for n in alpha gamma; do
	soon "$n gets it" in_force $n $tmp/third.bnl
done
# A version that cannot apply the list on its disk holds it.
stop beta
{ echo 'format 2'; text $((later + 30)); } | raw >$tmp/later.bnl
install -m 600 $tmp/later.bnl $tmp/beta/state/network.bnl
start beta
ok 'a list on the disk that cannot be applied is held' is_held beta
ok 'with none in force at first' says beta 'list-held: .*but no list is in force'
soon 'until others give it the one before' in_force beta $tmp/third.bnl
ok 'the file is left alone' cmp -s $tmp/later.bnl $tmp/beta/state/network.bnl
soon 'then others get the later one from it' is_held alpha
ok 'mark reset' ctl beta mark reset
is "$(query beta status .list_held)" null 'forgets it'
finish
