/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One line for each APDU and each event, written at once. The data of a
 * command that may carry a PIN or PUK is never written: the word `pin` stands
 * in its place.
 */
#ifndef VC_LOG_H
#define VC_LOG_H

#include <stdint.h>

#include "apdu.h"
#include "error.h"

struct vc_bytes;

struct vc_log {
	int fd; /* -1: no log */
};

/* Opens for appending; the log before it is closed. */
enum vc_err vc_log_open(struct vc_log *log, const char *path);
void vc_log_close(struct vc_log *log);

void vc_log_event(struct vc_log *log, const char *event);
/* answer: NULL when there is none. faults: names, may be empty. */
void vc_log_apdu(struct vc_log *log, unsigned long number,
    const struct vc_apdu *apdu, const struct vc_bytes *answer,
    const char *faults);

/* Monotonic time. */
int64_t vc_log_now_us(void);

#endif
