#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# "make install" puts everything in its place, with the paths that were asked
# for in it, and "make uninstall" takes exactly that out again.
set -u
cd "$(dirname "$0")/../.." || exit 1
O=${O:-build}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
root=$tmp/root

# shellcheck source=tests/system/tap.sh
. tests/system/tap.sh
out=$tmp/out
nothing() {	# nothing COMMAND...: it prints nothing
	! "$@" | grep .
}
# The user's environment must not tell where things go.
run() {
	env -u MAKEFLAGS -u MFLAGS make -s O="$O" DESTDIR="$root" "$@"
}
files() {	# all that is no directory
	find "$root" ! -type d -printf '%P %m\n' | sort
}

# --- the usual places ---------------------------------------------------------

umask 077	# what is installed is for all
mkdir -p "$root/etc/cluevpn" "$root/usr/local/sbin"
echo 'name = alpha' >"$root/etc/cluevpn/cluevpn.conf"
echo other >"$root/usr/local/sbin/other"
files >"$tmp/before"
holds 'make install' run install
files >"$tmp/installed"
for program in cluevpnd cluevpnctl bnl-sign bnl-verify; do
	holds "$program is there" grep -qx "usr/local/sbin/$program 755" \
		"$tmp/installed"
	holds 'and runs' "$root/usr/local/sbin/$program" -V
