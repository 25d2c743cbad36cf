#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A daemon that gives root up, and the small process that keeps it.
# shellcheck source=tests/system/lib.sh disable=SC2317 # called by name
# shellcheck disable=SC2016,SC2086 # what stands in single quotes is the hooks'
. tests/system/lib.sh

monitor() { # the process number of alpha's
	pgrep -P "${pid[alpha]}"
}
fact() { # fact NAME [PID]: what the kernel says of alpha's daemon
	awk -v n="$1:" '$1 == n { print $2 }' \
		"/proc/${2:-${pid[alpha]}}/status"
}
hup() {
	kill -HUP "${pid[alpha]}"
}
not() {
	! "$@"
}
hand() { # a list to alpha, whose user reads it
	give alpha
	chown nobody $tmp/alpha/state/network.bnl
}
lines() { # lines N FILE: it has as many or more
	[ "$(wc -l <"$2")" -ge "$1" ]
}

setpriv --reuid=65534 true 2>/dev/null ||
	skip_all 'there is no other user here'
network alpha beta
chmod 755 $tmp
rm -r $tmp/alpha/state
all="$(awk '$1 == "CapBnd:" { print $2 }' /proc/self/status)"
conf alpha 'user = nobody' \
	'nodeupcmd = echo hook of $NODE; grep -E "^(Uid|CapEff)" /proc/self/status'
chmod 600 $tmp/alpha/cluevpn.conf
start alpha beta

is "$(fact Uid)" 65534 'it runs as that user'
is "$(fact CapEff)" 0000000000001000 'with nothing but CAP_NET_ADMIN'
is "$(fact CapBnd)" 0000000000000000 'for good'
is "$(fact NoNewPrivs)" 1 'whatever it runs'
if grep -q seccomp_load "$O/cluevpnd"; then
	is "$(fact Seccomp)" 2 'confined to the system calls that it needs'
	is "$(awk '$1 == "Seccomp:" { print $2 }' \
		/proc/"${pid[alpha]}"/task/*/status | sort -u)" 2 \
		'in each of its threads'
	is "$(fact Seccomp "$(monitor)")" 0 'hooks are not'
fi
is "$(stat -c %u "/proc/${pid[alpha]}/status")" 0 'its memory is nobody'\''s'
is "$(stat -c %U $tmp/alpha/state $tmp/alpha/state/pairs | uniq)" nobody \
	'the directories that it made are its own'
is "$(stat -c %a $tmp/alpha/state)" 700 'and nobody else'\''s'

# --- the one that stays root ------------------------------------------------------
w=$(monitor)
is "$(echo "$w" | wc -w)" 1 'one process is with it'
is "$(fact Name "$w")" cluevpn-monitor 'which has a name of its own'
is "$(fact Uid "$w")" 0 'and is root'
is "$(fact CapEff "$w") $(fact CapPrm "$w") $(fact CapInh "$w")" \
	'0000000000000020 0000000000000020 0000000000000000' \
	'with nothing but CAP_KILL'
