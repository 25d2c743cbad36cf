#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2317 # "holds" and "fails" call what they are given
# A network of init and invite: all certificates end, and the CA is replaced by
# one command on one host. No packet is lost, and no other host is touched.
cd "$(dirname "$0")/../.." || exit 1
NEEDS='ip nsenter ping jq openssl'
# shellcheck source=tests/system/host_test.sh
. tests/system/host_test.sh

LOG='--set logmethod=file --set logfile=/var/log/cluevpn.log
    --set unanswered=2s'
ALL='alpha beta gamma'
host_add alpha 192.0.2.10/32
host_add beta 198.51.100.20/32
host_add gamma 203.0.113.30/32
host_add delta 203.0.113.40/32

join_all() {	# join_all [--replace] NAME...: by one invitation
	rm -f "$HOSTS_DIR/invite"
	on alpha cluevpnctl invite "$@" >"$HOSTS_DIR/invite" 2>&1 &
	inviting=$!
	within 10000 grep -q '^waiting' "$HOSTS_DIR/invite" || return 1
	[ "$1" != --replace ] || shift
	for n; do
		# shellcheck disable=SC2086 # words
		sed -n "/^on $n,/{n;p;}" "$HOSTS_DIR/invite" |
		    on "$n" cluevpnctl join $LOG || return 1
	done
	wait "$inviting"
}
inner() {	# inner NAME: its first IPv4 address inside
	on alpha bnl-verify --json | jq -r --arg n "$1" \
	    '.nodes[] | select(.name == $n) | .subnets[0]' |
	    sed 's|0/24$|1|'
}
reaches() {
	on "$1" ping -n -c 1 -W 5 "$(inner "$2")"
}
all_pairs() {	# all_pairs NAME...
	for from; do
		for to; do
			[ "$from" = "$to" ] ||
			    within 20000 reaches "$from" "$to" || {
				echo "$from does not reach $to"
				return 1
			}
		done
	done
}
stop() {
	# shellcheck disable=SC2016 # for the inner shell
	on "$1" sh -c 'kill $(cat /run/cluevpn/pid)' &&
	    within 5000 test ! -e "$HOSTS_DIR/$1/run/pid"
}
forget() {	# forget NAME: it starts again without the secrets
	stop "$1" &&
	    rm -rf "$HOSTS_DIR/$1/lib/pairs" &&
	    on "$1" cluevpnd
}
warnings() {
	on "$1" cluevpnctl --json status | jq -r '.warnings[].kind' |
	    tr '\n' ' '
}
etc() {		# etc NAME...: all their files
	for n; do
		(cd "$HOSTS_DIR/$n/etc" && sha256sum ./*)
	done
}
# shellcheck disable=SC2086 # words
holds 'init' on alpha cluevpnctl init --key-type ed25519 $LOG
holds 'its list admits pinned keys' \
    grep -qx 'admit     pinned' "$HOSTS_DIR/alpha/lib/network.bnl"
holds 'beta and gamma join' join_all beta gamma
is "$(on alpha bnl-verify --json |
	jq '.admit_pinned and ([.nodes[].key] | all)')" true \
    'invite has pinned the keys'
# shellcheck disable=SC2086 # words
holds 'all pairs' all_pairs $ALL

# --- all certificates end --------------------------------------------------------

for n in $ALL; do
	etc=$HOSTS_DIR/$n/etc
	"$O/tests/helpers/oddcert" "$HOSTS_DIR/alpha/etc/ca.pem" \
	    "$HOSTS_DIR/alpha/etc/ca.key" "$etc/node.key" "$n" expired \
	    >"$etc/ended"
	cp "$etc/ended" "$etc/node.pem" && rm "$etc/ended"
	holds "$n has a certificate that has ended" on "$n" cluevpnctl reload
done
fails 0 'cluevpnd -t: it is not needed' ': ok' on beta cluevpnd -t
for n in $ALL; do
	is "$(warnings "$n")" '' "and nothing on $n warns of it"
done
holds 'beta has forgotten all secrets' forget beta
# shellcheck disable=SC2086 # words
holds 'and agrees with all on others' all_pairs $ALL

# --- another CA -------------------------------------------------------------------

before=$(etc beta gamma)
old=$(on alpha keygen fingerprint ca.pem)
to=$(inner gamma)
# Each packet follows the answer to the one before, a millisecond or more later:
# what waits anywhere is one, however busy the machine is.
counting() {
	until [ -e "$HOSTS_DIR/rotated" ]; do
		on beta ping -n -q -A -c 3000 "$to"
	done
}
counting >"$HOSTS_DIR/pings" 2>&1 &
pinging=$!
fails 0 'rotate-ca is one command' '2 of 2 other nodes' \
    on alpha cluevpnctl rotate-ca --yes
within 20000 grep -q 'packets transmitted' "$HOSTS_DIR/pings"
: >"$HOSTS_DIR/rotated"
wait "$pinging"
lost=$(awk '/packets transmitted/ { sent += $1; heard += $4 }
	END { print sent - heard }' "$HOSTS_DIR/pings")
is "$lost" 0 'no packet was lost meanwhile'
awk '/packets transmitted/ { n += $1 } END { print "# of " n }' \
    "$HOSTS_DIR/pings"
is "$(etc beta gamma)" "$before" 'no other host was touched'
new=$(on alpha keygen fingerprint ca.pem)
[ "$new" != "$old" ]
ok $? 'the CA is another'
is "$(on alpha keygen fingerprint ca.key)" "$new" 'with its key'
is "$(grep -c BEGIN "$HOSTS_DIR/alpha/etc/ca.pem")" 1 'and alone'
holds 'it has signed the certificate of alpha' openssl verify -CAfile \
    "$HOSTS_DIR/alpha/etc/ca.pem" "$HOSTS_DIR/alpha/etc/node.pem"
holds 'the list revokes the old one' \
    grep -q "^revoke *$old" "$HOSTS_DIR/gamma/lib/network.bnl"
for n in $ALL; do
	is "$(warnings "$n")" '' "nothing on $n warns"
done
holds 'gamma has forgotten all secrets' forget gamma
# shellcheck disable=SC2086 # words
holds 'and agrees with all on others' all_pairs $ALL

# One that knows the new CA alone.
holds 'delta joins' join_all delta
# shellcheck disable=SC2086 # words
holds 'all pairs' all_pairs $ALL delta

# --- pins -------------------------------------------------------------------------

key=$(on delta keygen fingerprint node.pem)
fails 1 'a pin is not taken away unasked' \
    'no longer be admitted by their keys' on alpha bnl-sign set delta --no-key
holds 'delta loses its pin' on alpha bnl-sign set -y delta --no-key
before=$(etc alpha)
fails 1 'rotate-ca needs all pins' 'the list has no key of delta' \
    on alpha cluevpnctl rotate-ca --yes
is "$(etc alpha)" "$before" 'else it does nothing'
holds 'another node, of which nobody knows' \
    on alpha bnl-sign add -y epsilon --hosts 2
fails 1 'it cannot be pinned' 'epsilon has not shown its key' \
    on alpha bnl-sign pin -y epsilon
fails 1 'nor can one that is not in the list' 'no node zeta' \
    on alpha bnl-sign pin -y zeta
fails 2 'pin needs a node' 'one of NODE and --all' on alpha bnl-sign pin
fails 0 'pin --all pins the others' 'epsilon has not shown' \
    on alpha bnl-sign pin -y --all
is "$(on alpha bnl-verify --json |
	jq -r '.nodes[] | select(.name == "delta").key')" "$key" \
    'to the key that it has shown'
fails 0 'one that is pinned stays' 'nothing has changed' \
    on alpha bnl-sign pin -y delta
holds 'epsilon is removed' on alpha bnl-sign remove -y epsilon
holds 'all have the list' on alpha cluevpnctl push --wait

# --- a node that was away -----------------------------------------------------------

# It knows the old CA and beta's old key, and meets nobody but beta.
holds 'gamma is away' stop gamma
holds 'beta gets another key' join_all --replace beta
holds 'alpha is down' stop alpha
holds 'gamma is back' on gamma cluevpnd
current() {
	cmp "$HOSTS_DIR/gamma/lib/network.bnl" \
	    "$HOSTS_DIR/beta/lib/network.bnl"
}
holds 'gamma gets the list from beta, which it cannot verify' \
    within 60000 current
holds 'and agrees with it under that' within 60000 reaches gamma beta
holds 'alpha is back' on alpha cluevpnd
# shellcheck disable=SC2086 # words
holds 'all pairs' all_pairs $ALL

# --- without the statement ---------------------------------------------------------

sed -i '/^admit/d' "$HOSTS_DIR/alpha/lib/network.bnl"
fails 1 'it is not taken away unasked' 'no later list reaches it' \
    on alpha bnl-sign
holds 'the list does not admit pinned keys any more' on alpha bnl-sign -y
fails 1 'rotate-ca is not for that' 'does not say "admit pinned"' \
    on alpha cluevpnctl rotate-ca --yes
on alpha cluevpnctl push >"$out" 2>&1
unreached() {	# by gamma, whose certificate has ended
	! on alpha ping -n -c 1 -W 1 "$(inner gamma)"
}
holds 'a node whose certificate has ended is cut off' within 20000 unreached
erased() {
	on alpha cluevpnctl --json peers |
	    jq -e '.[] | select(.name == "gamma").pair_certificate_end == null'
}
holds 'and what was agreed with it is erased' within 20000 erased

tap_end
