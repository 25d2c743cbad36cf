#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A reload that fails, and one of a daemon in the background.
# shellcheck source=tests/system/lib.sh disable=SC2317 # called by name
. tests/system/lib.sh

has_nodes() { # has_nodes COUNT: so many peers has alpha
	[ "$(query alpha peers length)" = "$1" ]
}
mtu_is() { # mtu_is BYTES
	inside alpha ip -j link show dev tun0 |
		jq -e ".[0].mtu == $1" >/dev/null
}
failed() { # failed TIMES
	[ "$(logs alpha 'reload failed')" = "$1" ]
}

network alpha beta
start alpha
ok 'there is one other node' has_nodes 1

# A newer list is there, but the configuration is broken.
member gamma
list alpha beta gamma
give alpha
conf alpha 'mtu = 1300' 'keepalive = never'
kill -HUP "${pid[alpha]}"
soon 'a broken configuration is refused' failed 1
sleep 0.3
ok 'the list stays as it was' has_nodes 1
ok 'and the device' mtu_is 1420

conf alpha 'mtu = 1300'
mv $tmp/alpha/node.key $tmp/key
cp $tmp/beta/node.key $tmp/alpha
kill -HUP "${pid[alpha]}"
soon 'a key that is not the certificate'\''s as well' failed 2
ok 'the device stays as it was' mtu_is 1420

mv $tmp/key $tmp/alpha/node.key
kill -HUP "${pid[alpha]}"
soon 'once all is right, the list is taken' has_nodes 2
ok 'and the MTU' mtu_is 1300
stop alpha

# Whoever configures the device himself, does so at a reload, too.
# shellcheck disable=SC2016 # the hook's
conf alpha 'autoconf = no' 'upcmd = ip link set $TUNDEV up mtu 1400'
start alpha
conf alpha 'autoconf = no'
kill -HUP "${pid[alpha]}"
soon 'a reload without autoconf' says alpha reloaded
ok 'leaves the device alone' mtu_is 1400
stop alpha

# A daemon that never had a hook cannot start one.
conf alpha
start alpha
if [ "$(awk '$1 == "Seccomp:" { print $2 }' "/proc/${pid[alpha]}/status")" = 2 ]
then
	conf alpha "downcmd = touch $tmp/down"
	kill -HUP "${pid[alpha]}"
	soon 'the first hook needs a restart' says alpha 'first hook.*restart'
	stop alpha
	is "${status[alpha]}" 0 'it ends in order all the same'
	not_ok 'without it' test -e $tmp/down
	start alpha
	stop alpha
	ok 'after a restart it runs' test -e $tmp/down
else
	stop alpha
fi

# Names that are relative to where it was started.
conf alpha 'logmethod = file' 'logfile = log2'
sed -i '/stderr/d' $tmp/alpha/cluevpn.conf
ok 'a daemon goes into the background' inside alpha "$BASH" -c \
	"cd $tmp && '$O/cluevpnd' -c alpha -p alpha/pid2"
ok 'and runs with names relative to where it was started' ctl alpha status
ok 'so has its pid file' test -s $tmp/alpha/pid2
kill -HUP "$(cat $tmp/alpha/pid2)"
soon 'a reload finds its files again' grep -q 'certificate reloaded' \
	$tmp/alpha/log2
kill "$(cat $tmp/alpha/pid2)"
soon 'it ends' gone "$(cat $tmp/alpha/pid2)"

finish
