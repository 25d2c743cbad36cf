/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Log lines for the daemon and the tools. */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define LOG_LINE_MAX 1024 /* before escaping; the rest is cut */

static const char *const level_names[] = {
	[LOG_LVL_ERROR] = "error",
	[LOG_LVL_WARN] = "warn",
	[LOG_LVL_INFO] = "info",
	[LOG_LVL_DEBUG] = "debug",
};

#define LEVELS (sizeof(level_names) / sizeof(level_names[0]))

static void
stderr_sink(void *ctx, enum log_level level, const char *line)
{
	(void)ctx;
	fprintf(stderr, "%s: %s\n", log_level_name(level), line);
}

/* The only global state of src/base: a process has one log. */
static struct {
	log_sink sink;
	void *ctx;
	enum log_level level;
} the_log = { stderr_sink, NULL, LOG_LVL_INFO };

void
log_set_sink(log_sink sink, void *ctx)
{
	the_log.sink = sink != NULL ? sink : stderr_sink;
	the_log.ctx = ctx;
}

void
log_set_level(enum log_level level)
{
	the_log.level = level;
}

enum log_level
log_get_level(void)
{
	return the_log.level;
}

int
log_level_parse(enum log_level *out, const char *text)
{
	for (unsigned int i = 0; i < LEVELS; i++) {
		if (strcmp(text, level_names[i]) == 0) {
			*out = (enum log_level)i;
			return 0;
		}
	}
	return -1;
}

const char *
log_level_name(enum log_level level)
{
	return (unsigned int)level < LEVELS ? level_names[level] : "unknown";
}

void
log_line(enum log_level level, const char *peer, const char *fmt, ...)
{
	char raw[LOG_LINE_MAX];
	char line[4 * LOG_LINE_MAX]; /* an escaped byte takes four */
	int saved = errno;
	size_t used = 0;
	va_list ap;

	if (level > the_log.level)
		return;
	if (peer != NULL) {
		int n = snprintf(raw, sizeof(raw), "peer=%.*s ",
				 LOG_LINE_MAX / 2, peer);

		used = n > 0 ? (size_t)n : 0;
	}
	va_start(ap, fmt);
	vsnprintf(raw + used, sizeof(raw) - used, fmt, ap);
	va_end(ap);
	text_escape_rest(line, sizeof(line), raw);
	the_log.sink(the_log.ctx, level, line);
	errno = saved;
}
