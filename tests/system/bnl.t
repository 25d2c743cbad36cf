#!/bin/sh
# bnl-sign and bnl-verify on real files.
set -u
cd "$(dirname "$0")/../.." || exit 1
O=$(cd "${O:-build}" && pwd) || exit 1
page=$PWD/man/cluevpn-bnl.5
# shellcheck source=tests/system/bnl_lib.sh
. tests/system/bnl_lib.sh

# --- the first list ---------------------------------------------------------
list >net
cp net net.0
sign net
code 1 'an unsigned list is refused'
says err '--first' 'and told of --first'
same net net.0 'and not touched'
sign --first -n net
code 0 'a dry run'
says out '^+ node beta' 'shows what would come'
same net net.0 'and changes nothing'
[ ! -e net.prev ]
ok $? 'and leaves nothing behind'
chmod 640 net
sign --first net
code 0 'the first list is signed'
[ "$(stat -c %a net)" = 640 ] && [ "$(stat -c %a net.prev)" = 640 ]
ok $? 'and keeps its mode'
same net net.prev 'and is copied'
grep -v '^timestamp' net | sed '/^-----BEGIN/,$d' | cmp -s - net.0
ok $? 'and is otherwise byte for byte what it was'
verify -k dsa.pub net
code 0 'it verifies'
says out '^nodes    2, with 2 addresses and 2 subnets' 'and is summed up'
verify -k other.pub -k ed.pub -k dsa.pub net
code 0 'it verifies with one of several keys'
verify -k other.pub net
code 1 'it does not verify with another key'
says err 'no trusted key' 'which is told'
verify -k dsa.key net
code 2 'a private key is no key to verify with'
says err '^bnl-verify: dsa.key: this is a private key' 'and is named'
cat dsa.pub other.pub >two.pub
verify -k two.pub net
code 2 'nor are two keys in a file'
sign -p other.key -n net
code 1 'nor does bnl-sign -p take it'
says err '^bnl-sign: other.key: this is a private key' 'which is said'
verify -k dsa.pub --json net
[ "$(jq -r '.valid, .network, .nodes[1].name, .nodes[1].addresses[0].port' \
	out | tr '\n' ' ')" = 'true example.org beta 4406 ' ]
ok $? 'it is shown as JSON'
verify -k other.pub --json net
[ "$(jq -r '.valid, .error' out | tr '\n' ' ')" = 'false signer ' ]
ok $? 'a refusal too'
prefix=$(awk '$1 == "prefix" { print $2; exit }' net)
verify -k dsa.pub --inside "${prefix%/*}" net
code 0 'an address is inside'
[ "$(cat out)" = "$prefix" ]
ok $? 'its prefix is shown'
for a in 192.0.2.1 2001:db8::1; do
	verify -k dsa.pub --inside $a net
	code 3 "$a is not"
done
[ ! -s out ]
ok $? 'no prefix is shown'
verify -k other.pub --inside "${prefix%/*}" net
code 1 'in a list that does not verify none is'
for a in '' 10.0.0 10.0.0.1/8 fe80::1%eth0; do
	verify -k dsa.pub --inside "$a" net
	code 2 "\"$a\" is no address"
done
sign --first net
code 1 '--first is for the first list only'

# --- in place ---------------------------------------------------------------
cp net net.1
sign net
code 0 'nothing has changed'
same net net.1 'so nothing is signed'
sed -i 's/^node beta/node gamma/' net
verify -k dsa.pub net
code 1 'an edited list does not verify'
cp net net.edited
sign -y net
code 0 'but can be signed'
says out '^- node beta' 'what went is shown'
says out '^+ node gamma' 'what came is shown'
verify -k dsa.pub net
code 0 'then it verifies'
says out '^history  1' 'and knows what it came from'
cp net net.2
sign -f net
code 0 'an unchanged list can be signed anew'
verify -k dsa.pub net
says out '^history  2' 'as a list of its own'
cp net net.3

