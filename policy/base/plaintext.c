/* SPDX-License-Identifier: BSD-2-Clause */
#include "plaintext.h"

#include "utf8.h"

const char *
jk_plaintext_fault(const char *text, size_t len)
{
	struct jk_cur cur = { .at = (const uint8_t *)text, .left = len };
	uint32_t c;

	while (cur.left > 0) {
		if (jk_utf8_next(&cur, &c) != JK_OK)
			return "not valid UTF-8";
		if (c == 0)
			return "NUL byte";
		if (c != '\t' && !jk_utf8_is_plain(c))
			return "control or invisible character";
	}
	return NULL;
}
