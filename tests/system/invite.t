#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2317 # "holds" and "fails" call what they are given
# An invitation that others meddle with: two hosts with one token, guesses at
# its secret, addresses of others; who sees the token, and what the process
# that talks to the network has.
cd "$(dirname "$0")/../.." || exit 1
NEEDS='ip nsenter jq pgrep perl nft socat'
# shellcheck source=tests/system/host_test.sh
. tests/system/host_test.sh

host_add alpha 192.0.2.10/32 2001:db8::10/128
host_add beta 192.0.2.20/32 192.0.2.21/32 2001:db8::20/128
host_add gamma 192.0.2.30/32

invite() {	# invite OPTION... NAME...: tokens are in $HOSTS_DIR/token.NAME
	rm -f "$HOSTS_DIR/invite"
	on alpha cluevpnctl invite "$@" >"$HOSTS_DIR/invite" 2>&1 &
	inviting=$!
	within 20000 grep -q '^waiting' "$HOSTS_DIR/invite" || return 1
	for n; do
		sed -n "/^on $n,/{n;p;}" "$HOSTS_DIR/invite" \
		    >"$HOSTS_DIR/token.$n"
	done
}
give_up() {
	on alpha pkill -TERM -x cluevpnctl
	wait "$inviting"
}
join() {	# join HOST NAME [OPTION...]: the token from standard input
	h=$1 n=$2
	shift 2
	# shellcheck disable=SC2016 # for the inner shell
	on "$h" sh -c 'file=$1 && shift && cluevpnctl join "$@" <"$file"' sh \
	    "$HOSTS_DIR/token.$n" "$@"
}
told() {	# told WORDS: by invite
	within 20000 grep -q -e "$1" "$HOSTS_DIR/invite"
}
clean() {	# clean HOST...: as if it had never joined
	for h; do
		rm -rf "${HOSTS_DIR:?}/$h"/etc/* "${HOSTS_DIR:?}/$h"/lib/*
	done
}
addresses() {	# addresses NAME: in the list
	on alpha bnl-verify --json | jq -r --arg n "$1" \
	    '.nodes[] | select(.name == $n) | .addresses[] |
	"\(.address) \(.port)"' | tr '\n' ','
}
version() {
	on alpha bnl-verify --json | jq -r .timestamp
}

holds 'init' on alpha cluevpnctl init --key-type ed25519 --no-start

# --- the process that talks to the network -------------------------------------------

holds 'beta and gamma are invited' invite beta gamma
net=$(on alpha pgrep -x cluevpn-invite)
monitor=$(on alpha pgrep -x cluevpnctl)
fact() {	# fact KEY: of that process
	on alpha sed -n "s/^$1:[[:space:]]*\([^[:space:]]*\).*/\1/p" \
	    "/proc/$net/status"
}
is "$(fact CapEff) $(fact CapPrm) $(fact NoNewPrivs)" \
    '0000000000000000 0000000000000000 1' 'it has no right'
if setpriv --reuid=65534 true 2>/dev/null; then
	is "$(fact Uid) $(fact Gid)" '65534 65534' 'it is not root'
	is "$(on alpha ls -A "/proc/$net/root/")" '' 'it sees no file'
else
	is "$(fact Seccomp)" 2 'it can open nothing'
fi
! ldd "$O/cluevpnctl" | grep -q libseccomp ||
    is "$(fact Seccomp)" 2 'its system calls are filtered'
is "$(on alpha ls -l "/proc/$net/fd" | sed -n 's/.* -> //p' |
    grep -v '^socket:\|^anon_inode:\|^/dev/null$')" '' 'it has no file open'

