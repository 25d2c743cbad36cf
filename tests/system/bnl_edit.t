#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# bnl-sign's commands for scripts: add, set, remove, revoke, diff.
set -u
cd "$(dirname "$0")/../.." || exit 1
O=$(cd "${O:-build}" && pwd) || exit 1
page=$PWD/man/bnl-sign.8
# shellcheck source=tests/system/bnl_lib.sh
. tests/system/bnl_lib.sh

s=$O/bnl-sign
cmd() {		# cmd COMMAND [ARGUMENT...]: on the list net
	c=$1
	shift
	run "$s" "$c" -N nobody -k dsa.key -l net "$@"
}
diff() { run "$s" diff "$@"; }
fresh() {	# net is the first list again
	cp net.0 net
	cp net.0 net.prev
	rm -f dsa.key.last
}
body() { sed '/^-----BEGIN/,$d; /^timestamp/d; /^history/d' "$1"; }
changes() {	# changes TEXT: what was signed differs by just standard input
	body net.0 >before
	body net >after
	command diff before after | grep '^[<>]' >got
	sed 's/^./&/' >wanted
	cmp -s got wanted
	ok $? "$1"
}
unchanged() {	# unchanged TEXT
	cmp -s net.0 net && cmp -s net.0 net.prev
	ok $? "$1"
}
k1=sha256:$(printf '1%.0s' $(seq 64))
k2=sha256:$(printf '2%.0s' $(seq 64))
k3=sha256:$(printf '3%.0s' $(seq 64))

cat >net <<-END
	# Ours.
	network   example.org
	prefix    10.156.0.0/16        # all of it
	prefix    10.157.0.0/16
	prefix    fd00:c1::/48

	# Berlin
	node alpha                     # the first one
	  address 192.0.2.1            # eth0
	  address 198.51.100.1
	  subnet  10.156.0.0/24
	  # subnet 10.156.7.0/24

	node beta
	  address beta.example.org port 4406
	  subnet  10.156.1.0/25
	  subnet  fd00:c1::/64
	  key     $k1
	# Bonn
	node delta

	node epsilon
	# The end.
END
sign --first net
code 0 'a list to begin with'
cp net net.0
[ -f net.0 ] && body net >net.body

# --- add ----------------------------------------------------------------------
cmd add gamma
code 0 'a node of nothing but a name'
changes 'is put behind the one that comes before it' <<-END
	> 
	> node gamma
END
verify -k dsa.pub net
code 0 'the list verifies'
says out '^history  1' 'and descends from the one before'
same net net.prev 'and is copied'
says out '^nodes    5,' 'and has one node more'

fresh
cmd add gamma --address 203.0.113.7 port 4407 --address gamma.example.org \
	--subnet 10.156.2.0/24 --key "$k2" --subnet fd00:c1:0:1::/64
code 0 'a node with all that there is'
says out '^+ node gamma' 'which is shown'
says out '^+   address 203.0.113.7:4407' 'with its port'
changes 'it stands in the list in due form' <<-END
	> 
	> node gamma
	>   address 203.0.113.7 port 4407
	>   address gamma.example.org
	>   subnet  10.156.2.0/24
	>   subnet  fd00:c1:0:1::/64
	>   key     $k2
END
fresh
cmd add -n --address '203.0.113.7 port 4407' gamma
code 0 'a dry run'
says out '^+   address 203.0.113.7:4407' 'shows what would come'
unchanged 'and does nothing'
[ "$(ls net.edit.* 2>/dev/null)" = '' ]
ok $? 'and leaves nothing'
cmd add --address 203.0.113.7 port 4407 -- gamma
code 0 'options first'
says out '^+ node gamma' 'are fine'
fresh

refuses() {	# refuses CODE PATTERN TEXT ARGUMENT...
	want=$1
	pattern=$2
	t=$3
	shift 3
	cmd "$@"
	code "$want" "$t"
	says err "$pattern" '  and says so'
	unchanged '  and signs nothing'
}
refuses 1 '^bnl-sign: net: node beta is in the list already (line [0-9]*)' \
	'a name that is there' add beta
