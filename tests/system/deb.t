#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The Debian package: built from a copy of the tree, found clean by lintian,
# installed, used, upgraded, removed and purged on a host whose files are
# copies. Its tools are heavy and a build takes a minute: "make deb-check"
# runs this, "make check" does not.
# shellcheck source=tests/system/lib.sh disable=SC2317 # called by name
[ -n "${DEB_CHECK:-}" ] || {
	echo '1..0 # SKIP "make deb-check" builds and tries the Debian package'
	exit 0
}
. tests/system/lib.sh

for c in dpkg-buildpackage dh lintian; do
	command -v $c >/dev/null || skip_all "there is no $c here"
done

# --- the package ----------------------------------------------------------------

ok 'it builds, and lintian has neither errors nor warnings' lint/deb
deb=$(ls "$O"-deb/cluevpn_*.deb)
root=$O-deb/root	# the demo has another /run
must dpkg-deb -x "$deb" "$root"
must dpkg-deb -x "$(ls "$O"-deb/cluevpn-startup-kit_*.deb)" "$O-deb/kit"
dpkg-deb -c "$deb" | awk '{ print $6, $1, $2 }' | sort >$tmp/files
has() { # has PATH MODE: root's
	ok "$1" grep -qx -e "\./$1 $2 root/root" $tmp/files
}
has usr/sbin/cluevpnd -rwxr-xr-x
has usr/sbin/cluevpnctl -rwxr-xr-x
has usr/sbin/bnl-sign -rwxr-xr-x
has usr/sbin/bnl-verify -rwxr-xr-x
has usr/bin/keygen -rwxr-xr-x
has etc/init.d/cluevpnd -rwxr-xr-x
has etc/cluevpn/ drwxr-xr-x
has '\(usr/\)\?lib/systemd/system/cluevpnd.service' -rw-r--r--
has usr/lib/sysusers.d/cluevpn.conf -rw-r--r--
has usr/share/bash-completion/completions/cluevpnctl -rw-r--r--
for page in man/*.[0-9]; do
	has "usr/share/man/man${page##*.}/${page#man/}.gz" -rw-r--r--
done
has 'usr/share/doc/cluevpn/examples/cluevpn.conf\(.gz\)\?' -rw-r--r--
kit=$(ls "$O"-deb/cluevpn-startup-kit_*.deb)
dpkg-deb -c "$kit" | awk '{ print $6, $1, $2 }' | sort >>$tmp/files
has usr/sbin/cluevpn-enroll -rwxr-xr-x
has usr/sbin/cluevpn-nscheck -rwxr-xr-x
has usr/lib/cluevpn-startup-kit/issue -rwxr-xr-x
has etc/cron.d/cluevpn-startup-kit -rw-r--r--
has '\(usr/\)\?lib/systemd/system/cluevpn-renew.timer' -rw-r--r--
has 'usr/share/man/man8/cluevpn-enroll.8.gz' -rw-r--r--
is "$(dpkg-deb -f "$kit" Architecture)" all 'the kit is for all architectures'
is "$(grep -c ' -..[sS]\| -.....[sS]\|/local/' $tmp/files)" 0 \
	'nothing is set-uid, nothing is in /usr/local'
not_ok 'no text of the kit names the usual places' grep -rn \
	'/usr/local/[a-z]*/c' "$O-deb/kit"
is "$(dpkg-deb -f "$deb" Version)" \
	"$("$O/cluevpnd" -V | cut -d ' ' -f 2)" 'it has the version of the daemon'
ok 'the test of the package: a mesh out of what is in it' env \
	SBIN="$root/usr/sbin" PATH="$root/usr/bin:$PATH" debian/tests/mesh

# --- a host ---------------------------------------------------------------------

network alpha beta
mkdir $tmp/new
mount -t tmpfs tmpfs $tmp/new
mkdir $tmp/new/upper $tmp/new/work $tmp/new/host
if ! mount -t overlay -o lowerdir=/,upperdir=$tmp/new/upper \
	-o workdir=$tmp/new/work overlay $tmp/new/host 2>$tmp/out; then
	echo "ok $((++tests)) - installation # SKIP no overlay: $(cat $tmp/out)"
	finish
