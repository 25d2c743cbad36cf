#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# cluevpnd -t sees what a start on this host would refuse, all of it at once,
# and touches nothing.
# shellcheck source=tests/system/lib.sh disable=SC2317 # called by name
. tests/system/lib.sh

outer=4
network alpha beta
dir=$tmp/alpha
at=(nsenter --net=/run/netns/alpha)

check() { # check: its exit status; what it says is in $tmp/said
	timeout 20 "${at[@]}" "$O/cluevpnd" -t -c $dir -p $dir/pid \
		>$tmp/said 2>&1 </dev/null
}
refused() { # refused LINES PATTERN...: with these, and nothing else
	local lines=$1 pattern rc

	shift
	check
	rc=$?
	cp $tmp/said $tmp/out
	[ $rc -eq 2 ] && [ "$(wc -l <$tmp/said)" -eq "$lines" ]
	result $? "refused in $lines lines: $1"
	for pattern; do
		cp $tmp/said $tmp/out
		grep -qE -e "^error: $dir/cluevpn.conf:$pattern" $tmp/said
		result $? "says: $pattern"
	done
}
line() { # line KEY: where it stands
	grep -n "^$1 =" $dir/cluevpn.conf | tail -n 1 | cut -d: -f1
}
starts_not() { # starts_not WHAT: a start fails with it, too
	timeout 20 "${at[@]}" "$O/cluevpnd" -f -c $dir -p $dir/pid \
		>$tmp/out 2>&1 </dev/null
	[ $? -ne 0 ]
	result $? "$1: a start fails, too"
}
untouched() { # what there is in the directory, with times
	find $dir -printf '%p %m %u %s %T@\n' | sort
}
without() { # without KEY: takes lines of the configuration out
	sed -i "/^$1 =/d" $dir/cluevpn.conf
}

ok 'all is well' check
before=$(untouched)
check
is "$(untouched)" "$before" 'nothing was touched'
rm -r $dir/state
ok 'a state directory that is still to be made is no fault' check
not_ok 'and is not made' test -e $dir/state
give alpha

# --- one by one ---------------------------------------------------------------
conf alpha 'ctlgroup = nosuchgroup'
refused 1 "$(line ctlgroup): ctlgroup: there is no group \"nosuchgroup\"\$"
starts_not ctlgroup
conf alpha 'listen = 192.0.2.1' 'listen = 192.0.2.99'
ok 'an address that is to come is no fault' check
cp $tmp/said $tmp/out
ok 'and a warning' grep -q "cluevpn.conf:$(line listen): listen: 192\.0\.2\.99 is no address of this host\$" \
	$tmp/said
conf alpha 'user = nosuchuser'
refused 1 "$(line user): user: there is no user \"nosuchuser\"\$"
starts_not user
conf alpha 'group = nosuchgroup'
refused 1 "$(line group): group is given without user"
starts_not group

conf alpha
without statedir
echo "statedir = $dir/cluevpn.conf" >>$dir/cluevpn.conf
refused 1 "$(line statedir): statedir: .*cluevpn\.conf is there, and no directory\$"
starts_not 'a file as state directory'
without statedir
echo "statedir = $dir/cluevpn.conf/below" >>$dir/cluevpn.conf
refused 1 "$(line statedir): statedir: .*Not a directory\$"
starts_not 'one below a file'
conf alpha "user = nobody"
chown 1234 $dir/state
refused 1 "$(line statedir): statedir: $dir/state belongs to user 1234, .*: chown 65534 $dir/state"
starts_not 'the state of somebody else'
chown 0 $dir/state
ok 'what is root'\''s is given to the user at the start' check

conf alpha "user = nobody"
for mode in 500 600 300; do
	chmod $mode $dir/state
	refused 1 "$(line statedir): statedir: $dir/state has mode $mode, .*chmod 700"
done
chmod 700 $dir/state