refuses 1 'node "Zeta": a name is 1 to 63' 'a bad name' add Zeta
refuses 1 'line feed' 'a name that would be more' add "z
node y"
refuses 2 '^bnl-sign: address "10.0.0.300": expected' 'a bad address' \
	add z --address 10.0.0.300
refuses 2 'port "65536": expected a number from 1 to 65535' 'a bad port' \
	add z --address 192.0.2.9 port 65536
refuses 2 "line feed or '#'" 'an address that would be more' \
	add z --address "192.0.2.9
  subnet 0.0.0.0/0"
refuses 2 'did you mean 10.156.9.0/24' 'a bad subnet' \
	add z --subnet 10.156.9.1/24
refuses 2 'key "sha256:12": expected' 'a bad key' add z --key sha256:12
refuses 2 '^net:[0-9]*:11: subnet 10.156.0.0/23 of z overlaps 10.156.0.0/24 of alpha (line ' \
	'a subnet that is taken' add z --subnet 10.156.0.0/23
refuses 2 '^net:[0-9]*:11: subnet 10.1.0.0/16 of z lies outside every prefix' \
	'a subnet outside the prefixes' add z --subnet 10.1.0.0/16
refuses 2 '^net:[0-9]*:11: .*192.0.2.1' 'an address that is taken' \
	add z --address 192.0.2.1
refuses 2 '^net:[0-9]*:11: address 10.156.77.1 of z lies inside the prefix 10.156.0.0/16 (line 3)' \
	'an address inside a prefix' add z --address 10.156.77.1
refuses 2 '^net:[0-9]*:11: address 10.156.77.1 of z lies inside' \
	'and in its IPv6 form' add z --address ::ffff:10.156.77.1
for a in 127.0.0.1 127.255.255.254 ::1 169.254.7.1 0.1.2.3 240.0.0.1 \
	::ffff:127.0.0.1; do
	refuses 1 "address ${a#::ffff:} of z: " "$a, unless --yes is given" \
		add z --address "$a"
done
refuses 2 'address fe80::1 is an address of one link' 'a link-local address' \
	add z --address fe80::1
refuses 2 '^net:[0-9]*:11: ' 'a key that is taken' add z --key "$k1"
refuses 2 '--key is given twice' 'two keys' add z --key "$k1" --key "$k2"
refuses 2 '^usage: bnl-sign add' 'two names' add y z
refuses 2 '^usage: bnl-sign add' 'no name' add --hosts 3
refuses 2 '^usage: bnl-sign add' 'an option of another command' \
	add z --no-key
refuses 1 'nowhere' 'no such list' add z -l nowhere
refuses 1 'nowhere' 'no such key' add z -k nowhere
refuses 1 'is no trusted key' 'a key that did not sign the list' \
	add z -k other.key
run "$s" add z -l net -k other.key -p dsa.pub -N nobody
code 0 'unless the key that did is named'
verify -k other.pub net
code 0 'then the new key has signed'
fresh

# --- free subnets -------------------------------------------------------------
free() {	# free WANTED TEXT OPTION...
	want=$1
	t=$2
	shift 2
	cmd add -n z "$@"
	sed -n 's/^+   subnet  //p' out | tr '\n' ' ' >got
	echo "$want" | tr '\n' ' ' >wanted
	same got wanted "$t: $want"
}
free 10.156.1.128/32 'for one host' --hosts 1
free 10.156.1.128/31 'for two' --hosts 2
free 10.156.1.128/29 'for three' --hosts 3
free 10.156.1.128/27 'for thirty' --hosts 30
free 10.156.1.128/26 'for one more' --hosts 31
free 10.156.1.128/25 'for 126' --hosts 126
free 10.156.2.0/24 'for one more' --hosts 127
free 10.157.0.0/16 'for 65534' --hosts 65534
free 10.156.2.0/23 'by its length' --subnet4 23
free 10.157.0.0/24 'in another prefix' --prefix 10.157.0.0/16 --subnet4 24
free 10.156.64.0/20 'in a part of one' --subnet4 20 --prefix 10.156.64.0/18
free fd00:c1:0:1::/64 'of IPv6' --subnet6 64
free '10.156.1.128/28
fd00:c1:0:8000::/64' 'of both, in a part of the one' --hosts 14 --subnet6 64 \
	--prefix fd00:c1:0:8000::/49
