#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A new list: pushed from one node, pulled by the others, refused when it is
# old or was altered; and a reload, which ends no session.
# shellcheck source=tests/system/lib.sh disable=SC2317 # called by name
. tests/system/lib.sh

outer=4
network alpha beta gamma
member delta
for n in "${nodes[@]}"; do conf "$n" 'unanswered = 2s'; done
start alpha beta gamma
for to in beta gamma; do ok "alpha and $to" reach alpha $to; done
ok 'beta and gamma' reach beta gamma

time_of() { sed -n 's/^timestamp //p' "$1"; }
has_newest() { # has_newest NODE: it is in force there
	query "$1" status .list | grep -q "^$(time_of "$tmp/network.bnl")"
}
push() { # push NODE: gives it the list that was signed last, and tells it
	give "$1"
	kill -USR1 "${pid[$1]}"
}
names() { query "$1" peers '[.[].name] | join(" ")'; }
has_names() { [ "$(names "$1")" = "$2" ]; }

# --- a node more ----------------------------------------------------------------
is "$(names alpha)" 'beta gamma' 'alpha knows nothing of delta'
list alpha beta gamma delta
push alpha
soon 'alpha knows delta' has_names alpha 'beta delta gamma'
soon 'and so does beta' has_names beta 'alpha delta gamma'
soon 'and gamma' has_names gamma 'alpha beta delta'
give delta
start delta
for n in alpha beta gamma; do
	soon "the new list is in force at $n" has_newest $n
	ok "delta reaches $n" reach delta $n
	ok "$n reaches delta" reach $n delta
	is "$(cmp $tmp/network.bnl $tmp/$n/state/network.bnl 2>&1)" '' \
		"$n has it on disk, byte for byte"
	is "$(logs $n 'peer=delta node-new')" 1 "$n says so once"
done
for n in beta gamma; do
	is "$(stat -c %a $tmp/$n/state/network.bnl)" 600 "private at $n"
done

# --- signed on the disk, and nobody told ------------------------------------------
list alpha beta gamma delta
cp $tmp/network.bnl $tmp/older.bnl
list alpha beta gamma delta
give alpha
cp $tmp/older.bnl $tmp/beta/state/network.bnl
kill -USR1 "${pid[beta]}"
for n in alpha beta gamma delta; do
	soon "the newest list, which lay at alpha, is in force at $n" \
		has_newest $n
done
is "$(logs alpha 'the list on disk is newer')" 1 'alpha says why'

# --- a node less ----------------------------------------------------------------
before=$(query beta peers '.[0].handshakes')
list alpha beta delta
push beta
for n in alpha beta delta; do
	soon "the list without gamma is in force at $n" has_newest $n
	is "$(logs $n 'peer=gamma node-gone')" 1 "$n says so once"
	WAIT=1 not_ok "gamma does not reach $n" reach gamma $n
	WAIT=1 not_ok "$n does not reach gamma" reach $n gamma
	not_ok "$n has no secret with it" \
		test -e $tmp/$n/state/pairs/gamma.pair
done
is "$(query beta peers '.[0].handshakes')" "$before" \
	'the session of alpha and beta lives on'
ok 'beta reaches delta' reach beta delta
for n in alpha beta; do
	soon "gamma is told why by $n" says gamma "peer=$n .*not in the list"
done
told() { logs gamma 'peer=(alpha|beta) .*not in the list'; }
before=$(told)
WAIT=2 reach gamma alpha >/dev/null
WAIT=2 reach gamma beta >/dev/null
is "$(told)" "$before" 'it does not say so again'
give gamma
kill -HUP "${pid[gamma]}"
soon 'with that list on its disk, it knows' says gamma \
	'error: list-self-gone: .*gamma'
is "$(query gamma status .peers)" 0 'it has no peers'
is "$(query gamma status .network)" example.org 'but it still runs'
has_address() { inside "$1" ip addr show dev tun0 | grep -q ' 10\.156\.'; }
not_ok 'without its addresses' has_address gamma
ok 'which the others have' has_address alpha

list alpha beta gamma delta
push alpha
for n in alpha beta gamma delta; do
	soon "gamma is in the list again at $n" has_newest $n
done
WAIT=1 soon 'and reaches alpha' reach gamma alpha
WAIT=1 soon 'beta reaches it' reach beta gamma

# --- lists that are refused -----------------------------------------------------
cp $tmp/network.bnl $tmp/good.bnl
was=$(query alpha status .list)
refused() { # refused WHAT PATTERN: alpha is given a list that it refuses
	local before

	before=$(logs alpha "$2")
	kill -HUP "${pid[alpha]}"
	more_of() { [ "$(logs alpha "$2")" -gt "$1" ]; }
	soon "$1: the log says why" more_of "$before" "$2"
	is "$(query alpha status .list)" "$was" "$1: the old one stays in force"
	ok "$1: traffic goes on" reach alpha beta
}
disk=$tmp/alpha/state/network.bnl
sed -i 's/^node delta$/node delfa/' $disk
refused 'a list that was altered' 'list-refused.*signature'
install -m 600 $tmp/good.bnl $disk
flip $disk -60
refused 'a signature that was altered' 'list-refused.*signature'
: >$disk
refused 'an empty file' 'list-refused.*0 bytes'
must "$O/keygen" bnl -t ed25519 -o $tmp/other.key
must "$O/bnl-sign" -y -k $tmp/other.key --first -o $tmp/other.bnl \
	$tmp/network.txt
