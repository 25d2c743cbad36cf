#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2317 # "holds" and "fails" call what they are given
# What goes wrong when a network is founded and hosts are invited: bad options,
# bad tokens, somebody in between, garbage, time that runs out.
cd "$(dirname "$0")/../.." || exit 1
NEEDS='ip nsenter ping socat jq pgrep openssl'
# shellcheck source=tests/system/host_test.sh
. tests/system/host_test.sh
# shellcheck source=tests/system/found_lib.sh
. tests/system/found_lib.sh

give_up() {	# Ctrl-C
	# A shell's background jobs ignore INT; TERM does the same.
	on alpha pkill -TERM -x cluevpnctl
	wait "$inviting"
}

# --- init -----------------------------------------------------------------------

host_add alpha 192.0.2.10/32
fails 0 'init --dry-run only shows' '--address *192\.0\.2\.10' \
    on alpha cluevpnctl init --dry-run
is "$(find "$HOSTS_DIR/alpha/etc" "$HOSTS_DIR/alpha/lib" -type f)" '' \
    'and makes nothing'
fails 2 'init with a bad name' 'no name for a node' \
    on alpha cluevpnctl init --name 'No Name'
fails 2 'init with a bad configuration' 'unknown key' \
    on alpha cluevpnctl init --key-type ed25519 --set upcomd=x
fails 2 'init with a subnet elsewhere' 'prefix' \
    on alpha cluevpnctl init --key-type ed25519 --subnet 10.1.0.0/24
# Each option is checked by a dry run as well, and by join where it has it.
# shellcheck disable=SC2059 # the value has its line feeds as \n
while IFS='|' read -r opt value says <&3; do
	value=$(printf "$value")
	fails 2 "init -n $opt $value" "$says" \
	    on alpha cluevpnctl init -n "$opt" "$value"
	fails 2 "init $opt $value" "$says" \
	    on alpha cluevpnctl init --key-type ed25519 "$opt" "$value"
	case $opt in
	--address | --port | --*-dir)
		fails 2 "join $opt $value" "$says" \
		    on alpha cluevpnctl join "$opt" "$value" token ;;
	esac
done 3<<'END'
--address|10.0.0.300|address "10.0.0.300": expected
--address|192.0.2.10 prot 7|unexpected "prot"
--address|127.0.0.1|loopback
--address|::1|loopback
--address|169.254.1.1|link-local
--address|192.0.2.10\nnode x|a line feed
--port|0|from 1 to 65535
--port|65536|from 1 to 65535
--network|Bad Name|--network "Bad Name": expected
--network|a\nprefix 0.0.0.0/0|--network
--prefix|10.1.0.1/16|did you mean 10.1.0.0/16
--prefix|10.1.0.0|expected ADDRESS/LENGTH
--prefix|224.0.0.0/8|multicast
--prefix|192.0.2.0/23|192.0.2.10 of alpha
--subnet|10.1.0.0/24|outside every prefix
--subnet|10.1.0.1/24|did you mean 10.1.0.0/24
--set|upcomd=x|unknown key
--set|mtu=9|mtu
--set|nothing|KEY=VALUE
--key-type|rsa|dsa or ed25519
--name|No Name|no name for a node
--config-dir|/etc/a\nb|control character
--state-dir||expected a directory
END
fails 1 'init in a file' 'Not a directory\|no directory' \
    on alpha cluevpnctl init -n --config-dir /etc/passwd/x
prefix() {
	on alpha cluevpnctl init -n | sed -n 's/^ *--prefix *\([^ ]*\).*/\1/p'
}
on alpha ip link add used type veth peer name used2
on alpha ip addr add 172.16.0.1/13 dev used
on alpha ip link set used up
on alpha ip route add 10.128.0.0/9 dev used
on alpha ip addr add 10.64.0.1/10 dev used2
for _ in 1 2 3 4 5 6 7 8; do prefix; done >"$HOSTS_DIR/prefixes"
is "$(grep -cE '^(10\.[0-9]+|172\.(2[4-9]|3[01]))\.0\.0/16$' \
    "$HOSTS_DIR/prefixes")" 8 'init takes a private /16'