free '10.156.1.128/29
10.156.1.136/29' 'two of them' --hosts 5 --hosts 5
free '10.156.1.128/30
10.156.1.132/30' 'beside one that is given' --subnet 10.156.1.128/30 \
	--subnet4 30
refuses 2 'address 10.156.1.130 of z lies inside the prefix' \
	'a new address inside the prefix' add z --hosts 14 \
	--address 10.156.1.130
refuses 1 '^bnl-sign: net: no subnet of length 15 is free in any prefix' \
	'there is no room' add z --hosts 70000
refuses 1 'no subnet of length 24 is free in 10.156.0.0/23' \
	'there is no room in that part' add z --subnet4 24 \
	--prefix 10.156.0.0/23
refuses 1 '10.158.0.0/16 lies outside every prefix of the list' \
	'that is no prefix of the list' add z --hosts 3 --prefix 10.158.0.0/16
refuses 2 '--hosts "0": expected a number' 'no hosts' add z --hosts 0
refuses 2 '--hosts "3x": expected a number' 'no number' add z --hosts 3x
refuses 2 '--subnet4 "33": expected a length from 1 to 32' 'a bad length' \
	add z --subnet4 33
refuses 2 '--subnet6 "0": expected a length from 1 to 128' 'a bad length' \
	add z --subnet6 0
refuses 2 '--prefix "10.0.0.0": expected' 'a bad prefix' add z --hosts 3 \
	--prefix 10.0.0.0
refuses 2 '--prefix is given twice for IPv4' 'two prefixes of a kind' \
	add z --hosts 3 --prefix 10.156.0.0/16 --prefix 10.157.0.0/16
refuses 2 '--prefix is for' 'a prefix for nothing' add z \
	--prefix 10.156.0.0/16

# --- add, many at once --------------------------------------------------------
fresh
cat >many <<-END
	# Racked on Monday.
	node gamma
	  address 203.0.113.7 port 4407 # behind the wall
	  subnet  10.156.2.0/24
	  key     $k2

	node zeta
	node eta
	  subnet  10.156.3.0/24
END
cmd add --from many
code 0 'all nodes of a file'
says out '3 added, 0 removed' 'are added'
changes 'in one list, in due form' <<-END
	> 
	> node eta
	>   subnet  10.156.3.0/24
	> 
	> node gamma
	>   address 203.0.113.7 port 4407
	>   subnet  10.156.2.0/24
	>   key     $k2
	> 
	> node zeta
END
[ "$(grep -c '^history' net)" = 1 ]
ok $? 'with one signature'
verify -k dsa.pub net
code 0 'that verifies'
fresh
"$s" add -N nobody -k dsa.key -l net --from - <many >out 2>err
rc=$?
code 0 'the same from standard input'
fresh
i=0
while [ $i -lt 4000 ]; do
	echo "node h$i"
	echo "  subnet 10.157.$((i / 256)).$((i % 256))/32"
	i=$((i + 1))
done >thousands
cmd add --from thousands
code 0 '4,000 nodes'
says out '4000 added, 0 removed' 'are all there'
t=$(sed -n 's/^timestamp *//p' net)
[ "$(date -ud "$t" +%s)" -le $(($(date +%s) + 60)) ]
ok $? 'and the list is not dated ahead'
fresh
printf 'node eta\n  subnet 10.156.0.0/33\n' >many
refuses 2 '^many:2:10: subnet "10.156.0.0/33"' 'an error has its line' \
	add --from many