install -m 600 $tmp/other.bnl $disk
refused 'a list of another key' 'list-refused.*(trusted|key)'
list alpha beta gamma delta
install -m 600 $tmp/network.bnl $disk
chmod 666 $disk
refused 'a list that others may write' 'list-refused.*chmod'
rm $disk
refused 'no list' 'list-refused.*No such file'
install -m 600 $tmp/good.bnl $disk
is "$(query alpha status .list)" "$was" 'after all that'

# --- older ones -----------------------------------------------------------------
old=$tmp/good.bnl
list alpha beta gamma delta
push gamma
for n in alpha beta gamma delta; do
	soon "a newer one is in force at $n" has_newest $n
done
was=$(query alpha status .list)
install -m 600 $old $disk
refused 'an older list on the disk' 'list-refused.*older'
stop alpha
install -m 600 $old $disk
inside alpha nft 'add table inet t
	add chain inet t out { type filter hook output priority 0; }
	add chain inet t in { type filter hook input priority 0; }
	add rule inet t out tcp dport 3406 drop
	add rule inet t in tcp dport 3406 drop'
start alpha
is "$(query alpha status .list_stale)" true 'an older list at the start'
ok 'the log says so' says alpha 'list-refused.*older'
WAIT=1 not_ok 'nothing is routed' reach alpha beta
inside alpha nft delete table inet t
soon 'until it has found the current one' has_newest alpha
is "$(query alpha status .list_stale)" false 'which is in force'
ok 'then there is traffic' reach alpha beta

# --- a start without a proper list ------------------------------------------------
stop alpha beta
flip $disk 100
conf beta 'unanswered = 2s' 'pullinterval = 1s'
start alpha beta
ok 'an altered list at the start: the log says so' says alpha \
	'list-refused.*signature'
soon 'beta brings the right one' has_newest alpha
ok 'then there is traffic' reach alpha beta

# --- by pulls alone -----------------------------------------------------------------
list alpha beta gamma delta
give alpha
kill -HUP "${pid[alpha]}"
soon 'beta, who pulls every second, gets a list that nobody pushes' \
	has_newest beta
for n in gamma delta; do soon "and $n gets it from there" has_newest $n; done

# --- a reload -------------------------------------------------------------------------
conf beta
kill -HUP "${pid[beta]}"
soon 'a reload' says beta 'configuration and certificate reloaded'
ok 'alpha and beta' reach alpha beta
handshakes() { query alpha peers '.[] | select(.name == "beta") | .handshakes'; }
before=$(handshakes)/$(logs alpha pair-new)
tcp=$(connections alpha)
inside alpha ping -n -q -c 60 -i 0.05 -W 10 "$(inner4 beta)" >$tmp/ping &
ping=$!
reloads() { logs alpha 'configuration and certificate reloaded'; }
for i in 1 2 3; do
	conf alpha "cryptalgos = chacha20-poly1305:$i" "keepalive = 2$i"
	n=$(reloads)
	more_reloads() { [ "$(reloads)" -gt "$n" ]; }
	kill -HUP "${pid[alpha]}"
	soon "reload $i" more_reloads
done
wait $ping
ok 'no packet was lost' grep -q ' 60 received' $tmp/ping
is "$(handshakes)/$(logs alpha pair-new)" "$before" 'the session is the same'
is "$(connections alpha)" "$tcp" 'and no TCP connection was made'
# A renewed certificate: pairs that last as long as it does are agreed behind
# the back of the session.
inside alpha ping -n -q -c 60 -i 0.05 -W 10 "$(inner4 beta)" >$tmp/ping &
ping=$!
must "$O/keygen" sign $tmp/alpha/node.csr -o $tmp/alpha/node.pem --force \
	--ca $tmp/ca
before=$(logs alpha pair-new)
kill -HUP "${pid[alpha]}"
more_pairs() { [ "$(logs alpha pair-new)" -ge $((before + 3)) ]; }
soon 'with a new certificate all pairs are agreed anew' more_pairs
wait $ping
ok 'and no packet is lost' grep -q ' 60 received' $tmp/ping
conf alpha 'mtu = 7'
kill -HUP "${pid[alpha]}"
soon 'a bad configuration: the log says so' says alpha \
	'cluevpn\.conf:[0-9]+:[0-9]+: .*1280'
soon 'and that everything stays' says alpha 'stays as it was'
ok 'traffic goes on' reach alpha beta
conf alpha 'mtu = 1300'
sed -i 's/^devname = .*/devname = tun7/' $tmp/alpha/cluevpn.conf
kill -HUP "${pid[alpha]}"
soon 'what needs a restart is said' says alpha 'devname has changed: restart'
mtu() { inside alpha ip -j link show tun0 | jq -e '.[0].mtu == 1300'; }
soon 'and what does not is done' mtu
finish
