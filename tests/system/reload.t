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
no_address() {
	! has_address
}
has_address() {
	inside alpha ip -j addr show dev tun0 |
		jq -e '[.[0].addr_info[].local] | index("10.156.1.1")' >/dev/null
}
is_up() {
	inside alpha ip -j link show dev tun0 |
		jq -e '.[0].flags | index("UP")' >/dev/null
}
status_line() {
	ctl alpha status | grep -qxF \
		'restart  needed for port, disableipv6, upcmd'
}
reloaded() { # reloaded TIMES
	[ "$(logs alpha 'certificate reloaded')" = "$1" ]
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

# All of beta's, which fits together.
cp $tmp/alpha/node.pem $tmp/alpha/cluevpn.conf $tmp
cp $tmp/beta/node.pem $tmp/alpha
sed -i 's/^name = alpha$/name = beta/' $tmp/alpha/cluevpn.conf
kill -HUP "${pid[alpha]}"
soon 'another name is refused' failed 3
ok 'and needs a restart' says alpha \
	'name is "beta" now, it was "alpha": restart for that'
mv $tmp/node.pem $tmp/cluevpn.conf $tmp/alpha

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

# And back: the device becomes what autoconf makes of it.
conf alpha 'autoconf = no'
start alpha
ok 'without autoconf there is no address' no_address
conf alpha 'mtu = 1300'
kill -HUP "${pid[alpha]}"
soon 'autoconf at a reload: the address' has_address
ok 'the MTU' mtu_is 1300
ok 'and up state' is_up
conf alpha 'autoconf = no' 'mtu = 1400'
before=$(logs alpha 'certificate reloaded')
kill -HUP "${pid[alpha]}"
soon 'off again' reloaded $((before + 1))
ok 'leaves the address' has_address
ok 'and the MTU' mtu_is 1300
stop alpha

# What waits for a restart is said, once more at each reload, and shown.
needs() { # needs: the keys that status names, in one line
	query alpha status '.restart_needed | join(" ")'
}
conf alpha
start alpha
is "$(needs)" '' 'nothing waits for a restart'
conf alpha 'port = 3407' 'disableipv6 = yes' 'upcmd = true' 'keepalive = 20'
is "$(ctl alpha reload)" 'restart  needed for port, disableipv6, upcmd' \
	'a reload by command says what waits'
ok 'so does the log' says alpha \
	'port has changed: restart needed for it to take effect'
not_ok 'but not of what was taken' says alpha 'keepalive has changed'
ok 'a second reload says it again' ctl alpha reload
is "$(needs)" 'port disableipv6 upcmd' 'and status'
ok 'as a line' status_line
is "$(inside alpha ss -Hlun | grep -c ':3407 ')" 0 'the port is the old one'
conf alpha
is "$(ctl alpha --json reload | jq -c .)" '{"ok":true,"restart_needed":[]}' \
	'nothing waits once it is taken back'
stop alpha

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
