/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Log lines for the daemon and the tools. Pure code (base, crypto, format,
 * core) never logs: it returns errors, drops and events.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

enum log_level { LOG_LVL_ERROR, LOG_LVL_WARN, LOG_LVL_INFO, LOG_LVL_DEBUG };

/* Receives one line without LF. The default sink writes to standard error. */
typedef void (*log_sink)(void *ctx, enum log_level level, const char *line);

void log_set_sink(log_sink sink, void *ctx); /* NULL: the default */
void log_set_level(enum log_level level);    /* default: info */
enum log_level log_get_level(void);
/* "error", "warn", "info", "debug"; -1 for any other text. */
int log_level_parse(enum log_level *out, const char *text);
const char *log_level_name(enum log_level level);

/* peer: a node's name or NULL; the line becomes "peer=NAME text". Control bytes
 * of the whole line are escaped; beyond 1023 bytes it is cut. errno is
 * preserved. */
void log_line(enum log_level level, const char *peer, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#define log_error(...) log_line(LOG_LVL_ERROR, NULL, __VA_ARGS__)
#define log_warn(...) log_line(LOG_LVL_WARN, NULL, __VA_ARGS__)
#define log_info(...) log_line(LOG_LVL_INFO, NULL, __VA_ARGS__)
#define log_debug(...) log_line(LOG_LVL_DEBUG, NULL, __VA_ARGS__)

#endif