# holds_secret PID SECRETS: how many of them stand in its memory
cat >"$HOSTS_DIR/memory" <<'END'
use strict;
use MIME::Base64;
my ($pid, $token, @keys) = @ARGV;
my @secrets;
$token =~ s/^cluevpn1-//; $token =~ tr|_-|/+|;
push @secrets, substr(decode_base64($token), 1, 16);
for (@keys) {
	open my $f, '<', $_ or die "$_: $!";
	my $pem = join '', <$f>;
	$pem =~ /-----BEGIN [A-Z ]*KEY-----\n(.*?)-----END/s or die $_;
	my $der = decode_base64($1);
	# The last 32 bytes of an Ed25519 key; an octet string of 32 of others.
	push @secrets, $der =~ /\x02\x01\x01\x04\x20(.{32})/s ? $1
	    : substr($der, -32);
}
my %found;
open my $maps, '<', "/proc/$pid/maps" or die;
open my $mem, '<', "/proc/$pid/mem" or die;
while (<$maps>) {
	my ($from, $to) = /^([0-9a-f]+)-([0-9a-f]+) r/ or next;
	next if /\[v(var|syscall)/;
	($from, $to) = (hex $from, hex $to);
	seek $mem, $from, 0 or next;
	read($mem, my $bytes, $to - $from) or next;
	for my $i (0 .. $#secrets) {
		$found{$i} = 1 if index($bytes, $secrets[$i]) >= 0;
	}
}
print join(' ', sort keys %found), "\n";
END
memory_of() {
	on alpha perl "$HOSTS_DIR/memory" "$1" \
	    "$(cat "$HOSTS_DIR/token.beta")" node.key ca.key bnl.key
}
is "$(memory_of "$net")" '' \
    'neither a token nor a key of this host is in its memory'
fails 0 'the token is in that of the other process' '0' memory_of "$monitor"

# --- one token, two hosts ---------------------------------------------------------------

# A service that takes its time to start, so that DONE is late.
cat >"$HOSTS_DIR/bin/systemctl" <<'END'
#!/bin/sh
case $* in
'cat cluevpnd.service') exit 0 ;;
'enable --now cluevpnd')
	: >"$HOSTS_DIR/starting.$(hostname)"
	until [ -e "$HOSTS_DIR/go.$(hostname)" ]; do sleep 0.05; done
	exit 0 ;;
esac
exit 1
END
chmod 755 "$HOSTS_DIR/bin/systemctl"
mkdir -p /run/systemd/system

on beta cluevpnctl join "$(cat "$HOSTS_DIR/token.beta")" \
    >"$HOSTS_DIR/first" 2>&1 &
first=$!
holds 'the first host is given a certificate' within 20000 \
    test -e "$HOSTS_DIR/starting.beta"
is "$(on beta sh -c 'cat /proc/[0-9]*/cmdline 2>/dev/null' | tr '\0' '\n' |
    grep -c 'cluevpn1[-]')" 0 'a token on the command line is wiped there'
join gamma beta >"$HOSTS_DIR/second" 2>&1 &
second=$!
holds 'a second one with the same token, too' within 20000 \
    test -e "$HOSTS_DIR/starting.gamma"
holds 'which is said aloud, with both addresses' told \
    'warning: the token of beta was used a second time.*first from 192\.0\.2\.20, now from 192\.0\.2\.30'
old=$(on beta keygen fingerprint node.pem)
new=$(on gamma keygen fingerprint node.pem)
holds 'the key of the second is pinned' \
    grep -q "key  *$new" "$HOSTS_DIR/alpha/lib/network.bnl"
holds 'the key of the first is revoked' \
    grep -q "^revoke  *$old" "$HOSTS_DIR/alpha/lib/network.bnl"
: >"$HOSTS_DIR/go.beta"
wait "$first"
is $? 1 'join on the first host fails'
holds 'and says why' grep -q 'another host has used the token since' \
    "$HOSTS_DIR/first"
holds 'its DONE is told' told 'the list has another key for beta by now'
is "$(grep -c 'beta is in' "$HOSTS_DIR/invite")" 0 'and does not count'
: >"$HOSTS_DIR/go.gamma"
wait "$second"
is $? 0 'join on the second host is done'
holds 'its DONE counts' told '^beta is in, from 192\.0\.2\.30'
before=$(version)
clean gamma
fails 1 'the token is good no more' 'has been used' join gamma beta
holds 'which is told, too' told 'refused, for beta: the token has been used'
is "$(version)" "$before" 'and changes nothing'
give_up
clean beta gamma

# A node that somebody takes out meanwhile, with another tool.
holds 'gamma is invited' invite gamma
rm -f "$HOSTS_DIR/starting.gamma" "$HOSTS_DIR/go.gamma"
join gamma gamma >"$HOSTS_DIR/first" 2>&1 &
first=$!
within 20000 test -e "$HOSTS_DIR/starting.gamma"
holds 'the node is taken out meanwhile' on alpha bnl-sign remove -y gamma
: >"$HOSTS_DIR/go.gamma"
wait "$first"
is $? 1 'its DONE does not count'
give_up
rmdir /run/systemd/system
clean gamma

