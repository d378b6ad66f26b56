/* SPDX-License-Identifier: BSD-2-Clause */
#include "fold.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <wchar.h>

#include "cursor.h"
#include "utf8.h"

/* Blanks and other scripts break by themselves. */
static bool
is_japanese(uint32_t c)
{
	return c >= 0x2e80;
}

static bool
begins_no_line(uint32_t c)
{
	static const wchar_t marks[] = L"、。，．・：；？！ー）」』】〉》々"
	                               L"ぁぃぅぇぉっゃゅょァィゥェォッャュョ";

	return wcschr(marks, (wchar_t)c) != NULL;
}

static bool
ends_no_line(uint32_t c)
{
	static const wchar_t marks[] = L"（「『【〈《";

	return c != 0 && wcschr(marks, (wchar_t)c) != NULL;
}

void
jk_fold(const char *text, unsigned columns, size_t size, char *ret)
{
	struct jk_cur cur = { .at = (const uint8_t *)text,
		.left = strlen(text) };
	size_t spare = size - cur.left - 1; /* for line ends */
	unsigned at = 0;
	uint32_t c, before = 0;

	while (cur.left > 0) {
		const uint8_t *from = cur.at;
		const size_t left = cur.left;

		if (jk_utf8_next(&cur, &c) != JK_OK)
			break; /* no text of ours */
		if (spare > 0 && at >= columns && is_japanese(c) &&
		    is_japanese(before) && !begins_no_line(c) &&
		    !ends_no_line(before)) {
			*ret++ = '\n';
			spare--;
			at = 0;
		}
		memcpy(ret, from, left - cur.left);
		ret += left - cur.left;
		at = c == '\n' ? 0 : at + (is_japanese(c) ? 2 : 1);
		before = c;
	}
	memcpy(ret, cur.at, cur.left);
	ret[cur.left] = '\0';
}
