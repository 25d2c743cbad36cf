#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2317 # "holds" and "fails" call what they are given
# Every command of the HOWTO, typed on the hosts it names, in its order, with
# the programs that "make install" installs. What the HOWTO says of the effect
# is looked at where it matters.
set -u
here=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
cd "$here" || exit 1
# As it was given: by another name of it, make would not know its files.
given=${HOWTO_BUILD:-${O:-build}}
O=$(cd "$given" && pwd) || exit 1
export O HOWTO_BUILD="$given"

hosts_missing() {
	echo "1..0 # SKIP $1"
	exit 0
}
. "$here/tests/system/hosts.sh"
# shellcheck source=tests/system/tap.sh
. "$here/tests/system/tap.sh"
# shellcheck source=tests/system/typed.sh
. "$here/tests/system/typed.sh"

hosts_enter "$0" "$@"
cd "$here" || exit 1

# --- the hosts ----------------------------------------------------------------

root=$HOSTS_DIR/root
holds 'make install' make -s O="$given" DESTDIR="$root" PREFIX=/usr install
for page in man/*.[1-8]; do
	holds "$page is installed" \
	    cmp "$page" "$root/usr/share/man/man${page##*.}/${page#man/}"
done
PATH=$root/usr/sbin:$root/usr/bin:$PATH:/usr/sbin:/sbin

host_add alpha 192.0.2.10/32
host_add beta 198.51.100.20/32
host_add gamma 203.0.113.30/32

# lan_add NODE HOST N: that host is in the LAN 192.168.N.0/24 of the node.
lan_add() {
	host_add "$2"
	on "$2" ip link set eth0 down
	read -r node_pid <"$HOSTS_DIR/$1/pid"
	read -r lan_pid <"$HOSTS_DIR/$2/pid"
	ip link add lan0 netns "$node_pid" type veth \
	    peer name lan0 netns "$lan_pid"
	for h in "$1 1" "$2 7"; do
		on "${h% *}" ip link set lan0 up
		on "${h% *}" ip addr add "192.168.$3.${h#* }/24" dev lan0
		on "${h% *}" ip addr add "fd00:192:168:$3::${h#* }/64" \
		    dev lan0 nodad
	done
}
lan_add alpha desk 10
lan_add beta printer 20

# alpha is as careful as Debian's sample firewall.
firewall=yes
on alpha nft -f - >"$out" 2>&1 <<'END' || firewall=
table inet filter {
	chain input {
		type filter hook input priority 0; policy drop;
		ct state established,related accept
		iifname "lo" accept
		icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
	}
	chain forward {
		type filter hook forward priority 0; policy drop;
	}
}
END

# And has the chains that Docker makes.
[ -z "$firewall" ] || on alpha nft -f - >"$out" 2>&1 <<'END'
table ip filter {
	chain DOCKER-USER {
	}
	chain FORWARD {
		type filter hook forward priority 0; policy drop;
		jump DOCKER-USER
	}
}
END

# Whether alpha lets beta connect: there is no daemon on it yet.
opens() {
	on alpha timeout 3 socat -u TCP-LISTEN:3406,reuseaddr OPEN:/dev/null &
	listener=$!
	rc=0
	within 500 on beta socat -u OPEN:/dev/null \
	    TCP:192.0.2.10:3406,connect-timeout=0.3 || rc=1
	wait "$listener"
	return "$rc"
}

# --- typing -------------------------------------------------------------------

fingerprint=
# The editor that makes an edit of the HOWTO: lines to take out, lines to add.
# A "prefix" or "admit" is added before the first node. A head stands before the nodes, so an added "revoke" goes behind the last.
editor() {
	cat >"$HOSTS_DIR/bin/editor" <<-'END'
	#!/bin/sh
	exec perl - "$1" <<'PERL'
	my $file = shift;
	open my $f, '<', $file or die;
	my $text = join '', <$f>;
	open $f, '<', "$ENV{HOSTS_DIR}/edit" or die;
	my ($out, $in, $head) = ('', '', '');
	while (<$f>) {
		$out .= $1 if /^- ?(.*\n)/;
		next unless /^\+ ?(.*\n)/;
		my $line = $1;
		if ($line =~ /^(?:prefix|admit) /) { $head .= $line }
		else { $in .= $line }
	}
	my $at = index $text, $out;
	die "not in the list:\n$out" if $at < 0;
	substr($text, $at, length $out) = '';
	$text =~ s/^node /${head}node /m or $in = $head . $in;
	open $f, '>', $file or die;
	print $f $text . $in;
	close $f or die;
	PERL
	END
	chmod +x "$HOSTS_DIR/bin/editor"
	export EDITOR="$HOSTS_DIR/bin/editor" HOSTS_DIR
}

before() {	# before HOST COMMAND: what must not be so yet
	case "$1 $2" in
	*'dport 3406 accept') fails 'port 3406 is closed' opens ;;
	esac
}

# shellcheck disable=SC2016 # words as the HOWTO has them
after() {	# after HOST COMMAND: what must be so now
	case "$1 $2" in
	*"'name = "*)
		# A host without a system log has none but this.
		printf '%s\n' 'logmethod = file' \
		    'logfile = /var/log/cluevpn.log' \
		    >>"$HOSTS_DIR/$1/etc/cluevpn.conf" ;;
	*'dport 3406 accept') holds 'port 3406 is open' opens ;;
	*-USR2*)
		holds 'the state is in the log' within 5000 \
		    grep -q status: "$HOSTS_DIR/alpha/log/cluevpn.log" ;;
	*-HUP*)
		holds "$1 has read its files" within 5000 \
		    grep -q 'certificate reloaded' \
		    "$HOSTS_DIR/$1/log/cluevpn.log" ;;
	*' kill $(cat'*)
		holds "$1's daemon has ended" within 5000 \
		    test ! -e "$HOSTS_DIR/$1/run/pid" ;;
	*'fingerprint node.pem')
		fingerprint=$(cat "$out") ;;
	esac
}

typed_read HOWTO "$HOSTS_DIR"
holds 'the HOWTO has commands' [ "$(wc -l <"$HOSTS_DIR/steps")" -gt 40 ]

editor
n=0
while read -r host command <&3; do
	n=$((n + 1))
	case $host in
	build)
		# Done already, but for what needs a network.
		holds "$host: targets exist" make -n -s deps all install
		continue ;;
	esac
	if [ -e "$HOSTS_DIR/edit.$n" ]; then
		sed "s/sha256:OLD-FINGERPRINT-OF-GAMMA/$fingerprint/" \
		    "$HOSTS_DIR/edit.$n" >"$HOSTS_DIR/edit"
	fi
	case $firewall$command in
	nft*)
		count=$((count + 1))
		echo "ok $count - $command # SKIP no nftables here"
		continue ;;
	esac
	before "$host" "$command"
	holds "$host\$ $command" on "$host" sh -c "$command"
	after "$host" "$command"
done 3<"$HOSTS_DIR/steps"

# --- what the HOWTO says of all that ------------------------------------------

list_of() {
	on "$1" cluevpnctl --json status | jq -r .list
}
same_list() {
	[ "$(list_of alpha)" = "$(list_of beta)" ]
}
peers_of() {
	on "$1" cluevpnctl --json peers | jq -r '.[].name' | tr '\n' ' '
}
for task in 'ound a network' 'Add a node' 'Remove a node' 'replace a key' \
    'key that signs' 'certificate authority' 'Look at it' 'does not work' \
    'Upgrade' 'Back up' 'firewall' 'Docker and .*nftables' \
    'LAN behind a node'; do
	holds "it has the task: $task" grep -qE "^[0-9]+\. .*$task" HOWTO
done
[ -z "$firewall" ] || holds 'what comes for containers is let through' on alpha sh -c \
    'nft list chain ip filter DOCKER-USER | grep -c accept | grep -qx 3'
holds 'beta has the last list' within 5000 same_list
holds 'gamma is gone on alpha' [ "$(peers_of alpha)" = 'beta ' ]
holds 'gamma is gone on beta' [ "$(peers_of beta)" = 'alpha ' ]
# It has left: what it sends to beta's address inside goes by other ways.
fails 'gamma is out of the VPN' on gamma ip link show cluevpn0
fails 'and has no key any more' on gamma test -e node.key
# shellcheck disable=SC2016 # for the inner shell
holds 'the list is signed by the new key' on beta sh -c \
    'grep -q "$(keygen fingerprint bnl-pub.pem)" /var/lib/cluevpn/network.bnl'
not_first() {
	! on alpha keygen fingerprint new.key
}
holds 'which has taken the name of the old one' not_first
holds 'the old key is revoked' \
    grep -q "^revoke $fingerprint\$" "$HOSTS_DIR/beta/lib/network.bnl"

tap_end
