/* SPDX-License-Identifier: BSD-2-Clause */
/* The alphabets of the registry, which the module holds answers against too. */
#ifndef JK_IDS_H
#define JK_IDS_H

#include "defs.h"

#define JK_ID_MAX      64 /* bytes of an id of a row */
#define JK_ACCOUNT_MAX 64

/* Of a row: 1 to 64 of a-z, 0-9 and '-', not beginning with '-'. */
bool jk_row_id_is_valid(const char *text);
/* A Unix account: 1 to 64 of letters, digits and "_.@-", not beginning with
 * '-', '.' or '@' and not digits alone, which would read as a uid. */
bool jk_account_name_is_valid(const char *text);
/* A PAM service or a version: 1 to 64 of a-z, 0-9 and "_.-", beginning with a
 * letter or digit. */
bool jk_service_name_is_valid(const char *text);

#endif