fi
host=$tmp/new/host
must mount -t proc proc $host/proc
must mount --rbind /dev $host/dev
must mount -t tmpfs -o mode=755 tmpfs $host/run
rm -rf $host/etc/cluevpn $host/var/lib/cluevpn
printf '#!/bin/sh\nexit 0\n' >$host/usr/sbin/policy-rc.d
chmod 755 $host/usr/sbin/policy-rc.d
cp "$deb" $host/root/cluevpn.deb
at() { # at COMMAND...: on that host
	inside alpha env PATH=/usr/sbin:/usr/bin:/sbin:/bin \
		DEBIAN_FRONTEND=noninteractive chroot $host "$@"
}
modes() {
	at stat -c '%A %U:%G' "$@"
}

ok 'it is installed' at dpkg --force-depends -i /root/cluevpn.deb
ok 'its user is there' at id cluevpn
is "$(modes /var/lib/cluevpn)" 'drwx------ cluevpn:cluevpn' 'with its state'
is "$(modes /etc/cluevpn)" 'drwxr-xr-x root:root' 'which may not change /etc'
at service cluevpnd status >$tmp/out 2>&1
is $? 3 'without a configuration nothing runs'
cp $tmp/alpha/*.pem $tmp/alpha/node.key $host/etc/cluevpn
cp $tmp/network.bnl $host/var/lib/cluevpn
printf '%s\n' 'name = alpha' 'initretry = 250ms' 'logmethod = file' \
	"logfile = /var/log/cluevpn.log" >$host/etc/cluevpn/cluevpn.conf
ok 'the configuration is in order' at cluevpnd -t
start beta
ok 'the service starts' at service cluevpnd start
soon 'and carries packets' reach alpha beta
soon 'with a stored pair' test -s $host/var/lib/cluevpn/pairs/beta.pair
number() { cat $host/run/cluevpn/pid; }
first=$(number)
cp "$kit" $host/root/kit.deb

# --- the kit, and nothing of it ---------------------------------------------------
# On a host without systemd, which is a node with the kit's name servers, and
# which has the samples of a server.
server() { # server ADDRESS: the first one of resolv.conf
	[ "$(awk '$1 == "nameserver" { print $2; exit }' \
		$host/etc/resolv.conf)" = "$1" ]
}
files() { # all that programs read, and the states of systemd
	(cd $host && find etc usr/lib/systemd usr/lib/cluevpn* run \
		usr/share/doc/cluevpn* usr/sbin var/lib/systemd var/lib/cluevpn* \
		! -type d ! -name '*.cache' ! -path 'run/lock/*' \
		! -path 'var/lib/cluevpn/*' -printf '%p %l\n' 2>/dev/null)
	cat $host/etc/resolv.conf $host/etc/cluevpn/cluevpn.conf
}
rm -f $host/etc/resolv.conf
echo "nameserver $(outer4 beta)" >$host/etc/resolv.conf
files | sort >$tmp/before
ok 'the kit is installed' at dpkg --force-depends -i /root/kit.deb
ok 'and finds its parts' at cluevpn-nscheck -n -t 1
for u in nscheck.path nscheck.timer renew.timer ca.timer; do
	ok "cluevpn-$u is switched on" test -L \
		"$(echo $host/etc/systemd/system/*.wants/cluevpn-$u)"
done
is "$(at sh -c 'cut -d " " -f 7- /etc/cron.d/cluevpn-startup-kit |
	grep -c "/usr/sbin/cluevpn-nscheck -a"')" 1 'cron does it elsewhere'
# Which cluevpn-enroll --dns does, and "1. The server" of its README.
printf '%s\n' '# Written by "cluevpn-enroll"' 'timeout = 1' \
	"nameserver = $(inner4 beta)" >$host/etc/cluevpn/kit.conf
touch $host/etc/cluevpn/.enroll.lock $host/etc/cluevpn/.enroll.checked
mkdir -p $host/etc/remctl/conf.d $host/var/lib/systemd/timers
touch $host/var/lib/systemd/timers/stamp-cluevpn-renew.timer
kitdoc=$host/usr/share/doc/cluevpn-startup-kit/examples
cp $kitdoc/remctl.conf $host/etc/remctl/conf.d/cluevpn
{
	cat $kitdoc/remctl.conf
	echo 'date EMPTY /bin/date anyuser'
} >$host/etc/remctl/conf.d/more
cp $host/etc/cluevpn/cluevpn.conf $tmp/cluevpn.conf
printf '%s = /usr/lib/cluevpn-startup-kit/ns-%s\n' upcmd up downcmd down \
	>>$host/etc/cluevpn/cluevpn.conf
ok 'the daemon starts with its hooks' at service cluevpnd restart
soon 'the name server of the VPN comes first' server "$(inner4 beta)"
first=$(number)
at dpkg -P cluevpn-startup-kit >$tmp/said 2>&1
ok 'it is purged while the VPN is up' test $? -eq 0
ok 'what is not only its own is named' \
	grep -q '/etc/remctl/conf.d/more stays' $tmp/said
rm $host/etc/remctl/conf.d/more
ok 'the former name server is the first one' server "$(outer4 beta)"
files | sort >$tmp/after
ok 'nothing else of it is left' diff $tmp/before $tmp/after
is "$(number)" "$first" 'the daemon goes on'
ok 'and takes the configuration that is left' at cluevpnd -t
ok 'now and at a reload' at service cluevpnd reload
ok 'peers answer' reach alpha beta
ok 'an upgrade' at dpkg --force-depends -i /root/cluevpn.deb
not_ok 'starts another daemon' test "$(number)" = "$first"
soon 'which carries packets' reach alpha beta
is "$(grep -c pair-new $host/var/log/cluevpn.log)" 1 \
	'and did not negotiate again'
ok 'removed' at dpkg -r cluevpn
ok 'it runs no more' test ! -e $host/run/cluevpn/pid
ok 'the configuration stays' test -s $host/etc/cluevpn/cluevpn.conf
ok 'and the state' test -s $host/var/lib/cluevpn/network.bnl
ok 'purged' at dpkg -P cluevpn
ok 'the state is gone' test ! -e $host/var/lib/cluevpn
ok 'the init script, too' test ! -e $host/etc/init.d/cluevpnd
ok 'keys, which only people can make, are not' \
	test -s $host/etc/cluevpn/node.key

# --- the host that signs --------------------------------------------------------
# The script by itself: a second package would take another minute.
purge() {
	sed '/DEBHELPER/d' debian/cluevpn.postrm >$host/root/postrm
	at sh /root/postrm purge >$tmp/said 2>&1
}
gives() {
	at mkdir -p /var/lib/cluevpn/pairs
	at touch /var/lib/cluevpn/mark /var/lib/cluevpn/pairs/beta.pair
	cp $tmp/network.bnl $host/var/lib/cluevpn
}
gives
cp $tmp/bnl.key $host/etc/cluevpn
ok 'a host with the key is purged' purge
is "$(at find /var/lib/cluevpn -type f)" /var/lib/cluevpn/network.bnl \
	'and keeps the list'
ok 'which is said' grep -q '/var/lib/cluevpn/network.bnl stays' $tmp/said
rm $host/etc/cluevpn/bnl.key
gives
cp $tmp/network.bnl $host/var/lib/cluevpn/network.bnl.prev
ok 'one that has signed it is purged' purge
is "$(at find /var/lib/cluevpn -type f | wc -l)" 2 'and keeps the list'
rm -r $host/var/lib/cluevpn
gives
ok 'any other is purged' purge
ok 'as a whole' test ! -e $host/var/lib/cluevpn
ok 'but for the keys, which is said' grep -q '/etc/cluevpn stays' $tmp/said
rm -r $host/etc/cluevpn
ok 'and once these are gone' purge
is "$(cat $tmp/said)" '' 'without a word'
stop beta
finish