is "$(find "/proc/$w/fd" -lname '/dev/net/tun' -o -lname "$tmp/*" | wc -l)" 0 \
	'it has neither the device nor a file'
is "$(find "/proc/$w/fd" -lname 'socket:*' | wc -l)" 1 \
	'and one socket, to the daemon'

# It takes, stores and configures what it needs without root.
must ctl beta push
soon 'it takes a list' test -s $tmp/alpha/state/network.bnl
soon 'and carries packets' reach alpha beta
ok 'its secrets are stored' test -s $tmp/alpha/state/pairs/beta.pair
soon 'its hooks run' says alpha 'hook of beta'
soon 'as root' says alpha 'Uid:.*x090\\x090'
soon 'with all that root has' says alpha "CapEff:.*$all"

# --- reload of what only root can read -------------------------------------------
is "$(stat -c %U%a $tmp/alpha/node.key $tmp/alpha/cluevpn.conf | uniq)" root600 \
	'key and configuration are root'\''s'
hup
soon 'it reads them again' says alpha 'certificate reloaded'
rm $tmp/alpha/node.*
certify alpha
hup
renewed() { [ "$(logs alpha 'certificate reloaded')" = 2 ]; }
soon 'another key is read, too' renewed
ok 'it still carries packets' reach alpha beta

conf alpha 'user = nobody' "nodedowncmd = id -u >$tmp/down.\$NODE"
chmod 600 $tmp/alpha/cluevpn.conf
hup
renewed() { [ "$(logs alpha 'certificate reloaded')" = 3 ]; }
soon 'another configuration' renewed
# What is wrong changes nothing, here and there.
conf alpha 'user = nobody' 'cert = none.pem' "nodedowncmd = touch $tmp/wrong"
hup
soon 'one with a mistake is refused' says alpha 'none.pem: No such file'
list alpha
hand
kill -USR1 "${pid[alpha]}"
soon 'a hook of the configuration in force' test -s $tmp/down.beta
is "$(cat $tmp/down.beta)" 0 'runs as root'
not_ok 'not the other one' test -e $tmp/wrong
conf alpha 'user = nobody' 'no = such key'
hup
soon 'what is no configuration is told as ever' says alpha 'unknown key "no"'
ok 'and the process is there' kill -0 "$w"

conf alpha 'user = nobody'
chmod 757 $tmp/alpha
hup
soon 'files within the reach of the user are refused' \
	says alpha 'cluevpn.conf: user 65534 may change alpha'
chmod 755 $tmp/alpha
list alpha beta
hand
hup
soon 'in force again' query alpha peers '.[].name == "beta"'

# The process hangs: packets wait for it once, and it is asked again later.
must kill -STOP "$w"
kill -HUP "${pid[alpha]}"
WAIT=5 ok 'a process that hangs: packets go' reach alpha beta
soon '... the reload failed, and says why' says alpha \
	'stayed root does not answer: try again later'
for ((i = 0; i < 5; i++)); do kill -HUP "${pid[alpha]}"; sleep 0.1; done
WAIT=1 ok '... and no packet waits for the next reloads' reach alpha beta
must kill -CONT "$w"
sleep 0.5
before=$(logs alpha 'configuration and certificate reloaded')
kill -HUP "${pid[alpha]}"
more_reloads() {
	[ "$(logs alpha 'configuration and certificate reloaded')" -gt "$before" ]
}
soon '... it goes on, and so does the reload' more_reloads
stop alpha
is "${status[alpha]}" 0 'it stops in order'
soon 'and so does the process' gone "$w"
start alpha
soon 'it starts again with what it has stored' reach alpha beta
stop alpha

# --- its hooks ----------------------------------------------------------------------
hook=$tmp/hook
cat >$hook <<'END'
#!/bin/sh
{
	printf '%s' "$1"
	env | grep -vE '^(PWD|OLDPWD|SHLVL|_|PATH)=' | sort |
		while read -r l; do printf ' %s' "$l"; done
	echo " uid $(id -u) in $(pwd) with $(ls /proc/self/fd | wc -w)," \
		"$(readlink /proc/self/fd/0)"
} >>/run/t/ran
END
chmod +x $hook
hooks=()
for h in up down subnetup subnetdown mysubnetup mysubnetdown nodeup nodedown
do
	hooks+=("${h}cmd = $hook $h")
done
conf alpha 'user = nobody' "${hooks[@]}"
around='uid 0 in / with 4, /dev/null'
subnets() { # subnets UP|DOWN'S NAME NODE: both of them
	echo "$1 NODE=$2 SUBADDR=10.156.${index[$2]}.0 SUBADDRTYPE=ipv4" \
		"SUBCIDR=24 SUBNET=10.156.${index[$2]}.0/24 TUNDEV=tun0 $around"
	echo "$1 NODE=$2 SUBADDR=fd00:c1:0:${index[$2]}:: SUBADDRTYPE=ipv6" \
		"SUBCIDR=64 SUBNET=fd00:c1:0:${index[$2]}::/64 TUNDEV=tun0" \
		"$around"
}
: >$tmp/ran
start alpha
soon 'all that belongs to the start runs' lines 6 $tmp/ran
is "$(cat $tmp/ran)" "up TUNDEV=tun0 $around
$(subnets mysubnetup alpha)
nodeup NODE=beta TUNDEV=tun0 $around
$(subnets subnetup beta)" 'in order, with the same things around as for root'
: >$tmp/ran
stop alpha
is "$(cat $tmp/ran)" "$(subnets mysubnetdown alpha)
$(subnets subnetdown beta)
nodedown NODE=beta TUNDEV=tun0 $around
down TUNDEV=tun0 $around" 'and what belongs to the end'

conf alpha 'user = nobody' 'upcmd = echo out of order; exit 3' \
	"downcmd = touch $tmp/down"
launch alpha
ended alpha
is "${status[alpha]}" 1 'up that fails stops the start'
ok 'the log has its words' says alpha 'out of order'
not_ok 'and no down runs' test -e $tmp/down

conf alpha 'user = nobody' "nodeupcmd = touch $tmp/hangs; sleep 1000" \
	"downcmd = touch $tmp/down"
start alpha
w=$(monitor)
soon 'a hook that hangs' test -e $tmp/hangs
crash alpha
soon 'ends with a daemon that dies' not pgrep -f 'sleep 1000'
soon 'so does the process' gone "$w"
not_ok 'down does not run' test -e $tmp/down
rm $tmp/hangs

start alpha
soon 'a hook hangs' test -e $tmp/hangs
kill -TERM "$(monitor)"
hup
soon 'a signal to the process is none of its business' \
	says alpha 'certificate reloaded'
kill -KILL "$(monitor)"
soon 'if it is killed, that is told' says alpha 'stayed root has ended'
ok 'packets go on' reach alpha beta
stop alpha
is "${status[alpha]}" 0 'and the end is in order'
conf alpha
start alpha
not_ok 'who stays root needs no such process' monitor
stop alpha

# As a unit of the administrator may have it: fewer capabilities, none to be
# gained.
caps=+net_admin,+net_raw,+net_bind_service,+dac_override,+chown,+fowner,+kill
caps=$caps,+setuid,+setgid,+setpcap
conf alpha 'user = nobody' 'nodeupcmd = grep ^Cap /proc/self/status'
: >$tmp/alpha/log
nsenter --net=/run/netns/alpha setpriv --no-new-privs \
	--bounding-set="-all,$caps" "$O/cluevpnd" -f \
	-c $tmp/alpha -p $tmp/alpha/pid >>$tmp/alpha/log 2>&1 </dev/null &
pid[alpha]=$!
soon 'with these capabilities it runs' says alpha 'CapBnd'
given() { # given LINE: of what the hook has
	grep -o "$1:.*" $tmp/alpha/log | sed 's/.*x09//'
}
is "$(given CapEff)" "$(given CapBnd)" 'a hook has all of them'
not_ok 'which are not all of root'\''s' test "$(given CapBnd)" = "$all"
is "$(fact CapEff) $(fact CapEff "$(monitor)")" \
	'0000000000001000 0000000000000020' 'daemon and process do not'
soon 'and it carries packets' reach alpha beta
stop alpha

# --- the log file -------------------------------------------------------------------
mkdir $tmp/log
conf alpha 'user = nobody' "logfile = $tmp/log/alpha"
sed -i 's/^logmethod = .*/logmethod = file/' $tmp/alpha/cluevpn.conf
start alpha
mv $tmp/log/alpha $tmp/log/alpha.1
hup
soon 'the log is rotated in a folder of root'\''s' \
	grep -q 'certificate reloaded' $tmp/log/alpha
