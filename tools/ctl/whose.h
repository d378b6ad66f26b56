/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whose a kind of rows is: officers as bits of enum jk_role_name, asked of the
 * single command and of each line of an import.
 */
#ifndef JK_WHOSE_H
#define JK_WHOSE_H

#include "rows.h"

/* S-20, S-05: the access manager of the department, or who stands above. */
#define JK_WHOSE_PERSONS \
	((1u << JK_ROLE_ACCESS_MANAGER) | (1u << JK_ROLE_SECURITY_OFFICER))
/* S-17 */
#define JK_WHOSE_RIGHTS JK_WHOSE_PERSONS
/* S-28 */
#define JK_WHOSE_ACCOUNTS (1u << JK_ROLE_SYSTEM_MANAGER)

#endif
