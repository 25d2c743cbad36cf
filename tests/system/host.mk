# SPDX-License-Identifier: GPL-3.0-or-later
# The tests of broken hosts at full length: 200 kills, a flipped bit at each
# byte of a record. `make check` has less of both.
host-kill:
	$Q$(MAKE) --no-print-directory -j$(JOBS) tests
	$QKILLS=200 FLIPS=10000 TEST_SECONDS=3600 O=$O tests/run \
		tests/system/host_kill.t tests/system/host_state.t

.PHONY: host-kill
