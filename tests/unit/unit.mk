# SPDX-License-Identifier: GPL-3.0-or-later
# Unit tests that stand in for what is below them.

wrap = $(patsubst %,-Wl$(comma)--wrap=%,$1)

# The clock and the core.
$O/tests/unit/daemon/streams_test: LDFLAGS += $(call wrap,clock_mono \
	malloc_trim core_deadline core_next_action core_stream_accepted \
	core_stream_in core_stream_drain core_stream_closed)
$O/tests/unit/daemon/suspend_test: LDFLAGS += $(call wrap,clock_slept_ns \
	core_next_action core_slept rng_renew vmfork_read)
$O/tests/unit/daemon/events_test: LDFLAGS += $(call wrap,clock_mono)
$O/tests/unit/daemon/ctl_stream_test: LDFLAGS += $(call wrap,clock_mono \
	core_peer_info core_list_is_pending core_disk_refused status_node \
	offload_log reload_all reload_push)
# The limit of locked memory, and the change of users.
$O/tests/unit/sys/privs_test: LDFLAGS += $(call wrap,setrlimit capng_change_id)
# When a timer is to end.
$O/tests/unit/sys/hook_test: LDFLAGS += $(call wrap,loop_timer_set)
# What is given back to the heap.
$O/tests/unit/sys/store_wipe_test: LDFLAGS += $(call wrap,free realloc)
$O/tests/unit/core/assoc_wipe_test: LDFLAGS += $(call wrap,free)
# How many nodes and peers are looked at.
$O/tests/unit/core/switch_test: LDFLAGS += $(call wrap,strcmp table_get \
	table_next assoc_judge assoc_can_send peer_rests peer_settle)
# What goes to the disk.
$O/tests/unit/sys/store_sync_test: LDFLAGS += $(call wrap,fsync renameat write)
# What is wiped.
$O/tests/unit/core/conn_wipe_test $O/tests/unit/core/wipe_test \
		$O/tests/unit/crypto/wipe_test: \
	LDFLAGS += $(call wrap,bytes_wipe)
# Memory that runs out.
$O/tests/unit/format/nomem_test: LDFLAGS += $(call wrap,malloc calloc realloc)