is "$(grep -E '^10\.(6[4-9]|[7-9][0-9]|[12][0-9][0-9])\.|^172\.(1[6-9]|2[0-3])\.' \
    "$HOSTS_DIR/prefixes")" '' 'which no interface and no route uses'
ok "$(test "$(sort -u "$HOSTS_DIR/prefixes" | wc -l)" -gt 3; echo $?)" \
    'and another each time'
on alpha ip route add 10.0.0.0/8 dev used
on alpha ip addr add 172.24.0.1/13 dev used
fails 2 'init where none is left' 'choose one with --prefix' \
    on alpha cluevpnctl init -n
on alpha ip link del used
is "$(strings -a "$O/cluevpnctl" "$O/cluevpnd" "$O/bnl-sign" "$O/keygen" \
    "$O/bnl-verify" | grep -c '10\.156')" 0 'no prefix is compiled in'
fails 2 'init with another word' 'unexpected argument "beta"' \
    on alpha cluevpnctl init beta
fails 1 'invite without a network' 'no node of a network' \
    on alpha cluevpnctl invite beta
is "$(find "$HOSTS_DIR/alpha/etc" "$HOSTS_DIR/alpha/lib" -type f)" '' \
    'none of these leaves anything'

# --- invitations ----------------------------------------------------------------

host_add beta 198.51.100.20/32
host_add delta 203.0.113.40/32
# shellcheck disable=SC2086 # words
holds 'a network' on alpha cluevpnctl init --key-type ed25519 $LOG
holds 'an invitation' invite beta
holds 'beta joins' join beta
holds 'the invitation ends by itself' invited

host_add eve 192.0.2.66/32
nothing_on() {	# nothing_on HOST: is left
	is "$(find "$HOSTS_DIR/$1/etc" "$HOSTS_DIR/$1/lib" -type f)" '' \
	    "... and $1 has nothing of it"
}
last_line() {
	tail -n 1 "$HOSTS_DIR/invite"
}

fails 1 'a name that is in the list' '--replace' \
    on alpha cluevpnctl invite beta
fails 1 'replacing one that is not' 'nothing to replace' \
    on alpha cluevpnctl invite --replace eve
fails 2 'a bad name' 'no name for a node' on alpha cluevpnctl invite E/ve
fails 2 'the same twice' 'named twice' on alpha cluevpnctl invite eve eve
fails 2 'a bad time' 'like 30min' \
    on alpha cluevpnctl invite --expire soon eve
fails 2 'a subnet for two' 'for one name' \
    on alpha cluevpnctl invite --subnet 10.156.9.0/24 eve mallory
no_token() {	# no_token WORDS OPTION VALUE: it would be good for nothing
	fails 2 "invite $2 $3" "$1" on alpha timeout 20 cluevpnctl invite \
	    "$2" "$3" eve
}
no_token 'lies outside every prefix' --subnet 192.168.77.0/24
no_token 'covers the address\|lies inside the prefix' --address "$(inner beta)"
no_token 'loopback' --address 127.0.0.1
no_token 'at most 64 bytes' --ou "$(printf 'x%.0s' $(seq 65))"
fails 1 'invite for more than there is' 'no subnet of length' \
    on alpha timeout 20 cluevpnctl invite --hosts 700000 eve
fails 2 'a bad subnet' '10.156.9.1/24' \
    on alpha cluevpnctl invite --subnet 10.156.9.1/24 eve

version() {
	on alpha bnl-verify --json | jq -r .timestamp
}
before=$(version)
holds 'eve, mallory and trudy are invited' \
    invite --expire 1h eve mallory trudy
# One that says all it has to say, a byte at a time.
# shellcheck disable=SC2016 # perl's
on delta perl -MIO::Socket::INET -e '
	$SIG{PIPE} = sub { exit };
	my $s = IO::Socket::INET->new("192.0.2.10:3407") or die;
	for my $b (split //, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" .
	    "x" x 500) {
		syswrite $s, $b;
		select undef, undef, undef, 0.5;
	}' &
slow=$!
good=$(token eve)
fails 2 'no token' 'token is missing' on eve cluevpnctl join
fails 2 'something else' 'begins with' on eve cluevpnctl join hello
fails 2 'a token that is cut' 'not whole' \
    on eve cluevpnctl join "${good%??}"
