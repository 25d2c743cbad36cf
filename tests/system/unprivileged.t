#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2016,SC2317 # words; the inner shell; "holds" and "fails"
# Who follows the README gets a daemon that is not root, however it is started:
# by "init" and "join" with a script of System V init, by that script, by hand,
# and as the unit does it.
cd "$(dirname "$0")/../.." || exit 1
NEEDS='ip nsenter ping jq pgrep setpriv'
# shellcheck source=tests/system/host_test.sh
. tests/system/host_test.sh
uid=54321
setpriv --reuid=$uid true 2>/dev/null ||
	hosts_missing 'there is no other user here'

# The user that the installation makes, and a host with System V init.
has_user() {
	rm -f /etc/passwd /etc/group /etc/shadow /etc/gshadow
	cp /run/outside/etc/passwd /run/outside/etc/group /etc/
	sed -i '/^cluevpn:/d' /etc/passwd /etc/group
	[ "$1" = no ] && return
	echo "cluevpn:x:$uid:$uid::/var/lib/cluevpn:/usr/sbin/nologin" \
	    >>/etc/passwd
	echo "cluevpn:x:$uid:" >>/etc/group
}
# The device as it is on other hosts.
mount -t tmpfs -o mode=755 tmpfs /dev/net
mknod -m 666 /dev/net/tun c 10 200
rm -f /etc/init.d
mkdir /etc/init.d
sed "s|^DAEMON=.*|DAEMON=$O/cluevpnd|" examples/cluevpnd.init \
    >/etc/init.d/cluevpnd
chmod 755 /etc/init.d/cluevpnd
for tool in update-rc.d rc-update systemctl; do
	printf '#!/bin/sh\nexit 1\n' >"$HOSTS_DIR/bin/$tool"
	chmod 755 "$HOSTS_DIR/bin/$tool"
done

pid() {		# pid HOST: of its daemon
	on "$1" sh -c 'cat /run/cluevpn/pid'
}
fact() {	# fact HOST NAME [PID]: what the kernel says of it
	on "$1" awk -v n="$2:" '$1 == n { print $2 }' \
	    "/proc/${3:-$(pid "$1")}/status"
}
facts() {	# facts HOST HOW
	is "$(fact "$1" Uid)" $uid "$2: not root"
	is "$(fact "$1" Gid) $(fact "$1" Groups)" "$uid " "$2: nor of its groups"
	is "$(fact "$1" CapEff) $(fact "$1" CapPrm)" \
	    '0000000000001000 0000000000001000' "$2: CAP_NET_ADMIN alone"
	is "$(fact "$1" NoNewPrivs)" 1 "$2: and no more can be gained"
	if grep -q seccomp_load "$O/cluevpnd"; then
		is "$(fact "$1" Seccomp)" "${3:-2}" "$2: system calls"
	fi
	is "$(on "$1" stat -c %u "/proc/$(pid "$1")/mem")" 0 \
	    "$2: its memory is nobody's"
	is "$(on "$1" awk '/^Max core file size/ { print $5, $6 }' \
	    "/proc/$(pid "$1")/limits")" '0 0' "$2: and in no core file"
}
is_root() {
	is "$(fact "$1" Uid)" 0 "$2"
}
ends() {	# ends HOST: the daemon, which leaves no process
	on "$1" /etc/init.d/cluevpnd stop && ! on "$1" pgrep cluevpnd
}
runs() {	# runs HOST COMMAND: start, stop ...
	on "$1" /etc/init.d/cluevpnd "$2"
}
code() {	# code STATUS COMMAND...
	want=$1
	shift
	"$@"
	[ $? -eq "$want" ]
}
reaches() {	# reaches FROM TO
	on "$1" ping -n -c 1 -W 5 "$(on alpha bnl-verify --json | jq -r \
	    --arg n "$2" '.nodes[] | select(.name == $n) | .subnets[0]' |
	    sed 's|0/24$|1|')"
}
LOG='--set logmethod=file --set logfile=/var/log/cluevpn.log'

# --- init and join, with an init script -------------------------------------------
has_user yes
host_add alpha 192.0.2.10
host_add beta 192.0.2.20
# shellcheck disable=SC2086 # words
{
holds 'a network is founded' on alpha cluevpnctl init $LOG
ok "$(grep -q 'becomes the user cluevpn (unless --no-user' "$out"; echo $?)" \
    'who runs the daemon is told, and how to have it otherwise'
ok "$(grep -q '/etc/init.d/cluevpnd' "$out"; echo $?)" 'the script starts it'
on alpha cluevpnctl invite beta >"$HOSTS_DIR/invite" 2>&1 &
inviting=$!
within 10000 grep -q '^waiting' "$HOSTS_DIR/invite"
grep '^cluevpn1-' "$HOSTS_DIR/invite" >"$HOSTS_DIR/token"
holds 'another one joins' on beta sh -c \
    'cluevpnctl join "$@" <"$HOSTS_DIR/token"' sh $LOG
}
wait "$inviting"
holds 'packets go' within 20000 reaches alpha beta
holds 'and back' within 20000 reaches beta alpha
facts alpha init
facts beta join
is "$(on alpha stat -c '%U %a' node.key ca.key bnl.key cluevpn.conf | sort -u |
    tr '\n' ' ')" 'root 600 root 644 ' 'keys and configuration are root'\''s'
