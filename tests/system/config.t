#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The daemon's options, the check of a configuration, start and background.
# shellcheck source=tests/system/lib.sh disable=SC2317 # called by name
. tests/system/lib.sh

outer=4
network alpha beta
daemon=$O/cluevpnd
dir=$tmp/alpha
at=(nsenter --net=/run/netns/alpha)

runs() { # runs RC WHAT COMMAND...: it ends with this code; words in $tmp/said
	local want=$1 what=$2 rc

	shift 2
	timeout 20 "$@" >$tmp/said 2>&1 </dev/null
	rc=$?
	cp $tmp/said $tmp/out
	[ $rc -eq "$want" ]
	result $? "$what: exit status $want (got $rc)"
}
said() { # said PATTERN
	cp $tmp/said $tmp/out
	grep -qE -e "$1" $tmp/said
	result $? "says: $1"
}
count() { # count N: lines that were said
	is "$(wc -l <$tmp/said)" "$1" "says it in $1 lines"
}

# --- options ------------------------------------------------------------------
runs 0 'version' "$daemon" -V
said '^cluevpnd [0-9]+\.[0-9]+'
runs 0 'help' "$daemon" -h
said '^usage: cluevpnd'
runs 2 'an unknown option' "$daemon" -x
said 'usage: cluevpnd'
runs 2 'a word too many' "$daemon" -t now
said 'unexpected argument "now"'
runs 2 'no such level' "$daemon" -d loud
said 'error, warn, info or debug'
runs 2 'no such file' "$daemon" -t -c $tmp/none/cluevpn.conf
said "$tmp/none/cluevpn.conf"
runs 2 'a directory without one' "$daemon" -t -c $tmp/none
said "$tmp/none/cluevpn.conf"

# --- good configurations --------------------------------------------------------
runs 0 'a good configuration' "$daemon" -t -c $dir
said 'cluevpn\.conf: ok$'
runs 0 'named as a file' "$daemon" -t -c $dir/cluevpn.conf
not_ok 'a check leaves nothing behind' test -e $dir/ctl
conf alpha 'node = beta' '  cryptalgos = aes-128-gcm:5'
runs 0 'with a section' "$daemon" -t -c $dir

# --- bad ones ---------------------------------------------------------------------
conf alpha 'prot = 3407' 'port = 70000' 'mtu = big' 'loglevel = loud'
line=$(grep -n '^prot' $dir/cluevpn.conf | cut -d: -f1)
runs 2 'four errors' "$daemon" -t -c $dir
count 4
said "cluevpn.conf:$line:1: .*\"prot\""
said "cluevpn.conf:$((line + 1)):8: .*1\.\.65535"
said "cluevpn.conf:$((line + 2)):7: .*1280\.\.9000"
said "cluevpn.conf:$((line + 3)):12: .*error, warn, info or debug"
said 'port'
runs 2 'and the daemon does not start' "${at[@]}" "$daemon" -f -c $dir \
	-p $dir/pid
count 4
runs 2 'nor in the background' "${at[@]}" "$daemon" -c $dir -p $dir/pid
not_ok 'nothing of it was made' test -e $dir/pid
conf alpha 'port = 3406' 'port = 3407' 'cryptalgos = rot13:5' \
	'compalgos = zlib:77:5'
runs 2 'twice the same key, unknown algorithms' "$daemon" -t -c $dir
said "cluevpn.conf:$((line + 1)):1: .*port"
said "cluevpn.conf:$((line + 2)):14: .*rot13"
said "cluevpn.conf:$((line + 3)):13: .*77"
conf alpha
grep -v '^name' $dir/cluevpn.conf >$dir/nameless.conf
runs 2 'no name' "$daemon" -t -c $dir/nameless.conf
said 'name'

# --- keys and certificates ----------------------------------------------------------
conf alpha
chmod 640 $dir/node.key
runs 2 'a private key that others can read' "$daemon" -t -c $dir
said 'node\.key.*chmod'
count 1
chmod 600 $dir/node.key
mv $dir/node.key $dir/away
runs 2 'no private key' "$daemon" -t -c $dir
said 'node\.key'
mv $dir/node.pem $dir/away.pem
mv $dir/ca.pem $dir/away.ca
runs 2 'nothing of it' "$daemon" -t -c $dir
count 3
mv $dir/away $dir/node.key
mv $dir/away.ca $dir/ca.pem
cp $tmp/beta/node.pem $dir/node.pem
runs 2 'a certificate of another key' "$daemon" -t -c $dir
said 'node\.(pem|key)'
cp $tmp/beta/node.key $dir/node.key
runs 2 'key and certificate of another node' "$daemon" -t -c $dir
said 'node\.pem.*"beta".*"alpha"'
rm $dir/node.key $dir/node.pem $dir/node.csr
certify alpha
echo nonsense >$dir/bnl-pub.pem
runs 2 'a bad list key' "$daemon" -t -c $dir
said 'bnl-pub\.pem'
cp $dir/node.pem $dir/bnl-pub.pem
runs 2 'a certificate as list key' "$daemon" -t -c $dir
said 'bnl-pub\.pem'
for f in $tmp/bnl.key $dir/node.key; do
	cp "$f" $dir/bnl-pub.pem
	runs 2 "a private key as list key: ${f##*/}" "$daemon" -t -c $dir
	said 'bnl-pub\.pem: this is a private key'
	runs 2 '  and a start' "$daemon" -f -c $dir -p $dir/pid
	said 'bnl-pub\.pem: this is a private key'