is "$(stat -c %U%a $tmp/log/alpha)" root640 'as it was before'
# A folder of the user's, and a link there to what is not.
chown nobody $tmp/log
echo secret >$tmp/root.file
chmod 600 $tmp/root.file
rm $tmp/log/alpha
ln -s $tmp/root.file $tmp/log/alpha
hup
told() { [ -n "$(find $tmp/log /proc/"${pid[alpha]}"/fd -lname '*(deleted)')" ]; }
soon 'the daemon goes on with the one that it has' told
rm $tmp/log/alpha
hup
soon 'in a folder of the user'\''s the user makes it' \
	grep -q 'certificate reloaded' $tmp/log/alpha
is "$(stat -c %U $tmp/log/alpha)" nobody 'whose it is'
is "$(cat $tmp/root.file)" secret 'what the link led to is as it was'
stop alpha
# The same at the start.
rm $tmp/log/alpha
start alpha
is "$(stat -c %U $tmp/log/alpha)" nobody 'the user makes it at the start, too'
stop alpha
rm $tmp/log/alpha
ln -s $tmp/root.file $tmp/log/alpha
inside alpha timeout 20 "$O/cluevpnd" -f -c $tmp/alpha >$tmp/out 2>&1
is $? 1 'no start with a link to what the user may not write'
is "$(cat $tmp/root.file)" secret 'which is as it was'

# --- what the user puts in the place of a directory -----------------------------
mkdir -m 755 $tmp/root.dir
mv $tmp/alpha/state/pairs $tmp/alpha/state/pairs.1
ln -s $tmp/root.dir $tmp/alpha/state/pairs
inside alpha timeout 20 "$O/cluevpnd" -f -c $tmp/alpha >$tmp/out 2>&1
is $? 1 'no start with a link to another directory'
is "$(stat -c %u $tmp/root.dir)" 0 'which is root'\''s as before'
rm $tmp/alpha/state/pairs
mv $tmp/alpha/state/pairs.1 $tmp/alpha/state/pairs

# --- a node that has run as root before ---------------------------------------
conf alpha
rm -r $tmp/alpha/state
give alpha
start alpha
soon 'it runs as root' reach alpha beta
stop alpha
is "$(stat -c %U $tmp/alpha/state/pairs/beta.pair)" root 'its files are root'\''s'
conf alpha 'user = nobody'
start alpha
is "$(fact Uid)" 65534 'then as a user'
is "$(stat -c %U $tmp/alpha/state/* $tmp/alpha/state/pairs/* | sort -u)" nobody \
	'to whom they belong now'
before=$(logs alpha pair-new)
soon 'and carries packets' reach alpha beta
is "$(logs alpha pair-new)" "$before" 'with the secrets that it had'

# --- a key of the user's ------------------------------------------------------------
chown nobody $tmp/alpha/node.key
before=$(logs alpha 'certificate reloaded')
hup
again() { [ "$(logs alpha 'certificate reloaded')" -gt "$before" ]; }
soon 'a key that belongs to the user is read by the user' again
stop alpha
chown daemon $tmp/alpha/node.key
launch alpha
ended alpha
ok 'the key of a third one is refused' says alpha 'node.key belongs to user'
chown root $tmp/alpha/node.key
chmod 757 $tmp/alpha
launch alpha
ended alpha
is "${status[alpha]}" 1 'no start with a configuration that the user can change'
ok 'and why' says alpha 'hooks run as root.*cluevpn.conf: user 65534 may change'

finish
