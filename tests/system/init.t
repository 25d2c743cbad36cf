#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The scripts for System V init, run on a host of its own, and for OpenRC.
# shellcheck source=tests/system/lib.sh disable=SC2317 # called by name
. tests/system/lib.sh

network alpha beta
start beta
dir=$tmp/alpha
pidfile=$dir/pid
sed -e "s|^DAEMON=.*|DAEMON=$tmp/bin/cluevpnd|" \
	-e "s|^CONF=.*|CONF=$dir/cluevpn.conf|" \
	-e "s|^PIDFILE=.*|PIDFILE=$pidfile|" \
	examples/cluevpnd.init >$tmp/init
must mkdir $tmp/bin
must cp "$O/cluevpnd" $tmp/bin
init() {
	inside alpha sh $tmp/init "$@"
}
code() { # code WANTED COMMAND...: its exit code, by the LSB
	local wanted=$1 got

	shift
	init "$@" >$tmp/said 2>&1 </dev/null
	got=$?
	{ echo "$* ended with $got"; cat $tmp/said; } >$tmp/out
	[ "$got" -eq "$wanted" ]
	result $? "$*: $wanted"
}
number() {
	cat "$pidfile"
}
running() { # the daemons of alpha; this is a namespace of processes
	pgrep -x cluevpnd | grep -vx "${pid[beta]}"
}

# --- before there is anything ---------------------------------------------------

is "$(sed -n '/^### BEGIN INIT INFO/,/^### END INIT INFO/s/^# \([A-Z][-A-Za-z]*\):.*/\1/p' \
	examples/cluevpnd.init | tr '\n' ' ')" \
	'Provides Required-Start Required-Stop Should-Start Should-Stop Default-Start Default-Stop Short-Description Description ' \
	'the header of the LSB'
code 2
code 2 jump
code 3 status
rm $dir/cluevpn.conf
code 6 start
ok 'and it says what is missing' grep -qF "$dir/cluevpn.conf" $tmp/said
conf alpha 'logmethod = file' "logfile = $dir/log"
sed -i '/logmethod = stderr/d' $dir/cluevpn.conf
mv $tmp/bin/cluevpnd $tmp/bin/away
code 5 start
code 0 stop
mv $tmp/bin/away $tmp/bin/cluevpnd
code 0 stop
code 7 reload
code 0 try-restart
is "$(running)" '' 'which starts nothing'

# --- its life -------------------------------------------------------------------

code 0 start
is "$(number)" "$(running)" 'one daemon runs, and that is its number'
first=$(number)
code 0 status
ok 'which the status tells' grep -q "pid $first" $tmp/said
soon 'it carries packets' reach alpha beta
code 0 start
is "$(running)" "$first" 'a second start starts nothing'
code 0 reload
soon 'reload is a reload' says alpha 'configuration and certificate reloaded'
before=$(logs alpha 'certificate reloaded')
code 0 force-reload
reloaded() { [ "$(logs alpha 'certificate reloaded')" -gt "$before" ]; }
soon 'force-reload as well' reloaded
is "$(running)" "$first" 'it is still the same'
echo 'loglevel = loud' >>$dir/cluevpn.conf
code 6 restart
ok 'which shows the error' grep -q ':[0-9]*: loglevel is "loud"' $tmp/said
code 6 reload
is "$(running)" "$first" 'a wrong configuration disturbs nothing'
sed -i '/loud/d' $dir/cluevpn.conf
code 0 restart
is "$(number)" "$(running)" 'another daemon runs'
not_ok 'which is a new one' test "$(number)" = "$first"
soon 'it carries packets' reach alpha beta
second=$(number)
code 0 try-restart
not_ok 'a new one again' test "$(number)" = "$second"
kill -KILL "$(number)"
soon 'it dies' gone "$(number)"
code 1 status
code 7 reload
code 0 start
is "$(number)" "$(running)" 'it starts over what is left'
code 0 stop
is "$(running)" '' 'nothing runs'
code 3 status

# The number of a dead daemon may be another program's by now.
sleep 1000 &
echo $! >"$pidfile"
code 1 status
code 0 stop
ok 'another program is left alone' kill -0 $!
kill $!
echo 'loglevel = loud' >>$dir/cluevpn.conf
code 6 start
is "$(running)" '' 'nothing runs'
stop beta

# --- OpenRC ---------------------------------------------------------------------

# Where it is not installed, its words do what they would.
cat >$tmp/openrc <<'END'
ebegin() { echo "$*"; }
eend() { return "$1"; }
need() { :; }
use() { :; }
after() { :; }
start-stop-daemon() { echo "start-stop-daemon $*"; }
. "$1"
shift
depend && "$@" && echo "$command $pidfile $retry"
END
sed "s|/usr/local/sbin/|$tmp/bin/|" examples/cluevpnd.openrc >$tmp/rc
printf '#!/bin/sh\nexec %s "$@" -c %s\n' "$O/cluevpnd" "$dir" \
	>$tmp/bin/cluevpnd
openrc() {
	bash $tmp/openrc $tmp/rc "$@" >$tmp/said 2>&1
}
not_ok 'OpenRC: a wrong configuration is not loaded' openrc reload
not_ok 'and stops nothing that shall start again' \
	env RC_CMD=restart bash $tmp/openrc $tmp/rc stop_pre
ok 'but may be stopped' env RC_CMD=stop bash $tmp/openrc $tmp/rc stop_pre
sed -i '/loud/d' $dir/cluevpn.conf
ok 'a right one is loaded' openrc reload
ok 'by the signal' grep -qx -e \
	'start-stop-daemon --signal HUP --pidfile /run/cluevpn/pid' $tmp/said

finish
