/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A resident record code as somebody typed it: eleven digits come out, or none. And
 * one within any text is seen.
 */
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

/* The text has as many bytes as digits, at least; a code in it hides nowhere. */
static void
look_within(const unsigned char *data, size_t len,
    const char code[static JK_RESIDENTCODE_LEN + 1])
{
	char *text = malloc(len + 1 + JK_RESIDENTCODE_LEN + 1);

	need(text != NULL);
	memcpy(text, data, len);
	text[len] = '\0';
	need(jk_residentcode_run(text) <= len);
	strcpy(text + strlen(text), code);
	need(jk_residentcode_run(text) >= strlen(code));
	free(text);
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
	look_within(data, len, code);
	return 0;
}
