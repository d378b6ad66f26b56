/* SPDX-License-Identifier: BSD-2-Clause */
/* Resident record codes (住民票コード), as people write them. */
#ifndef JK_RESIDENTCODE_H
#define JK_RESIDENTCODE_H

#include "defs.h"

#define JK_RESIDENTCODE_LEN   11  /* ASCII digits, as they are kept nowhere */
#define JK_RESIDENTCODE_INPUT 128 /* bytes that are looked at */

enum jk_residentcode {
	JK_RESIDENTCODE_NONE = 0,   /* not one */
	JK_RESIDENTCODE_INDIVIDUAL, /* twelve digits: an individual number
	                             * (個人番号), which nobody wants here */
	JK_RESIDENTCODE_ODD, /* eleven, whose check digit does not fit: worth
	                             * a warning, no more, because the rule for that
	                             * digit is known by specimens only */
	JK_RESIDENTCODE_GOOD,
};

/*
 * Digits of either width, with hyphens and spaces of any kind between them.
 * ODD and GOOD: the eleven digits with a NUL are in `ret`, which the caller
 * erases; else it is left as it was.
 */
enum jk_residentcode jk_residentcode_read(const char *text, size_t len,
    char ret[static JK_RESIDENTCODE_LEN + 1]);

/*
 * Digits of either width in a row, the most there are. JK_RESIDENTCODE_LEN or
 * more of them may be such a code, or an individual number, whatever their check
 * digit: the text may not stand in clear in a record. Nor may one divided as
 * people do, 4-4-3 or 4-4-4 with hyphens or spaces of any kind: it counts as 11
 * or 12 digits where its check digit fits, and else as what it is, because such
 * numbers of an office's own are many. The rule of that digit is, for individual
 * numbers, article 5 of ordinance 85 of 2014 of the Ministry of Internal Affairs
 * and Communications; for resident record codes it is notice 436 of 2002, known
 * here by specimens only, which follow the same rule.
 */
size_t jk_residentcode_run(const char *text);

#endif