done
holds 'keygen is for all users' "$root/usr/local/bin/keygen" -V
for page in man/*.[0-9]; do
	holds "${page#man/} is there" cmp "$page" \
		"$root/usr/local/share/man/man${page##*.}/${page#man/}"
done
holds 'the unit is there' cmp examples/cluevpnd.service \
	"$root/usr/local/lib/systemd/system/cluevpnd.service"
holds 'its user' cmp examples/cluevpn.sysusers \
	"$root/usr/local/lib/sysusers.d/cluevpn.conf"
for f in "$O"/cluevpnd "$O"/cluevpnctl "$O"/keygen; do
	holds "completion of ${f##*/}" cmp examples/completion.bash \
		"$root/usr/local/share/bash-completion/completions/${f##*/}"
done
holds 'the sample of a configuration' cmp examples/cluevpn.conf \
	"$root/usr/local/share/doc/cluevpn/examples/cluevpn.conf"
holds 'the directory of the state, for nobody else' \
	test "$(stat -c %a "$root/var/lib/cluevpn")" = 700
holds 'a configuration that was there is as it was' \
	grep -qx 'name = alpha' "$root/etc/cluevpn/cluevpn.conf"
holds 'everybody may read everything' nothing grep -v ' [67][45]\{2\}$' \
	<(comm -13 "$tmp/before" "$tmp/installed")
holds 'and look into every directory' nothing find "$root/usr" -type d ! -perm -5 \
	! -path "$root/usr" ! -path "$root/usr/local" \
	! -path "$root/usr/local/sbin"
holds 'installing again' run install
files >"$tmp/again"
holds 'changes nothing' cmp "$tmp/installed" "$tmp/again"
holds 'make uninstall' run uninstall
files >"$tmp/after"
holds 'leaves what was there before, and nothing else' \
	diff "$tmp/before" "$tmp/after"
holds 'none of its own directories' test ! -d "$root/usr/local/share/doc/cluevpn"
holds 'and no empty state' test ! -d "$root/var/lib/cluevpn"
holds 'uninstalling again' run uninstall
mkdir "$root/var/lib/cluevpn"
chmod 750 "$root/var/lib/cluevpn"
: >"$root/var/lib/cluevpn/network.bnl"
holds 'installing with a state' run install
holds 'leaves its directory as it was' \
	test "$(stat -c %a "$root/var/lib/cluevpn")" = 750
holds 'uninstalling with a state' run uninstall
holds 'leaves that' test -e "$root/var/lib/cluevpn/network.bnl"

# --- other places -------------------------------------------------------------

rm -r "$root"
# The programs have SYSCONFDIR in them: O is built for /etc.
holds 'PREFIX and SYSCONFDIR' run PREFIX=/opt/vpn SYSCONFDIR=/opt/vpn/etc \
	-o "$O/cluevpnd" -o all install
holds 'the program is in it' test -x "$root/opt/vpn/sbin/cluevpnd"
holds 'the directory of the configuration, too' test -d "$root/opt/vpn/etc/cluevpn"
holds 'nothing is anywhere else' nothing find "$root" ! -type d \
	! -path "$root/opt/vpn/*"
holds 'but the state' test -d "$root/var/lib/cluevpn"
holds 'no text names the usual places' nothing grep -rlI \
	'/usr/local/sbin/c\|/usr/local/share\|[^n]/etc/cluevpn' \
	"$root/opt/vpn/lib" "$root/opt/vpn/share"
holds 'the unit starts it from there' grep -qx \
	'ExecStart=/opt/vpn/sbin/cluevpnd -f' \
	"$root/opt/vpn/lib/systemd/system/cluevpnd.service"
holds 'it is taken out' run PREFIX=/opt/vpn SYSCONFDIR=/opt/vpn/etc uninstall
holds 'all of it' nothing find "$root" ! -type d
holds 'its empty directory as well' test ! -e "$root/opt/vpn/etc/cluevpn"

# --- the user of the daemon -----------------------------------------------------

# A host on which nothing can make one but what stands here.
mkdir "$tmp/host" "$tmp/sysusers" "$tmp/useradd" "$tmp/there"
(
	IFS=:
	for d in $PATH:/usr/sbin:/sbin; do
		ln -s "$d"/* "$tmp/host/" 2>/dev/null
	done
	cd "$tmp/host" &&
		rm -f systemd-sysusers systemctl useradd id
)
fake() {	# fake HOST PROGRAM STATUS: it tells what it was called with
	printf '#!/bin/sh\necho "%s $*" >>%s\nexit %d\n' "$2" "$tmp/called" \
		"$3" >"$tmp/$1/$2"
	chmod 755 "$tmp/$1/$2"
}
fake sysusers systemd-sysusers 0
for h in sysusers useradd there; do
	fake $h useradd 0
	# Root; and whether there is a user cluevpn.
	printf '#!/bin/sh\n[ "$1" = -u ] && echo 0 || exit %d\n' \
		"$([ $h = there ]; echo $?)" >"$tmp/$h/id"
	chmod 755 "$tmp/$h/id"
done
calls() {	# calls HOST: what an installation on it calls
	rm -rf "$root" "$tmp/called"
	: >"$tmp/called"
	PATH=$tmp/$1:$tmp/host run DESTDIR= PREFIX="$root" \
		SYSCONFDIR="$root/etc" STATEDIR="$root/state" \
		-o "$O/cluevpnd" -o all install && cat "$tmp/called"
}
is "$(calls sysusers)" \
	"systemd-sysusers $root/lib/sysusers.d/cluevpn.conf" \
	'with systemd the user is made by its own means'
is "$(calls useradd)" "useradd --system --user-group --no-create-home \
--home-dir /var/lib/cluevpn --comment ClueVPN daemon \
--shell /usr/sbin/nologin cluevpn" 'without it, too'
is "$(calls there)" '' 'once'

# --- the packages that it needs -----------------------------------------------

bare=$tmp/bare	# a host with none of them
mkdir "$bare"
printf '#!/bin/sh\n' >"$bare/dpkg-query"
printf '#!/bin/sh\necho amd64\n' >"$bare/dpkg"
chmod 755 "$bare"/*
deps() {	# deps GOAL...: the packages that "make deps GOAL..." installs
	# shellcheck disable=SC2046 # words
	PATH=$bare:$PATH $(run -n V=1 deps "$@" | grep '^lint/deps') -n |
		tr ' ' '\n' | sed '/^$/d' | sort
}
none_of() {	# none_of PATTERN GOAL...
	deps "${@:2}" >"$tmp/list"
	grep -qx gcc "$tmp/list" && ! grep -E "$1" "$tmp/list"
}
more='krb5|openvpn|remctl|dnsmasq|systemd|cmocka|spin'
holds 'a build needs no servers and no tests' none_of "$more" all install
holds 'nor does "deps" alone' none_of "$more"
holds 'nor does the demo' none_of "$more" demo
holds 'and few packages' test "$(deps all install | wc -l)" -le 12
for goal in check check-quick sanitize hostile; do
	holds "$goal brings its own" \
		test "$(deps $goal | grep -cE 'krb5-kdc|openvpn|libcmocka')" = 3
done

tap_end