cp net.edited net
sign net
code 1 'an edit of an older list is refused'
says err 'not edited from net.prev' 'which is told'
same net net.edited 'and it is not touched'
cp net.2 net
sign net
code 1 'an older list is refused'
says err 'is older than net.prev' 'which is told'
sed '/^-----BEGIN/,$d' net.3 >net
sign net
code 1 'an edit without the old block is refused'
{ cat net; echo 'node late'; sed -n '/^-----BEGIN/,$p' net.prev; } >net.new
mv net.new net
sign net
code 0 'and taken once the block is put back'
cp net net.4

echo '# eta' | cat - net.4 >net
rm net.prev
sign net
code 1 'an edit of a list that nobody kept is refused'
sign --first net
code 0 'unless it is to be a first list'
cp net.4 net
cp net.4 net.prev
sed -i 's/192.0.2.1$/192.0.2.2/' net.prev
sed -i 's/192.0.2.1$/192.0.2.2/' net
sign net
code 1 'a copy that was tampered with too does not help'
says err 'signature does not verify' 'which is told'
cp net.4 net
cp net.4 net.prev

# A newer list that the daemon has taken meanwhile.
cp net.3 net.prev
sign net
code 0 'a newer list that verifies'
same net.4 net.prev 'becomes the one to go on from'

# --- errors in the list -----------------------------------------------------
sed -i 's/^node alpha/node Alpha/; s/10.156.2.0/10.157.2.0/' net
sign net
code 2 'a list with errors'
says err '^net:9:6: node "Alpha"' 'each is told with its place'
says err '^net:14:11: subnet 10.157.2.0/24 of gamma lies outside' 'at once'
cp net.4 net
echo 'node behind' >>net
sign net
code 2 'text after the block'
says err '^net:[0-9]*:1: text among the blocks' 'is told'
cp net.4 net

# --- a list of a later version ----------------------------------------------
later() {	# later TEXT...: net is the list with these lines in front
	{ printf '%s\n' "$@"; sed '/^-----BEGIN/,$d' net.4; } |
		"$O/tests/helpers/rawsign" dsa.key >net
	cp net net.prev
}
later 'format 2'
verify -k dsa.pub net
code 1 'a list of a later format is not shown'
says err '^bnl-verify: net:.*format 2.*a later version' 'what it needs is told'
sign -f net
code 1 'nor is it signed anew'
says err 'a later version of ClueVPN is needed' 'for that reason'
run "$O/bnl-sign" add -N nobody -k dsa.key -o net gamma
[ "$rc" -ne 0 ]
ok $? 'nor edited'
later 'skip colour' 'colour blue'
verify -k dsa.pub net
code 0 'a list with a statement that may be skipped is valid'
says out '^skipped  1 line' 'which is told'
cp net net.skip
sign -f net
code 2 'but not signed by a program that does not know it'
says err '^net:1:1: skip names a statement' 'the line is named'
same net net.skip 'and it is left alone'
{ cat net.4; printf '%s\n' '-----BEGIN BNL NEW-----' x '-----END BNL NEW-----'
} >net
cp net net.prev
verify -k dsa.pub net
code 0 'a block of an unknown kind does not matter to a node'
sign -f net
code 2 'but the list is not signed anew'
says err '^net:[0-9]*:1: block "NEW" is unknown' 'for it would be lost'
cp net.4 net
cp net.4 net.prev

# --- keys -------------------------------------------------------------------
run "$O/bnl-sign" -k other.key net
code 1 'another key follows nothing'
run "$O/bnl-sign" -k other.key -p dsa.pub net
code 0 'unless the old one is named'
verify -k other.pub net
code 0 'then the list is signed by the new one'
run "$O/bnl-sign" -k ed.key -p dsa.pub -p other.pub net
code 0 'from DSA to Ed25519'
verify -k ed.pub net
says out '^history  5' 'all of it one line of descent'
chmod 644 ed.key
run "$O/bnl-sign" -k ed.key net
code 1 'a key that others can read is refused'
chmod 600 ed.key
run "$O/bnl-sign" -k dsa.pub net
code 1 'a public key does not sign'
cp net.4 net
cp net.4 net.prev

# --- time -------------------------------------------------------------------
cat >future.c <<-'END'
	#include <stddef.h>
	#include <time.h>
	int clock_gettime(clockid_t c, struct timespec *t)
	{ (void)c; t->tv_sec = 4000000000; t->tv_nsec = 0; return 0; }
