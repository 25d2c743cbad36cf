#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The demo passes; it fails, and says so, when a daemon does not do its work;
# and it leaves nothing behind, in whatever way it ends.
set -u
here=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
O=$(cd "$here" && cd "${O:-build}" && pwd) || exit 1
export O
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
mkdir "$tmp/left"
export TMPDIR="$tmp/left"

# shellcheck source=tests/system/tap.sh
. "$here/tests/system/tap.sh"
out=$tmp/out
empty() {
	[ -z "$(ls "$TMPDIR")" ]
	ok $? "$1"
}

"$here/examples/demo" >"$tmp/out" 2>&1
rc=$?
if grep -q '^demo: no ' "$tmp/out"; then
	echo "1..0 # SKIP $(sed -n 's/^demo: \(no .*\)/\1/p' "$tmp/out")"
	exit 0
fi
ok $rc 'the demo passes'
tail -n 1 "$tmp/out" | grep -q '^demo: passed in .* 6/6 pairs'
ok $? 'its last line says so'
! grep -q '.\{81\}' "$tmp/out"
ok $? 'it fits into 80 columns'
empty 'it leaves nothing'

# A daemon that starts and does nothing.
mkdir "$tmp/bin"
for f in "$O"/keygen "$O"/bnl-sign "$O"/cluevpnctl; do
	ln -s "$f" "$tmp/bin/"
done
printf '#!/bin/sh\nexit 0\n' >"$tmp/bin/cluevpnd"
chmod +x "$tmp/bin/cluevpnd"
! O=$tmp/bin "$here/examples/demo" >"$tmp/out" 2>&1
ok $? 'it fails with a daemon that does nothing'
grep -q '^demo: FAILED in step 3 (alpha reaches beta' "$tmp/out"
ok $? 'and says where'
empty 'and leaves nothing'

# unshare starts a demo's hosts; it is the last to go.
: >"$tmp/out"
"$here/examples/demo" >"$tmp/out" 2>&1 &
demo=$!
n=0
until grep -q '^2\.' "$tmp/out" || [ $n -gt 300 ]; do
	n=$((n + 1))
	sleep 0.1
done
inner=$(pgrep -P $demo)
kill -TERM $demo
wait $demo
[ $? -eq 143 ]
ok $? 'it ends when it is told to'
[ -n "$inner" ] && ! kill -0 "$inner" 2>/dev/null
ok $? 'with all its hosts'
empty 'and leaves nothing'

tap_end