printf 'node eta\n\nnode beta\nnode alpha\n' >many
refuses 1 '^many:3: node beta is in the list already' \
	'nodes that are there have their lines' add --from many
says err '^many:4: node alpha is in the list already' '  each of them'
says err '2 of the 3 nodes in many cannot be added' '  and are counted'
printf 'node eta\nnode eta\n' >many
refuses 2 '^many:2:6: node eta is given twice (line 1)' 'a node twice' \
	add --from many
printf 'prefix 10.0.0.0/8\nnode eta\n' >many
refuses 2 '^many:1:1: prefix does not belong among nodes to be added' \
	'what is no node' add --from many
refuses 2 '^/dev/null: there is no node in it: expected' 'no node at all' \
	add --from /dev/null
refuses 1 nowhere 'no such file' add --from nowhere
printf 'node eta\n  subnet 192.168.7.0/24\n' >many
refuses 2 'subnet 192.168.7.0/24 of eta lies outside every prefix' \
	'what the whole list forbids' add --from many
refuses 2 'expected no NODE' 'a node beside it' add --from many theta
refuses 2 'expected no NODE' 'a subnet beside it' \
	add --from many --hosts 4
refuses 2 'from is given twice' 'two files' add --from many --from many

# --- set ----------------------------------------------------------------------
cmd set alpha --address 198.51.100.1 --address 203.0.113.1 port 1
code 0 'new addresses'
says out '^~ node alpha' 'which are shown'
changes 'are what changes, what stays is as it was' <<-END
	<   address 192.0.2.1            # eth0
	>   address 203.0.113.1 port 1
END
fresh
cmd set alpha --key "$k2"
code 0 'a key'
changes 'is pinned' <<-END
	>   key     $k2
END
fresh
cmd set beta --no-key --subnet 10.156.1.0/24 --no-address
code 0 'several things'
changes 'are done at once' <<-END
	<   address beta.example.org port 4406
	<   subnet  10.156.1.0/25
	<   subnet  fd00:c1::/64
	<   key     $k1
	>   subnet  10.156.1.0/24
END
fresh
cmd set beta --key "$k1" --address beta.example.org port 4406
code 0 'what is so already'
says out 'nothing has changed' 'is told'
unchanged 'and signs nothing'
refuses 1 'no node "alhpa" in the list, did you mean "alpha"' 'no such node' \
	set alhpa --no-key
refuses 2 '^usage: bnl-sign set' 'nothing to set' set alpha
refuses 2 '--key and --no-key' 'yes and no' set alpha --key "$k2" --no-key
refuses 2 '^usage: bnl-sign set' 'an option of another command' \
	set alpha --hosts 3
refuses 2 '^net:[0-9]*:11: subnet 10.156.1.0/25 of beta overlaps 10.156.1.0/24 of alpha' \
	'a subnet that is taken' set alpha --subnet 10.156.1.0/24

# --- remove -------------------------------------------------------------------
cmd remove beta
code 0 'a node that is pinned'
says out '^- node beta' 'is removed'
says out "^+ revoke  $k1" 'and its key revoked'
changes 'and all else stays' <<-END
	< node beta
	<   address beta.example.org port 4406
	<   subnet  10.156.1.0/25
	<   subnet  fd00:c1::/64
	<   key     $k1
	> 
	> revoke    $k1   # beta
END
[ ! -s err ]
ok $? 'without a word of warning'
cp net net.1
cmd add beta
code 1 'it does not come back without a key'
says err '^bnl-sign: net: a key of beta was revoked (line [0-9]*): .*--key' \
	'which is told'