END
if ${CC:-cc} -shared -fPIC -o future.so future.c 2>/dev/null &&
    LD_PRELOAD=$dir/future.so "$O/bnl-sign" -f -k dsa.key net >out 2>err; then
	cp net net.future
	sign -f net
	code 1 'a list dated far ahead is not followed'
	says err '--reset-time' 'and the way back is told'
	same net net.future 'and nothing is changed'
	sign --reset-time net
	code 0 'it is taken back to the present time'
	verify -k dsa.pub net
	says out "^version  20[2-9][0-9]-" 'which it then has'
else
	for t in 1 2 3 4 5; do
		ok 0 "no way to set the clock here # skip"
	done
fi
cp net.4 net
cp net.4 net.prev

# --- elsewhere --------------------------------------------------------------
list >source
sign --first -o target source
code 0 'a list signed to another place'
list | cmp -s - source
ok $? 'the source stays as it is'
same target target.prev 'and can be edited there'
sed -i 's/10.156.1.0/10.156.9.0/' source
sign -o target source
code 0 'a source without a block follows the target'
verify -k dsa.pub target
says out '^history  1' 'as its descendant'
cp target target.1
sed -i 's/^node beta/node delta/' target
cp target target.edit
sign -o target source
code 1 'a target with an open edit is not replaced'
same target target.edit 'nor touched'
echo 'network other' >target
sign -o target net.4
code 1 'a target that does not verify is not replaced either'
cp target.1 target
sign -o target net.1
code 1 'an older list does not replace a newer one'

# --- the editor -------------------------------------------------------------
editor 'printf "node zeta\n" >>"$f"'
sign -e net
code 0 'edited and signed'
says out '^+ node zeta' 'what came is shown'
verify -k dsa.pub net
code 0 'the list verifies'
[ -z "$(find . -name 'net.edit.*')" ]
ok $? 'and no copy is left'
cp net net.5
editor ':'
sign -e net
code 0 'an edit that changes nothing'
same net net.5 'signs nothing'
editor 'exit 1'
sign -e net
code 1 'an editor that fails'
same net net.5 'installs nothing'
rm -f net.edit.*

editor 'printf "node Eta\n" >>"$f"'
sign -e net
code 2 'an edit with an error'
says err "^$(ls net.edit.*):[0-9]*:6: node \"Eta\"" 'is told with its place'
same net net.5 'and not installed'
kept=$(ls net.edit.*)
says err "bnl-sign -o net $kept" 'but kept, and how to go on is told'
sed -i 's/Eta/eta/' "$kept"
sign -o net "$kept"
code 0 'which works'
verify -k dsa.pub net
code 0 'and gives a list that verifies'
rm -f net.edit.*
cp net net.6

editor 'if grep -q Theta "$f"; then sed -i s/Theta/theta/ "$f"; else
	echo node Theta >>"$f"; fi'
rm -f dsa.key.last
echo e | "$O/bnl-sign" -e -k dsa.key net >out 2>err
rc=$?
code 0 'the edit goes on when asked'
says err 'dit again' 'as the question said'
says out '^+ node theta' 'until it is right'
cp net net.7

# The folder of the list is another user's: the copy lies elsewhere.
if [ "$(id -u)" -eq 0 ] && setpriv --reuid=65534 true 2>/dev/null; then
	mkdir theirs
	cp net net.prev theirs
	chown -R 65534 theirs
	editor 'ls -ld "$(dirname "$f")" >where; printf "node kappa\n" >>"$f"'
	sign -e theirs/net
	code 0 'an edit in the folder of another user'
	says where '^drwx------.* root .*/bnl-sign' 'is made in a folder of root'
	[ ! -e "$(awk '{ print $NF }' where)" ]
	ok $? 'which goes away'
	cp theirs/net theirs/net.1
	echo secret >victim
	editor 'rm "$f"; ln -s "$PWD/victim" "$f"'
	sign -e theirs/net
	code 1 'a link in the place of the edit'
	says err 'left no regular file of your own' 'is not read'
	editor 'ln "$f" "$f.2"; echo "node lambda" >>"$f"'
	sign -e theirs/net
	code 1 'nor is a file with a second name'
	same theirs/net theirs/net.1 'nothing is signed'
	says victim '^secret$' 'and what the link led to is as it was'
	rm -rf theirs /var/tmp/bnl-sign.*
	cp net.7 net
