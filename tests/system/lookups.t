#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Host names are looked up side by side: those that no name server answers for
# keep neither others waiting nor the end of the daemon. A lookup that fails takes
# longer here than any of that may.
# shellcheck source=tests/system/lib.sh disable=SC2317 # called by name
. tests/system/lib.sh

command -v perl >/dev/null || skip_all 'there is no perl here'
outer=4
network alpha beta
host ns
for i in {1..12}; do
	address[a$i]="a$i.example.org"
	subnet[a$i]="10.156.$((100 + i)).0/24"
done
address[beta]=beta.example.org

echo 'hosts: files dns' >$tmp/nsswitch.conf
printf '%s\n' "nameserver $(outer4 ns)" 'options timeout:30 attempts:5' \
	>$tmp/resolv.conf
echo '127.0.0.1 localhost' >$tmp/hosts
for f in nsswitch.conf resolv.conf hosts; do
	[ -e /etc/$f ] || skip_all "there is no /etc/$f here"
	mount --bind $tmp/$f /etc/$f
done
# Knows beta's IPv4 address and answers for nothing else, not even for its IPv6
# address.
cat >$tmp/ns.pl <<'END'
use strict;
use IO::Socket::INET;
my ($at, $what) = @ARGV;
my $s = IO::Socket::INET->new(LocalAddr => $at, LocalPort => 53,
    Proto => 'udp') or die;
while (my $from = $s->recv(my $q, 512)) {
	my ($id, $rest) = unpack 'n x10 a*', $q;
	my ($name, $len) = ('', 0);
	while (my $n = ord substr $rest, $len) {
		$name .= substr($rest, $len + 1, $n) . '.';
		$len += $n + 1;
	}
	next if $name ne 'beta.example.org.' ||
	    unpack('n', substr $rest, $len + 1) != 1;
	$s->send(pack('n6', $id, 0x8580, 1, 1, 0, 0) .
	    substr($rest, 0, $len + 5) .
	    pack('n3 N n a4', 0xc00c, 1, 1, 60, 4, pack 'C4', split /\./, $what));
}
END
inside ns perl $tmp/ns.pl "$(outer4 ns)" 192.0.2.2 &
server=$!
within "$LIMIT" inside ns ss -Hlun sport = :53 >/dev/null

# beta waits until it is called.
inside beta nft 'add table inet t
	add chain inet t out { type filter hook output priority 0; }
	add rule inet t out ct state new drop'
begin() { # begin NODE...: the list names these
	list "$@"
	give alpha beta
	rm -rf $tmp/alpha/state/{pairs,addresses}
	start beta
	launch alpha
}
reached() { WAIT=1 reach alpha beta; }
ends() { # the lookups that are under way do not keep alpha
	ok "$1: alpha ends" stop alpha
	stop beta
}

begin alpha a1 a2 a3 a4 beta
soon '4 of 5 names get no answer: the other node is reached' reached
ends '4 of 5'
begin alpha a{1..12} beta
soon 'one that packets wait for goes before twelve others' reached
ends 'twelve others'
kill $server
echo '192.0.2.2 beta.example.org' >>$tmp/hosts
begin alpha a{1..12} beta
soon 'one in the hosts file needs no name server' reached
ends 'the hosts file'
finish
