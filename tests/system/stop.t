#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# How a daemon ends, whatever goes on meanwhile.
. tests/system/lib.sh

network alpha beta gamma
conf alpha "nodedowncmd = sleep 0.5; echo \$NODE >>$tmp/down" \
	"downcmd = echo all >>$tmp/down"
start alpha

# Signals while the last hooks run: the first one was enough.
kill -TERM "${pid[alpha]}"
soon 'the daemon says that it stops' says alpha 'stopping'
for signal in TERM HUP USR1 INT TERM; do
	kill -$signal "${pid[alpha]}"
	sleep 0.05
done
ended alpha
is "${status[alpha]}" 0 'further signals do not disturb the end'
is "$(tr '\n' ' ' <$tmp/down)" 'beta gamma all ' 'all hooks have run, in order'
not_ok 'nothing was reloaded' says alpha 'reloaded'
not_ok 'the control socket is gone' test -e $tmp/alpha/ctl
not_ok 'the pid file is gone' test -e $tmp/alpha/pid

finish
