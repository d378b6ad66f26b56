/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef JK_DOCTORACCOUNT_H
#define JK_DOCTORACCOUNT_H

#include <pwd.h>

#include "doctor.h"

/* Is it a person's account, of the registry where there is a snapshot? */
bool jk_account_is_operator(const struct jk_patient *patient,
    const struct passwd *p);

#endif
