#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A member floods a node with compressed packets that cost work and hold
# nothing: the node mutes it and says so, and serves a third node all the same.
# On a quiet machine the median of that node's pings stays under 1 ms. Another
# flood, of KeyUpdates over TLS, ends its connection.
# shellcheck source=tests/system/lib.sh disable=SC2317 # called by name
. tests/system/lib.sh

BAR_MS=200 # of a very busy machine; without any bound it was some 800 ms
outer=4
network alpha mallory gamma
for n in alpha mallory; do
	conf $n 'compalgos = zlib:9:65535' 'channelidle = 500ms'
done
start alpha mallory gamma
ok 'mallory is a member' reach mallory alpha
ok 'gamma is another one' reach gamma alpha
is "$(query alpha peers '.[] | select(.name == "mallory").compressor')" zlib \
	'mallory may compress'
is "$(query alpha peers '.[] | select(.name == "gamma").compressor')" none \
	'gamma did not ask for that'
stop mallory

drops() { # drops REASON: of packets from mallory
	query alpha peers ".[] | select(.name == \"mallory\") |
		.drops[\"$1\"] // 0"
}
some() { [ "$(drops "$1")" -gt "$2" ]; }
median() { # of the round trips of gamma's pings, in microseconds
	inside gamma ping -n -i 0.02 -c 150 -W "$LIMIT" "$(inner4 alpha)" |
		sed -n 's/.*time=\([0-9.]*\) ms/\1/p' | sort -n |
		awk '{ t[NR] = $1 } END { printf "%d", 1000 * t[int((NR + 1) / 2)] }'
}
echo "# idle: the median is $(median) us"
# Small ones first that are well formed and grow to 9000 bytes; behind them
floods=("swollen=9000,30000,9000") # 200 Mbit/s of short and of long ones in turn
for ((i = 0; i < 300; i++)); do
	floods+=("hollow=60,19000,500" "hollow=1392,9000,500"
		"hollow=8990,2300,500" "hollow=60000,400,500")
done
inside mallory "$O/tests/helpers/rogue" mallory alpha $tmp/mallory/state \
	"$(outer4 mallory)" "$(outer4 alpha)" 3406 init=none "${floods[@]}" \
	>$tmp/rogue 2>&1 &
flooder=$!
soon 'what grows comes' some inner-malformed 100
us=$(median)
echo "# while that grows: the median is $us us"
more $((BAR_MS * 1000)) "$us" 'gamma is served'
soon 'what is hollow comes' some unpack 0
before=$(drops muted)
soon '... and is dropped unread' some muted $((before + 10000))
us=$(median)
echo "# under the flood: the median is $us us"
more $((BAR_MS * 1000)) "$us" 'gamma is served'
ok 'the flood is still there' kill -0 $flooder
kill $flooder
wait $flooder 2>/dev/null
more "$(drops unpack)" 0 'some were tried'
more 2000 "$(drops unpack)" '... and few'
is "$(logs alpha 'peer=mallory peer-muted')" 1 'one event names it'
is "$(query alpha status '[.warnings[] | select(.warning == "peer-muted").peer] |
	unique | join(" ")')" mallory 'so does the status'
echo "# the longest turn: $(query alpha status .loop_longest_ms) ms"

# --- KeyUpdates: 64 of them, and the connection has long ended -----------------
updates() {
	sleep 1
	for ((i = 0; i < 64; i++)); do
		echo K
		sleep 0.02
	done
}
updates | inside mallory timeout "$LIMIT" openssl s_client \
	-connect "$(outer4 alpha):3406" -alpn cluevpn/1 \
	-cert $tmp/mallory/node.pem -key $tmp/mallory/node.key \
	>$tmp/client 2>&1
soon 'a flood of KeyUpdates ends the connection' says alpha \
	'peer=mallory .*more handshake messages than are needed'
more 20 "$(grep -c KEYUPDATE $tmp/client)" '... after a handful'
ok 'gamma is served all the time' reach gamma alpha
stop alpha gamma
finish