same net net.1 'and nothing is signed'
cmd add beta --key "$k1"
code 2 'nor with the old one'
says err '^net:[0-9]*:11: ' 'which is told with its place'
cmd add beta --key "$k2"
code 0 'but with a new one'
fresh
cmd remove --no-revoke beta
code 0 'a key need not be revoked'
! grep -q ^revoke net
ok $? 'and is not then'
cmd add beta --key "$k1"
code 0 'so that the node may come back with it'
fresh
cmd remove delta
code 0 'a node without a key'
says err '^bnl-sign: the list has no key of delta, so none is revoked' \
	'about which one is told'
changes 'goes too' <<-END
	< node delta
END
fresh
refuses 1 'no terminal to ask on' 'half of the nodes' \
	remove alpha beta
says err '^bnl-sign: 2 of 4 nodes would be gone' '  with the reason'
cmd remove -y alpha beta alpha
code 0 'with --yes they go'
verify -k dsa.pub net
says out '^nodes    2,' 'all at once'
fresh
refuses 1 'alpha is this machine' 'this machine' remove alpha -N alpha
cmd remove -N alpha -n alpha
code 0 'a dry run tells it'
says err 'alpha is this machine' 'too'
unchanged 'and does nothing'
refuses 1 'no node "gamma" in the list' 'one that is not there, with another' \
	remove -y alpha gamma
refuses 2 '^usage: bnl-sign remove' 'none' remove

# --- revoke -------------------------------------------------------------------
cmd revoke "$k2" "$k3" "$k2"
code 0 'keys'
changes 'are revoked, each once' <<-END
	> 
	> revoke    $k2
	> revoke    $k3
END
cp net net.1
cmd revoke "$k3"
code 0 'a key that is revoked already'
same net net.1 'is no error, and nothing is signed'
fresh
{
	echo '# of today'
	echo
	echo "$k2   # gamma: stolen"
	echo "  $k3#"
	echo "$k2"
} >queue
cmd revoke --from queue "$k3"
code 0 'keys in a file'
changes 'are revoked with their names' <<-END
	> 
	> revoke    $k2   # gamma
	> revoke    $k3
END
cmd add gamma
code 1 'which want a pin when they come back'
fresh
cmd revoke --from /dev/null
code 0 'an empty file'
unchanged 'revokes nothing'
echo "$k2 $k3" >queue
echo beta >>queue
refuses 2 '^queue:1:73: unexpected "sha256:3*" after the key' \
	'a file with errors' revoke --from queue
says err '^queue:2:1: "beta": expected sha256: and 64' '  all of them'
"$s" revoke -N nobody -k dsa.key -l net --from - >out 2>err <<-END
	$k2
END
rc=$?
code 0 'keys from a pipe'
fresh
refuses 1 'nowhere' 'no such file' revoke --from nowhere
refuses 2 '"beta": expected sha256:' 'no key at all' revoke beta
refuses 2 '^usage: bnl-sign revoke' 'nothing to revoke' revoke
refuses 2 '^net:[0-9]*:11: .*beta.*revoked' 'the key of a node' revoke "$k1"

# --- what is replaced ---------------------------------------------------------
# A file that only its owner may read is overwritten: it may be a key.
fresh
chmod 600 net
exec 9<net
cmd add omega
code 0 'a file that only its owner may read is replaced'
[ "$(tr -d '\0' <&9 | wc -c)" -eq 0 ]
ok $? 'and overwritten'
exec 9<net
chmod 644 net
cmd add psi
code 0 'one that all may read is replaced'
[ "$(tr -d '\0' <&9 | wc -c)" -gt 0 ]
ok $? 'and left to its readers'
exec 9<&-
fresh

# --- care for the file --------------------------------------------------------
fresh
echo '# begun' | cat - net.0 >net
cp net net.1
cmd add gamma
code 1 'a list with changes that nobody signed'
says err 'net: it has changes that are not signed: .*bnl-sign net' 'is told'
same net net.1 'and left alone'
sed 's/192.0.2.1 /192.0.2.3 /' net.0 >net
cp net net.prev
cp net net.1
cmd add gamma
code 1 'a list that was tampered with'
says err 'does not verify' 'is told'
same net net.1 'and left alone'
fresh
cmd add gamma
cp net net.1
cp net.0 net
cmd add omega
code 1 'a list that is older than the last one signed'
says err 'is older than net.prev' 'is told'
fresh

