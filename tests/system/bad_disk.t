#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A state directory that cannot be written: the daemon goes on by memory, says
# so for as long as it lasts, and writes all of it as soon as it can. A disk
# that takes 5 s for each fsync keeps nobody from stopping it.
# shellcheck source=tests/system/lib.sh disable=SC2317,SC2329 # called by name
. tests/system/lib.sh

outer=4
network alpha beta
state=$tmp/beta/state
cp -r $state $tmp/first
must mount -t tmpfs -o size=256k,mode=700 tmpfs $state
cp -r $tmp/first/* $state
export DISK=$tmp/disk
under[beta]="env LD_PRELOAD=$O/tests/helpers/preload/disk.so
	${second:+ASAN_OPTIONS=$second}"
start alpha beta
soon 'packets go' reach alpha beta

version() { query "$1" status .list; }
same() { [ "$(version alpha)" = "$(version beta)" ]; }
warns() { # warns PATTERN: beta's status has such a warning
	query beta status '.warnings[] | select(.warning == "store-failed") |
		.text' | grep -q -e "$1"
}
stored() { cmp $tmp/network.bnl $state/network.bnl; }
quiet() { ! warns .; }
newer() { # newer: a list of 9 KB more than before, pushed by alpha
	local i

	for ((i = 0; i < 12; i++)); do
		extra[alpha]+="
# $(printf '%0800d' $i)"
	done
	list alpha beta
	give alpha
	ctl alpha push >$tmp/out 2>&1
}

# --- full -----------------------------------------------------------------------------
dd if=/dev/zero of=$state/fill bs=1k >$tmp/out 2>&1 || :
newer
soon 'full: a newer list is in force all the same' same
soon '... status names disk and reason' warns \
	"$state/.tmp: No space left on device, since"
ok '... the log says so' says beta \
	"store-failed: the list in force .*$state/.tmp: No space left on device"
ok '... why shows it' eval \
	"ctl beta why alpha | tr -s ' \n' ' ' | grep 'our disk.*No space left'"
ctl beta negotiate alpha >$tmp/out 2>&1
soon '... a pair is agreed and serves' says beta \
	'peer=alpha store-failed: its pair secrets are kept in memory alone'
WAIT=2 soon '... packets go' reach alpha beta
ok '... a reload is heeded' kill -HUP "${pid[beta]}"
soon '... and says that it tried' says beta 'list in force is not on the disk'
not_ok '... the disk still has the older one' stored
rm $state/fill
began=$SECONDS
kill -HUP "${pid[beta]}"
soon 'room again: a reload writes it' stored
soon '... and the warning goes' quiet
ok '... within 5 s' test $((SECONDS - began)) -le 5
dd if=/dev/zero of=$state/fill bs=1k >$tmp/out 2>&1 || :
newer
soon 'full again: in force' same
soon '... and told' warns 'No space left'
rm $state/fill
soon 'room again: it is written without a word from anybody' stored
soon '... and the warning goes' quiet

# --- errors of other kinds --------------------------------------------------------------
for e in 5:Input/output.error 122:Disk.quota.exceeded 30:Read-only; do
	echo "0 ${e%%:*}" >$DISK
	newer
	soon "errno ${e%%:*}: a newer list is in force" same
	soon '... status says why' warns "${e#*:}"
	rm $DISK
	soon '... it is stored in the end' stored
	soon '... the warning goes' quiet
done
if mount -o remount,ro $state 2>/dev/null; then
	newer
	soon 'read-only: a newer list is in force' same
	soon '... status says why' warns 'Read-only file system'
	must mount -o remount,rw $state
	soon '... it is stored in the end' stored
fi

# --- an end with writes that failed -----------------------------------------------------
echo '0 28' >$DISK
newer
soon 'full: in force' same
rm $DISK
stop beta
ok 'what is unsaved is written at the end' stored
start beta
soon 'packets go' reach alpha beta
echo '0 28' >$DISK
newer
soon 'full again: in force' same
stop beta
rm $DISK
ok 'what cannot be written at the end is told' says beta \
	'error: the daemon ends and could not store this: .*No space left'
start beta
soon 'a peer sends the list again' stored
soon 'and packets go' reach alpha beta

# --- 5 s for each fsync -----------------------------------------------------------------
echo '5 0' >$DISK
newer
ctl beta negotiate alpha >$tmp/out 2>&1
sleep 1
WAIT=2 ok 'slow: packets go' reach alpha beta
echo '9 0' >$DISK
soon '... status says it' warns "$state: the disk has not answered for"
echo '5 0' >$DISK
began=$SECONDS
stop beta
is "${status[beta]}" 0 'slow: it ends in order'
ok '... within 10 s' test $((SECONDS - began)) -le 10
rm $DISK
start beta
soon 'packets go' reach alpha beta
soon 'and the list comes again' same
stop alpha beta

finish