# --- the addresses that a guest names -----------------------------------------------------

holds 'gamma and delta are invited' \
    invite --via 192.0.2.10 --via 2001:db8::10 gamma delta
before=$(version)
fails 1 'an address of nobody' \
    '203\.0\.113\.9 is not shown to be an address of this host.*192\.0\.2\.30' \
    join gamma gamma --no-start --address 203.0.113.9
fails 1 'an address of another node' '192\.0\.2\.10 is the address of alpha' \
    join gamma gamma --no-start --address 192.0.2.10
fails 1 'another port of it' '192\.0\.2\.10 is not shown' \
    join gamma gamma --no-start --address '192.0.2.10 port 7'
fails 1 'its own and one of nobody' '192\.0\.2\.11 is not shown' \
    join gamma gamma --no-start --address 192.0.2.30 --address 192.0.2.11
fails 1 'a host name' 'have "invite --address" say the name' \
    join gamma gamma --no-start --address gamma.example.org
is "$(version)" "$before" 'none of these is in the list'
is "$(ls -A "$HOSTS_DIR/gamma/etc")" '' 'and gamma has nothing'
holds 'the address that it comes from, with a port' \
    join gamma gamma --no-start --address '192.0.2.30 port 4406'
is "$(addresses gamma)" '192.0.2.30 4406,' 'is in the list'
holds 'several, each of which is its own' join beta delta --no-start \
    --address 2001:db8::20 --address 192.0.2.21 --address '192.0.2.20 port 7'
is "$(addresses delta)" '2001:db8::20 3406,192.0.2.21 3406,192.0.2.20 7,' \
    'are in the list, in their order'
wait "$inviting"
is $? 0 'all are in'

# Behind a NAT that is also the way to delta: from there its address can be
# named, but for the port that is delta's.
clean beta gamma
holds 'epsilon and zeta are invited' invite epsilon zeta
nat() {
	on beta sysctl -qw net.ipv4.ip_forward=1
	on beta nft 'add table ip t
		add chain ip t post { type nat hook postrouting priority 100; }
		add rule ip t post ip saddr 192.0.2.30 snat to 192.0.2.20'
	on gamma ip route replace 192.0.2.10/32 via 192.0.2.20 dev eth0 onlink
}
holds 'gamma is behind a NAT' nat
fails 1 'a port of the NAT that is another node'\''s' \
    '192\.0\.2\.20 port 7 is the address of delta' \
    join gamma epsilon --no-start --address '192.0.2.20 port 7'
fails 1 'its address behind the NAT' '192\.0\.2\.30 is not shown' \
    join gamma epsilon --no-start --address 192.0.2.30
holds 'another port of the NAT' \
    join gamma epsilon --no-start --address '192.0.2.20 port 9'
is "$(addresses epsilon)" '192.0.2.20 9,' 'is in the list'
clean gamma
holds 'no address' join gamma zeta --no-start
is "$(addresses zeta)" '' 'none is in the list'
holds 'it is told' told 'zeta comes from 192\.0\.2\.20, which is not its own'
wait "$inviting"
is $? 0 'all are in'

# The administrator may say what no guest can show. The token is typed here.
clean gamma
holds 'eta is invited, with a name' invite --address eta.example.org eta
mkfifo "$HOSTS_DIR/keyboard"
on gamma socat -t 20 - \
    EXEC:'cluevpnctl join --no-start',pty,setsid,ctty,stderr \
    <"$HOSTS_DIR/keyboard" >"$HOSTS_DIR/screen" 2>&1 &
terminal=$!
exec 9>"$HOSTS_DIR/keyboard"
holds 'join asks for the token' within 20000 \
    grep -q 'Token that invite printed' "$HOSTS_DIR/screen"
cat "$HOSTS_DIR/token.eta" >&9
holds 'and joins' told '^eta is in'
exec 9>&-
wait "$terminal"
is "$(grep -c 'eta is a node of' "$HOSTS_DIR/screen")" 1 'which it says'
is "$(grep -c 'cluevpn1[-]' "$HOSTS_DIR/screen")" 0 'the token is not shown'
is "$(addresses eta)" 'eta.example.org 3406,' 'which is in the list'
wait "$inviting"

tap_end