# --- dates ------------------------------------------------------------------------
conf alpha
later() { # later DAYS COMMAND...: at a time so many days from now
	printf '%-20d %-20d\n' $(($1 * 86400)) 0 >$tmp/offsets
	env LD_PRELOAD=$O/tests/helpers/preload/clock.so \
		${second:+ASAN_OPTIONS=$second} \
		CLOCK_OFFSETS=$tmp/offsets "${@:2}"
}
expired() { # expired WHAT: and says so
	later 900 "$O/cluevpnd" -t -c $dir -p $dir/pid >$tmp/said 2>&1
	is $? 2 "$1 that has ended"
	ok '... is told' grep 'node.pem: own certificate.*expired' $tmp/said
}
expired 'a certificate'
must cp $dir/node.pem $dir/node.key $tmp
mkdir $tmp/shortca
must "$O/keygen" ca -d $tmp/shortca --days 30
rm $dir/node.*
must "$O/keygen" node alpha -d $dir --ca $tmp/shortca --days 2000
cp $tmp/shortca/ca.pem $dir/ca.pem
expired 'a CA'
ok 'now it is valid' check
rm $dir/node.*
cp $tmp/node.pem $tmp/node.key $dir
cp $tmp/ca/ca.pem $dir/ca.pem

conf alpha
printf 'CVMARK1\nnonsense' >$dir/state/mark
chmod 600 $dir/state/mark
refused 1 "$(line statedir): statedir: $dir/state/mark is damaged, .*start again\$"
starts_not 'a damaged mark'
rm $dir/state/mark
mkdir $dir/state/static.key
refused 1 "$(line statedir): statedir: .*static\.key is no regular file"
starts_not 'a directory as a key'
rmdir $dir/state/static.key

without logmethod
printf '%s\n' 'logmethod = file' "logfile = $dir/none/log" >>$dir/cluevpn.conf
refused 1 "$(line logfile): logfile: directory $dir/none: No such file or directory\$"
starts_not 'a log file in no directory'
mkdir -p $dir/none/log
refused 1 "$(line logfile): logfile: $dir/none/log: Is a directory\$"
starts_not 'a directory as log file'
rmdir $dir/none/log
ok 'a log file that is still to be made is no fault' check
not_ok 'and is not made' test -e $dir/none/log

conf alpha
without ctlsocket
echo "ctlsocket = $dir/node.pem" >>$dir/cluevpn.conf
refused 1 "$(line ctlsocket): ctlsocket: $dir/node\.pem is there, and no socket\$"
starts_not 'a file as control socket'
without ctlsocket
echo "ctlsocket = $dir/node.pem/ctl" >>$dir/cluevpn.conf
refused 1 "$(line ctlsocket): ctlsocket: .*node\.pem is there, and no directory\$"
starts_not 'a control socket below a file'
conf alpha
without devname
echo 'devname = eth0' >>$dir/cluevpn.conf
refused 1 "$(line devname): devname: eth0 is there, and no TUN device\$"
starts_not 'a device that is another'
conf alpha 'port = 3500'
"${at[@]}" socat -u UDP4-RECV:3500 - >/dev/null 2>&1 &
other=$!
taken() { inside alpha ss -Hlun | grep -q ':3500 '; }
soon 'somebody has the port' taken
refused 1 "$(line port): port: UDP 0\.0\.0\.0:3500: Address already in use\$"
starts_not 'a port in use'
kill $other
wait $other 2>/dev/null
"${at[@]}" socat -u TCP4-LISTEN:3500 - >/dev/null 2>&1 &
other=$!
taken() { inside alpha ss -Hltn | grep -q ':3500 '; }
soon 'somebody has the TCP port' taken
refused 1 "$(line port): port: TCP 0\.0\.0\.0:3500: Address already in use\$"
kill $other
wait $other 2>/dev/null

# --- all at once ----------------------------------------------------------------
conf alpha 'ctlgroup = nosuchgroup' 'listen = 192.0.2.98' \
	'listen = 192.0.2.99' 'user = nosuchuser'
without ctlsocket
echo "ctlsocket = $dir/node.pem" >>$dir/cluevpn.conf
mv $dir/ca.pem $dir/away
refused 6 '[0-9]+: user: there is no user' '[0-9]+: ctlgroup: there is no' \
	'[0-9]+: ctlsocket: '
is "$(grep -c '^warn: .*: listen: 192\.0\.2\.9[89] is no address' $tmp/said)" 2 \
	'and two warnings'
ok 'the certificate as well' grep -q "ca\.pem" $tmp/said
mv $dir/away $dir/ca.pem

# --- beside a daemon that runs ------------------------------------------------
conf alpha
chown -R 0 $dir/state	# what a start gave away
start alpha beta
ok 'there is traffic' reach alpha beta
before=$(untouched)
ok 'with the daemon of this configuration running, all is well' check
is "$(untouched)" "$before" 'nothing was touched'
conf alpha 'ctlgroup = nosuchgroup' 'mtu = 1300'
refused 1 '[0-9]+: ctlgroup: there is no group'
ok 'the daemon has noticed nothing' reach alpha beta
is "$(logs alpha 'reload')" 0 'nor does it say so'
stop alpha beta

