#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A run of tests that is killed while its daemons run leaves no process, no
# namespace and no file, whichever signal ends it.
# shellcheck source=tests/system/lib.sh disable=SC2317,SC2329 # called by name
. tests/system/lib.sh
set -m	# each run has a process group, as from a terminal
export O
unset CI TMPDIR

# Whatever else runs on this machine makes files in /tmp.
[[ $PWD == /tmp/* || $O == /tmp/* ]] || must mount -t tmpfs tmpfs /tmp

# The processes of this namespace but this one; a fork would be among them.
others() {
	local p state

	for p in /proc/[0-9]*; do
		read -r _ name state _ 2>/dev/null <"$p/stat" || continue
		[ "${p#/proc/}" -eq $$ ] || [ "$state" = Z ] ||
			echo "still there: ${p#/proc/} $name"
	done
}
alone() {
	others >$tmp/others
	[ ! -s $tmp/others ] || { cat $tmp/others && false; }
}
killed() { # killed SIGNAL WHOM COMMAND...: once a daemon runs
	local before runner

	before=$(ls -A /tmp)
	"${@:3}" >$tmp/out 2>&1 </dev/null &
	runner=$!
	within $((2 * LIMIT)) pgrep -x cluevpnd >$tmp/poll || die "${*:3}: no daemon"
	kill -"$1" -- "${2/RUN/$runner}"
	wait $runner 2>/dev/null
	soon "SIG$1 to $2, ${*:3}: all processes are gone" alone
	is "$(ls -A /tmp)" "$before" 'and so are the files'
}
# Both ways to make hosts, and tests that make files only.
mesh=tests/system/mesh.t
hosts=tests/system/signkey.t
files=tests/system/keygen.t
killed KILL RUN tests/run $mesh $files tests/unit/sys/hook_test.c
killed KILL RUN tests/run $hosts
killed TERM RUN tests/run $mesh $hosts
killed INT -RUN tests/run $mesh $hosts
killed KILL RUN prove -j 2 $mesh $files
killed KILL RUN prove $hosts
killed INT -RUN prove -j 2 $mesh $hosts
killed KILL RUN $mesh
killed INT -RUN $mesh
killed KILL RUN $hosts
killed TERM RUN $hosts
killed KILL RUN examples/demo
finish
