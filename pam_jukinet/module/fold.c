/* SPDX-License-Identifier: BSD-2-Clause */
#include "fold.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <wchar.h>

#include "cursor.h"
#include "utf8.h"

static bool
is_japanese(uint32_t c)
{
	return c >= 0x2e80;
}

static bool
is_one_of(uint32_t c, const wchar_t *marks)
{
	return c != 0 && wcschr(marks, (wchar_t)c) != NULL;
}

static bool
begins_no_line(uint32_t c)
{
	return is_one_of(c, L"、。，．・：；？！ー）」』】〉》々"
	                    L"ぁぃぅぇぉっゃゅょァィゥェォッャュョ");
}

static bool
ends_no_line(uint32_t c)
{
	return is_one_of(c, L"（「『【〈《");
}

/* How good a place for a line end is between these two. */
enum place {
	NOWHERE,
	ANYWHERE,
	CLAUSE,
	SENTENCE
};

static enum place
place_between(uint32_t before, uint32_t after)
{
	const bool blank = after == ' ';

	if (begins_no_line(after))
		return NOWHERE;
	if (is_one_of(before, L"。！？") ||
	    (blank && is_one_of(before, L".!?")))
		return SENTENCE;
	if (is_one_of(before, L"、；") || (blank && is_one_of(before, L",;")))
		return CLAUSE;
	if (blank || (is_japanese(before) && is_japanese(after) &&
	                 !ends_no_line(before)))
		return ANYWHERE;
	return NOWHERE;
}

/* Of the first line, in bytes; all of it where it fits. */
static size_t
line_of(const char *text, unsigned columns)
{
	const size_t all = strlen(text);
	struct jk_cur cur = { .at = (const uint8_t *)text, .left = all };
	enum place best = NOWHERE;
	unsigned at = 0;
	uint32_t c, before = 0;
	size_t found = all;

	while (cur.left > 0) {
		const size_t here = all - cur.left;
		enum place place;

		if (jk_utf8_next(&cur, &c) != JK_OK)
			return all; /* no text of ours */
		if (c == '\n')
			return here;
		place = place_between(before, c);
		/* A line that is hardly begun is none. */
		if (place > ANYWHERE && at < columns / 3)
			place = ANYWHERE;
		if (place != NOWHERE && place >= best) {
			best = place;
			found = here;
		}
		if (at >= columns && best != NOWHERE && c != ' ' &&
		    !begins_no_line(c))
			return found;
		at += is_japanese(c) ? 2 : 1;
		before = c;
	}
	return all;
}

void
jk_fold(const char *text, unsigned columns, size_t size, char *ret)
{
	size_t spare = size - strlen(text) - 1; /* for line ends */

	while (*text != '\0') {
		size_t n = line_of(text, columns);

		if (text[n] != '\0' && text[n] != '\n' && text[n] != ' ' &&
		    spare == 0)
			n = strlen(text);
		memcpy(ret, text, n);
		ret += n;
		text += n;
		if (*text == '\0')
			break;
		if (*text == '\n' || *text == ' ')
			text++;
		else
			spare--;
		*ret++ = '\n';
	}
	*ret = '\0';
}
