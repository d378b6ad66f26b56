/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef JK_DOCTORACCOUNT_H
#define JK_DOCTORACCOUNT_H

#include <pwd.h>

#include "doctor.h"

typedef enum jk_health jk_account_look(const struct jk_patient *patient,
    const struct passwd *p, struct jk_finding *ret);

/*
 * Looks at each person's account, of the registry where there is a snapshot, up
 * to the first that is not good; or says why that cannot be done.
 */
enum jk_health jk_account_each(const struct jk_patient *patient,
    jk_account_look *look, struct jk_finding *ret);

#endif
