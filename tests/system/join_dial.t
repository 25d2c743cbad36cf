#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2317 # "holds" and "fails" call what they are given
# A token names several addresses, and only the last one leads to the host that
# invites; and the way there takes small packets only, without saying so.
cd "$(dirname "$0")/../.." || exit 1
NEEDS='ethtool ip nsenter nft socat pgrep'
# shellcheck source=tests/system/host_test.sh
. tests/system/host_test.sh

host_add alpha 192.0.2.10/32 2001:db8::10/128
host_add other 192.0.2.77/32 192.0.2.78/32 2001:db8::77/128
for n in beta gamma delta; do
	i=$((${i:-20} + 1))
	host_add $n "192.0.2.$i/32" "2001:db8::$i/128"
done

# 192.0.2.77 is silent, 192.0.2.78 takes connections and says nothing.
on other nft 'add table inet t
	add chain inet t in { type filter hook input priority 0; }
	add rule inet t in ip daddr 192.0.2.77 drop
	add rule inet t in ip6 daddr 2001:db8::77 tcp dport 3407 drop'
on other socat TCP4-LISTEN:3407,bind=192.0.2.78,reuseaddr,fork \
	SYSTEM:'cat >/dev/null' &

holds 'init' on alpha cluevpnctl init --key-type ed25519 --no-start

invite() {	# invite NAME VIA...: its token is in $HOSTS_DIR/token
	n=$1
	shift
	via=
	for a; do via="$via --via $a"; done
	rm -f "$HOSTS_DIR/invite"
	# shellcheck disable=SC2086 # words
	on alpha cluevpnctl invite $via "$n" >"$HOSTS_DIR/invite" 2>&1 &
	inviting=$!
	within 10000 grep -q '^waiting' "$HOSTS_DIR/invite" || return 1
	sed -n "/^on $n,/{n;p;}" "$HOSTS_DIR/invite" >"$HOSTS_DIR/token"
}
joins() {	# joins NAME: without waiting until an address has failed
	began=$(now)
	on "$1" timeout 60 cluevpnctl join --no-start <"$HOSTS_DIR/token" \
		2>"$HOSTS_DIR/said" || return 1
	echo "# $1: after $(($(now) - began)) ms" >"$HOSTS_DIR/took"
	! grep 'trying the next address' "$HOSTS_DIR/said"
}

ended() {	# the invitation is over, whoever has come
	on alpha pkill -TERM -x cluevpnctl
	wait "$inviting"
}

holds 'beta is invited, to silent addresses first' \
    invite beta 192.0.2.77 2001:db8::77 192.0.2.10
holds 'and joins by the last one' joins beta
cat "$HOSTS_DIR/took"
ended
holds 'gamma is invited, to a host that says nothing first' \
    invite gamma 192.0.2.78 192.0.2.10
holds 'and joins by the other one' joins gamma
cat "$HOSTS_DIR/took"
ended

# A router that drops what is larger than 600 bytes, and its ICMP.
for h in alpha delta; do
	on $h nft 'add table inet t
		add chain inet t in { type filter hook input priority 0; }
		add rule inet t in meta nfproto ipv4 meta length > 600 drop'
	on $h ethtool -K eth0 tso off gso off gro off 2>/dev/null
done
holds 'delta is invited' invite delta 192.0.2.10
holds 'and joins where only small packets pass' joins delta
cat "$HOSTS_DIR/took"
ended
on other pkill -x socat
tap_end
