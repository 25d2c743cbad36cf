#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# ECN and DSCP of packets and of the datagrams that carry them: captures, a
# router that marks, TCP that is told.
# shellcheck source=tests/system/lib.sh disable=SC2317 # called by name
. tests/system/lib.sh

command -v nft >/dev/null || skip_all 'there is no nft here'

bridge
authority $tmp/ca
must "$O/keygen" bnl -t ed25519 -o $tmp/bnl.key
for n in alpha beta gamma; do
	member $n
done
address[beta]=$(outer4 beta)	# one by IPv4, the other by IPv6
address[gamma]=$(outer6 gamma)
address[alpha]="$(outer4 alpha) $(outer6 alpha)"
list alpha beta gamma
give alpha beta gamma

# No frame of several packets, whose bits a capture would show once.
for n in alpha beta gamma; do
	conf $n 'offload = no-udp-gro'
done
start alpha beta gamma
ok 'alpha reaches beta' reach alpha beta
ok 'and gamma' reach alpha gamma

wire() { # wire FAMILY TOS: a filter for datagrams with it
	if [ "$1" = 4 ]; then
		echo "udp and ip[1] = $2"
	else
		echo "udp and (ip6[0:2] >> 4) & 0xff = $2"
	fi
}
caught() { # caught FILE COUNT [FILTER]: so many at least
	[ "$(packets "$1" "${3:-}")" -ge "$2" ]
}
shows() { # shows TO 4|6 TOS OUTER: a ping with that TOS; the datagram's TOS
	local family=4 file=$tmp/shows.pcap rc=0

	[ "$1" != gamma ] || family=6
	capture $file - br0 udp
	inside alpha ping -n -c 1 -W $LIMIT -Q "$3" "$(inner"$2" "$1")"
	# There and back: the answer has the TOS of what it answers.
	within $LIMIT caught $file 2 "$(wire $family "$4")" || rc=1
	release $file
	return $rc
}
marks() { # marks NODE [ect]: what comes to it gets CE (of ECT(0) only)
	inside "$1" nft -f - <<-END
		table inet router {
			chain in {
				type filter hook prerouting priority mangle;
				iif eth0 udp dport 3406 ${2:+ip ecn ect0} ip ecn set ce
				iif eth0 udp dport 3406 ${2:+ip6 ecn ect0} ip6 ecn set ce
			}
		}
	END
}
unmarked() { # unmarked NODE
	inside "$1" nft delete table inet router
}
lost() { # lost NODE: packets that could not be marked
	query "$1" status '.drops.ecn // 0'
}

# --- what datagrams show ----------------------------------------------------
for to in beta gamma; do
	for f in 4 6; do
		ok "IPv$f to $to: ECT(0) is outside" shows $to $f 0x02 2
		ok 'ECT(1)' shows $to $f 0x01 1
		ok 'no DSCP' shows $to $f 0xba 2
		ok 'nothing of EF' shows $to $f 0xb8 0
	done
done
for n in alpha beta gamma; do
	conf $n 'offload = no-udp-gro' 'dscp = yes'
	must ctl $n reload
done
for to in beta gamma; do
	for f in 4 6; do
		ok "IPv$f to $to, dscp = yes: both are outside" \
			shows $to $f 0xba 186
	done
done
for n in alpha beta gamma; do
	conf $n 'offload = no-udp-gro' 'ecn = no'
	must ctl $n reload
done
for to in beta gamma; do
	for f in 4 6; do
		ok "IPv$f to $to, ecn = no: neither is" shows $to $f 0xba 0
	done
done
for n in alpha beta gamma; do
	conf $n
	must ctl $n reload
done

# --- a router that marks ------------------------------------------------------
arrives() { # arrives TO 4|6 TOS WANTED: it comes out of the tunnel with that
	local file=$tmp/arrives.pcap rc=0 filter="icmp[0] = 8 and ip[1] = $4"

	[ "$2" = 4 ] ||
		filter="ip6[40] = 128 and (ip6[0:2] >> 4) & 0xff = $4"
	capture $file "$1" tun0 "$filter"
	inside alpha ping -n -c 1 -W $LIMIT -Q "$3" "$(inner"$2" "$1")"
	within $LIMIT caught $file 1 || rc=1
	release $file
	return $rc
}
for to in beta gamma; do
	ok "ECT(0) to $to arrives as it was" arrives $to 4 0x02 2
	must marks $to
	for f in 4 6; do
		ok "IPv$f to $to: a mark is handed on" arrives $to $f 0xba 187
		ok 'on ECT(1), too' arrives $to $f 0x01 3
	done
	is "$(lost $to)" 0 'nothing was lost'
	not_ok 'what cannot be marked is dropped' \
		inside alpha ping -n -c 3 -i 0.2 -W 1 "$(inner4 $to)"
	is "$(lost $to)" 3 'and counted'
	is "$(query $to peers '.[] | select(.name == "alpha").drops.ecn')" 3 \
		'with its peer'
	must unmarked $to
	ok "without the router all is well" reach alpha $to
done

# --- TCP ----------------------------------------------------------------------
head -c 3000000 /dev/urandom >$tmp/file
for n in alpha beta gamma; do
	inside $n sysctl -qw net.ipv4.tcp_ecn=1
done
for to in beta gamma; do
	must marks $to ect
	capture $tmp/tcp.pcap alpha tun0 tcp
	ok "TCP to $to by way of a router that marks" \
		transfer alpha $to 4 $tmp/file
	release $tmp/tcp.pcap
	more "$(packets $tmp/tcp.pcap 'tcp[13] & 0xd2 = 0xc2')" 0 \
		'its SYN asks for ECN'
	more "$(packets $tmp/tcp.pcap 'tcp[13] & 0xd2 = 0x52')" 0 \
		'which is agreed on'
	more "$(packets $tmp/tcp.pcap 'tcp[13] & 0x42 = 0x40')" 0 \
		'the receiver tells of marks'
	more "$(packets $tmp/tcp.pcap 'tcp[13] & 0x82 = 0x80')" 0 \
		'and the sender that it goes slower'
	is "$(lost $to)" 3 'nothing was lost'
	must unmarked $to
done
stop alpha beta gamma
finish
