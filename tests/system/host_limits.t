#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Floods of signals, no descriptors left, a log on a full disk, a device that
# is taken away or changed; keys that others can read, and where keys are not.
# shellcheck source=tests/system/lib.sh disable=SC2317,SC2329 # called by name
. tests/system/lib.sh

outer=4
network alpha beta
start alpha beta
ok 'packets go' reach alpha beta
alive=${pid[alpha]}
fds() { find /proc/"$alive"/fd -type l | wc -l; }
fine() { # fine WHEN
	WAIT=1 soon "$1: packets go" reach alpha beta
	ok "$1: the same process" kill -0 "$alive"
}
before=$(fds)

# --- signals --------------------------------------------------------------------------------
i=0
while [ $i -lt 500 ]; do
	kill -HUP "$alive"
	kill -USR1 "$alive"
	kill -USR2 "$alive"
	kill -PIPE "$alive"
	i=$((i + 1))
done
fine '2,000 signals'
more $((before + 5)) "$(fds)" '2,000 signals: no descriptor is left open'
ok '2,000 signals: it answers' ctl alpha status

# --- descriptors ------------------------------------------------------------------------------
must prlimit --pid "$alive" --nofile=$((before + 3)):$((before + 200))
for _ in $(seq 1 30); do
	inside beta "$BASH" -c 'exec 3<>/dev/tcp/192.0.2.1/3406; sleep 30' \
		2>/dev/null &
	crowd+=($!)
done
sleep 0.5
fine 'no descriptor left'
cpu() { awk '{ print $14 + $15 }' /proc/"$alive"/stat; }
was=$(cpu)
sleep 2
more 100 $(($(cpu) - was)) 'no descriptor left: it does not spin'
kill "${crowd[@]}"
wait "${crowd[@]}" 2>/dev/null
must prlimit --pid "$alive" --nofile=$((before + 200))
soon 'descriptors again: it takes commands' ctl alpha status
ok 'and negotiations' ctl alpha negotiate beta
fine 'descriptors again'

# --- core files and keys -------------------------------------------------------------------------
is "$(awk '/^Max core file/ { print $5 $6 }' /proc/"$alive"/limits)" 00 \
	'it writes no core file'
is "$(stat -c %u /proc/"$alive"/mem)" 0 'its memory is root'"'"'s'
stop alpha
chmod 644 $tmp/alpha/node.key
launch alpha
ended alpha
is "${status[alpha]}" 2 'a key that others can read: it does not start'
ok 'and says what to do' says alpha 'node.key can be read by others: chmod'
chmod 600 $tmp/alpha/node.key
start alpha
stop alpha
chmod 640 $tmp/alpha/state/static.key
launch alpha
ended alpha
more "${status[alpha]}" 0 'nor with such a static key'
ok 'and says that' says alpha 'static.key can be read by others: chmod'
chmod 600 $tmp/alpha/state/static.key

# --- the log on a full disk ---------------------------------------------------------------------
mkdir $tmp/small
must mount -t tmpfs -o size=16k tmpfs $tmp/small
conf alpha 'logmethod = file' "logfile = $tmp/small/log"
sed -i '/logmethod = stderr/d' $tmp/alpha/cluevpn.conf
start alpha
alive=${pid[alpha]}
dd if=/dev/zero of=$tmp/small/fill bs=1k >$tmp/out 2>&1 || :
i=0
while [ $i -lt 50 ]; do
	kill -USR2 "$alive"
	sleep 0.02
	i=$((i + 1))
done
fine 'a full log'
rm $tmp/small/fill
kill -USR2 "$alive"
# shellcheck disable=SC2016 # for eval
soon 'room again: it is written on' eval \
	'tail -n 1 $tmp/small/log | grep -q "^20.*Z"'
stop alpha
is "${status[alpha]}" 0 'it ends in order'

# --- the device ---------------------------------------------------------------------------------
conf alpha "downcmd = echo down >>$tmp/down"
start alpha
alive=${pid[alpha]}
fine 'again'
must inside alpha ip link set tun0 mtu 1280
fine 'another MTU'
inside alpha ip link set tun0 down
soon 'down: it is set up again' says alpha 'put back: up state'
fine 'up again'
must inside alpha ip link del tun0
ended alpha
is "$(cat $tmp/down)" down 'the device is deleted: the down hook has run'
more "${status[alpha]}" 0 'the end is no success, so that it is started again'
ok 'and the log says why' says alpha 'device tun0 is gone'
start alpha
alive=${pid[alpha]}
fine 'started again'
finish
