#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A virtual machine that was copied while it ran, or went back to a snapshot,
# makes its sessions anew when the kernel says so; nobody else can say it.
# shellcheck source=tests/system/lib.sh disable=SC2317,SC2329 # called by name
. tests/system/lib.sh

network alpha beta
helpers=$O/tests/helpers
place=/devices/LNXSYSTM:00/QEMUVGID:00
words=("change@$place" ACTION=change "DEVPATH=$place" SUBSYSTEM=acpi)
uevent() { # uevent kernel|group|PORT WORD...: see tests/helpers/uevent.c
	inside alpha "$helpers/uevent" "$1" "${words[@]}" "${@:2}"
}
# A namespace of a container may not belong to who can speak for the kernel.
uevent kernel X=1 >$tmp/out 2>&1 ||
	skip_all "the kernel takes no uevent: $(cat $tmp/out)"

start alpha beta
ok 'packets go' reach alpha beta
slept() { logs alpha 'slept: '; }
up() { [ "$(query alpha peers '.[0].state')" = up ]; }
noticed() { # noticed N: so many copies
	[ "$(logs alpha 'slept: the machine was copied or went back')" = "$1" ]
}
anew() { [ "$(made)" -gt "$1" ]; }
made() { query alpha peers '.[0].handshakes'; }
pairs=$(logs alpha 'peer=beta pair-new')
not_heard() { # not_heard WHAT: after a turn of the daemon at least
	must ctl alpha status >$tmp/out
	is "$(slept)" 0 "$1: sessions stay"
}

# --- what is no such message -----------------------------------------------------
is "$(logs alpha 'will not be noticed')" 0 'alpha listens'
must uevent kernel NEW_VMGENID=0
must uevent kernel OLD_VMGENID=1
must uevent kernel NEW_VMGENID=1 nonsense
for ((i = 0; i < 200; i++)); do
	must uevent kernel "N=$i"
done
not_heard 'other uevents'
# The socket's port is the second number from the left in the kernel's table;
# protocol 15 are uevents.
# shellcheck disable=SC2016 # for awk
port() {
	inside alpha awk '$2 == 15 && $3 != 0 { print $3 }' /proc/net/netlink
}
p=$(port)
is "$(wc -w <<<"$p")" 1 'one socket listens to uevents'
ok 'a process can write to it' uevent "$p" NEW_VMGENID=1
not_heard 'from a process'
ok 'a process can write to all that listen' uevent group NEW_VMGENID=1
not_heard 'from a process, to all'

# --- what is one -----------------------------------------------------------------
for n in 1 2; do
	before=$(made)
	must uevent kernel NEW_VMGENID=1
	soon "copy $n is noticed" noticed $n
	soon "copy $n: a handshake is made by itself" anew "$before"
	soon "copy $n: and a session" up
	ok "copy $n: packets go" reach alpha beta
	ok "copy $n: and back" reach beta alpha
done
is "$(slept)" 2 'each was noticed once'
is "$(logs alpha 'peer=beta pair-new')" "$pairs" 'nothing is negotiated'
is "$(logs alpha 'peer=beta peer-down')" 0 'no peer is called down for it'
finish
