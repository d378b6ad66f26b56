/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When an access manager's operator ID ends, those that he handed on from it
 * stay: a successor may have been given the same. Where nobody else of the
 * department could have handed them on, they are named, or end with it.
 */
#ifndef JK_HANDEDON_H
#define JK_HANDEDON_H

#include "change.h"

typedef int jk_handed_on_fn(struct jk_change *change,
    const struct jk_opid *opid, const char *value);

/*
 * `from` as it stands after the change. With --handed-on `act` is called for
 * each that lasts longer, with `value`; without, they are named on stderr.
 * EXIT_OK, or what `act` returned.
 */
int jk_handed_on(struct jk_change *change, const struct jk_opid *from,
    jk_handed_on_fn *act, const char *value);

#endif
