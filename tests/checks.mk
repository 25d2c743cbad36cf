# Fuzzing, sanitizers, coverage: what looks at the tests and the code beyond
# `make check`. Included by the Makefile.

FUZZ_TIME ?= 20
FUZZ_SRC := $(wildcard tests/fuzz/*_fuzz.c)
FUZZERS := $(patsubst %.c,$O/%,$(FUZZ_SRC))
# The same targets without libFuzzer, over the files of tests/fuzz/corpus.
CORPORA := $(patsubst %_fuzz.c,$O/%_corpus,$(FUZZ_SRC))

ctlans_more := $(TOOL_LIB)
join_more := $(TOOL_LIB)
conn_more := $O/tests/fuzz/memo.o
core_more := $O/tests/fuzz/memo.o
tls_more := $O/tests/fuzz/tls_memo.o
# What surrounds the code that these are about is not shown to libFuzzer: each
# line that it sees costs time in every execution, and makes inputs look new
# that are not.
$(patsubst %,$O/tests/fuzz/%.o,core_fuzz conn_fuzz tls_fuzz memo tls_memo) \
	$(call obj,$(UNIT_LIB_SRC)): \
	override SAN := $(subst $(comma)fuzzer-no-link,,$(SAN))
ctlreq_more := $(call obj,$(patsubst %,src/daemon/%.c,\
	ctl_health ctl_json ctl_requests ctl_stream events giveback status\
	status_peer))

.SECONDEXPANSION:
$(FUZZERS): $O/tests/fuzz/%_fuzz: $O/tests/fuzz/%_fuzz.o $$($$*_more) $(UNIT_LIB) $(LIB)
	$(call link,-fsanitize=fuzzer -lcmocka)
$(CORPORA): $O/tests/fuzz/%_corpus: $O/tests/fuzz/%_fuzz.o $$($$*_more) \
		$O/tests/fuzz/corpus.o $(UNIT_LIB) $(LIB)
	$(call link,-lcmocka)

fuzzers: $(FUZZERS)

fuzz:
	$Q$(MAKE) --no-print-directory -j$(JOBS) O=$O-fuzz CC=clang \
		SAN=address,undefined,fuzzer-no-link fuzzers
	$QO=$O-fuzz FUZZ_TIME=$(FUZZ_TIME) tests/fuzz/run

# Under ASan and UBSan, with gcc: the unit tests, the corpus, and of the
# simulation a fifth of its seeds (SIM_RUNS=1: all). Whatever one of the programs
# says there fails the test. SANITIZE=tests/system/away.t runs others.
SANITIZE ?= $(UNIT_SRC) $(FUZZ_SRC) $(filter %_test.c,$(SIM_SRC))
# Of the system tests those that the code has most to do in.
SANITIZE_SYSTEM := $(patsubst %,tests/system/%.t,attack_tcp attack_udp bnl ctl \
	ecn hooks host_state list member mesh paths pmtu reload user)
# What .ci/run has the time for.
SANITIZE_CI := $(filter-out $(patsubst %,tests/sim/%_test.c,big chaos list),\
	$(SANITIZE)) $(patsubst %,tests/system/%.t,attack_udp list member mesh)
# -Og: built in less than half the time. Warnings are for other builds.
$O-san/built:
	$Q$(MAKE) --no-print-directory -j$(JOBS) O=$O-san CI= WERROR= \
		SAN=address,undefined CFLAGS='-Og -g1 -w' tests
# What UBSan of gcc says does not go where ASan's does: it ends with abort(),
# of which ASan tells. Of freed memory less is kept than its 256 MB: tests look
# at what daemons grow by.
ASAN := detect_stack_use_after_return=1:strict_string_checks=1:handle_abort=1
ASAN := $(ASAN):quarantine_size_mb=32
UBSAN := halt_on_error=1:abort_on_error=1:print_stacktrace=1
sanitized: $O-san/built
sanitize: $O-san/built
	$QO=$O-san REPORTS=$O-san/reports TEST_SECONDS=3600 \
		SIM_RUNS=$${SIM_RUNS:-0.2} \
		ASAN_OPTIONS=$(ASAN) UBSAN_OPTIONS=$(UBSAN) \
		tests/run $(SANITIZE)
sanitize-system:
	$Q$(MAKE) --no-print-directory sanitize SANITIZE='$(SANITIZE_SYSTEM)'

sanitize-ci:
	$Q$(MAKE) --no-print-directory sanitize SANITIZE='$(SANITIZE_CI)'

# Everything once more with clang, for its warnings: they are other ones.
clang:
	$Q$(MAKE) --no-print-directory -j$(JOBS) O=$O-clang CC=clang WERROR=1 \
		CFLAGS='-O0 -U_FORTIFY_SOURCE' objects test-objects \
		bench-objects

# All but the tests with the headers of musl, and all with words of 32 bits: the
# compiler takes it there. Linking would need libraries that are built for them.
# Macros of musl convert signs, and its ioctl() takes an int.
MULTIARCH = $(shell gcc -print-multiarch)
headers = CPPFLAGS='-idirafter /usr/include $(\
	)-idirafter /usr/include/$(MULTIARCH)' \
	$(MAKE) --no-print-directory -j$(JOBS) WERROR=1 SYNTAX=1
musl:
	$Q$(headers) O=$O-musl CC=musl-gcc CFLAGS='-O0 -Wno-conversion $(\
		)-Wno-sign-conversion -Wno-overflow -Wno-format-truncation' \
		objects
m32:
	$Q$(headers) O=$O-m32 CC='gcc -m32' IPSEC_MB=0 \
		CFLAGS='-O0 -Wno-format-truncation' objects \
		test-objects
objects: $(call obj,$(LIB_SRC) $(DAEMON_SRC) $(TOOL_SRC))
test-objects: $(call obj,$(UNIT_SRC) $(UNIT_LIB_SRC) $(SIM_SRC) $(HELPER_SRC) $(FUZZ_SRC))
bench-objects: $(call obj,$(wildcard tests/bench/*.c))

# The unit tests in valgrind, which also sees what nobody has set. Each leak and
# each error is a failure. It takes long; VALGRIND=tests/unit/x/y_test.c
# runs others.
VALGRIND ?= $(UNIT_SRC)
valgrind:
	$Q$(MAKE) --no-print-directory -j$(JOBS) tests
	$QWRAP='valgrind -q --error-exitcode=9 --leak-check=full $(\
		)--soname-synonyms=somalloc=nouserintercepts $(\
		)--suppressions=tests/valgrind.supp' O=$O \
		TEST_SECONDS=7200 tests/run $(VALGRIND)

# The programs themselves in valgrind, in tests that do without speed. Valgrind
# cannot run under the daemon's filter of system calls.
VALGRIND_SYSTEM ?= $(patsubst %,tests/system/%.t,bnl ctl join_dial keygen mesh \
	signkey)
valgrind-system:
	$Q$(MAKE) --no-print-directory -j$(JOBS) O=$O-vg SECCOMP=0 IPSEC_MB=0 \
		WERROR= CI= CFLAGS='-O1 -g -w' tests
	$Qtests/helpers/in_valgrind $O-vg
	$QREPORTS=$O-vg/reports O=$O-vg/in TEST_SECONDS=7200 JOBS=$(JOBS) \
		tests/run $(VALGRIND_SYSTEM)

# Lines of base, crypto, format and core that the unit tests and the
# simulation reach.
coverage:
	$QLDFLAGS=--coverage $(MAKE) --no-print-directory -j$(JOBS) O=$O-cov \
		CFLAGS='-Og -g --coverage' all \
		$(patsubst $O/%,$O-cov/%,$(UNITS) $(SIMS))
	$Qfind $O-cov -name '*.gcda' -delete
	$QO=$O-cov TEST_SECONDS=3600 tests/run $(UNIT_SRC) \
		$(filter %_test.c,$(SIM_SRC))
	$Qtests/coverage $O-cov base crypto format core

# Changes FILE='src/core/x.c ...' place by place and names each change that no
# test notices, at about one second of a processor each. SAMPLE=300 SEED=1 picks
# that many of them. AT='src/core/x.c:12 ...' names lines, TESTS= the tests.
mutate:
	$QO=$O CC='$(CC)' JOBS=$(JOBS) SAMPLE=$(SAMPLE) SEED=$(SEED) AT='$(AT)' \
		tests/mutate $(FILE) $(TESTS)
# The library for that.
$O/libcluevpn.so: $(call obj,$(LIB_SRC))
	$(call say,LD,$@)
	$Q$(CC) $(LDFLAGS) -no-pie -shared -o $@ $^ $(LDLIBS)

# Frama-C's Eva computes with sets of values. Each target of tests/prove is some
# files of src and a driver that calls them with every input up to the bounds
# that its head states: the cursor, the frames of the TLS channel and HELLO,
# text, base64, the values of the list's statements, inner packets and their
# sums, cutting and coalescing, the replay window. Shown is that no such input
# makes them read or write outside their memory, read what nobody has set, divide
# by zero, or overflow a signed number. TARGET= names some targets; an alarm that
# its target does not explain is a failure. "prove-break" then takes checks out
# of each target, one at a time, and wants an alarm each time that was not there
# before.
#
# What it takes for granted: the machine is x86-64 with gcc's types; there is
# enough stack; the functions of the C library do what Frama-C's headers say; and
# a target believes of another's functions what tests/prove/contracts.h,
# header_sums.h and cursor_any.c say. These say which target shows it, or that
# none does: what parses addresses, prefixes and fingerprints is believed, and
# what escapes text. Cutting the list into lines and words is not looked at. Where
# a head names some lengths, the others are not shown. What is right by C but
# wrong by the protocol is not seen, nor is a loop that has no end, nor a pointer
# that points outside and is not used, nor, where an input is the end of a longer
# array, reading before it.
# Frama-C is Debian's ("make deps prove"); this was last run on Debian 12, with
# Frama-C 25.0. It is no part of .ci/run: the package is large, and all targets
# together take some minutes.
prove:
	$QJOBS=$(JOBS) tests/prove/run $(TARGET)
prove-break:
	$QJOBS=$(JOBS) tests/prove/run --break $(TARGET)

# What the corpus of each fuzz target reaches of the files it is about.
fuzz-coverage:
	$QLDFLAGS=--coverage $(MAKE) --no-print-directory -j$(JOBS) \
		O=$O-fuzzcov CFLAGS='-Og -g --coverage' \
		$(patsubst $O/%,$O-fuzzcov/%,$(CORPORA))
	$Qtests/fuzz/coverage $O-fuzzcov

.PHONY: fuzz fuzzers $O-san/built sanitized sanitize sanitize-system sanitize-ci \
	clang musl m32 objects test-objects bench-objects valgrind valgrind-system \
	coverage mutate prove prove-break fuzz-coverage
