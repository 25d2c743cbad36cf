#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The start-up kit is installed and taken out again; its cron file, units,
# samples and pages are in order and know of each other.
# shellcheck disable=SC2086,SC2231,SC2317 # words; called by name
set -u
cd "$(dirname "$0")/../.." || exit 1
O=${O:-build}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
root=$tmp/root
kit=examples/startup-kit

# shellcheck source=tests/system/tap.sh
. tests/system/tap.sh
out=$tmp/out
skip() {	# skip TEXT REASON
	ok 0 "$1 # SKIP $2"
}
nothing() {	# nothing COMMAND...: it prints nothing
	! "$@" | grep .
}
run() {
	env -u MAKEFLAGS -u MFLAGS make -s O="$O" DESTDIR="$root" "$@"
}
files() {	# all that is no directory
	find "$root" ! -type d -printf '%P %m\n' | sort
}

# --- in and out ---------------------------------------------------------------

umask 077	# what is installed is for all
mkdir -p "$root/usr/local/sbin" "$root/etc/cron.d"
echo other >"$root/usr/local/sbin/other"
files >"$tmp/before"
holds 'make install-kit' run install-kit
files >"$tmp/installed"
doc=usr/local/share/doc/cluevpn-startup-kit
lib=usr/local/lib/cluevpn-startup-kit
for f in usr/local/sbin/cluevpn-enroll usr/local/sbin/cluevpn-nscheck \
	usr/local/sbin/cluevpn-ask usr/local/sbin/cluevpn-zones \
	usr/local/sbin/gateway-home $lib/git/list-sign $lib/git/pre-receive \
	$lib/git/post-receive $lib/issue $lib/ns-up $lib/ns-down; do
	holds "$f is a program" grep -qx "$f 755" "$tmp/installed"
done
for f in $lib/ca.sh $lib/kit.sh $lib/ns.sh etc/cron.d/cluevpn-startup-kit $doc/README \
	$doc/examples/kit.conf $doc/examples/kit.names \
	$doc/examples/remctl.conf $doc/GATEWAY $doc/LIST \
	$lib/openvpn/gateway.conf $lib/openvpn/gateway.nft \
	$lib/openvpn/home.conf \
	usr/local/share/man/man8/cluevpn-enroll.8 \
	usr/local/share/man/man8/cluevpn-nscheck.8 \
	usr/local/share/man/man8/cluevpn-zones.8 \
	usr/local/share/man/man8/cluevpn-ask.8 \
	usr/local/share/man/man8/gateway-home.8 \
	usr/local/lib/systemd/system/cluevpn-ca.timer \
	usr/local/lib/systemd/system/cluevpn-ca.service \
	usr/local/lib/systemd/system/cluevpn-nscheck.timer \
	usr/local/lib/systemd/system/cluevpn-nscheck.service \
	usr/local/lib/systemd/system/cluevpn-nscheck.path \
	usr/local/lib/systemd/system/cluevpn-renew.timer \
	usr/local/lib/systemd/system/cluevpn-renew.service; do
	holds "$f is there" grep -qx "$f 644" "$tmp/installed"
done
holds 'it makes nothing that configures it' \
	nothing find "$root/etc" -path '*cluevpn/*' -o -path '*remctl*'
holds 'make uninstall-kit' run uninstall-kit
files >"$tmp/after"
holds 'leaves what was there before, and nothing else' \
	diff "$tmp/before" "$tmp/after"
holds 'none of its own directories' test ! -d "$root/$lib" -a ! -d "$root/$doc"

# Elsewhere: no text names the usual places.
holds 'PREFIX and SYSCONFDIR' run PREFIX=/opt/vpn SYSCONFDIR=/opt/vpn/etc \
	install-kit
holds 'nothing names the usual places' nothing grep -rnI \
	'/usr/local/sbin/c\|/usr/local/lib\|/usr/local/share\|[^n]/etc/cluevpn' \
	"$root/opt"
holds 'what is installed runs' "$root/opt/vpn/sbin/cluevpn-enroll" -h
holds 'it is taken out' run PREFIX=/opt/vpn SYSCONFDIR=/opt/vpn/etc uninstall-kit
holds 'all of it' nothing find "$root/opt" ! -type d

# --- cron and systemd -----------------------------------------------------------