fi

editor 'printf "node iota\n" >>"$f"; cp net.6 net'
sign -e net
code 1 'a list that was replaced during the edit'
says err 'no longer the list' 'is told'
same net net.6 'and left alone'
kept=$(ls net.edit.*)
says err "diff net $kept" 'the edit is kept'
grep -q '^node iota' "$kept"
ok $? 'with all that is in it'
cp net.7 net
sign -o net "$kept"
code 0 'and it still fits the list that it began from'
cp net.6 net
sign -o net "$kept"
code 1 'but not another one'
cp net.7 net
cp net.7 net.prev
rm -f net.edit.*

editor "\"$O/bnl-sign\" -f -k dsa.key net 2>inner; echo \$? >inner.rc"
sign -e net
[ "$(cat inner.rc)" -eq 1 ] && grep -q 'another process' inner
ok $? 'two at once are kept apart'
same net net.7 'and nothing happens to the list'

editor 'sed -i "s/^# node/node/" "$f"'
sign -e --first new
code 0 'a first list from the template'
verify -k dsa.pub new
says out '^nodes    1,' 'which is a valid one'

sed -n '/^network   example.org/,/^\.Ed/p' "$page" | sed '$d' >example
sign --first example
code 0 'the manual page shows a list that can be signed'
verify -k dsa.pub example
says out '^nodes    2, with 2 addresses and 3 subnets' 'of two nodes'

# --- care ---------------------------------------------------------------------
six() {
	printf 'network example.org\n'
	printf 'node n%s\n' 1 2 3 4 5 6
}
six >net
rm -f net.prev
sign --first net
cp net net.six
without() {	# without NODE...: the list of six less these, to be signed
	cp net.six net
	cp net.six net.prev
	for n; do sed -i "/^node $n$/d" net; done
	cp net net.edited
}
without n1 n2
sign net
code 0 'a third of the nodes may go unasked'
without n1 n2 n3
sign -n net
code 0 'a dry run takes more than that'
says err '3 of 6 nodes would be gone' 'and tells it'
sign net
code 1 'to be signed, somebody must say so'
says err 'no terminal to ask on' 'which is told'
says err '--yes' 'with the way to do that'
same net net.edited 'nothing is signed'
same net.prev net.six 'nor copied'
sign -y net
code 0 '--yes says so'
says err '3 of 6 nodes would be gone' 'and is told all the same'
editor "sed -i '/^node n[1-3]$/d' \"\$f\""
without
sign -e net
code 1 'an edit is not signed unasked either'
same net net.six 'and not installed'
kept=$(ls net.edit.*)
says err "bnl-sign -o net $kept" 'but kept'
rm -f net.edit.*

self() {	# self NAME TEXT [OPTION...]: n2 is this machine
	without n2
	t=$2
	want=$1
	shift 2
	rm -f dsa.key.last
	run "$O/bnl-sign" -k dsa.key "$@" net
	code "$want" "$t"
}
self 0 'a node that is another machine may go unasked' -N n1
self 1 'this machine may not' -N n2
says err 'n2 is this machine' 'which is told'
self 0 'unless --yes says so' -N n2 -y
mkdir conf
echo 'name = n2' >conf/cluevpn.conf
self 1 'the configuration tells which one it is' -c conf
self 1 'by its file too' -c conf/cluevpn.conf
self 0 '-N goes before it' -c conf -N n1
self 1 'a configuration that is not there is an error' -c nowhere
says err 'nowhere' 'which is told'
echo 'nome = n2' >conf/cluevpn.conf
self 1 'and so is one that is wrong' -c conf
says err 'conf/cluevpn.conf:1:1: ' 'which is told with its place'
if unshare -r -u true 2>/dev/null; then
	for h in n2 N2 n2.example.org; do
		without n2
		rm -f dsa.key.last
		unshare -r -u sh -c 'hostname "$1"; shift; exec "$@"' sh $h \
			"$O/bnl-sign" -k dsa.key net >out 2>err </dev/null
		rc=$?
		code 1 "without either, the host name does: $h"
	done
	without n2
	rm -f dsa.key.last
	unshare -r -u sh -c 'hostname n22; exec "$@"' sh \
		"$O/bnl-sign" -k dsa.key net >out 2>err </dev/null
	rc=$?
	code 0 'another host is not this one'
