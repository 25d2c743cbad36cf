/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cluevpn.conf(5) and the sample say what the schema says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "format/conf.h"
#include "format/conf_schema.h"

#define MAN "man/cluevpn.conf.5"
#define SAMPLE "examples/cluevpn.conf"
#define TEXT_MAX 65536

static size_t
read_file(char *out, const char *path)
{
	FILE *f = fopen(path, "r");
	size_t len;

	if (f == NULL)
		fail_msg("%s: cannot be opened", path);
	len = fread(out, 1, TEXT_MAX - 1, f);
	assert_true(len < TEXT_MAX - 1);
	fclose(f);
	out[len] = '\0';
	return len;
}

static struct conf *
parse(const char *what, const char *text, size_t len)
{
	struct errs es = { .count = 0 };
	struct conf *c;

	if (conf_parse(&c, text, len, "/etc/cluevpn", &es) != 0)
		fail_msg("%s: line %u: %s", what, es.e[0].line, es.e[0].text);
	return c;
}

static bool
starts_with(struct span s, const char *text)
{
	return s.len >= strlen(text) && memcmp(s.p, text, strlen(text)) == 0;
}

static struct span
behind(struct span s, const char *text)
{
	return (struct span){ s.p + strlen(text), s.len - strlen(text) };
}

/* Every key has one item in the manual, with its default; no item is none. */
static void
test_manual_has_every_key(void **state)
{
	static char text[TEXT_MAX];
	struct span rest = { text, read_file(text, MAN) }, line, word;
	unsigned int items[CONF_KEYS_MAX] = { 0 };
	bool has_default[CONF_KEYS_MAX] = { false };
	size_t key = conf_nkeys;

	(void)state;
	while (span_line(&rest, &line)) {
		if (starts_with(line, ".It Ic ")) {
			word = behind(line, ".It Ic ");
			line = word;
			assert_true(span_word(&line, &word));
			key = conf_key_find(word);
			if (key == conf_nkeys)
				fail_msg("%.*s is no key", (int)word.len,
					 word.p);
			items[key]++;
		} else if (starts_with(line, "Default: ")) {
			word = behind(line, "Default: ");
			assert_int_not_equal(key, conf_nkeys);
			if (conf_keys[key].def == NULL ||
			    !span_is(word, conf_keys[key].def))
				fail_msg("wrong default of %s",
					 conf_keys[key].name);
			has_default[key] = true;
		}
	}
	for (size_t i = 0; i < conf_nkeys; i++) {
		if (items[i] != 1)
			fail_msg("%s has %u items", conf_keys[i].name,
				 items[i]);
		if (has_default[i] != (conf_keys[i].def != NULL))
			fail_msg("%s: default", conf_keys[i].name);
	}
}

/* The keys that wait for a restart, in the order of the schema, are those of
 * the table of section RELOAD. */
static void
test_manual_has_restarts(void **state)
{
	static char text[TEXT_MAX];
	struct span rest = { text, read_file(text, MAN) }, line, word;
	bool reload = false;
	size_t key = 0;

	(void)state;
	while (span_line(&rest, &line)) {
		if (starts_with(line, ".Sh "))
			reload = span_is(line, ".Sh RELOAD");
		if (!reload || !starts_with(line, ".It Cm "))
			continue;
		word = behind(line, ".It Cm ");
		line = word;
		assert_true(span_word(&line, &word));
		while (key < conf_nkeys && !conf_key_restart(key))
			key++;
		if (key == conf_nkeys || !span_is(word, conf_key_name(key)))
			fail_msg("%.*s stands where %s should", (int)word.len,
				 word.p,
				 key == conf_nkeys ? "nothing" :
						     conf_key_name(key));
		key++;
	}
	while (key < conf_nkeys && !conf_key_restart(key))
		key++;
	if (key != conf_nkeys)
		fail_msg("%s is missing", conf_key_name(key));
}

/* Where a default depends on the processor, the other one stands there too. */
static void
test_manual_has_slow_defaults(void **state)
{
	static char text[TEXT_MAX];
	unsigned int n = 0;

	(void)state;
	read_file(text, MAN);
	for (size_t i = 0; i < conf_nkeys; i++) {
		char line[200];

		if (conf_keys[i].slow_aes == NULL)
			continue;
		snprintf(line, sizeof(line), "\n.Ql %s ,\n",
			 conf_keys[i].slow_aes);
		assert_non_null(strstr(text, line));
		n++;
	}
	assert_int_equal(n, 1);
}

static void
test_examples_of_the_manual(void **state)
{
	static char text[TEXT_MAX];
	struct span rest = { text, read_file(text, MAN) }, line;
	const char *start = NULL;
	bool examples = false;
	unsigned int n = 0;

	(void)state;
	while (span_line(&rest, &line)) {
		if (starts_with(line, ".Sh "))
			examples = span_is(line, ".Sh EXAMPLES");
		if (!examples)
			continue;
		if (starts_with(line, ".Bd -literal"))
			start = rest.p;
		if (!span_is(line, ".Ed"))
			continue;
		assert_non_null(start);
		conf_free(parse(MAN, start, (size_t)(line.p - start)));
		start = NULL;
		n++;
	}
	assert_int_equal(n, 3);
}

static void
test_sample(void **state)
{
	static char text[TEXT_MAX];
	size_t len = read_file(text, SAMPLE);
	struct conf *c = parse(SAMPLE, text, len);

	(void)state;
	assert_string_equal(c->name, "alpha.example.org");
	conf_free(c);
}

/* True for "#key = value"; key gets its place. */
static bool
is_sample_line(struct span line, size_t *key, struct span *value)
{
	const char *equals;
	struct span word;

	if (line.len < 2 || line.p[0] != '#' || line.p[1] == ' ')
		return false;
	equals = memchr(line.p, '=', line.len);
	if (equals == NULL)
		return false;
	word = span_trim(
		(struct span){ line.p + 1, (size_t)(equals - line.p - 1) });
	*key = conf_key_find(word);
	*value = span_trim((struct span){
		equals + 1, line.len - (size_t)(equals + 1 - line.p) });
	if (*key == conf_nkeys)
		fail_msg("%.*s is no key", (int)word.len, word.p);
	return true;
}

/* With every # taken away it is a configuration too, and says the defaults
 * (before the section at its end). */
static void
test_sample_uncommented(void **state)
{
	static char text[TEXT_MAX], all[TEXT_MAX];
	struct span rest = { text, read_file(text, SAMPLE) }, line, value;
	bool in_section = false;
	size_t len = 0, key;
	struct conf *c;

	(void)state;
	while (span_line(&rest, &line)) {
		if (is_sample_line(line, &key, &value)) {
			const struct conf_key *k = &conf_keys[key];

			line = behind(line, "#");
			if (k->kind == CONF_KIND_NODE)
				in_section = true;
			else if (!in_section && k->def != NULL &&
				 !span_is(value, k->def))
				fail_msg("the default of %s is %s", k->name,
					 k->def);
		}
		memcpy(all + len, line.p, line.len);
		len += line.len;
		all[len++] = '\n';
	}
	c = parse(SAMPLE, all, len);
	assert_int_equal(c->nlisten, 2);
	assert_int_equal(c->nnodes, 1);
	assert_string_equal(c->downcmd, "logger \"cluevpn: $TUNDEV is down\"");
	conf_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_manual_has_every_key),
		cmocka_unit_test(test_manual_has_restarts),
		cmocka_unit_test(test_manual_has_slow_defaults),
		cmocka_unit_test(test_examples_of_the_manual),
		cmocka_unit_test(test_sample),
		cmocka_unit_test(test_sample_uncommented),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