fails 2 'a mangled one' 'not whole' on eve cluevpnctl join \
    "$(echo "$good" | sed 's/^\(.\{40\}\)./\1%/')"
fails 2 'for another name' 'for eve, not for zoe' \
    on eve cluevpnctl join --name zoe "$good"
nothing_on eve
fails 1 'on a node that is one' 'is a node already: beta' \
    on beta cluevpnctl join "$good"
fails 1 'which names the host that it is for' 'type the token on eve' \
    on beta cluevpnctl join "$good"
fails 1 'on the inviting host' 'alpha, by .*, which made the token' \
    on alpha cluevpnctl join "$good"
host_add foreign 192.0.2.77/32
holds 'another network' on foreign cluevpnctl init --name beta \
    --key-type ed25519 --no-start
fails 1 'on a node of another network' 'of another network than that of alpha' \
    on foreign cluevpnctl join "$good"

# Tokens altered by who knows the format: bytes 1 to 16 are the secret, 17 to
# 48 the CA's fingerprint.
forge() {	# forge TOKEN OFFSET: another byte there, and a right checksum
	perl -MMIME::Base64 -MDigest::SHA=sha256 -e '
		my ($t, $at) = @ARGV;
		$t =~ s/^cluevpn1-//; $t =~ tr|_-|/+|;
		my $b = substr(decode_base64($t), 0, -4);
		substr($b, $at, 1) ^= "\x01";
		$b .= substr(sha256("cluevpn 1 token" . $b), 0, 4);
		$t = encode_base64($b, ""); $t =~ tr|/+|_-|;
		print "cluevpn1-$t"' "$1" "$2"
}
fails 1 'a host of another name is told' 'called zoe, and the token is for eve' \
    on eve unshare --uts sh -c 'hostname zoe && exec "$@"' sh \
    cluevpnctl join "$(forge "$good" 5)"
is "$(on eve unshare --uts sh -c 'hostname zoe && "$@" 2>&1' sh \
    cluevpnctl join --name eve "$(forge "$good" 5)" | grep -c called)" 0 \
    'unless it says the name'
fails 1 'a wrong secret' 'no such invitation' \
    on eve cluevpnctl join "$(forge "$good" 5)"
fails 1 'a wrong CA' 'certificate of the other side' \
    on eve cluevpnctl join "$(forge "$good" 20)"
nothing_on eve
is "$(version)" "$before" 'none of it changed the list'

# One that has seen the id of an invitation, and not its secret: five tries.
cat >"$HOSTS_DIR/ask" <<'END'
use strict;
use MIME::Base64;
use Digest::SHA qw(hmac_sha256);
# An ASK with the id of the token, and a proof of nothing.
my ($t) = @ARGV;
$t =~ s/^cluevpn1-//; $t =~ tr|_-|/+|;
my $b = decode_base64($t);
my $prk = hmac_sha256(substr($b, 1, 16), substr($b, 17, 32));
my $id = substr(hmac_sha256("cluevpn 1 token id\x01", $prk), 0, 8);
my $ask = pack('n', 1) . $id . "\0" x 32 . "\0" . pack('n', 3406) .
    pack('C5', 4, 192, 0, 2, 66) . "\0" . "nothing";
binmode STDOUT;
$| = 1;
print "\x01", substr(pack('N', length $ask), 1), $ask;
END
guess() {	# guess NAME: once
	perl "$HOSTS_DIR/ask" "$(token "$1")" >"$HOSTS_DIR/guess"
	{ cat "$HOSTS_DIR/guess"; sleep 1; } |
	    on eve openssl s_client -quiet -connect 192.0.2.10:3407 -tls1_3 \
		-alpn cluevpn-join/1 >/dev/null 2>&1
}
for _ in 1 2 3 4 5 6; do
	guess trudy
done
holds 'wrong proofs are told, five times' within 5000 \
    grep -q 'further refusals for trudy are not shown' "$HOSTS_DIR/invite"
is "$(grep -c "refused, for trudy: it does not know the token's secret" \
    "$HOSTS_DIR/invite")" 5 'with the name'
holds 'the right one is good all the same' \
    on eve cluevpnctl join --no-start "$(token trudy)"
