/* SPDX-License-Identifier: BSD-2-Clause */
#include "plaintext.h"

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
