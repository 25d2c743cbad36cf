#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Lists that are no good, from members of the network and from the disk: each
# is refused with one line and one count, whichever way it comes; the one in
# force stays, and traffic goes on.
# shellcheck source=tests/system/lib.sh disable=SC2317,SC2329 # called by name
. tests/system/lib.sh

member=$O/tests/helpers/member
rawsign=$O/tests/helpers/rawsign
bads=$tmp/bad
mkdir "$bads"

outer=4
network alpha beta evil
# What is pulled comes from evil's machine: one name for each bad list, since
# nobody who delivered one is asked again soon.
cases='older signer flipped cut cutblock nonsense overlap outside covers
	future network huge large many unsent short silent'
evil=$tmp/evil
declare -A port=()
n=5000
for c in $cases; do
	n=$((n + 1))
	port[$c]=$n
	mkdir "$evil/$c"
	must "$O/keygen" node "m-$c" -d "$evil/$c" --ca $tmp/ca
	cp $tmp/ca/ca.pem "$evil/$c"
	extra[evil]="${extra[evil]:-}
node m-$c
  address $(outer4 evil) port $n"
done
for n in alpha beta; do conf $n 'unanswered = 2s'; done
list alpha beta evil
cp $tmp/network.bnl $tmp/older.bnl
list alpha beta evil
cp $tmp/network.bnl $tmp/good.bnl
give alpha beta