done
cat $tmp/bnl-pub.pem $tmp/bnl.key >$dir/bnl-pub.pem
runs 2 'both halves as list key' "$daemon" -t -c $dir
said 'bnl-pub\.pem: this is a private key'
cat $tmp/bnl-pub.pem $tmp/bnl-pub.pem >$dir/bnl-pub.pem
runs 2 'two list keys in a file' "$daemon" -t -c $dir
said 'bnl-pub\.pem: more than one PEM block'
for f in $tmp/ca/ca.pem $dir/node.csr; do
	cp "$f" $dir/bnl-pub.pem
	runs 2 "${f##*/} as list key" "$daemon" -t -c $dir
	said 'bnl-pub\.pem: PEM block is a "CERTIFICATE'
done
cp $tmp/bnl-pub.pem $dir/bnl-pub.pem
echo nonsense >$dir/ca.pem
runs 2 'a bad CA' "$daemon" -t -c $dir
said 'ca\.pem|CA'
cp $tmp/ca/ca.pem $dir/ca.pem
runs 0 'all is well again' "$daemon" -t -c $dir

# --- one at a time ------------------------------------------------------------------
start alpha
is "$(cat $dir/pid)" "${pid[alpha]}" 'the pid file has the number'
runs 1 'a second one with the same pid file' nsenter --net=/run/netns/beta "$daemon" -f \
	-c $tmp/beta -p $dir/pid
said "${pid[alpha]}"
is "$(cat $dir/pid)" "${pid[alpha]}" 'the pid file is as it was'
runs 1 'a second one with the same device' "${at[@]}" "$daemon" -f -c $dir \
	-p $dir/pid2
ok 'the first one still answers' ctl alpha status
conf beta "ctlsocket = $dir/ctl"
grep -v "ctlsocket = $tmp/beta" $tmp/beta/cluevpn.conf >$tmp/beta/other.conf
runs 1 'a second one with the same control socket' nsenter --net=/run/netns/beta "$daemon" -f \
	-c $tmp/beta/other.conf -p $tmp/beta/pid
said "$dir/ctl"
conf beta
crash alpha
ok 'a killed one leaves its pid file' test -e $dir/pid
start alpha
is "$(cat $dir/pid)" "${pid[alpha]}" 'which is no obstacle'
stop alpha
not_ok 'a clean end removes it' test -e $dir/pid
not_ok 'and the control socket' test -e $dir/ctl

# --- background -----------------------------------------------------------------------
conf alpha 'logmethod = file' "logfile = $dir/log"
sed -i '/^logmethod = stderr/d' $dir/cluevpn.conf
runs 0 'into the background' "${at[@]}" "$daemon" -c $dir -p $dir/pid
ok 'it serves as soon as the parent has ended' ctl alpha status
pid[alpha]=$(cat $dir/pid)
ok 'the pid file has the right number' kill -0 "${pid[alpha]}"
is "$(readlink "/proc/${pid[alpha]}/exe")" "$(readlink -f "$daemon")" \
	'it is the daemon'
is "$(awk '{ print $6 == $1 || $5 != 0 }' "/proc/${pid[alpha]}/stat")" 1 \
	'in a session of its own'
is "$(readlink "/proc/${pid[alpha]}/cwd")" / 'in the root directory'
for fd in 0 1 2; do
	is "$(readlink "/proc/${pid[alpha]}/fd/$fd")" /dev/null \
		"descriptor $fd is /dev/null"
done
start beta
ok 'there is traffic' reach beta alpha
ok 'the log is in its file' says alpha 'cluevpnd .*alpha on tun0'
mv $dir/log $dir/log.1
kill -HUP "${pid[alpha]}"
soon 'HUP opens it anew' says alpha reloaded
kill -TERM "${pid[alpha]}"
soon 'it ends' gone "${pid[alpha]}"
not_ok 'and takes the pid file with it' test -e $dir/pid
unset 'pid[alpha]'
conf alpha 'upcmd = false'
runs 1 'up fails in the background: the parent says so' "${at[@]}" \
	"$daemon" -c $dir -p $dir/pid
not_ok 'nothing is left of it' test -e $dir/pid
"${at[@]}" socat -u UDP4-RECV:3406 - >/dev/null 2>&1 &
taken() { inside alpha ss -Hlun | grep -q ':3406 '; }
soon 'a port in use' taken
conf alpha
runs 1 'a port in use' "${at[@]}" "$daemon" -c $dir -p $dir/pid
said '3406'
finish
