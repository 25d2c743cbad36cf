#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A state directory that is full, read-only, gone, of yesterday, damaged at
# any byte, or not what it seems: packets go again, by a negotiation where
# none of the secrets is left, and the log says what was wrong.
# shellcheck source=tests/system/lib.sh disable=SC2317,SC2329 # called by name
. tests/system/lib.sh

outer=4
network alpha beta
for n in alpha beta; do conf $n 'unanswered = 2s'; done
state=$tmp/alpha/state
# On a file system of its own.
cp -r $state $tmp/first
must mount -t tmpfs -o size=256k,mode=700 tmpfs $state
cp $tmp/first/* $state
start alpha beta
ok 'packets go' reach alpha beta
must cp -r $state $tmp/old
pair=$state/pairs/beta.pair

pairs() { logs alpha 'peer=beta pair-new'; }
negotiate() { ctl alpha negotiate beta; }
more_pairs() { [ "$(pairs)" -gt "$1" ]; }
goes() { # goes WHEN: both ways, if need be by a negotiation
	WAIT=1 soon "$1: packets go" reach alpha beta
	WAIT=1 soon "$1: and back" reach beta alpha
}
alive=${pid[alpha]}
fine() { # fine WHEN: the daemon that runs is the one that was started
	goes "$1"
	ok "$1: the daemon goes on" kill -0 "$alive"
}

# --- full -------------------------------------------------------------------------------
dd if=/dev/zero of=$state/fill bs=1k >$tmp/out 2>&1 || :
not_ok 'the directory is full' eval "echo x >$state/more"
rm -f $state/more
fine 'full'
ok 'full: a negotiation begins' negotiate
soon 'full: the log says that it cannot store' says alpha \
	'peer=beta store-failed'
fine 'full, after it'
ok 'full: what is on the disk is whole' cmp $pair $tmp/old/pairs/beta.pair
rm $state/fill
WAIT=1 fine 'room again'
# It would be tried again within a minute; a start does it at once.
crash alpha
start alpha
alive=${pid[alpha]}
before=$(pairs)
goes 'started with room'
ok 'started with room: a negotiation begins' negotiate
soon 'started with room: it is stored' more_pairs "$before"

# --- read-only ----------------------------------------------------------------------------
failed=$(logs alpha 'store-failed')
if mount -o remount,ro $state 2>/dev/null; then
	ok 'read-only: a negotiation begins' negotiate
	soon 'read-only: the log says that it cannot store' eval \
		"[ \$(logs alpha store-failed) -gt $failed ]"
	fine 'read-only'
	must mount -o remount,rw $state
fi
fine 'writable again'

# --- of yesterday -------------------------------------------------------------------------
stop alpha
cp -r $tmp/old/pairs $state
start alpha
goes 'an old copy of the pairs'
stop alpha
rm -rf "${state:?}"/*
cp -r $tmp/old/* $state
start alpha
goes 'an old copy of all'
alive=${pid[alpha]}

# --- gone ---------------------------------------------------------------------------------
rm -rf "${state:?}"/*
fine 'deleted while it runs'
negotiate >/dev/null 2>&1
fine 'deleted, and negotiated'
ok 'deleted: a reload is survived' kill -HUP "$alive"
fine 'deleted, and reloaded'
stop alpha
rm -rf "${state:?}"/*
cp $tmp/network.bnl $state
start alpha
goes 'deleted all but the list'

# --- a record with a flipped bit, at FLIPS bytes (every one: FLIPS=10000) -------------------------------------------
stop alpha
cp $pair $tmp/good.pair
len=$(stat -c %s $pair)
flips=${FLIPS:-12}
step=$(((len + flips - 1) / flips))
for ((at = 0; at < len; at += step)); do
	cp $tmp/good.pair $pair
	flip $pair $at
	: >$tmp/alpha/log
	start alpha
	within 5 says alpha 'set aside' >$tmp/out || break
	stop alpha
	# A peer may begin 60 negotiations a minute, and each start is one.
	[ "$flips" -le 25 ] || sleep 1.2
done
more $((at + 1)) "$((len - 1))" 'a flipped bit at any byte is seen'
[ -n "${pid[alpha]:-}" ] || start alpha
goes 'the last one flipped'
damaged() { # damaged WHAT LINE COMMAND...
	local what=$1 line=$2

	shift 2
	stop alpha
	rm -rf $state/pairs
	mkdir -m 700 $state/pairs
	cp $tmp/good.pair $pair
	chmod 600 $pair
	"$@"
	: >$tmp/alpha/log
	start alpha
	ok "$what: the log says so" says alpha "beta.pair.*$line"
	goes "$what"
}
damaged 'truncated' 'set aside' truncate -s 100 $pair
damaged 'empty' 'set aside' truncate -s 0 $pair
link() { mv $pair $tmp/linked && ln -s $tmp/linked $pair; }
damaged 'a link' 'set aside|link|regular' link
damaged 'readable by all' 'can be read by others' chmod 644 $pair
damaged 'writable by all' 'can be written by others' chmod 622 $pair

# --- what stands under another name, and the files beside ----------------------------
stop alpha
cp $tmp/good.pair $state/pairs/gamma.pair
chmod 600 $state/pairs/gamma.pair
start alpha
ok 'a record under another name: the log says so' says alpha \
	'gamma.pair: it is the record of "beta": set aside'
goes 'a record under another name'
len=$(stat -c %s $state/static.key)
for at in 0 7 8 $((len / 2)) $((len - 1)); do
	stop alpha
	flip $state/static.key "$at"
	: >$tmp/alpha/log
	start alpha
	ok "static.key, byte $at: the log says so" says alpha \
		'static.key is damaged: a new one takes its place'
	goes "static.key, byte $at"
done
# Nothing but the mark tells that a list is an old one.
len=$(stat -c %s $state/mark)
stop alpha
cp $state/mark $tmp/mark
for at in 0 7 8 $((len / 2)) $((len - 1)); do
	cp $tmp/mark $state/mark
	flip $state/mark "$at"
	: >$tmp/alpha/log
	launch alpha
	ended alpha
	more "${status[alpha]}" 0 "mark, byte $at: it does not start"
	ok "mark, byte $at: and says why" says alpha 'mark is damaged'
done
cp $tmp/mark $state/mark
start alpha
goes 'the mark as it was'
finish
