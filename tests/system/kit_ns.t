#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The start-up kit's name servers: real small ones, on hosts of their own,
# that die and come back; the checker, the scripts for up and down, and both
# of them with a daemon. All files are private ones.
# shellcheck source=tests/system/lib.sh disable=SC2317 # called by name
. tests/system/lib.sh

for c in dnsmasq host flock setsid; do
	command -v $c >/dev/null || skip_all "there is no $c here"
done
kit=$PWD/examples/startup-kit
etc=$tmp/etc
mkdir $etc

bridge
host home
for n in ns1 ns2 ns3 ns4; do host $n; done
outer=6 host ns6
declare -A dns=()
serve() { # serve HOST [ADDRESS]: a name server that knows one name
	nsenter --net="/run/netns/$1" dnsmasq -k -C /dev/null -R -h --user=root \
		--host-record=srv.example.org,192.0.2.77 \
		--local=/example.org/ --pid-file= \
		${2:+--listen-address="$2" --bind-interfaces} \
		>"$tmp/dns.$1" 2>&1 </dev/null &
	dns[$1]=$!
}
unplug() { # unplug HOST...
	local n
	for n; do inside "$n" ip link set lo down; ip link set "v-$n" down; done
}
plug() {
	local n
	for n; do ip link set "v-$n" up; inside "$n" ip link set lo up; done
}
for n in ns1 ns2 ns3 ns4 ns6; do serve $n; done

kit_conf() { # kit_conf [LINE...]
	printf '%s\n' "resolvconf = $etc/resolv.conf" 'timeout = 1' \
		"resolvmaster = $etc/resolv.conf-master" \
		"nslock = $tmp/nslock" "$@" >$etc/kit.conf
}
kit_conf
check() { # check [OPTION...]
	inside home "$kit/cluevpn-nscheck" -c $etc/kit.conf "$@" >$tmp/said 2>&1
	local rc=$?

	cat $tmp/said
	return $rc
}
said() { # said WHAT TEXT: the last check
	ok "$1" grep -qF -e "$2" $tmp/said
}
written() { # the name servers of resolv.conf, in order
	local w
	w=$(awk '$1 == "nameserver" { print $2 }' $etc/resolv.conf)
	# shellcheck disable=SC2086 # on one line
	echo $w
}
master() { # master ADDRESS...: one with other lines around them
	local a

	{
		echo '# of this house'
		echo 'search example.org'
		for a; do echo "nameserver $a"; done
		echo 'options timeout:1'
	} >$etc/resolv.conf-master
}
others() { # all but the name servers
	sed '/^# Written by /d' "$1" | grep -v '^#\?nameserver'
}
body() { # resolv.conf without its first line, which names the master
	head -n 1 $etc/resolv.conf | grep -q "^# Written by cluevpn-nscheck from \
$etc/resolv.conf-master: edit that. [0-9a-f]*\$" && sed 1d $etc/resolv.conf
}
is_body() { body | cmp "$1" -; }

# --- the checker --------------------------------------------------------------

printf 'nameserver 192.0.2.2\nnameserver 192.0.2.3\n' >$etc/resolv.conf
chmod 640 $etc/resolv.conf
cp $etc/resolv.conf $tmp/first
soon 'a name server answers' inside home host -t A -W 1 srv.example.org 192.0.2.5
soon 'so does one by IPv6' inside home host -t A -W 1 srv.example.org 2001:db8::6
ok 'the first run' check
ok 'makes the master, a copy' cmp $tmp/first $etc/resolv.conf-master
ok 'and adds nothing but a line that names it' is_body $tmp/first
before=$(stat -c '%i %Y' $etc/resolv.conf)
check >$tmp/out
is "$(stat -c '%i %Y' $etc/resolv.conf)" "$before" \
	'what would be the same is not written'

master 192.0.2.2 192.0.2.3 2001:db8::6
unplug ns1
ok 'one is dead' check
is "$(written)" '192.0.2.3 2001:db8::6' \
	'those that answer are there, in order, IPv6 too'
is "$(others $etc/resolv.conf)" "$(others $etc/resolv.conf-master)" \
	'with all other lines'
is "$(stat -c %a $etc/resolv.conf)" 640 'and the mode it had'
plug ns1
soon 'it is back' check -w 5
is "$(written)" '192.0.2.2 192.0.2.3 2001:db8::6' 'at its place'
unplug ns2
cp $etc/resolv.conf $tmp/before
ok 'only to be shown' check -n
is "$(grep '^[-+]nameserver' $tmp/said)" '-nameserver 192.0.2.3' \
	'it shows what would change'
ok 'and changes nothing' cmp $tmp/before $etc/resolv.conf
plug ns2