# --- as the service that systemd starts ------------------------------------------
# By root: what the packaged unit gives to its user counts as given.
service() { # service WANTED WHAT: the exit status
	timeout 20 "${at[@]}" "$O/cluevpnd" -t >$tmp/said 2>&1 </dev/null
	is $? "$1" "$2"
	cp $tmp/said $tmp/out
}
if [ "$(id -u)" -eq 0 ] && setpriv --reuid daemon true 2>/dev/null &&
    mkdir /run/etc && mount --rbind /etc /run/etc &&
    mount -t tmpfs -o mode=755 tmpfs /etc; then
	for f in /run/etc/* /run/etc/.[!.]*; do
		[ "$f" = /run/etc/cluevpn ] || ln -s "$f" /etc/ 2>/dev/null
	done
	mkdir -p /etc/cluevpn /run/systemd/system
	cp $dir/ca.pem $dir/bnl-pub.pem $dir/node.pem $dir/node.key /etc/cluevpn
	echo 'name = alpha' >/etc/cluevpn/cluevpn.conf
	sed 's/^User=.*/User=daemon/; s/^Group=.*/Group=daemon/' \
		examples/cluevpnd.service >/run/systemd/system/cluevpnd.service
	must mknod -m 666 $tmp/tun0 c 10 200
	must mount --bind $tmp/tun0 /dev/net/tun
	service 0 'the key is root'\''s, and the unit gives it away'
	ok '... judged as its user' grep 'judged as user daemon of /run/systemd' \
		$tmp/said
	chown daemon /etc/cluevpn/node.key
	service 0 'the key is the user'\''s'
	chmod 700 /etc/cluevpn
	service 2 'a directory that the user cannot enter'
	ok '... is told' grep 'error: /etc/cluevpn/.*Permission denied' $tmp/said
	chmod 755 /etc/cluevpn
	mv /etc/cluevpn/node.key /etc/cluevpn/other.key
	chown root /etc/cluevpn/other.key
	echo 'privkey = other.key' >>/etc/cluevpn/cluevpn.conf
	service 2 'another key, which is root'\''s'
	ok '... is told' grep 'other.key: Permission denied' $tmp/said
	mkdir /run/systemd/system/cluevpnd.service.d
	printf '[Service]\nUser=nosuchuser\n' \
		>/run/systemd/system/cluevpnd.service.d/user.conf
	service 2 'a user that does not exist, in a drop-in'
	ok '... is told' grep 'no user "nosuchuser"' $tmp/said
	rm -r /run/systemd/system
	service 0 'without a unit it is root'\''s'
	rm -f /etc/systemd	# a link to that of the machine
	mkdir -p /etc/systemd/system
	sed 's/^User=.*/User=daemon/; s/^Group=.*/Group=daemon/' \
		examples/cluevpnd.service >/etc/systemd/system/cluevpnd.service
	sed -i '/^privkey/d' /etc/cluevpn/cluevpn.conf
	cp /etc/cluevpn/other.key /etc/cluevpn/node.key
	chown root /etc/cluevpn/node.key
	service 0 'a unit where systemd is not in charge, and a key of root'\''s'
	not_ok '... is not judged as its user' grep 'judged as' $tmp/said
	chown daemon /etc/cluevpn/node.key
	service 0 '... with a key that the unit gave away'
	ok '... is judged as its user' grep 'judged as user daemon' $tmp/said
	must umount /dev/net/tun
	must umount /etc
fi

# --- without being root ----------------------------------------------------------
conf alpha
as=(setpriv --reuid 1234 --regid 1234 --clear-groups)
if [ "$(id -u)" -eq 0 ] && "${as[@]}" true 2>/dev/null; then
	# Where the device is not everybody's, it is here.
	must mknod -m 666 $tmp/tun c 10 200
	must mount --bind $tmp/tun /dev/net/tun
	chmod 755 $tmp $dir
	chown 1234 $dir/node.key
	chown -R 0 $dir/state
	at+=("${as[@]}")
	chown 1234 $dir
	refused 1 "$(line statedir): statedir: directory $dir/state: Permission denied\$"
	chown -R 1234 $dir/state
	ok 'for the user whose all of it is, all is well' check
fi
finish
