# Libraries that tests put before those of a daemon, with LD_PRELOAD. They take
# part in a build with sanitizers without being one.

PRELOADS := $(patsubst %.c,$O/%.so,$(wildcard tests/helpers/preload/*.c))

$O/tests/helpers/preload/%.so: tests/helpers/preload/%.c
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$Q$(CC) $(CPPFLAGS) -std=c11 $(WARN) $(CFLAGS) -fPIC -shared -o $@ $< -ldl

tests: $(PRELOADS)
