#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2016,SC2086,SC2317 # "holds" and "fails" call what they are given
# A node that was removed knows it, and comes back with one invitation; a node
# leaves with one command, and nothing of it stays on its host.
cd "$(dirname "$0")/../.." || exit 1
NEEDS='ip nsenter ping socat jq pgrep'
# shellcheck source=tests/system/host_test.sh
. tests/system/host_test.sh

LOG='--set logmethod=file --set logfile=/var/log/cluevpn.log
    --set unanswered=2s'
invite() {	# invite NAME...: in the background
	rm -f "$HOSTS_DIR/invite"
	on alpha cluevpnctl invite "$@" >"$HOSTS_DIR/invite" 2>&1 &
	inviting=$!
	within 10000 grep -q '^waiting' "$HOSTS_DIR/invite"
}
join() {	# join NAME [OPTION...]
	n=$1
	shift
	# shellcheck disable=SC2086 # words
	sed -n "/^on $n,/{n;p;}" "$HOSTS_DIR/invite" |
	    on "$n" cluevpnctl join "$@"
}
inner() {	# inner NAME: its first IPv4 address inside
	on alpha bnl-verify --json | jq -r --arg n "$1" \
	    '.nodes[] | select(.name == $n) | .subnets[0]' |
	    sed 's|0/24$|1|'
}
reaches() {
	on "$1" ping -n -c 1 -W 5 "$(inner "$2")"
}
host_add alpha 192.0.2.10/32
host_add beta 198.51.100.20/32
host_add gamma 203.0.113.30/32

# shellcheck disable=SC2086 # words
{
	holds 'init' on alpha cluevpnctl init --key-type ed25519 $LOG
	holds 'invite' invite beta gamma
	holds 'join on beta' join beta $LOG
	holds 'join on gamma' join gamma $LOG --port 4406
}
holds 'the invitation ends' wait $inviting
holds 'alpha reaches gamma' within 20000 reaches alpha gamma

is "$(grep -c ' warn: .*Connection refused' "$HOSTS_DIR/alpha/log/cluevpn.log")" 0 \
    'a node that is about to start is no warning at the inviting host'
holds 'events name addresses' within 10000 sh -c 'grep -q "$1" "$2"' sh \
    'peer=gamma peer-up: up at 203\.0\.113\.30:4406' "$HOSTS_DIR/alpha/log/cluevpn.log"

# --- a removed node ----------------------------------------------------------------

fails 0 'gamma is removed' '1 of 1 other nodes' \
    on alpha cluevpnctl remove --yes gamma
knows() {
	on gamma cluevpnctl --json status |
	    jq -e '[.warnings[].warning] | index("list-self-gone") != null'
}
on gamma cluevpnctl why alpha >/dev/null 2>&1
holds 'gamma knows' within 30000 knows
fails 0 'its status has one line about it' 'this node was removed from' \
    on gamma cluevpnctl status
is "$(on gamma cluevpnctl status | grep -c '^warning')" 1 'and no other'
for about in alpha beta gamma; do
	fails 11 "why $about: removed" 'this node was removed from the network' \
	    on gamma cluevpnctl why $about
done
fails 11 'with the way back' 'cluevpnctl invite' on gamma cluevpnctl why beta
on gamma cluevpnctl list >"$out" 2>&1
grep -q missing "$out"
is "$?" 1 'list calls nobody missing'
fails 2 'check is critical' 'CRITICAL - this node was removed' \
    on gamma cluevpnctl check

# --- it comes back -----------------------------------------------------------------

old=$(on gamma keygen fingerprint node.pem)
holds 'invite gamma once more' invite gamma
fails 0 'join on gamma, as it is' 'its configuration stays' join gamma
holds 'the invitation ends' wait $inviting
is "$([ "$(on gamma keygen fingerprint node.pem)" = "$old" ]; echo $?)" 1 \
    'with another key'
holds 'alpha reaches gamma' within 20000 reaches alpha gamma
holds 'and gamma beta' within 20000 reaches gamma beta
is "$(on alpha bnl-verify --json | jq -r \
    '.nodes[] | select(.name == "gamma").addresses[0].port')" 4406 \
    'at the port of its configuration'
is "$(on gamma cluevpnctl --json status | jq '.warnings | length')" 0 \
    'gamma is a node like others'
# While it is stopped, so that it cannot have heard of it.
on gamma sh -c 'kill $(cat /run/cluevpn/pid)'
within 5000 test ! -e "$HOSTS_DIR/gamma/run/pid"
fails 0 'gamma is removed while it is stopped' '1 of 1 other nodes' \
    on alpha cluevpnctl remove --yes gamma
holds 'invite' invite gamma
fails 0 'join starts it again' 'its configuration stays' join gamma
holds 'the invitation ends' wait $inviting
holds 'alpha reaches gamma' within 20000 reaches alpha gamma

# --- leaving -------------------------------------------------------------------------

files() {	# files HOST
	find "$HOSTS_DIR/$1/etc" "$HOSTS_DIR/$1/lib" ! -type d | sort
}
before=$(files gamma)
fails 2 'leave asks' '--yes is not given' on gamma cluevpnctl leave
fails 0 'leave --dry-run shows' 'node.key' on gamma cluevpnctl leave --dry-run
is "$(files gamma)" "$before" 'and removes nothing'
on gamma sh -c 'cp node.pem /var/log/other.pem && cp cluevpn.conf kept &&
    echo "cert = /var/log/other.pem" >>cluevpn.conf'
fails 0 'it says which file elsewhere stays' '/var/log/other.pem stays' \
    on gamma cluevpnctl leave --dry-run
on gamma mv kept cluevpn.conf
fails 1 'a signing host does not leave' 'cluevpnctl remove alpha' \
    on alpha cluevpnctl leave --yes
fails 0 'leave' 'on the host that signs the list: "cluevpnctl remove gamma"' \
    on gamma cluevpnctl leave --yes
is "$(files gamma)" '' 'nothing of it is left'
fails 3 'and no daemon' 'no daemon' on gamma cluevpnctl status
fails 18 'which said goodbye' 'stopped by its operator' \
    on alpha cluevpnctl why gamma
fails 1 'a host that is no node' 'is no node' on gamma cluevpnctl leave --yes
fails 0 'remove on the signing host' '1 of 1 other nodes' \
    on alpha cluevpnctl remove --yes gamma
holds 'invite' invite gamma
# shellcheck disable=SC2086 # words
holds 'it can join anew' join gamma $LOG
holds 'the invitation ends' wait $inviting
holds 'alpha reaches gamma' within 20000 reaches alpha gamma
fails 0 'the signing host leaves by force' 'its list are still here' \
    on alpha cluevpnctl leave --yes --force
is "$(files alpha | grep -v '\.lock$\|\.prev$' | sed 's|.*/||' | tr '\n' ' ')" \
    'bnl-pub.pem bnl.key bnl.key.last ca.key ca.pem network.bnl ' 'the keys and the list stay'
tap_end