else
	for t in 1 2 3 4; do ok 0 'no host name to set # skip'; done
fi
if script -qec true /dev/null >/dev/null 2>&1 </dev/null; then
	asked() {	# asked ANSWER: the same at a terminal
		without n1 n2 n3
		rm -f dsa.key.last
		echo "$1" | script -qec "'$O/bnl-sign' -N n4 -k dsa.key net" \
			/dev/null >out 2>err
		rc=$?
	}
	asked n
	code 1 'at a terminal, no is no'
	same net net.edited 'and nothing is signed'
	says out '3 of 6 nodes would be gone' 'it was told'
	asked y
	code 0 'and yes is yes'
	verify -k dsa.pub net
	code 0 'the list is signed'
else
	for t in 1 2 3 4 5; do ok 0 'no terminal to be had # skip'; done
fi

without n6
f=sha256:$(printf '6%.0s' $(seq 64))
sed "/^-----BEGIN/i revoke $f   # n6" net >with
mv with net
sign net
code 0 'a node goes, and its key is revoked'
cp net net.gone
sed '/^node n5$/a node n6' net.gone >net
cp net net.edited
sign net
code 1 'it does not come back unasked'
says err 'n6 comes back without a key' 'which is told'
same net net.edited 'and nothing is signed'
sed "/^node n6$/a key sha256:$(printf '7%.0s' $(seq 64))" net.edited >net
sign net
code 0 'but with a new key'

# --- a daemon stores a list while another is signed ----------------------------
waits() {	# waits PID: until it waits for a lock
	for _ in $(seq 500); do
		grep -q -- "-> FLOCK .* $1 " /proc/locks && return 0
		kill -0 "$1" 2>/dev/null || return 1
		sleep 0.01
	done
	return 1
}
list >net
rm -f net.prev
sign --first net
cp net net.8
sign -f net
cp net net.9
cp net.8 net
cp net.8 net.prev
# What the store does, in the shell's words: net.9 is there when it is done.
flock . sh -c 'touch held; until [ -e go ]; do sleep 0.01; done; cp net.9 net' &
until [ -e held ]; do sleep 0.01; done
rm -f dsa.key.last
"$O/bnl-sign" -f -k dsa.key net >out 2>err </dev/null &
waits $!
ok $? 'bnl-sign waits for the lock of the store'
same net net.8 'and has changed nothing till then'
touch go
wait $!
rc=$?
code 1 'a list that was stored meanwhile is not overwritten'
says err 'no longer the list' 'which is told'
same net net.9 'it stays'
same net.prev net.8 'and so does the copy'
wait

# --- words ------------------------------------------------------------------
run "$O/bnl-sign" --nonsense
code 2 'bnl-sign: an unknown option'
run "$O/bnl-sign" a b
code 2 'bnl-sign: too many files'
run "$O/bnl-sign" -e -n a
code 2 'bnl-sign: -e and -n'
run "$O/bnl-sign" -k nowhere.key net
code 1 'bnl-sign: no such key'
sign nowhere
code 1 'bnl-sign: no such list'
sign --first nowhere
code 1 'bnl-sign: no such first list'
run "$O/bnl-verify" -k nowhere.pub net
code 2 'bnl-verify: no such key'
verify -k dsa.pub nowhere
code 1 'bnl-verify: no such list'
run "$O/bnl-verify" -k dsa.pub a b
code 2 'bnl-verify: too many files'
ln -s net link
sign -f link
code 1 'bnl-sign: a symbolic link is not replaced'
for t in bnl-sign bnl-verify; do
	run "$O/$t" --help
	code 0 "$t --help"
	run "$O/$t" -V
	code 0 "$t -V"
done
tap_end
