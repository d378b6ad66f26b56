/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What jukinetd takes. It ends the conversation at anything else, because that
 * cannot come from this library: so an application's mistake is found here.
 */
#ifndef JK_QUESTION_H
#define JK_QUESTION_H

#include "defs.h"
#include "jukinet/jukinet.h"

/* Bytes, of a number of an application and of a code as it is written. */
#define JK_QUESTION_RECEPTION 64
#define JK_QUESTION_CODE      128
/* More persons than any office has. */
#define JK_QUESTION_COUNT UINT32_MAX

/* Which member is wrong, or NULL. A static string. */
const char *jk_question_purpose_fault(const struct jukinet_purpose *purpose);
const char *jk_question_query_fault(const struct jukinet_query *query);
const char *jk_question_result_fault(const char *id, uint64_t count);
const char *jk_question_done_fault(uint64_t count, const char *text);

#endif