holds 'nothing of a certain network is in it' nothing grep -rniE cluenet $kit
grep -v '^#\|^$\|^[A-Z]*=' $kit/cron.d >"$tmp/jobs"
holds 'three jobs' test "$(wc -l <"$tmp/jobs")" -eq 3
field='(\*(/[0-9]+)?|[0-9]+)'
holds 'each with five times, root, and a command' nothing grep -vE \
	"^($field ){5}root [^ ]" "$tmp/jobs"
holds 'no line goes to the standard input' nothing grep '[^\\]%' "$tmp/jobs"
holds 'name servers every five minutes' grep -q \
	'^\*/5 \* \* \* \* root .*/usr/local/sbin/cluevpn-nscheck -a$' "$tmp/jobs"
cut -d ' ' -f 7- "$tmp/jobs" | sed 's/\\%/%/g' >"$tmp/commands"
while read -r command <&3; do
	holds "sh takes: ${command:0:40} ..." sh -n -c "$command"
done 3<"$tmp/commands"
# The first job, as cron does it, where systemd is not in charge.
touch "$tmp/master"
printf '#!/bin/sh\necho checked\n' >"$tmp/check"
chmod +x "$tmp/check"
job() {		# job: what it prints
	sed -n -e "s|/run/systemd/system|$tmp/no|; s|/etc/resolv.conf-master|$1|" \
		-e "s|/etc/cluevpn/kit.conf|$tmp/no|" \
		-e "s|/usr/local/sbin/cluevpn-nscheck|$tmp/check|g; 1p" \
		"$tmp/commands" | env -i PATH=/usr/bin:/bin sh
}
holds 'with a master the job checks' test "$(job "$tmp/master")" = checked
holds 'without one it does nothing' test "$(job "$tmp/none")" = ''
while read -r command <&3; do
	# With all that it asks for, but without the program.
	command=$(echo "$command" | sed -e "s|/run/systemd/system|$tmp/no|" \
		-e "s|/etc/[a-z/.-]*\|/var/lib/[a-z/-]*|$tmp/master|g" \
		-e 's|\$\$ % 1800|0|')
	holds 'once its program is gone it says nothing' nothing sh -c "$command"
done 3<"$tmp/commands"
if crontab -h 2>&1 | grep -q -- '-n'; then
	awk '/^[*0-9]/ { sub(/ root /, " ") } { print }' $kit/cron.d >"$tmp/crontab"
	holds 'cron parses it' crontab -n "$tmp/crontab"
else
	skip 'cron parses it' 'no crontab that can'
fi
if command -v systemd-analyze >/dev/null; then
	mkdir "$tmp/units"
	for u in $kit/*.service $kit/*.timer $kit/*.path; do
		sed -e 's|/usr/local/sbin/cluevpn-[a-z]*|/bin/true|' \
			-e 's|/usr/local/lib/[a-z/-]*|/bin/true|' "$u" \
			>"$tmp/units/${u##*/}"
	done
	for u in $kit/*.timer $kit/*.path; do
		holds "${u##*/} is in order" nothing systemd-analyze verify \
			--man=no "$tmp/units/${u##*/}"
	done
else
	skip 'units' 'no systemd-analyze'
fi

# --- the configuration ------------------------------------------------------------

keys=$(sed -n "/^conf_keys='/,/'\$/p" $kit/kit.sh | sed "s/conf_keys=//" |
	tr -d "'")
# shellcheck disable=SC2086 # words
holds 'it has keys' test "$(echo $keys | wc -w)" -ge 20
for key in $keys; do
	holds "$key is in the sample" grep -q "^#$key = " $kit/kit.conf
	holds 'and in a page' grep -q "^\.It Ic $key " $kit/man/*.8
done
holds 'the sample has no others' nothing comm -13 \
	<(printf '%s\n' $keys | sort) \
	<(sed -n 's/^#\([a-z]*\) = .*/\1/p' $kit/kit.conf | sort -u)
# All of the sample, with its defaults.
sed -e 's/^#\([a-z]* = \)/\1/' -e 's/sha256:\.\.\./sha256:'"$(printf \
	'%064d' 0)/" $kit/kit.conf >"$tmp/kit.conf"
echo 'nameserver 127.0.0.1' >"$tmp/resolv.conf"
for f in resolvconf resolvmaster nslock; do
	sed -i "s|^$f = .*|$f = $tmp/${f/resolvconf/resolv.conf}|" "$tmp/kit.conf"
done
holds 'it is taken as it is' $kit/cluevpn-nscheck -n -t 1 -c "$tmp/kit.conf"

tap_end