cmd add n1
cp net net.1
fresh
flock . sh -c 'touch held; until [ -e go ]; do sleep 0.01; done; cp net.1 net' &
until [ -e held ]; do sleep 0.01; done
"$s" add n2 -N nobody -k dsa.key -l net >out 2>err </dev/null &
for _ in $(seq 500); do
	grep -q -- "-> FLOCK .* $! " /proc/locks && break
	sleep 0.01
done
touch go
wait $!
rc=$?
code 1 'a list that a daemon has stored meanwhile'
says err 'no longer the list' 'is told'
same net net.1 'and stays'
wait
fresh
flock net.lock sh -c 'touch held2; until [ -e go2 ]; do sleep 0.01; done' &
until [ -e held2 ]; do sleep 0.01; done
refuses 1 'by another process' 'a list that somebody edits' add gamma
touch go2
wait

# Many scripts at once: each is done or told so.
for i in 1 2 3 4 5 6 7 8; do
	"$s" add "m$i" --hosts 5 -N nobody -k dsa.key -l net \
		>/dev/null 2>&1 </dev/null && echo "m$i" >>told
done &
for i in 1 2 3 4 5 6 7 8; do
	"$s" add "o$i" --hosts 5 -N nobody -k dsa.key -l net \
		>/dev/null 2>&1 </dev/null && echo "o$i" >>told
done
wait
verify -k dsa.pub --json net
jq -r '.nodes[].name | select(test("^[mo]"))' out | sort >got
sort told >wanted
same got wanted 'of two scripts at once, just what was told is done'
fresh

# --- diff ---------------------------------------------------------------------
diff net.0 net
code 0 'nothing differs'
cmd remove -y beta delta
cmd add gamma --subnet 10.156.1.0/26 --key "$k2"
cmd set alpha --subnet 10.156.0.0/24 --subnet 10.157.1.0/24
cp net net.1
diff net.0 net.1
code 1 'something differs'
{
	echo '~ route 10.156.1.0/26 from beta to gamma'
	echo '- route 10.156.1.64/26 from beta'
	echo '+ route 10.157.1.0/24 to alpha'
	echo '- route fd00:c1::/64 from beta'
} >wanted
grep ' route ' out >got
same got wanted 'who gains and who loses'
says out '^- node beta' 'what went'
says out '^+ node gamma' 'what came'
says out '^~ node alpha' 'what changed'
says out "^+ revoke  $k1" 'what is revoked'
says out ' -> .*: 1 added, 2 removed, 1 changed, 3 nodes' 'and the sum'
diff --json net.0 net.1
code 1 'the same for programs'
[ "$(jq -c '[.differ, [.nodes.added[].name], [.nodes.removed[].name],
	[.nodes.changed[].name], .prefixes.added, .revoked.added]' out)" = \
	"[true,[\"gamma\"],[\"beta\",\"delta\"],[\"alpha\"],[],[\"$k1\"]]" ]
ok $? 'nodes and keys'
[ "$(jq -c '[.routes[] | [.subnet, .from, .to]][0:2]' out)" = \
	'[["10.156.1.0/26","beta","gamma"],["10.156.1.64/26","beta",null]]' ]
ok $? 'routes'
[ "$(jq -r '.nodes.changed[0].new.subnets[1]' out)" = 10.157.1.0/24 ]
ok $? 'before and after'
[ "sha256:$(jq -r .old.digest out | cut -d: -f2)" = \
	"$(sed -n 's/^history.* //p' net.1 | tail -n 1)" ]
