/* SPDX-License-Identifier: BSD-2-Clause */
#include "ids.h"

#include <string.h>

#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define UPPER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

static bool
is_made_of(const char *text, const char *first, const char *all)
{
	size_t len = strlen(text);

	return len >= 1 && len <= JK_ID_MAX && strchr(first, text[0]) != NULL &&
	       strspn(text, all) == len;
}

bool
jk_row_id_is_valid(const char *text)
{
	return is_made_of(text, LOWER DIGITS, LOWER DIGITS "-");
}

bool
jk_account_name_is_valid(const char *text)
{
	return is_made_of(text, LOWER UPPER DIGITS "_",
	           LOWER UPPER DIGITS "_.@-") &&
	       strspn(text, DIGITS) != strlen(text);
}

bool
jk_service_name_is_valid(const char *text)
{
	return is_made_of(text, LOWER DIGITS, LOWER DIGITS "_.-");
}
