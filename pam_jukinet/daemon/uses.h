/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Approvals that are good for one use: each that was used has a file in
 * /var/lib/jukinet, which only one of all who try can make. What hangs on the
 * use and does not come about gives it back, but for what a session stands on by
 * then: others may be allowed on it.
 */
#ifndef JK_USES_H
#define JK_USES_H

#include "err.h"
#include "rows.h"

#define JK_USES_MAX 4 /* kinds of approvals */

/* Those of one conversation, so that they can be given back; zeroed: none. */
struct jk_uses {
	size_t n;
	char approval[JK_USES_MAX][JK_ID_MAX + 1];
};

/* What cannot be seen counts as used. */
bool jk_uses_has(int dir, const char *approval);
/*
 * Of all who try, exactly one gets JK_OK; the others JK_ERR_EXISTS. `record` is
 * the id of the record of the grant that stands on it.
 */
enum jk_err jk_uses_take(int dir, const char *approval, const char *record,
    struct jk_uses *uses);
/* From now on it stands for another record, and is not given back with these. */
enum jk_err jk_uses_hand_over(int dir, const char *approval, const char *record,
    struct jk_uses *uses);
void jk_uses_give_back(int dir, struct jk_uses *uses);
/* The same for a worker that has died: what that record used up. */
enum jk_err jk_uses_give_back_of(int dir, const char *record);

#endif