master 192.0.2.2 192.0.2.3 192.0.2.4 192.0.2.5 192.0.2.3
check >$tmp/out
is "$(written)" '192.0.2.2 192.0.2.3 192.0.2.4' \
	'the resolver reads three: there are three, each once'
ok 'the fourth stays as a comment' \
	grep -q '^#nameserver 192\.0\.2\.5 ' $etc/resolv.conf
unplug ns1
check >$tmp/out
is "$(written)" '192.0.2.3 192.0.2.4 192.0.2.5' 'it steps in for a dead one'
plug ns1

# --- none, and many -------------------------------------------------------------

rm $etc/resolv.conf
# shellcheck disable=SC2046 # words
master $(seq -f '192.0.2.%.0f' 101 120)
mkdir $tmp/bin
cat >$tmp/bin/ping <<'END'
#!/bin/sh
echo begins >>/run/t/pings
trap 'echo ends >>/run/t/pings; exit 1' TERM EXIT
sleep 0.5
exit 1
END
chmod +x $tmp/bin/ping
ok 'twenty dead ones' env PATH="$tmp/bin:$PATH" nsenter --net=/run/netns/home \
	"$kit/cluevpn-nscheck" -c $etc/kit.conf
cp $tmp/out $tmp/said
more "$(sed '/ends/q' $tmp/pings | grep -c begins)" 1 \
	'are checked side by side'
ok 'all of them stay' is_body $etc/resolv.conf-master
is "$(grep -c 'none of the name servers answers' $tmp/said)" 1 \
	'and it is said, in one line'
is "$(wc -l <$tmp/said)" 1 'and nothing else'
master nonsense 192.0.2.3
ok 'a line that is no address' check
said 'is told' 'nameserver nonsense: an address is expected'
is "$(written)" 192.0.2.3 'and left out'
master '*' 192.0.2.3
ok 'a "*" is no address either' check
said 'and stands for no files' 'nameserver *: an address is expected'
is "$(grep -c "an address is expected" $tmp/said)" 1 'in one line'
ok 'numbers with a zero in front are decimal' check -t 08 -w 08
master
ok 'a master without name servers' check
is "$(written)" 192.0.2.3 'does not replace one that answers'
rm $etc/resolv.conf
ok 'where there is none' check
ok 'is taken as it is' is_body $etc/resolv.conf-master

# --- what others write ------------------------------------------------------------

# A DHCP client: its server has changed, and the former one is dead.
rm -f $etc/resolv.conf*
printf 'nameserver 192.0.2.2\n' >$etc/resolv.conf
check >$tmp/out
unplug ns1
printf '%s\n' '# by dhcp' 'domain example.com' 'nameserver 192.0.2.3' \
	>$etc/resolv.conf
ok 'another program has written resolv.conf' check
is "$(written)" 192.0.2.3 'its name server stays'
ok 'and its other lines' grep -qx 'domain example.com' $etc/resolv.conf
said 'which is told' 'its lines are the new'
is "$(grep -c 192.0.2.2 $etc/resolv.conf-master)" 0 'the former one has gone'
ok 'but for a copy' grep -qx 'nameserver 192.0.2.2' $etc/resolv.conf-master.old
printf '%s\n' '# by dhcp' 'domain example.com' 'nameserver 192.0.2.3' \
	>$etc/resolv.conf
check >$tmp/out
is "$(cat $tmp/said | grep -c 'new')" 0 'the same again is no news'

# By hand: what is commented out in the file is not lost.
master 192.0.2.2 192.0.2.3
check >$tmp/out
is "$(written)" 192.0.2.3 'one is dead'
echo 'options rotate' >>$etc/resolv.conf
check >$tmp/out
is "$(body | grep -c '^options rotate')" 1 'an edit of resolv.conf stays'
is "$(grep -c '^nameserver' $etc/resolv.conf-master)" 2 \
	'and so does the dead one, in the master'
plug ns1
soon 'which comes back' check -w 5
is "$(written)" '192.0.2.2 192.0.2.3' 'at its place'

# The last living one is never thrown away.
master 192.0.2.101
ok 'a master with none that answers' check
is "$(written)" '192.0.2.2 192.0.2.3' 'does not replace those that do'
said 'which is told' 'It stays as it is'
: >$etc/resolv.conf
master 192.0.2.3
check >$tmp/out
is "$(written)" 192.0.2.3 'an empty file is no new master'

# In a container the file is a mount.
cp $etc/resolv.conf $tmp/mounted
must mount --bind $tmp/mounted $etc/resolv.conf
master 192.0.2.2
ok 'resolv.conf is a mount' check
is "$(written)" 192.0.2.2 'it is written in place'
is "$(find $etc -name 'resolv.conf*' | wc -l)" 3 'and nothing is left beside it'
must umount $etc/resolv.conf
touch "$tmp/nameserver"
master '*' 192.0.2.3
check >$tmp/out
said 'a * is no list of files' 'nameserver *: an address is expected'

