/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Times of day and spans of time as text. The calendar is the proleptic
 * Gregorian one. Years are counted from March, so that a leap day ends its
 * year.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define DAY_S INT64_C(86400)
#define YEAR_MIN 1970
#define YEAR_MAX 9999
#define DAYS_400Y 146097    /* the Gregorian cycle */
#define DAYS_TO_1970 719468 /* from 0000-03-01 */

static int64_t
days_from_civil(int64_t year, int64_t month, int64_t day)
{
	int64_t y = month > 2 ? year : year - 1;
	int64_t m = month > 2 ? month - 3 : month + 9; /* March is 0 */

	return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day -
	       1 - DAYS_TO_1970;
}

static void
civil_from_days(int64_t days, int64_t *year, int64_t *month, int64_t *day)
{
	int64_t d = days + DAYS_TO_1970;
	int64_t cycle = d / DAYS_400Y;
	int64_t rest = d % DAYS_400Y;
	int64_t y = (rest - rest / 1460 + rest / 36524 - rest / 146096) / 365;
	int64_t yday = rest - (365 * y + y / 4 - y / 100);
	int64_t m = (5 * yday + 2) / 153;

	*day = yday - (153 * m + 2) / 5 + 1;
	*month = m < 10 ? m + 3 : m - 9;
	*year = 400 * cycle + y + (*month <= 2 ? 1 : 0);
}

static int64_t
days_in_month(int64_t year, int64_t month)
{
	int64_t next = month == 12 ? days_from_civil(year + 1, 1, 1) :
				     days_from_civil(year, month + 1, 1);

	return next - days_from_civil(year, month, 1);
}

/* Reads a number of width digits at s.p + at; -1 when it is not in min..max. */
static int64_t
read_field(struct span s, size_t at, size_t width, uint64_t min, uint64_t max)
{
	uint64_t v;

	if (text_u64(&v, (struct span){ s.p + at, width }, min, max) < 0)
		return -1;
	return (int64_t)v;
}

int
text_time_parse(struct walltime *out, struct span s)
{
	static const char form[] = "dddd-dd-ddTdd:dd:ddZ";
	int64_t year, month, day, hour, minute, second;

	if (s.len != sizeof(form) - 1)
		return -1;
	for (size_t i = 0; i < s.len; i++) {
		if (form[i] != 'd' && s.p[i] != form[i])
			return -1;
	}
	year = read_field(s, 0, 4, YEAR_MIN, YEAR_MAX);
	month = read_field(s, 5, 2, 1, 12);
	day = read_field(s, 8, 2, 1, 31);
	hour = read_field(s, 11, 2, 0, 23);
	minute = read_field(s, 14, 2, 0, 59);
	second = read_field(s, 17, 2, 0, 59);
	if (year < 0 || month < 0 || day < 0 || hour < 0 || minute < 0 ||
	    second < 0 || day > days_in_month(year, month))
		return -1;
	out->s = days_from_civil(year, month, day) * DAY_S + hour * 3600 +
		 minute * 60 + second;
	return 0;
}

char *
text_time_format(char out[TEXT_TIME_MAX], struct walltime t)
{
	int64_t year, month, day;
	unsigned int second;

	if (t.s < 0 || t.s >= days_from_civil(YEAR_MAX + 1, 1, 1) * DAY_S) {
		snprintf(out, TEXT_TIME_MAX, "@%" PRId64, t.s);
		return out;
	}
	civil_from_days(t.s / DAY_S, &year, &month, &day);
	second = (unsigned int)(t.s % DAY_S);
	snprintf(out, TEXT_TIME_MAX, "%04u-%02u-%02uT%02u:%02u:%02uZ",
		 (unsigned int)year % 10000, (unsigned int)month % 100,
		 (unsigned int)day % 100, second / 3600, second / 60 % 60,
		 second % 60);
	return out;
}

char *
text_duration(char out[TEXT_SPAN_MAX], int64_t seconds)
{
	const char *sign = seconds < 0 ? "-" : "";
	uint64_t s = seconds < 0 ? 0 - (uint64_t)seconds : (uint64_t)seconds;
	uint64_t minutes = s / 60;
	uint64_t hours = s / 3600;
	uint64_t days = hours / 24;

	if (minutes == 0)
		snprintf(out, TEXT_SPAN_MAX, "%s%" PRIu64 " s", sign, s);
	else if (hours == 0)
		snprintf(out, TEXT_SPAN_MAX, "%s%" PRIu64 " min", sign,
			 minutes);
	else if (days == 0 && minutes % 60 != 0)
		snprintf(out, TEXT_SPAN_MAX, "%s%" PRIu64 " h %" PRIu64 " min",
			 sign, hours, minutes % 60);
	else if (days == 0)
		snprintf(out, TEXT_SPAN_MAX, "%s%" PRIu64 " h", sign, hours);
	else if (hours % 24 != 0)
		snprintf(out, TEXT_SPAN_MAX, "%s%" PRIu64 " d %" PRIu64 " h",
			 sign, days, hours % 24);
	else
		snprintf(out, TEXT_SPAN_MAX, "%s%" PRIu64 " d", sign, days);
	return out;
}
