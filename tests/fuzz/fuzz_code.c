/* SPDX-License-Identifier: BSD-2-Clause */
/* A resident record code as somebody typed it: eleven digits come out, or none. */
#include <stdlib.h>
#include <string.h>

#include "residentcode.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t len);

static void
need(bool condition)
{
	if (!condition)
		abort();
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t len)
{
	char code[JK_RESIDENTCODE_LEN + 1] = "", again[sizeof(code)] = "";
	enum jk_residentcode kind =
	    jk_residentcode_read((const char *)data, len, code);

	if (kind == JK_RESIDENTCODE_GOOD || kind == JK_RESIDENTCODE_ODD) {
		need(strspn(code, "0123456789") == JK_RESIDENTCODE_LEN);
		need(jk_residentcode_read(code, strlen(code), again) == kind);
		need(strcmp(code, again) == 0);
	} else
		need(code[0] == '\0');
	return 0;
}