is "$(on beta find /var/lib/cluevpn -printf '%u %m\n' | sort -u |
    tr '\n' ' ')" 'cluevpn 600 cluevpn 644 cluevpn 700 ' \
    'the state is the user'\''s'
holds 'root signs a list and pushes it' on alpha sh -c \
    'bnl-sign && cluevpnctl push --wait'
is "$(on alpha stat -c %U /var/lib/cluevpn/network.bnl)" cluevpn \
    'which is the user'\''s again'

# --- the script ----------------------------------------------------------------------
holds 'reload' runs alpha reload
holds 'the key was read again' within 10000 on alpha \
    grep -q 'certificate reloaded' /var/log/cluevpn.log
holds 'restart' runs alpha restart
facts alpha restart
holds 'stop' ends alpha
holds 'status: it does not run' code 3 runs alpha status
on alpha sh -c 'echo "upcmd = id -u >/run/cluevpn/up" >>cluevpn.conf
    echo "downcmd = id -u >/run/cluevpn/down" >>cluevpn.conf'
holds 'start, with hooks' runs alpha start
facts alpha start
is "$(on alpha cat /run/cluevpn/up)" 0 'hooks are root'
holds 'packets go again' within 20000 reaches beta alpha
holds 'stop again' ends alpha
is "$(on alpha cat /run/cluevpn/down)" 0 'to the last one'

# --- by hand ----------------------------------------------------------------------
holds 'by hand' on alpha cluevpnd
facts alpha 'by hand'
holds 'the end' ends alpha

# --- as the unit does it ------------------------------------------------------------
on alpha sh -c 'sed -i "/cmd = /d" cluevpn.conf && chown cluevpn: node.key &&
    chown -R cluevpn: /run/cluevpn /var/log/cluevpn.log'
holds 'with the user of the unit' on alpha setpriv --reuid=cluevpn \
    --regid=cluevpn --clear-groups --no-new-privs --bounding-set=-all,+net_admin \
    --inh-caps=+net_admin --ambient-caps=+net_admin "$O/cluevpnd"
facts alpha unit
holds 'packets go there, too' within 20000 reaches beta alpha
holds 'the configuration is right there' on alpha setpriv --reuid=cluevpn \
    --regid=cluevpn --clear-groups "$O/cluevpnd" -t -p /run/cluevpn/other
holds 'and it ends' ends alpha
on alpha sh -c 'chown -R root: /run/cluevpn'
holds 'the script starts it after that' runs alpha start
facts alpha 'the script again'
holds 'the end of it' ends alpha
ends beta >/dev/null

# --- otherwise ------------------------------------------------------------------------
found() {	# found HOST OPTION...: into $out
	h=$1
	shift
	# shellcheck disable=SC2086 # words
	on "$h" cluevpnctl init $LOG "$@"
}
host_add gamma 192.0.2.30
holds 'init --no-user' found gamma --no-user
ok "$(grep -q 'stays root (--no-user)' "$out"; echo $?)" 'says that'
is_root gamma 'it is root'
ends gamma >/dev/null
host_add delta 192.0.2.40
holds 'init --set user=nobody' found delta --set user=nobody
is "$(on delta grep -c '^user' cluevpn.conf) $(fact delta Uid)" \
    "1 $(id -u nobody)" 'it is that user'
ends delta >/dev/null
# A user that may change the configuration would be root by its hooks.
host_add epsilon 192.0.2.50
on epsilon sh -c 'mkdir -p /run/of/user && chown cluevpn: /run/of/user'
holds 'init where the user may change what is there' found epsilon \
    --config-dir /run/of/user/conf
ok "$(grep -q 'stays root: .*user 54321 may change user' "$out"; echo $?)" \
    'says that'
is_root epsilon 'it is root there'
ends epsilon >/dev/null
has_user no
host_add zeta 192.0.2.60
holds 'init without such a user' found zeta
ok "$(grep -q 'stays root: there is no user "cluevpn"' "$out"; echo $?)" \
    'says that, too'
is_root zeta 'it is root'
ends zeta >/dev/null
tap_end
