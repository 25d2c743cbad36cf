/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Notes what bytes_wipe() is given: for tests that are linked with
 * --wrap=bytes_wipe. */
#ifndef TESTS_UNIT_WIPED_H
#define TESTS_UNIT_WIPED_H

#include <stdbool.h>
#include <string.h>

#include "../unit.h"
#include "base/bytes.h"

#define WIPED_MAX 1024
#define WIPED_LEN 96

struct wiped {
	size_t len;
	uint8_t was[WIPED_LEN]; /* its first bytes */
};

extern struct wiped wiped_notes[WIPED_MAX];
extern size_t wiped_count;

void __real_bytes_wipe(void *p, size_t len);
void __wrap_bytes_wipe(void *p, size_t len);
void __wrap_bytes_wipe(void *p, size_t len);
void wiped_begin(void);
void wiped_end(void);

/* How often exactly these bytes were wiped. */
unsigned int wiped_times(const void *secret, size_t len);

#endif
