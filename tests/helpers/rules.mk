# Libraries that tests put before those of a daemon, with LD_PRELOAD. They take
# part in a build with sanitizers without being one.

PRELOADS := $(patsubst %.c,$O/%.so,$(wildcard tests/helpers/preload/*.c))

$O/tests/helpers/preload/%.so: tests/helpers/preload/%.c
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$Q$(CC) $(CPPFLAGS) -std=c11 $(WARN) $(CFLAGS) -fPIC -shared -o $@ $< -ldl

tests: $(PRELOADS)

# The scenarios of bad networks at their full length, with their figures.
HOSTILE := $(wildcard tests/system/attack_*.t tests/system/paths*.t) \
	tests/system/member.t tests/system/hostile.t
hostile:
	$Q$(MAKE) --no-print-directory -j$(JOBS) tests
	$QHOSTILE=full O=$O prove -v $(HOSTILE)

# All of them for CI: a short form of each, with the bounds that a busy machine
# keeps, one at a time.
hostile-short:
	$Q$(MAKE) --no-print-directory -j$(JOBS) tests
	$QHOSTILE=short JOBS=1 O=$O tests/run $(HOSTILE)

# "make check" for CI, which runs "hostile-short" as well: without what that runs
# in a longer form, with more of the broken hosts, and with two fifths of the
# simulation's seeds ("make soak" has others each time). With four at a time per
# processor a sixth of the time was idle.
check-ci:
	$Q$(MAKE) --no-print-directory -j$(JOBS) tests
	$QKILLS=25 FLIPS=25 SIM_RUNS=$${SIM_RUNS:-0.4} JOBS=$$((6 * $(JOBS))) \
		O=$O tests/run $(filter-out $(HOSTILE),$(UNIT_SRC) \
		$(FUZZ_SRC) $(filter %_test.c,$(SIM_SRC)) \
		$(wildcard tests/system/*.t))

.PHONY: hostile hostile-short check-ci
