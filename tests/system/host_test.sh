# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh
# Sourced first, from the top of the tree, by the tests whose hosts are those of
# hosts.sh: puts the programs of the build into PATH and goes on in namespaces
# of their own. NEEDS: the commands without which the test is skipped.
set -u
here=$(pwd)
O=$(cd "${O:-build}" && pwd) || exit 1
export O PATH="$O:$PATH:/usr/sbin:/sbin"

hosts_missing() {
	echo "1..0 # SKIP $1"
	exit 0
}
. tests/system/hosts.sh
# shellcheck source=tests/system/tap.sh
. tests/system/tap.sh
for tool in $NEEDS; do
	command -v "$tool" >/dev/null || hosts_missing "no $tool"
done
fails() {	# fails STATUS TEXT WORDS COMMAND...: and says so
	status=$1 text=$2 words=$3
	shift 3
	"$@" >"$out" 2>&1 </dev/null
	rc=$?
	[ "$rc" -eq "$status" ] && grep -q -e "$words" "$out"
	ok $? "$text"
}
hosts_enter "$0" "$@"
cd "$here" || exit 1
