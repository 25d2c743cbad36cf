# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh disable=SC2034 # what the tests use
# Sourced by the tests of single programs of the start-up kit, from the root of
# the tree: the programs in $kit, an empty directory to be in, and tap.sh. The
# other files of tests are in $tests.
LC_ALL=C
TZ=UTC
export LC_ALL TZ
O=$(cd "${O:-build}" && pwd) || exit 1
kit=$PWD/examples/startup-kit
tests=$PWD/tests/system
PATH=$O:$PATH:/usr/sbin
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT PIPE TERM
umask 022

# shellcheck source=tests/system/tap.sh
. tests/system/tap.sh
out=$tmp/out
tap_said() { sed 's/^/# /' "$tmp/out" "$tmp/err" 2>/dev/null; }
rig_needs() { # rig_needs PROGRAM ...
	for c; do
		command -v "$c" >/dev/null || { echo "1..0 # SKIP no $c"; exit 0; }
	done
}
cd "$tmp" || exit 1
