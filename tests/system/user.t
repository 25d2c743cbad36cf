#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A daemon that gives root up.
# shellcheck source=tests/system/lib.sh disable=SC2317 # called by name
. tests/system/lib.sh

fact() { # fact NAME: what the kernel says of alpha's daemon
	awk -v n="$1:" '$1 == n { print $2 }' "/proc/${pid[alpha]}/status"
}

setpriv --reuid=65534 true 2>/dev/null ||
	skip_all 'there is no other user here'
network alpha beta
chmod 755 $tmp
rm -r $tmp/alpha/state
chown nobody $tmp/alpha/node.key
# shellcheck disable=SC2016 # the hook's
conf alpha 'user = nobody' \
	'nodeupcmd = echo hook of $NODE; grep -E "^(Uid|CapEff)" /proc/self/status'
start alpha beta

is "$(fact Uid)" 65534 'it runs as that user'
is "$(fact CapEff)" 0000000000001000 'with nothing but CAP_NET_ADMIN'
is "$(fact CapBnd)" 0000000000000000 'for good'
is "$(fact NoNewPrivs)" 1 'whatever it runs'
is "$(stat -c %U $tmp/alpha/state $tmp/alpha/state/pairs | uniq)" nobody \
	'the directories that it made are its own'
is "$(stat -c %a $tmp/alpha/state)" 700 'and nobody else'\''s'

# It takes, stores and configures what it needs without root.
must ctl beta push
soon 'it takes a list' test -s $tmp/alpha/state/network.bnl
soon 'and carries packets' reach alpha beta
ok 'its secrets are stored' test -s $tmp/alpha/state/pairs/beta.pair
soon 'its hooks run' says alpha 'hook of beta'
ok 'as that user' says alpha 'Uid:.*65534'
ok 'with no privileges' says alpha 'CapEff:.*0000000000000000'
kill -HUP "${pid[alpha]}"
soon 'it reads its key again' says alpha 'certificate reloaded'
stop alpha
is "${status[alpha]}" 0 'it stops in order'
start alpha
soon 'it starts again with what it has stored' reach alpha beta
stop alpha

# --- a node that has run as root before ---------------------------------------
conf alpha
rm -r $tmp/alpha/state
give alpha
chown root $tmp/alpha/node.key
start alpha
soon 'it runs as root' reach alpha beta
stop alpha
is "$(stat -c %U $tmp/alpha/state/pairs/beta.pair)" root 'its files are root'\''s'
conf alpha 'user = nobody'
start alpha
is "$(fact Uid)" 65534 'then as a user'
is "$(stat -c %U $tmp/alpha/state/* $tmp/alpha/state/pairs/* | sort -u)" nobody \
	'to whom they belong now'
before=$(logs alpha pair-new)
soon 'and carries packets' reach alpha beta
is "$(logs alpha pair-new)" "$before" 'with the secrets that it had'
stop alpha
chown daemon $tmp/alpha/node.key
launch alpha
ended alpha
ok 'the key of a third one is refused' says alpha 'node.key belongs to user'

finish
