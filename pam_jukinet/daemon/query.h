/* SPDX-License-Identifier: BSD-2-Clause */
/* What is asked in a use, as the application says it. */
#ifndef JK_QUERY_H
#define JK_QUERY_H

#include <stdint.h>

#include "hex.h"
#include "protocol.h"
#include "residentcode.h"
#include "rows.h"

struct jk_frame;

#define JK_OBJECT_MAX JK_ID_MAX

/*
 * One frame QUERY, RESULT, CONFIRM, USES or DONE. It holds a resident record code and
 * what a person typed: it lies in locked memory, and is erased.
 */
struct jk_query {
	uint64_t seq;
	enum jk_action action;     /* JK_ACTION_COUNT: unknown */
	enum jk_business business; /* JK_BUSINESS_COUNT: unknown */
	enum jk_search search;     /* JK_SEARCH_NONE: not said */
	size_t code_len;           /* 0: none */
	char code[JK_RESIDENTCODE_INPUT + 1];
	bool has_count;
	uint64_t count;
	char text[JK_USE_TEXT + 1];     /* the requirement, or the entry */
	char permission[JK_ID_MAX + 1]; /* "": none was named */
	char object[JK_OBJECT_MAX + 1];
	char id[JK_ID_LEN + 1]; /* of RESULT: the record of its QUERY */
	uint64_t index;         /* of USES: the first that is wanted */
	/* Of DONE: of all uses of the session, so many and these lookups. */
	bool all;
	uint64_t uses, allowed, refused;
};

/* JK_ERR_FORMAT, JK_ERR_NOT_FOUND, JK_ERR_TOO_BIG: not such a frame. */
enum jk_err jk_query_read(const struct jk_frame *frame, struct jk_query *ret);

#endif