ok $? 'versions'
body net.1 >source
diff source net.1
code 0 'a list without a signature is a list'
diff --json source net.1
[ "$(jq -c '[.differ, .old.timestamp]' out)" = '[false,null]' ]
ok $? 'for programs too'
sed 's/192.0.2.1 /192.0.2.3 /' net.0 >bad
diff net.0 bad
code 1 'one whose signature does not verify too'
says out '^+   address 192.0.2.3:3406' 'and differs'
diff net.0 - <net.1
code 2 'standard input that is no list'
"$s" diff net.0 - >out 2>err <net.1
rc=$?
code 1 'standard input'
sed 's/^node alpha/node Alpha/' net.0 >bad
diff net.0 bad
code 2 'a list with errors'
says err '^bad:[0-9]*:6: node "Alpha"' 'is told with its place'
diff net.0 nowhere
code 2 'no such list'
says err nowhere 'is told'
diff net.0
code 2 'one list only'
says err '^usage: bnl-sign diff' 'is told'
diff --nonsense net.0 net.1
code 2 'an unknown option'

# --- a list that is full ------------------------------------------------------
pad() {	# pad BYTES: comments
	yes '# 789012345678901234567890123456789012345678901234567890123456' |
		head -c "$1"
	echo
}
{ body net.0; pad 8300000; } >net
rm -f net.prev
sign --first net
code 0 'a list of nearly 8 MiB'
says err 'warning: the list has [0-9]* bytes of at most 8388608' 'is warned of'
cp net net.prev
cmd add -y theta
code 0 'there is room for a node'
cp net net.prev
awk 'BEGIN { for (i = 0; i < 4000; i++) printf "node h%d\n", i }' >many
cmd add -y --from many
code 1 'and none for 4,000'
says err 'are kept for removals and revocations' '  and it says why'
{ body net.0; pad 8387000; } >net
rm -f net.prev
sign --first net
code 0 'a list that is full'
cp net net.prev
cmd remove -y beta
code 0 'a node is removed from it'
verify -k dsa.pub net
code 0 '  and the list verifies'

# --- the manual page ----------------------------------------------------------
for c in add set remove revoke diff; do
	run "$s" $c --help
	code 0 "$c --help"
	says out "^usage: bnl-sign $c" '  says how'
	missing=
	for o in $(grep -o -- '--[a-z0-9-]*' out | sort -u); do
		grep -q "Fl Fl ${o#--}\>" "$page" || missing="$missing $o"
	done
	[ -z "$missing" ]
	ok $? "  with options that the manual page has$missing"
done
cp net.0 add
sign ./add
code 0 'a list called add is still a list'

fresh
cp net.0 saved.bnl
echo "$k3" >revoked.txt
printf 'node iota\n  subnet 10.156.20.0/24\nnode kappa\n' >rack7.txt
"$O/keygen" ca >out 2>err && "$O/keygen" node gamma --ca . >out 2>err
mv node.pem gamma.pem
mkdir bin
cat >bin/bnl-sign <<-END
	#!/bin/sh
	c=\$1
	shift
	[ "\$c" = diff ] || set -- -N nobody -k dsa.key -l net "\$@"
	exec "$s" "\$c" "\$@"
END
chmod +x bin/bnl-sign
PATH=$dir/bin:$O:$PATH
sed -n '/^\.Sh EXAMPLES/,$p' "$page" |
	awk '/^ *--key/ { print line $0; next }
		/^bnl-sign set/ { line = $0; sub(/\\.*/, "", line); next }
		/^bnl-sign (add|remove|revoke|diff) / { print }' |
	sed 's,/var/lib/cluevpn/network.bnl,net,' >examples
[ "$(wc -l <examples)" -eq 7 ]
ok $? 'the examples of the manual page'
while read -r example; do
	wanted=0
	[ "${example#*diff}" = "$example" ] || wanted=1
	run sh -c "$example"
	code $wanted "  $example"
	# "Remove it" and then "see first": it has to be there once more.
	case $example in
	'bnl-sign remove gamma')
		says out '^+ revoke' '    revokes its key'
		fresh
		cmd add gamma ;;
	esac
done <examples
tap_end
