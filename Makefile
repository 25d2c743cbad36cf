# ClueVPN. `make` builds, `make demo` shows a mesh, `make check` tests it.
# V=1 shows the commands, SAN=address,undefined builds with sanitizers. What
# tests beyond `make check` is in tests/checks.mk.

PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
DESTDIR ?=
VERSION := 0.1.0
CC := $(if $(filter default,$(origin CC)),gcc,$(CC))
O ?= build
V ?= 0
SAN ?=
WERROR ?=
# Intel's ipsec-mb makes AES-GCM several times faster; IPSEC_MB=0 leaves it out.
IPSEC_MB ?= $(if $(wildcard /usr/include/intel-ipsec-mb.h),1,0)
# libseccomp confines the daemon to the system calls it needs; SECCOMP=0 leaves
# it out. Sanitizers need more of them.
SECCOMP ?= $(if $(SAN),0,$(if $(wildcard /usr/include/seccomp.h),1,0))
JOBS ?= $(shell nproc 2>/dev/null || echo 1)
BUILD_TIME := $(or $(SOURCE_DATE_EPOCH),$(shell stat -c %Y Makefile))

WARN := -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow \
	-Wstrict-prototypes -Wmissing-prototypes -Wcast-qual -Wpointer-arith \
	-Wwrite-strings -Wundef -Wvla -Wformat=2 -Wnull-dereference \
	-Wimplicit-fallthrough $(if $(WERROR)$(CI),-Werror)