# --- by a question --------------------------------------------------------------

master 192.0.2.2 192.0.2.3
kill "${dns[ns1]}"
check >$tmp/out
is "$(written)" '192.0.2.2 192.0.2.3' \
	'the host of a dead server answers a ping'
check -d srv.example.org >$tmp/out
is "$(written)" 192.0.2.3 'but no question'
check -d nothing.example.org >$tmp/out
is "$(written)" 192.0.2.3 'that there is no such name is an answer'
kit_conf 'check = dns' 'checkname = srv.example.org'
master 192.0.2.2 2001:db8::6 192.0.2.3
check >$tmp/out
is "$(written)" '2001:db8::6 192.0.2.3' 'the same by the configuration'
serve ns1
soon 'it is revived' check -w 5
is "$(written)" '192.0.2.2 2001:db8::6 192.0.2.3' 'and first again'
kit_conf

# --- links ----------------------------------------------------------------------

for target in run/one/resolv.conf run/two/deep/stub.conf; do
	mkdir -p $tmp/fake/${target%/*}
	rm -f $etc/resolv.conf*
	printf '# Do not edit.\nnameserver 192.0.2.99\nnameserver 192.0.2.4\n' \
		>$tmp/fake/$target
	cp $tmp/fake/$target $tmp/before
	ln -s ../fake/$target $etc/resolv.conf
	ok "resolv.conf is a link to $target" check
	is "$(readlink $etc/resolv.conf)" ../fake/$target 'it stays one'
	is "$(written)" 192.0.2.4 'what it points to is written'
	ok 'the master is a copy of that' \
		cmp $tmp/before $etc/resolv.conf-master
	ok 'and no link' test ! -L $etc/resolv.conf-master
	cp $tmp/before $tmp/fake/$target
	check >$tmp/out
	is "$(written)" 192.0.2.4 'again, when the other program wrote it anew'
	is "$(find $tmp/fake $etc -name '*.conf*.*' | wc -l)" 0 \
		'nothing else is left there'
done
rm -f $etc/resolv.conf*

# --- two at once ----------------------------------------------------------------

master 192.0.2.101 192.0.2.2 192.0.2.3
pids=()
for _ in 1 2 3 4; do
	check >>$tmp/four 2>&1 &
	pids+=($!)
done
rc=0
for p in "${pids[@]}"; do wait "$p" || rc=1; done
is $rc 0 'four checkers at once'
is "$(written)" '192.0.2.2 192.0.2.3' 'do not get in the way of each other'
is "$(find $etc -name 'resolv.conf*' | wc -l)" 2 'and leave nothing'
not_ok 'one does not begin while another one holds the lock' \
	flock $tmp/nslock timeout 2 nsenter --net=/run/netns/home \
	"$kit/cluevpn-nscheck" -c $etc/kit.conf
rm -f $etc/resolv.conf*
not_ok 'without resolv.conf and master it says so' check
said 'and how they are called' "neither $etc/resolv.conf-master"

# --- up and down ----------------------------------------------------------------

kit_conf 'nameserver = 192.0.2.2' 'nameserver = 2001:db8::6' \
	'nameserver = 192.0.2.2'
up() { inside home "$kit/ns-up" -c $etc/kit.conf >$tmp/said 2>&1; }
down() { inside home "$kit/ns-down" -c $etc/kit.conf; }
fresh() {
	rm -f $etc/resolv.conf-master*
	printf '%s\n' '# of this house' 'nameserver 192.0.2.3' \
		'options timeout:1' >$etc/resolv.conf
	cp $etc/resolv.conf $tmp/first
}
fresh
ok 'up comes first' up
is "$(written)" '192.0.2.2 2001:db8::6 192.0.2.3' \
	'the name servers of the VPN stand first, each once'
cp $etc/resolv.conf-master $tmp/before
ok 'up again' up
ok 'changes nothing' cmp $tmp/before $etc/resolv.conf-master
ok 'down' down
ok 'leaves the master as it was' cmp $tmp/first $etc/resolv.conf-master
ok 'and resolv.conf' is_body $tmp/first
fresh
ok 'the checker comes first' check
ok 'then up' up
is "$(written)" '192.0.2.2 2001:db8::6 192.0.2.3' 'which has the same effect'
ok 'and down' down
ok 'which has, too' cmp $tmp/first $etc/resolv.conf-master
fresh
ok 'down comes first' down
ok 'it makes the master' cmp $tmp/first $etc/resolv.conf-master
ok 'then up' up
is "$(written)" '192.0.2.2 2001:db8::6 192.0.2.3' 'has its effect'

# An administrator edits the master meanwhile.
sed -i -e 's/timeout:1/timeout:2/' -e '1i nameserver 192.0.2.4' \
	-e '$a search example.org' $etc/resolv.conf-master
ok 'down' down
is "$(cat $etc/resolv.conf-master)" "$(printf '%s\n' 'nameserver 192.0.2.4' \
	'# of this house' 'nameserver 192.0.2.3' 'options timeout:2' \
	'search example.org')" 'an edit of the master stays'

# The master has one of them already.
master 192.0.2.3 192.0.2.2
cp $etc/resolv.conf-master $tmp/before
up >$tmp/out 2>&1
is "$(written)" '192.0.2.2 2001:db8::6 192.0.2.3' \
	'one that the master had further down is first'
is "$(grep -c '^nameserver 192\.0\.2\.2' $etc/resolv.conf-master)" 1 \
	'and there once'
not_ok 'how that is noted is not for resolv.conf' \
	grep 'by.cluevpn\(#\|$\)' $etc/resolv.conf
kit_conf 'nameserver = 192.0.2.5'
up >$tmp/out 2>&1
is "$(written)" '192.0.2.5 192.0.2.3 192.0.2.2' \
	'up with another configuration'
down >$tmp/out 2>&1
ok 'after down the master is as it was' cmp $tmp/before $etc/resolv.conf-master
kit_conf
not_ok 'up without a name server' up
said 'says so' 'there is no nameserver'

# --- all taken back ---------------------------------------------------------------

kit_conf 'nameserver = 192.0.2.2'
fresh
up >$tmp/out 2>&1
is "$(written)" '192.0.2.2 192.0.2.3' 'up once more'
ok 'taken back' check -r
ok 'resolv.conf is as it was' cmp $tmp/first $etc/resolv.conf
is "$(echo $etc/resolv.conf* $tmp/nslock*)" "$etc/resolv.conf $tmp/nslock*" \
	'and nothing is left'
fresh
up >$tmp/out 2>&1
printf '# by dhcp\nnameserver 192.0.2.4\n' >$etc/resolv.conf
cp $etc/resolv.conf $tmp/before
kit_conf 'nameserver = 192.0.2.2'
ok 'taken back after another program wrote resolv.conf' check -r
ok 'that stays' cmp $tmp/before $etc/resolv.conf

# --- the configuration ------------------------------------------------------------

refused() { # refused LINE TEXT
	kit_conf "$1"
	not_ok "kit.conf: $1" check
	said "kit.conf:5: $2" "kit.conf:5: $2"
}
refused 'tiemout = 3' 'unknown key "tiemout"'
refused 'timeout 3' '"timeout 3": key = value is expected'
refused 'nameserver' '"nameserver": key = value is expected'
refused 'port = 99999' 'port = 99999: a port is expected'
refused 'check = html' 'check = html: ping or dns is expected'
refused 'nameserver = -x' 'nameserver = -x: an address is expected'
refused 'bnlkey = sha256:12' 'bnlkey = sha256:12: "sha256:" and 64'
refused 'timeout = 2' 'timeout is there twice'
kit_conf "ou = \$(touch $tmp/run)\`touch $tmp/run\`"
check >$tmp/out
not_ok 'nothing in it is evaluated' test -e $tmp/run
kit_conf 'check = dns'
not_ok 'dns without a name to ask for' check
kit_conf
for o in '-t 0' '-t x' '-w -1' '-d -x' '-q' 'word'; do
	# shellcheck disable=SC2086 # words
	not_ok "option $o is refused" check $o
done

# --- with a daemon ----------------------------------------------------------------

authority $tmp/ca
must "$O/keygen" bnl -t ed25519 -o $tmp/bnl.key
for n in alpha beta; do member $n; done
list alpha beta
give alpha beta
fresh
kit_conf "nameserver = $(inner4 beta)"
conf alpha "upcmd = $kit/ns-up -c $etc/kit.conf" \
	"downcmd = $kit/ns-down -c $etc/kit.conf"
start alpha beta
serve beta "$(inner4 beta)"
soon 'the VPN is up: its name server stands first' \
	grep -q "^nameserver $(inner4 beta)" $etc/resolv.conf
is "$(written)" "$(inner4 beta) 192.0.2.3" 'before the others'
stop alpha
is "${status[alpha]}" 0 'the daemon stops in order'
ok 'the VPN is down: so is what was put in' \
	cmp $tmp/first $etc/resolv.conf-master
is "$(written)" 192.0.2.3 'and the name server is not asked'
stop beta
finish