holds 'and it is in' within 5000 \
    grep -q '^trudy is in, from 192\.0\.2\.66' "$HOSTS_DIR/invite"
holds 'remove it again' on alpha cluevpnctl remove -y trudy
rm -rf "$HOSTS_DIR"/eve/etc/* "$HOSTS_DIR"/eve/lib/*

# Garbage, silence, drops: the invitations of others go on.
on eve sh -c 'head -c 100000 /dev/urandom |
    socat -u - TCP:192.0.2.10:3407' >/dev/null 2>&1
on eve sh -c 'echo "GET / HTTP/1.0" | socat -t 1 - TCP:192.0.2.10:3407' \
    >/dev/null 2>&1
on eve socat -u OPEN:/dev/zero,readbytes=1 TCP:192.0.2.10:3407,ignoreeof \
    >/dev/null 2>&1 &
drip=$!
holds 'garbage is refused in one line' within 5000 \
    grep -q '192\.0\.2\.66:[0-9]* refused' "$HOSTS_DIR/invite"

# Somebody in between, with a certificate of another CA; then one who only
# passes bytes on, which is all right, for it cannot read them.
mkdir "$HOSTS_DIR/other"
keygen ca -d "$HOSTS_DIR/other" >/dev/null
keygen node alpha -d "$HOSTS_DIR/other" --ca "$HOSTS_DIR/other" >/dev/null
host_add proxy 192.0.2.77/32
redirect() {	# redirect TOKEN: to the proxy
	# shellcheck disable=SC2016 # perl's
	perl -MMIME::Base64 -MDigest::SHA=sha256 -e '
		my ($t) = @ARGV;
		$t =~ s/^cluevpn1-//; $t =~ tr|_-|/+|;
		my $b = substr(decode_base64($t), 0, -4);
		$b =~ s/\x04\xc0\x00\x02\x0a\x0d\x4f/\x04\xc0\x00\x02\x4d\x0d\x4f/
		    or die;
		$b .= substr(sha256("cluevpn 1 token" . $b), 0, 4);
		$t = encode_base64($b, ""); $t =~ tr|/+|_-|;
		print "cluevpn1-$t"' "$1"
}
on proxy openssl s_server -quiet -accept 3407 -tls1_3 \
    -alpn cluevpn-join/1 -cert "$HOSTS_DIR/other/node.pem" \
    -key "$HOSTS_DIR/other/node.key" -cert_chain "$HOSTS_DIR/other/ca.pem" \
    >/dev/null 2>&1 </dev/zero &
mitm=$!
within 5000 on proxy sh -c 'ss -Hltn sport = :3407 | grep -q .'
fails 1 'a man in the middle with a certificate of another CA' \
    'certificate of the other side' \
    on eve cluevpnctl join "$(redirect "$good")"
on proxy pkill -x openssl
wait "$mitm" 2>/dev/null
nothing_on eve

# The same one, but what passes is changed: a byte of what the host answers.
cat >"$HOSTS_DIR/alter" <<'END'
use strict;
use IO::Socket::INET;
use IO::Select;
my $l = IO::Socket::INET->new(LocalPort => 3407, Listen => 5, ReuseAddr => 1)
    or die;
while (my $guest = $l->accept) {
	my $host = IO::Socket::INET->new('192.0.2.10:3407') or die;
	my ($s, $n) = (IO::Select->new($guest, $host), 0);
	relay: while (1) {
		for my $from ($s->can_read) {
			my $to = $from == $host ? $guest : $host;
			sysread($from, my $b, 65536) or last relay;
			# 1: from its handshake on, 2: from its answer.
			substr($b, -20, 1) ^= "\x01"
			    if $from == $host && ++$n >= $ARGV[0];
			syswrite($to, $b);
		}
	}
	close $_ for $guest, $host;
}
END
for at in 1 2; do
	# shellcheck disable=SC2086 # a number
	on proxy perl "$HOSTS_DIR/alter" $at >/dev/null 2>&1 &
	mitm=$!
	within 5000 on proxy sh -c 'ss -Hltn sport = :3407 | grep -q .'
	fails 1 "a man in the middle who changes answer $at" '.' \
	    on eve cluevpnctl join "$(redirect "$good")"
	on proxy pkill -x perl
	wait "$mitm" 2>/dev/null
	nothing_on eve
done

# beta has a certificate of the right CA, but is not the one that invites.
on beta cat node.pem ca.pem >"$HOSTS_DIR/other/beta.pem"
on beta cat node.key >"$HOSTS_DIR/other/beta.key"
on proxy openssl s_server -quiet -accept 3407 -tls1_3 \
    -alpn cluevpn-join/1 -cert "$HOSTS_DIR/other/beta.pem" \
    -key "$HOSTS_DIR/other/beta.key" -cert_chain "$HOSTS_DIR/other/beta.pem" \
    >/dev/null 2>&1 </dev/zero &
mitm=$!
within 5000 on proxy sh -c 'ss -Hltn sport = :3407 | grep -q .'
fails 1 'a man in the middle with the certificate of another node' \
    'beta answers, but the token is of alpha' \
    on eve cluevpnctl join "$(redirect "$good")"
on proxy pkill -x openssl
wait "$mitm" 2>/dev/null
nothing_on eve

on proxy socat TCP-LISTEN:3407,fork,reuseaddr TCP:192.0.2.10:3407 \
    >/dev/null 2>&1 &
relay=$!
within 5000 on proxy sh -c 'ss -Hltn sport = :3407 | grep -q .'
# shellcheck disable=SC2086 # words
holds 'after all that eve joins, by way of one who only passes bytes on' \
    on eve cluevpnctl join $LOG --no-address "$(redirect "$good")"
on proxy pkill -x socat
wait "$relay" 2>/dev/null
holds 'who drips is cut off' within 60000 \
    grep -q '203\.0\.113\.40:[0-9]* refused: it takes too long' \
    "$HOSTS_DIR/invite"
wait "$slow"
fails 1 'a second time, on the same host' 'is a node already' \
    on eve cluevpnctl join "$good"
stop eve
rm -rf "$HOSTS_DIR"/eve/etc/* "$HOSTS_DIR"/eve/lib/*
fails 1 'a token that was used' 'has been used' \
    on eve cluevpnctl join "$good"
nothing_on eve
holds 'a node without an address keeps its way open' sh -c \
    "on() { :; }; grep -A 3 '^node eve' '$HOSTS_DIR/alpha/lib/network.bnl' |
    grep -qv address"
give_up
fails 0 'Ctrl-C says who has not come' 'mallory has not come' \
    cat "$HOSTS_DIR/invite"
on eve pkill -x socat
wait "$drip"
fails 1 'the token of a run that has ended' 'no connection to alpha' \
    on eve cluevpnctl join "$(token mallory)"
nothing_on eve

holds 'an invitation for a second' invite --expire 1s mallory
wait "$inviting"
is $? 1 'it ends by itself, with nobody in'
sleep 1
fails 1 'an expired token' 'has expired' \
    on eve cluevpnctl join "$(token mallory)"
nothing_on eve

# What cannot be put in its place is not half there; the token stays good.
holds 'eve has a key again' invite --replace eve
mkdir "$HOSTS_DIR/eve/lib/network.bnl"
fails 1 'something is in the way' 'exists already' \
    on eve cluevpnctl join "$(token eve)"
rmdir "$HOSTS_DIR/eve/lib/network.bnl"
nothing_on eve
on eve ip link add docker0 type veth peer name docker1
on eve ip addr add "$(inner beta)/24" dev docker0
on eve ip link set docker0 up
# shellcheck disable=SC2086 # words
fails 0 'on a host that was made anew, with a network like that of beta' \
    'by docker0, which overlaps the subnet .* of beta' \
    on eve cluevpnctl join $LOG "$(token eve)"
on eve ip link del docker0
holds 'the invitation ends' invited
holds 'it is in the mesh' within 20000 reaches eve beta
is "$(on alpha cat /var/lib/cluevpn/network.bnl | grep -c '^node eve')" 1 \
    'once'

fails 1 'remove, one that is not there' 'nobody' \
    on alpha cluevpnctl remove -y nobody
fails 2 'remove, whom?' usage: on alpha cluevpnctl remove

tap_end