HARDEN := -fstack-protector-strong -fstack-clash-protection -fPIE \
	$(if $(SAN),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
CPPFLAGS += -iquote include -iquote src -iquote tools -D_GNU_SOURCE -DVERSION='"$(VERSION)"' \
	-DSYSCONFDIR='"$(SYSCONFDIR)"' -DBUILD_TIME=$(BUILD_TIME) -DOPENSSL_NO_DEPRECATED \
	-DOPENSSL_API_COMPAT=30000 $(if $(filter 1,$(IPSEC_MB)),-DIPSEC_MB) \
	$(if $(filter 1,$(SECCOMP)),-DSECCOMP)
CFLAGS ?= -O2 -g
ALL_CFLAGS = -std=c11 $(WARN) $(HARDEN) $(CFLAGS) $(if $(SAN),\
	-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer)
LDFLAGS += -pie -Wl,-z,relro,-z,now $(if $(SAN),-fsanitize=$(SAN))
LDLIBS = -lssl -lcrypto -lz -llzo2 -ljansson -lcap-ng \
	$(if $(filter 1,$(IPSEC_MB)),-lIPSec_MB) \
	$(if $(filter 1,$(SECCOMP)),-lseccomp) -pthread

FLOORS := base crypto format core sys
LIB_SRC := $(foreach f,$(FLOORS),$(wildcard src/$f/*.c src/$f/*/*.c))
DAEMON_SRC := $(wildcard src/daemon/*.c)
# Each file of tools/ is a program; the folders below it are for all of them.
TOOL_SRC := $(wildcard tools/*.c tools/*/*.c)
TOOLS := $(patsubst tools/%.c,%,$(wildcard tools/*.c))
UNIT_SRC := $(wildcard tests/unit/*/*_test.c)
# What several tests use; fuzz targets and the simulation, too.
UNIT_LIB_SRC := $(filter-out %_test.c,$(wildcard tests/unit/*/*.c))
SIM_SRC := $(wildcard tests/sim/*.c)
HELPER_SRC := $(wildcard tests/helpers/*.c)
BENCH_SHARED := tests/bench/bench.c tests/bench/list_text.c

# cmocka speaks the protocol that prove understands.
export CMOCKA_MESSAGE_OUTPUT := TAP

obj = $(patsubst %.c,$O/%.o,$1)
LIB := $O/libcluevpn.a
TOOL_LIB := $O/tools.a
UNIT_LIB := $O/tests/unit/lib.a
BINS := $(if $(DAEMON_SRC),$O/cluevpnd) $(addprefix $O/,$(TOOLS))
UNITS := $(patsubst %.c,$O/%,$(UNIT_SRC))
SIMS := $(patsubst %.c,$O/%,$(filter tests/sim/%_test.c,$(SIM_SRC)))
HELPERS := $(patsubst %.c,$O/%,$(HELPER_SRC))
BENCHES := $(patsubst %.c,$O/%,$(filter-out $(BENCH_SHARED),\
	$(wildcard tests/bench/*.c)))

comma := ,
Q := $(if $(filter 1,$V),,@)
say = $(if $(filter 1,$V),,@printf '  %-5s %s\n' $1 $2)

# SYNTAX=1 makes empty objects: the compiler looks at the text and writes nothing.
compile = $(if $(SYNTAX),-MF $(@:.o=.d) -MT $@ -fsyntax-only $< && touch $@,\
	-c -o $@ $<)

all: $(BINS)

$O/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$Q$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP $(compile)

$(LIB): $(call obj,$(LIB_SRC))
$(TOOL_LIB): $(call obj,$(wildcard tools/*/*.c))
$(UNIT_LIB): $(call obj,$(UNIT_LIB_SRC))
$(LIB) $(TOOL_LIB) $(UNIT_LIB):
	$(call say,AR,$@)
	$Qrm -f $@ && $(AR) rcs $@ $^

define link
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$Q$(CC) $(LDFLAGS) -o $@ $(filter-out %.a,$^) \
		$(filter $(UNIT_LIB),$^) $(filter $(TOOL_LIB),$^) $(LIB) $1 $(LDLIBS)
endef

$O/cluevpnd: $(call obj,$(DAEMON_SRC)) $(LIB)
	$(call link)
$(addprefix $O/,$(TOOLS)): $O/%: $O/tools/%.o $(TOOL_LIB) $(LIB)
	$(call link)
$(UNITS): $O/tests/unit/%: $O/tests/unit/%.o $(UNIT_LIB) $(LIB)
	$(call link,-lcmocka)
$(filter $O/tests/unit/daemon/%,$(UNITS)): \
		$(call obj,$(filter-out src/daemon/main.c,$(DAEMON_SRC)))
$(filter $O/tests/unit/tools/%,$(UNITS)): $(TOOL_LIB)
$(SIMS): $O/tests/sim/%: $O/tests/sim/%.o \
		$(call obj,$(filter-out %_test.c,$(SIM_SRC))) $(UNIT_LIB) $(LIB)
	$(call link,-lcmocka)
$(HELPERS): %: %.o $(UNIT_LIB) $(LIB)
	$(call link)
$(BENCHES): %: %.o $(call obj,$(filter-out %_test.c,$(SIM_SRC)) \
		$(BENCH_SHARED)) $(UNIT_LIB) $(LIB)
	$(call link,-lcmocka)

$O/tests/bench/pauses: \
		$(call obj,$(filter-out src/daemon/main.c,$(DAEMON_SRC)))

include install.mk $(wildcard tests/*/*.mk) tests/checks.mk

# Compiled in half the time, and fast enough.
$(call obj,$(UNIT_SRC) $(UNIT_LIB_SRC) $(FUZZ_SRC) $(HELPER_SRC)): \
	CFLAGS := $(patsubst -O2,-Og,$(CFLAGS))

tests: all $(UNITS) $(SIMS) $(HELPERS) $(CORPORA) $O/tests/bench/udpgen

# These call make again, so that `make deps check` first installs and then
# builds, on all processors.
CHECK ?=
check:
	$Q$(MAKE) --no-print-directory -j$(JOBS) tests
	$QO=$O tests/run $(CHECK)

# In less than a minute: enough to go on working.
QUICK := $(UNIT_SRC) $(FUZZ_SRC) $(patsubst %,tests/system/%.t,ctl keygen \
	list mesh signkey)
check-quick:
	$Q$(MAKE) --no-print-directory -j$(JOBS) all $(UNITS) $(HELPERS) \
		$(CORPORA)
	$QO=$O tests/run $(QUICK)

# The simulation under many seeds, other ones each time.
soak: $(SIMS)
	$QSIM_SEED=$${SIM_SEED:-$$(date +%s)} SIM_RUNS=$${SIM_RUNS:-20} \
		TEST_SECONDS=86400 O=$O tests/run \
		$(filter %_test.c,$(SIM_SRC))

demo:
	$Q$(MAKE) --no-print-directory -j$(JOBS) all
	$QO=$O examples/demo

# The tunnel against the bare cable and whatever other VPN is installed.
bench:
	$Q$(MAKE) --no-print-directory -j$(JOBS) all $(BENCHES)
	$Q$(MAKE) --no-print-directory -j$(JOBS) O=$O-evp IPSEC_MB=0 all
	$QO=$O tests/bench/all

# What grows with the number of nodes; NODES=100 tries it out.
bench-scale: $(BENCHES)
	$QO=$O tests/bench/scale

lint:
	$Q$(MAKE) --no-print-directory -j$(JOBS) all
	$Qlint/circles $O
	$Qlint/floors
	$Qlint/static

# The packages for the other goals on the command line: tests want more than a
# build, and no server comes with `make deps all install`.
BUILDING := deps all install uninstall install-kit uninstall-kit clean
deps:
	$Qlint/deps $(filter demo deb prove,$(MAKECMDGOALS)) $(if \
		$(filter-out $(BUILDING) demo deb prove,$(MAKECMDGOALS)),check)

clean:
	rm -rf $O $(addprefix $O-,clang cov deb evp fuzz fuzzcov m32 \
		musl mutate san vg)

.PHONY: all tests check check-quick soak demo bench bench-scale lint deps clean
.SECONDARY:

-include $(shell find $O -name '*.d' 2>/dev/null)
