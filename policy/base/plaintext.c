/* SPDX-License-Identifier: BSD-2-Clause */
#include "plaintext.h"

#include <string.h>

#include "utf8.h"

/* Marks a text that is translated where it is shown. */
#define N_(text) text

/* Most of any text is ASCII that shows itself: no need to decode it. */
static void
pass_ascii(struct jk_cur *cur)
{
	struct jk_cur passed;
	size_t n = 0;

	while (n < cur->left && cur->at[n] >= ' ' && cur->at[n] <= '~')
		n++;
	(void)jk_cur_take(cur, n, &passed);
}

const char *
jk_plaintext_fault(const char *text, size_t len)
{
	struct jk_cur cur = { .at = (const uint8_t *)text, .left = len };
	uint32_t c;

	for (pass_ascii(&cur); cur.left > 0; pass_ascii(&cur)) {
		if (jk_utf8_next(&cur, &c) != JK_OK)
			return N_("not valid UTF-8");
		if (c == 0)
			return N_("NUL byte");
		if (c != '\t' && !jk_utf8_is_plain(c))
			return N_("control or invisible character");
	}
	return NULL;
}

static bool
is_blank(uint32_t c)
{
	return c == ' ' || c == '\t' || c == 0xa0 || c == 0x1680 ||
	       (c >= 0x2000 && c <= 0x200a) || c == 0x202f || c == 0x205f ||
	       c == 0x2800 || c == 0x3000 || c == 0x3164 || c == 0xffa0;
}

bool
jk_plaintext_says(const char *text)
{
	struct jk_cur cur = { .at = (const uint8_t *)text,
		.left = strlen(text) };
	uint32_t c = ' ';

	while (is_blank(c))
		if (cur.left == 0 || jk_utf8_next(&cur, &c) != JK_OK)
			return cur.left > 0;
	return true;
}
