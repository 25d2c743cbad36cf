#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Host names are looked up side by side: those that no name server answers for
# keep neither others waiting nor the end of the daemon.
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
echo "nameserver $(outer4 ns)" >$tmp/resolv.conf
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
soon_reached() { # soon_reached MS: a packet is answered, this long after the start
	local began took

	began=$(date +%s%3N)
	until WAIT=1 reach alpha beta; do
		[ $(($(date +%s%3N) - began)) -lt 30000 ] || return
	done
	took=$(($(date +%s%3N) - began))
	echo "$took ms"
	[ $took -lt "$1" ]
}
ends() { # ends MS: alpha
	local began

	began=$(date +%s%3N)
	stop alpha
	[ $(($(date +%s%3N) - began)) -lt "$1" ]
}

begin alpha a1 a2 a3 a4 beta
ok '4 of 5 names time out: the other node is reached within a second' \
	soon_reached 1000
grep ' ms$' $tmp/out | sed 's/^/# /'
ok 'alpha ends at once' ends 2000
stop beta
begin alpha a{1..12} beta
ok 'one that packets wait for goes before twelve others' soon_reached 1000
grep ' ms$' $tmp/out | sed 's/^/# /'
ok 'alpha ends at once' ends 2000
stop beta
kill $server
echo '192.0.2.2 beta.example.org' >>$tmp/hosts
begin alpha a{1..12} beta
ok 'one in the hosts file needs no name server' soon_reached 1000
grep ' ms$' $tmp/out | sed 's/^/# /'
ok 'alpha ends at once' ends 2000
stop beta
finish
