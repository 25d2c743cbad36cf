# Fuzzing, sanitizers, coverage: what looks at the tests and the code beyond
# `make check`. Included by the Makefile.

FUZZ_TIME ?= 20
FUZZ_SRC := $(wildcard tests/fuzz/*_fuzz.c)
FUZZERS := $(patsubst %.c,$O/%,$(FUZZ_SRC))
# The same targets without libFuzzer, over the files of tests/fuzz/corpus.
CORPORA := $(patsubst %_fuzz.c,$O/%_corpus,$(FUZZ_SRC))

# What some of them look at is no part of the library.
TOOL_OBJ := $(call obj,$(filter tools/tool_%.c,$(TOOL_SRC)))
ctlans_more := $(TOOL_OBJ) $(call obj,$(filter tools/ctl_%.c,$(TOOL_SRC)))
join_more := $(filter-out %/tool_invite_serve.o %/tool_join_ask.o \
	%/tool_join_install.o,$(TOOL_OBJ))
$O/tests/fuzz/join_fuzz.o: CPPFLAGS += -iquote tools
# What surrounds the code that these are about is not shown to libFuzzer: each
# line that it sees costs time in every execution, and makes inputs look new
# that are not.
comma := ,
$O/tests/fuzz/core_fuzz.o $O/tests/fuzz/channel_fuzz.o: \
	override SAN := $(subst $(comma)fuzzer-no-link,,$(SAN))
ctlreq_more := $(call obj,$(patsubst %,src/daemon/%.c,\
	control events status telling trouble))

.SECONDEXPANSION:
$(FUZZERS): $O/tests/fuzz/%_fuzz: $O/tests/fuzz/%_fuzz.o $$($$*_more) $(LIB)
	$(call link,-fsanitize=fuzzer -lcmocka)
$(CORPORA): $O/tests/fuzz/%_corpus: $O/tests/fuzz/%_fuzz.o $$($$*_more) \
		$O/tests/fuzz/corpus.o $(LIB)
	$(call link,-lcmocka)

fuzzers: $(FUZZERS)

fuzz:
	$Q$(MAKE) --no-print-directory -j$(JOBS) O=$O-fuzz CC=clang \
		SAN=address,undefined,fuzzer-no-link fuzzers
	$QO=$O-fuzz FUZZ_TIME=$(FUZZ_TIME) tests/fuzz/run

# The unit tests, the simulation and the corpus under ASan and UBSan.
# SANITIZE=tests/system/mesh.t runs others.
SANITIZE ?= $(UNIT_SRC) $(filter %_test.c,$(SIM_SRC)) $(FUZZ_SRC)
sanitize:
	$Q$(MAKE) --no-print-directory -j$(JOBS) O=$O-san \
		SAN=address,undefined tests
	$QO=$O-san TEST_SECONDS=3600 tests/run $(SANITIZE)

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

# What the corpus of each fuzz target reaches of the files it is about.
fuzz-coverage:
	$QLDFLAGS=--coverage $(MAKE) --no-print-directory -j$(JOBS) \
		O=$O-fuzzcov CFLAGS='-Og -g --coverage' \
		$(patsubst $O/%,$O-fuzzcov/%,$(CORPORA))
	$Qtests/fuzz/coverage $O-fuzzcov

.PHONY: fuzz fuzzers sanitize coverage fuzz-coverage
