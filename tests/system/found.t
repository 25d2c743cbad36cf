#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2317 # "holds" and "fails" call what they are given
# A network is founded, a node added, removed, its key replaced: with how many
# commands, on how many hosts, and with how many files copied. For 3 hosts and
# for 10.
cd "$(dirname "$0")/../.." || exit 1
NEEDS='ip nsenter ping socat jq pgrep openssl'
# shellcheck source=tests/system/host_test.sh
. tests/system/host_test.sh
# shellcheck source=tests/system/found_lib.sh
. tests/system/found_lib.sh

# --- counting -----------------------------------------------------------------

# A file that is copied is counted.
cat >"$HOSTS_DIR/bin/scp" <<'END'
#!/bin/sh
echo "$*" >>"$HOSTS_DIR/copied"
exit 1
END
begin() {
	: >"$HOSTS_DIR/typed"
	: >"$HOSTS_DIR/copied"
}
commands() {
	wc -l <"$HOSTS_DIR/typed"
}
touched() {
	sort -u "$HOSTS_DIR/typed" | wc -l
}
counts() {	# counts COMMANDS HOSTS WHAT
	is "$(commands) commands on $(touched) hosts, $(wc -l \
	    <"$HOSTS_DIR/copied") files copied" \
	    "$1 commands on $2 hosts, 0 files copied" "$3"
}

# --- doing --------------------------------------------------------------------

all_pairs() {	# all_pairs NAME...
	all=$(on alpha bnl-verify --json | jq -r '.nodes[] |
	    select(.name | IN($ARGS.positional[])) | .subnets[0]' --args "$@" |
	    sed 's|0/24$|1|')
	for from; do
		within 60000 reaches_all "$from" || return 1
	done
}
reaches_all() {	# reaches_all FROM
	# shellcheck disable=SC2016,SC2086 # for the inner shell; words
	on "$1" sh -c 'for to; do
		ping -n -c 1 -W 5 "$to" && continue
		echo "$(hostname) does not reach $to"
		exit 1
	done' sh $all
}
told() {	# told NAME: without having tried to reach anybody
	grep -qE 'refuses us: (revoked key|not in)' \
	    "$HOSTS_DIR/$1/log/cluevpn.log"
}
twice() {	# twice NAME: the nodes that told it more than once
	sed -nE 's/.* peer=([^ ]*) .*refuses us: (revoked key|not in).*/\1/p' \
	    "$HOSTS_DIR/$1/log/cluevpn.log" | sort | uniq -d
}
silent() {	# silent FROM TO-ADDRESS
	! on "$1" ping -n -c 1 -W 1 "$2"
}
# The whole job with these hosts; the last one is added later.
job() {
	size=$#
	for last; do :; done
	members=$(echo "$*" | sed 's/ [^ ]*$//')
	guests=${members#alpha }

	begin
	# shellcheck disable=SC2086 # words
	holds "$size: init" typed alpha cluevpnctl init --key-type ed25519 $LOG
	# shellcheck disable=SC2086 # words
	holds "$size: invite $guests" invite $guests
	for g in $guests; do
		holds "$size: join on $g" join "$g"
	done
	holds "$size: the invitation ends by itself" invited
	counts "$size" "$((size - 1))" "$size: a mesh takes one command a host, and invite"
	# shellcheck disable=SC2086 # words
	holds "$size: all pairs" all_pairs $members

	begin
	holds "$size: invite $last" invite "$last"
	holds "$size: join on $last" join "$last"
	holds "$size: the invitation ends" invited
	counts 2 2 "$size: a node is added with two commands on two hosts"
	holds "$size: all pairs" all_pairs "$@"

	begin
	old=$(on "$last" keygen fingerprint node.pem)
	holds "$size: invite --replace $last" invite --replace "$last"
	holds "$size: join on $last" join "$last"
	holds "$size: the invitation ends" invited
	counts 2 2 "$size: a key is replaced with two commands on two hosts"
	holds "$size: the old key is revoked" \
	    grep -q "^revoke *$old" "$HOSTS_DIR/alpha/lib/network.bnl"
	fails 0 "$size: the new one is another" sha256: \
	    on "$last" sh -c "! keygen fingerprint node.pem | grep '$old' &&
		keygen fingerprint node.pem"
	holds "$size: all pairs" all_pairs "$@"

	begin
	gone=$(inner "$last")
	fails 0 "$size: remove $last" "$((size - 2)) of $((size - 2)) other nodes" \
	    typed alpha cluevpnctl remove --yes "$last"
	cp "$out" "$HOSTS_DIR/receipts"
	counts 1 1 "$size: a node is removed with one command on one host"
	is "$(grep -c ' has the new list' "$HOSTS_DIR/receipts")" \
	    "$((size - 2))" "$size: a receipt for each that stays"
	for from in $members; do
		holds "$size: $from does not talk to it" silent "$from" "$gone"
	done
	# shellcheck disable=SC2086 # words
	holds "$size: the others go on" all_pairs $members
	# Before it asks by itself, after five minutes.
	holds "$size: the removed one is told" within 60000 told "$last"
	is "$(twice "$last")" '' "$size: once"
}

# --- three hosts ----------------------------------------------------------------

host_add alpha 192.0.2.10/32
host_add beta 198.51.100.20/32
host_add gamma 203.0.113.30/32
host_add delta 203.0.113.40/32

job alpha beta gamma delta

fails 1 'init does not found twice' 'exists already' \
    on alpha cluevpnctl init
for f in ca.key bnl.key node.key; do
	is "$(stat -c %a "$HOSTS_DIR/alpha/etc/$f")" 600 "$f is root's alone"
done
is "$(find "$HOSTS_DIR"/*/etc "$HOSTS_DIR/alpha/lib/network.bnl" -type f \
    ! -name '*.lock' -exec sh -c 'head -n 1 "$1" | grep -q "^# " ||
    echo "$1"' sh {} \;)" '' 'each file says what it is'
# shellcheck disable=SC2012 # names of ours
is "$(ls "$HOSTS_DIR/beta/etc" | tr '\n' ' ')" \
    'bnl-pub.pem ca.pem cluevpn.conf node.key node.pem ' \
    'beta has what a node has, and no key of the network'

stop alpha beta gamma delta

# --- started by systemd -----------------------------------------------------------

# What systemctl is told, and that it does it.
host_add solo 192.0.2.99/32
mkdir "$HOSTS_DIR/units"
cat >"$HOSTS_DIR/units/systemctl" <<'END'
#!/bin/sh
echo "$*" >>"$HOSTS_DIR/told"
case $* in
'enable --now cluevpnd')
	[ ! -e "$HOSTS_DIR/broken" ] && cluevpnd ;;
