#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Keys that are of no use any more are nowhere in the memory of the daemon, nor
# of the process that stays root; while they are, they are found. And nobody
# but root can look.
# shellcheck source=tests/system/lib.sh disable=SC2317,SC2329 # called by name
. tests/system/lib.sh

setpriv --reuid=65534 true 2>/dev/null ||
	skip_all 'there is no other user here'
network alpha beta gamma
chmod 755 $tmp
keys=$tmp/keys
cipher=${cipher:-aes-256-gcm}
conf alpha 'user = nobody' 'rekey = 2s' 'rekeyresponder = 3s' 'reject = 10s' \
	'channelidle = 1s' 'pullinterval = 3600s' "cryptalgos = $cipher:100" \
	'nodeupcmd = true' "logfile = $tmp/alpha/log"
for n in beta gamma; do
	conf $n 'rekey = 2s' 'rekeyresponder = 3s' 'reject = 10s' \
		'channelidle = 1s' 'pullinterval = 3600s'
done
under[alpha]="env LD_PRELOAD=$O/tests/helpers/preload/keys.so
	ASAN_OPTIONS=verify_asan_link_order=0 KEYS_FILE=$keys"

processes() { # alpha's
	echo "${pid[alpha]}" "$(pgrep -P "${pid[alpha]}")"
}
find() { # find WORDS: the names of those that are found
	# shellcheck disable=SC2046 # words
	"$O/tests/helpers/memfind" $(processes) <<<"$1" >$tmp/found &&
		sed '$d' $tmp/found | cut -d' ' -f2 | sort -u | tr '\n' ' '
}
found() { # found WORDS NAMES: just these
	local got

	got=$(find "$1") && [ "$got" = "$2" ] && return
	echo "found: $got"
	head -n 30 $tmp/found
	false
}
bytes() { # bytes FILE FROM LENGTH: as digits
	od -An -v -tx1 -j "$2" -N "$3" "$1" | tr -d ' \n'
}
# Of each key the last 16 bytes: what is freed loses its beginning at once.
secret() { # secret PEER: the first one of alpha's record: magic, version, name
	local f=$tmp/alpha/state/pairs/$1.pair

	echo "$1 $(bytes "$f" $((7 + 1 + 1 + ${#1} + 1 + 16 + 16)) 16)"
}
static() { # alpha's static key: behind the magic
	bytes $tmp/alpha/state/static.key $((8 + 16)) 16
}
# used KIND: keys of that kind, each once; a line of words with that name
used() {
	sort -u $keys | sed -nE "s/^($1) .*(.{32})\$/\1 \2/p" |
		grep -v "$(static)"
}
pem() { # from the lines of alpha's key
	grep -v '^[-#]' $tmp/alpha/node.key | while read -r l; do
		[ ${#l} -lt 48 ] || echo "pem $(printf %s "${l:16:32}" |
			od -An -v -tx1 | tr -d ' \n')"
	done
}
made() { query alpha peers ".[] | select(.name == \"$1\") | .handshakes"; }
anew() { [ "$(made "$1")" -ge "$2" ]; }
speak() { # speak SECONDS: with both others
	inside alpha ping -q -n -i 0.2 -w "$1" "$(inner4 beta)" >/dev/null &
	inside alpha ping -q -n -i 0.2 -w "$1" "$(inner4 gamma)" >/dev/null &
	wait $!
}

start alpha beta gamma
ok 'packets go' reach alpha beta
ok 'to both others' reach alpha gamma
soon 'a hook has run' says alpha 'peer=beta peer-up'

# --- what is there, is found ----------------------------------------------------
is "$(processes | wc -w)" 2 'the daemon and the process that stays root'
beta=$(secret beta) gamma=$(secret gamma)
ok 'the secrets of both pairs are found' found "$beta
$gamma" 'beta gamma '
ok 'and the static key' found "static $(static)" 'static '
more "$(used cipher | wc -l)" 3 'keys of packets were used'
ok 'of which some are found' found "$(used cipher)" 'cipher '

# --- the file of the private key ------------------------------------------------
more "$(pem | wc -l)" 1 'the file has lines'
ok 'the text of the private key is nowhere' found "$(pem)" ''
kill -HUP "${pid[alpha]}"
soon 'it is read again' says alpha 'certificate reloaded'
ok 'and is nowhere again' found "$(pem)" ''

# --- sessions that were followed by others ----------------------------------------
used x25519 >$tmp/ephemeral
more "$(wc -l <$tmp/ephemeral)" 1 'keys of handshakes were made'
used cipher >$tmp/first
used tls >$tmp/tls
more "$(wc -l <$tmp/tls)" 3 'and keys of TLS'
# Of sessions three are kept.
with_beta=$(($(made beta) + 4)) with_gamma=$(($(made gamma) + 4))
speakers=()
for n in beta gamma; do
	nsenter --net=/run/netns/alpha \
		ping -q -n -i 0.2 "$(inner4 $n)" >/dev/null &
	speakers+=($!)
done
soon 'there were other sessions with beta' anew beta $with_beta
soon 'and with gamma' anew gamma $with_gamma
kill "${speakers[@]}"
wait "${speakers[@]}" 2>/dev/null
soon 'the keys of handshakes are gone' found "$(cat $tmp/ephemeral)" ''
soon 'those of the first sessions' found "$(cat $tmp/first)" ''
ok 'and those of connections' found "$(cat $tmp/tls)" ''
ok 'while those of the pairs are there' found "$beta
$gamma" 'beta gamma '

# --- another secret ----------------------------------------------------------------
must ctl alpha negotiate gamma
other() { [ "$(secret gamma)" != "$gamma" ]; }
soon 'another secret with gamma is agreed' other
speak 3
last=$(secret gamma)
proven() { found "$gamma" '' && found "$last" 'gamma '; }
soon 'then the old one is gone, and the new one is there' proven

# --- a node that is removed ---------------------------------------------------------
list alpha gamma
give alpha
chown -R nobody $tmp/alpha/state
kill -USR1 "${pid[alpha]}"
soon 'beta is no node any more' query alpha peers \
	'if any(.[]; .name == "beta") then error else . end'
without() { [ ! -e $tmp/alpha/state/pairs/beta.pair ]; }
soon 'its record is erased' without
ok 'its secret is nowhere' found "$beta
$last" 'gamma '
stop gamma
used cipher >$tmp/last
soon 'the sessions with gamma end' found "$(cat $tmp/last)" ''
ok 'and nothing is left of any handshake' found "$(used x25519)" ''
ok 'nor of a connection' found "$(used tls)" ''

# --- secrets that were read from disk ------------------------------------------------
stop alpha beta
list alpha beta gamma
give alpha beta gamma
chown -R nobody $tmp/alpha/state
start alpha beta gamma
ok 'packets go again' reach alpha beta
beta=$(secret beta) last=$(secret gamma)
ok 'with secrets that are found' found "$beta
$last" 'beta gamma '
list alpha gamma
give alpha
chown -R nobody $tmp/alpha/state
kill -USR1 "${pid[alpha]}"
soon 'the removed one'\''s is erased' without
ok 'from memory, too' found "$beta
$last" 'gamma '

# --- who may look --------------------------------------------------------------------
p=${pid[alpha]}
as_user() { # as_user FILE: the daemon's own user reads it
	setpriv --reuid=65534 --regid=65534 --clear-groups \
		head -c 1 "/proc/$p/$1"
}
for f in mem environ maps; do
	not_ok "its own user may not read its $f" as_user $f
done
ok 'as it may of another of its own' setpriv --reuid=65534 --regid=65534 \
	--clear-groups head -c 1 /proc/self/environ
locked=$(awk '$1 == "VmLck:" { print $2 }' "/proc/$p/status")
if says alpha 'may be swapped out'; then
	is "$locked" 0 'its memory may be swapped out, as it says'
else
	more "$locked" 1000 'its memory stays out of the swap'
fi
is "$(awk '/^Max core file size/ { print $5, $6 }' "/proc/$p/limits")" '0 0' \
	'it leaves no core file'
# Root without the capability to look at all: no more than the monitor has.
bare=(setpriv --inh-caps=-all "--bounding-set=-all,+kill")
look() {
	"${bare[@]}" head -c 1 "/proc/$1/environ"
}
"${bare[@]}" sleep 1000 &
soon 'root may look at a process of root' look $!
kill $!
not_ok 'but not at the one that stays root' look "$(pgrep -P "$p")"

finish
