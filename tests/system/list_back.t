#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# An old list and its copy are put back, as the daemon's user can do in its
# folder: no removed node and no revoked key is signed in again unseen.
set -u
cd "$(dirname "$0")/../.." || exit 1
O=$(cd "${O:-build}" && pwd) || exit 1
# shellcheck source=tests/system/bnl_lib.sh
. tests/system/bnl_lib.sh

mkdir safe lists
mv dsa.key safe/bnl.key
s=$O/bnl-sign
cmd() {		# cmd COMMAND ARGUMENT...: with the key that remembers
	c=$1
	shift
	run "$s" "$c" -y -N nobody -k safe/bnl.key -l lists/net "$@"
}
put_back() {	# put_back N: the pair of files that was kept as N
	cp "lists/$1" lists/net
	cp "lists/$1" lists/net.prev
}
k1=sha256:$(printf '1%.0s' $(seq 64))
list >text
run "$s" -y -N nobody -k safe/bnl.key --first -o lists/net text
code 0 'a first list'
same safe/bnl.key.last lists/net 'is kept beside the key'
[ "$(stat -c '%F %u' safe/bnl.key.last)" = "regular file $(id -u)" ]
ok $? 'in a file of the caller'
cmd add gamma --key "$k1"
code 0 'a node'
cp lists/net lists/1
cmd remove gamma
code 0 'goes, and its key is revoked'
cp lists/net lists/2
same safe/bnl.key.last lists/net 'the last list is remembered'

put_back 1
cmd add delta
code 1 'an old pair of files is not followed'
says err '^node gamma would come back' 'the node that would come back is named'
says err "^key $k1 would be good again" 'and the revoked key'
says err 'go-back' 'and the way out'
same lists/net lists/1 'nothing is signed'
cmd add -n delta
code 1 'a dry run says the same'
run "$s" -y -f -N nobody -k safe/bnl.key lists/net
code 1 'nor is it signed anew'
run "$s" -y -N nobody -k safe/bnl.key -o lists/new lists/net
code 1 'nor copied to another place'
echo 'node delta' >text
sed '/^-----BEGIN/,$d' lists/1 | cat - text >lists/net
sed -n '/^-----BEGIN/,$p' lists/1 >>lists/net
run "$s" -y -N nobody -k safe/bnl.key lists/net
code 1 'nor is an edit of it'
put_back 1
run "$s" -y -N nobody -k safe/bnl.key -o lists/net safe/bnl.key.last
code 0 'the list that was signed last is put back'
same lists/net lists/2 'as the message says'
cmd add delta
code 0 'and the work goes on'

# A fork: newer, and its history does not name the last one.
cp safe/bnl.key.last last
put_back 1
cp safe/bnl.key other
chmod 600 other
sleep 1
run "$s" add -y -N nobody -k other -l lists/net epsilon
code 0 'a copy of the key has no memory'
cmd add zeta
code 1 'a newer list that passes the last one over is not followed'
says err '^node gamma would come back' 'the node is named'
same safe/bnl.key.last last 'the memory stays'
cmd add --go-back zeta
code 0 'it is, when that is asked for'
same safe/bnl.key.last lists/net 'and remembered'
cmd add eta
code 0 'from then on'
# A key that is a pipe.
run sh -c "cat other | '$s' add -y -N nobody -k /dev/stdin -l lists/net theta"
code 0 'a key that is no file has no memory'
says err 'warning' 'which is told'
ls -d /dev/stdin.last >out 2>&1
[ $? -ne 0 ]
ok $? 'and nothing is left there'
tap_end
