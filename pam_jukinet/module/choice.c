/* SPDX-License-Identifier: BSD-2-Clause */
#include "choice.h"

#include <stdio.h>
#include <string.h>

#include "frame.h"
#include "protocol.h"

/* Nothing that a terminal would take for more than letters. */
static enum jk_err
read_id(const uint8_t *at, size_t n, char ret[static 64 + 1])
{
	static const char characters[] =
	    "abcdefghijklmnopqrstuvwxyz0123456789-";
	char id[64 + 1] = "";

	if (n == 0 || n >= sizeof(id))
		return JK_ERR_FORMAT;
	memcpy(id, at, n);
	if (strspn(id, characters) != n)
		return JK_ERR_FORMAT;
	memcpy(ret, id, sizeof(id));
	return JK_OK;
}

static enum jk_err
read_option(struct jk_cur cur, struct jk_option *ret)
{
	const uint8_t *sign =
	    cur.left > 0 ? memchr(cur.at, '=', cur.left) : NULL;
	size_t n;
	enum jk_err e;

	if (sign == NULL)
		return JK_ERR_FORMAT;
	n = (size_t)(sign - cur.at);
	e = read_id(cur.at, n, ret->opid);
	return e == JK_OK ? read_id(sign + 1, cur.left - n - 1, ret->type) : e;
}

enum jk_err
jk_choice_read(const struct jk_frame *f, struct jk_choice *ret)
{
	struct jk_choice c = { 0 };
	struct jk_cur cur;
	enum jk_err e;

	while (jk_frame_get_nth(f, JK_FIELD_OPTION, c.n, &cur) == JK_OK) {
		if (c.n == JK_OPTIONS_MAX)
			return JK_ERR_FORMAT;
		e = read_option(cur, &c.option[c.n]);
		if (e != JK_OK)
			return e;
		c.n++;
	}
	if (c.n == 0)
		return JK_ERR_FORMAT;
	*ret = c;
	return JK_OK;
}

/* "2) m0123-9 operator management"; how long it is. */
static size_t
make_line(const struct jk_choice *c, size_t i, char *ret, size_t size)
{
	const char *type = jk_text_type(c->option[i].type);

	return (size_t)snprintf(ret, size, "%zu) %s %s\n", i + 1,
	    c->option[i].opid, type != NULL ? type : c->option[i].type);
}

void
jk_choice_prompt(const struct jk_choice *c, const char *code,
    char ret[static JK_TEXT_MAX])
{
	static const char more[] = "...\n";
	char question[JK_TEXT_MAX], end[JK_TEXT_MAX];
	size_t n, room;

	jk_text(code, NULL, question);
	jk_text("opid.number", NULL, end);
	/* Both are short; were they not, the end would be cut. */
	room = JK_TEXT_MAX - sizeof(more);
	room -= strlen(end) < room ? strlen(end) : room;
	n = (size_t)snprintf(ret, JK_TEXT_MAX, "%s\n", question);
	for (size_t i = 0; i < c->n && n < room; i++) {
		size_t len = make_line(c, i, ret + n, JK_TEXT_MAX - n);

		if (n + len > room) {
			n += (size_t)snprintf(ret + n, JK_TEXT_MAX - n, "%s",
			    more);
			break;
		}
		n += len;
	}
	if (n < JK_TEXT_MAX)
		(void)snprintf(ret + n, JK_TEXT_MAX - n, "%s", end);
}

const struct jk_option *
jk_choice_find(const struct jk_choice *c, const char *answer)
{
	char number[24];

	for (size_t i = 0; i < c->n; i++) {
		(void)snprintf(number, sizeof(number), "%zu", i + 1);
		if (strcmp(answer, number) == 0)
			return &c->option[i];
	}
	/* An id that looks like a number is behind the numbers shown. */
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(answer, c->option[i].opid) == 0)
			return &c->option[i];
	return NULL;
}