# --- the lists -----------------------------------------------------------------
later=$(($(date +%s) + 3600))
stamp() { date -u -d "@$1" +%Y-%m-%dT%H:%M:%SZ; }
# text SECONDS LINE...: the good list's, dated then, with these lines more
text() {
	sed -n '/^-----BEGIN/q; p' $tmp/good.bnl |
		sed "s/^timestamp .*/timestamp $(stamp "$1")/"
	shift
	[ $# -eq 0 ] || printf '%s\n' "$@"
}
raw() { "$rawsign" $tmp/bnl.key; }
must "$O/keygen" bnl -t ed25519 -o $tmp/other.key
text $later >$tmp/text
raw <$tmp/text >$tmp/newer.bnl
size=$(stat -c %s $tmp/newer.bnl)
signed=$(stat -c %s $tmp/text)

cp $tmp/older.bnl $bads/older
"$rawsign" $tmp/other.key <$tmp/text >$bads/signer
cp $tmp/newer.bnl $bads/flipped
flip $bads/flipped 30
head -c $((signed / 2)) $tmp/newer.bnl >$bads/cut
head -c $((size - 30)) $tmp/newer.bnl >$bads/cutblock
text $later 'nodes x' | raw >$bads/nonsense
text $later 'node x' '  subnet 10.156.1.128/25' | raw >$bads/overlap
text $later 'node x' '  subnet 10.157.1.0/24' | raw >$bads/outside
text $later 'node x' '  address 10.156.77.7' 'node y' \
	'  subnet 10.156.77.0/24' | raw >$bads/covers
text $((later + 50 * 3600)) | raw >$bads/future
text $later | sed 's/^network .*/network example.com/' | raw >$bads/network
head -c $((8 * 1024 * 1024 + 1)) /dev/zero >$bads/huge
cp $tmp/newer.bnl $bads/large
text $later "$(seq -f 'node n%.0f' 65536)" | raw >$bads/many
for c in unsent short silent; do cp $tmp/newer.bnl $bads/$c; done

# How a peer brings it, what is counted, what the log says.
declare -A how=(
	[older]="-v $later" [flipped]="-v $later" [cut]="-v $later"
	[cutblock]="-v $later" [nonsense]="-v $later" [overlap]="-v $later"
	[outside]="-v $later" [covers]="-v $later" [huge]="-v $later -n 8388609"
	[large]='-n 8388609' [many]="-v $later" [unsent]='-c 0'
	[short]="-c $((size - 1))" [silent]=-q
)
declare -A why=(
	[older]=other [signer]=signer [flipped]=signature [cut]=signature
	[cutblock]=syntax [nonsense]=syntax [overlap]=conflict
	[outside]=conflict [covers]=conflict [future]=date [huge]=size
	[network]=network
	[large]=size [many]=size [unsent]=undelivered [short]=undelivered
	[silent]=undelivered
)
declare -A words=(
	[older]='not the version that was announced'
	[signer]='no trusted key' [flipped]='the list was changed after'
	[cut]='cut short' [cutblock]='signature block' [nonsense]='"nodes"'
	[overlap]='overlaps 10.156.1.0/24 of alpha'
	[outside]='outside every prefix' [covers]='covers the address 10.156.77.7'
	[network]='of the network "example.com", but the list in force'
	[future]='ahead of now' [huge]='impossible size'
	[large]='impossible size' [many]='65536'
	[unsent]='did not deliver it' [short]='did not deliver it'
	[silent]='does not answer'
)

# --- what is looked at ------------------------------------------------------------
refusals() { # refusals REASON|"": how many alpha has counted
	query alpha status "[.list_refused | to_entries[] |
		select(\"$1\" == \"\" or .key == \"$1\").value] | add // 0"
}
lines() { logs alpha "${1:-}list-refused: ${2:-}"; }
more_refused() { [ "$(refusals "")" -gt "$1" ]; }
bring() { # bring MEMBER [OPTION]...: it dials alpha, until hang_up
	local c=$1

	shift
	# shellcheck disable=SC2086 # words
	nsenter --net=/run/netns/evil "$member" -d "$evil/$c" ${how[$c]:-} "$@" \
		"m-$c" alpha "$(outer4 alpha)" 3406 "$bads/$c" \
		>"$evil/$c/said" 2>&1 &
	bringer=$!
}
hang_up() {
	kill $bringer 2>/dev/null
	wait $bringer 2>/dev/null
}
heard() { # heard MEMBER PATTERN: it has been told that
	grep -q -e "$2" "$evil/$1/said"
}
unharmed() { # unharmed WHAT: the list is the good one, and there is traffic
	is "$(query alpha status .list)" "$force" "$1: the one in force stays"
	is "$(cmp $tmp/good.bnl $tmp/alpha/state/network.bnl 2>&1)" '' \
		"$1: on the disk too"
	ok "$1: traffic goes on" reach alpha beta
}

# --- pushed ---------------------------------------------------------------------------
start alpha beta
ok 'alpha reaches beta' reach alpha beta
force=$(query alpha status .list)
is "$(refusals "")" 0 'nothing is refused yet'
for c in $cases; do
	all=$(refusals "") of=$(refusals "${why[$c]}")
	said=$(lines)
	bring $c
	soon "pushed, $c: refused" more_refused "$all"
	is "$(refusals "${why[$c]}") $(refusals "") $(lines)" \
		"$((of + 1)) $((all + 1)) $((said + 1))" \
		"pushed, $c: one count, as ${why[$c]}, and one line"
	is "$(lines "warn: peer=m-$c " ".*${words[$c]}")" 1 \
		"pushed, $c: which says who and why"
	hang_up
done
# Not again soon: none is even asked for it.
for c in signer large silent; do
	bring $c
	soon "pushed again, $c: heard" heard $c '^\(hello\|refused\)'
	sleep 1
	not_ok "pushed again, $c: not asked" heard $c '^asked'
	hang_up
done
is "$(refusals "")" "$(wc -w <<<"$cases")" 'pushed: nothing more is counted'
unharmed 'after all that was pushed'
stop alpha

# --- offered on a connection that stands ------------------------------------------------
start alpha
for c in overlap large unsent; do
	all=$(refusals "")
	bring $c -o
	soon "offered, $c: refused" more_refused "$all"
	is "$(lines "warn: peer=m-$c " ".*${words[$c]}")" 2 \
		"offered, $c: with a line once more after the restart"
	hang_up
done
unharmed 'after all that was offered'
stop alpha

# --- pulled -----------------------------------------------------------------------------
conf alpha 'unanswered = 2s' 'pullinterval = 1s'
servers=()
for c in $cases; do
	# shellcheck disable=SC2086 # words
	nsenter --net=/run/netns/evil "$member" -l -d "$evil/$c" ${how[$c]:-} \
		"m-$c" alpha 0.0.0.0 "${port[$c]}" "$bads/$c" \
		>"$evil/$c/said" 2>&1 &
	servers+=($!)
done
for c in $cases; do
	soon "m-$c listens" grep -q '^listening' "$evil/$c/said"
done
: >$tmp/alpha/log
start alpha
pulled_all() { [ "$(refusals "")" -ge "$(wc -w <<<"$cases")" ]; }
LIMIT=90 soon 'pulled: each is refused' pulled_all
# Every one has been asked, and none is asked once more.
sleep 3
is "$(refusals "")" "$(wc -w <<<"$cases")" 'pulled: each is counted once'
is "$(logs alpha list-fork)" 0 'pulled: what is refused is called no rival'
for c in $cases; do
	is "$(lines "warn: peer=m-$c ")" 1 "pulled, $c: one line"
	is "$(lines "warn: peer=m-$c " ".*${words[$c]}")" 1 \
		"pulled, $c: which says why"
done
# shellcheck disable=SC2086 # words
for r in $(printf '%s\n' "${why[@]}" | sort -u); do
	is "$(refusals $r)" "$(printf '%s\n' "${why[@]}" | grep -cx $r)" \
		"pulled: as many count as $r"
done
unharmed 'after all that was pulled'
kill "${servers[@]}"
wait "${servers[@]}" 2>/dev/null
stop alpha

# --- on the disk, read at a reload or to be pushed -----------------------------------------
conf alpha 'unanswered = 2s'
disk=$tmp/alpha/state/network.bnl
why[older]=older words[older]='older than the one in force'
words[huge]='larger than 8388608 bytes'
on_disk='older signer flipped cut cutblock nonsense overlap outside covers
	future huge many'
start alpha
for signal in HUP USR1; do
	for c in $on_disk; do
		all=$(refusals "") of=$(refusals "${why[$c]}") said=$(lines)
		install -m 600 "$bads/$c" "$disk"
		kill -$signal "${pid[alpha]}"
		soon "$signal, $c: refused" more_refused "$all"
		is "$(refusals "${why[$c]}") $(refusals "") $(lines)" \
			"$((of + 1)) $((all + 1)) $((said + 1))" \
			"$signal, $c: one count, as ${why[$c]}, and one line"
		ok "$signal, $c: which says why" \
			says alpha "error: list-refused: .*${words[$c]}"
		is "$(query alpha status .list)" "$force" \
			"$signal, $c: the one in force stays"
	done
done
install -m 600 $tmp/good.bnl "$disk"
unharmed 'after all that was on the disk'
is "$(query beta status .list_refused)" '{}' 'nothing of it came to beta'
stop alpha

# --- at the start -----------------------------------------------------------------------------
words[older]='older than .* the newest one ever taken'
for c in $on_disk; do
	install -m 600 "$bads/$c" "$disk"
	: >$tmp/alpha/log
	start alpha
	soon "start, $c: the log says why" \
		says alpha "error: list-refused: .*${words[$c]}"
	is "$(refusals "${why[$c]}") $(refusals "") $(lines)" '1 1 1' \
		"start, $c: one count, as ${why[$c]}, and one line"
	in_force() { [ "$(query alpha status .list)" = "$force" ]; }
	soon "start, $c: beta brings the good one" in_force
	ok "start, $c: there is traffic" reach alpha beta
	stop alpha
done

# --- of the same second ---------------------------------------------------------------------
# One of the two wins wherever they meet, and whoever sees both names both.
text $later '# one' | raw >$tmp/one
text $later '# two' | raw >$tmp/two
digest() { "$O/bnl-verify" -k $tmp/bnl-pub.pem --json "$1" | jq -r .version.digest; }
winner=$tmp/one loser=$tmp/two
[[ $(digest $winner) > $(digest $loser) ]] || winner=$tmp/two loser=$tmp/one
forks() { logs alpha "list-fork: .*$(short $winner).*$(short $loser)"; }
forked() { [ "$(forks)" -gt 0 ]; }
has() { query alpha status .list | grep -q "($(short "$1"))"; }
for way in push HUP; do
	start alpha
	install -m 600 $loser "$disk"
	kill -HUP "${pid[alpha]}"
	soon "$way: alpha has the one that is to lose" has $loser
	is "$(forks)" 0 "$way: nothing is known of the other"
	if [ $way = HUP ]; then
		install -m 600 $winner "$disk"
		kill -HUP "${pid[alpha]}"
	else
		cp $winner $bads/signer
		how[signer]=
		bring signer
	fi
	soon "$way: the winner replaces it" has $winner
	[ $way = HUP ] || hang_up
	is "$(forks)" 1 "$way: one alarm names both"
	install -m 600 $loser "$disk"
	all=$(refusals "")
	kill -HUP "${pid[alpha]}"
	soon "$way: the loser is refused then" more_refused "$all"
	is "$(refusals same-time)" 1 "$way: as of the same second"
	cp $loser $bads/outside
	how[outside]=
	bring outside
	soon "$way: it is met again" heard outside ^hello
	sleep 1
	not_ok "$way: and not asked for" heard outside ^asked
	hang_up
	is "$(forks)" 1 "$way: and the alarm is not repeated"
	ok "$way: traffic goes on" reach alpha beta
	soon "$way: beta has the winner" sh -c "$O/cluevpnctl -s $tmp/beta/ctl \
		--json status | grep -q '($(short $winner))'"
	stop alpha
	stop beta
	for n in alpha beta; do # back to before
		rm -f $tmp/$n/state/mark
		give $n
		: >$tmp/$n/log
	done
	start beta
done
finish