'cat cluevpnd.service') ;;
*) exit 1 ;;
esac
END
chmod 755 "$HOSTS_DIR/units/systemctl"
under_systemd() {	# under_systemd COMMAND...
	# shellcheck disable=SC2016 # for the inner shell
	on solo sh -c 'mkdir -p /run/systemd/system
		PATH=$HOSTS_DIR/units:$PATH exec "$@"' sh "$@"
}
: >"$HOSTS_DIR/broken"
# shellcheck disable=SC2086 # words
fails 1 'a service that does not start is told' 'could not be started' \
    under_systemd cluevpnctl init --key-type ed25519 $LOG
rm "$HOSTS_DIR/broken"
rm -rf "$HOSTS_DIR"/solo/etc/* "$HOSTS_DIR"/solo/lib/*
: >"$HOSTS_DIR/told"
# shellcheck disable=SC2086 # words
fails 0 'init starts the unit, now and at every boot' \
    'started cluevpnd, now and at every boot (systemd)' \
    under_systemd cluevpnctl init --key-type ed25519 $LOG
is "$(cat "$HOSTS_DIR/told")" 'cat cluevpnd.service
enable --now cluevpnd' 'systemctl is asked for the unit, then told to'
holds 'it runs' within 5000 on solo cluevpnctl status
stop solo
on solo rmdir /run/systemd/system

# --- ten hosts --------------------------------------------------------------------

rm -rf "$HOSTS_DIR"/*/etc/* "$HOSTS_DIR"/*/lib/* "$HOSTS_DIR"/*/log/*
names='alpha beta gamma delta'
for i in 5 6 7 8 9 10 11; do
	host_add "n$i" "203.0.113.1$i/32"
	names="$names n$i"
done
# shellcheck disable=SC2086 # words
job $names

tap_end
