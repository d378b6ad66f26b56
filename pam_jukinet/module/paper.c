/* SPDX-License-Identifier: BSD-2-Clause */
#include "paper.h"

#include <string.h>

#include "look.h"
#include "utf8.h"

/* Of a value from outside; a longer one would leave no room for the text. */
#define VALUE_MAX 256

/* Never half a character: UTF-8 is cut before its first byte. */
void
jk_paper_put(struct jk_paper *p, const char *text, size_t n)
{
	if (n > p->left) {
		n = p->left;
		while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
			n--;
		p->left = n; /* and nothing after it */
	}
	memcpy(p->at, text, n);
	p->at += n;
	p->left -= n;
}

void
jk_paper_drop_blank(struct jk_paper *p)
{
	if (p->at > p->start && p->at[-1] == ' ') {
		p->at--;
		p->left++;
	}
}

/* One character of a value; 0: nothing that can be shown. The wide forms of
 * ASCII are ASCII where there is nothing else. */
static uint32_t
next_of(const struct jk_look *look, struct jk_cur *cur)
{
	struct jk_cur bad;
	uint32_t c;

	if (jk_utf8_next(cur, &c) != JK_OK) {
		(void)jk_cur_take(cur, 1, &bad);
		return 0;
	}
	if (!look->utf8 && c == 0x3000)
		return ' ';
	if (!look->utf8 && c > 0xff00 && c < 0xff5f)
		return c - 0xff00 + 0x20;
	return jk_utf8_is_plain(c) && (c < 0x80 || look->utf8) ? c : 0;
}

/* What cannot be shown, or would do more than show itself, becomes a "?". */
static void
put_utf8(struct jk_paper *p, const uint8_t *value, size_t n)
{
	struct jk_cur cur = { .at = value, .left = n };

	while (cur.left > 0 && cur.at - value < VALUE_MAX) {
		const char *at = (const char *)cur.at;

		if (next_of(p->look, &cur) == 0)
			jk_paper_put(p, "?", 1);
		else
			jk_paper_put(p, at,
			    (size_t)((const char *)cur.at - at));
	}
}

/* Here it is whole words that cannot be shown: one "?" for as many as stand
 * side by side. */
static void
put_ascii(struct jk_paper *p, const uint8_t *value, size_t n)
{
	struct jk_cur cur = { .at = value, .left = n };
	bool lost = false, blank = false;

	while (cur.left > 0 && cur.at - value < VALUE_MAX) {
		const uint32_t c = next_of(p->look, &cur);

		if (c == ' ' && lost) {
			blank = true;
			continue;
		}
		if (c == 0 && !lost)
			jk_paper_put(p, "?", 1);
		else if (c != 0) {
			if (blank)
				jk_paper_put(p, " ", 1);
			jk_paper_put(p, (const char[]){ (char)c }, 1);
		}
		lost = c == 0;
		blank = false;
	}
}

void
jk_paper_put_value(struct jk_paper *p, const uint8_t *value, size_t n)
{
	if (p->look->utf8)
		put_utf8(p, value, n);
	else
		put_ascii(p, value, n);
}

bool
jk_paper_tells(const struct jk_paper *p, const uint8_t *value, size_t n)
{
	struct jk_cur cur = { .at = value, .left = n };

	if (p->look->utf8)
		return n > 0;
	while (cur.left > 0) {
		const uint32_t c = next_of(p->look, &cur);

		if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
		    (c >= 'a' && c <= 'z'))
			return true;
	}
	return false;
}
