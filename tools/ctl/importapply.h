/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One line of a personnel change against the registry: what it wants is
 * staged, or it is said why that cannot be. It knows nothing of other lines.
 * Each kind of rows is asked for as the single command asks (whose.h).
 */
#ifndef JK_IMPORTAPPLY_H
#define JK_IMPORTAPPLY_H

#include "change.h"
#include "importrow.h"

/* What a line did, for the words of the preview. */
struct jk_import_done {
	char day[11]; /* from which it holds */
	char name[JK_NAME_MAX + 1];
	char right[JK_ID_MAX + 1]; /* type that was granted; "" */
	char until[17];            /* its last good day; "" */
	size_t opids;              /* granted */
	size_t cards;              /* that must come back */
	bool before;               /* it stood in the registry already */
	bool not_his;              /* it was refused as another officer's */
};

#define JK_IMPORT_WHY_MAX 512

/* False: `why` says why not, for people, translated. */
bool jk_import_apply(struct jk_change *change, const struct jk_import_row *row,
    struct jk_import_done *ret, char why[static JK_IMPORT_WHY_MAX]);

#endif
