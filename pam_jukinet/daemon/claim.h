/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef JK_CLAIM_H
#define JK_CLAIM_H

#include <stdint.h>

#include "cause.h"
#include "grant.h"
#include "hex.h"
#include "protocol.h"
#include "rows.h"

struct jk_frame;

#define JK_CLAIM_MAX 63

/* What the caller says. From a caller other than root it decides nothing. */
struct jk_claim {
	char account[JK_ACCOUNT_MAX + 1]; /* "": AUTH without a name */
	char service[JK_CLAIM_MAX + 1];
	char tty[JK_CLAIM_MAX + 1];
	char host[JK_CLAIM_MAX + 1];
	char ticket[JK_ID_LEN + 1];
	char session[JK_ID_LEN + 1];
	char command[JK_CLAIM_MAX + 1]; /* of MANAGE, as a record may hold it */
	char function[JK_ID_MAX + 1];
	char opid[JK_ID_MAX + 1]; /* of SWITCH */
	uint64_t flags;
	/* Of USE; "" is absent. */
	char purpose[JK_ID_MAX + 1];
	char reception[JK_RECEPTION_MAX + 1];
	char grounds[JK_USE_TEXT + 1];
	/* Of the monitor; LOCK of anybody has none of it. */
	enum jk_cause cause;
	char reader[JK_READER_MAX + 1];
	int64_t seconds;
};

/* From the first frame of a caller; JK_ERR_FORMAT: not a request. */
enum jk_err jk_claim_read(const struct jk_frame *frame, struct jk_claim *ret);

/* The number of an application: 1 to 64 of A-Za-z0-9._/-, as it is said. */
bool jk_claim_is_reception(const char *text);

/* An id of a row, also in what is said later; absent is "". */
enum jk_err jk_claim_row_id(const struct jk_frame *frame, enum jk_field field,
    char ret[static JK_ID_MAX + 1]);

#endif
