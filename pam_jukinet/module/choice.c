/* SPDX-License-Identifier: BSD-2-Clause */
#include "choice.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "frame.h"

typedef bool check_fn(const char *text);

/* Up to the next sign, whose place *cur takes; *ret_more: there was one.
 * Nothing that a terminal would take for more than letters. */
static enum jk_err
read_word(struct jk_cur *cur, check_fn *check, char ret[static JK_ID_MAX + 1],
    bool *ret_more)
{
	const uint8_t *sign =
	    cur->left > 0 ? memchr(cur->at, '=', cur->left) : NULL;
	const size_t n = sign != NULL ? (size_t)(sign - cur->at) : cur->left;
	char word[JK_ID_MAX + 1] = "";
	struct jk_cur taken;
	enum jk_err e;

	if (n == 0 || n >= sizeof(word))
		return JK_ERR_FORMAT;
	memcpy(word, cur->at, n);
	if (strlen(word) != n || !check(word))
		return JK_ERR_FORMAT;
	e = jk_cur_take(cur, sign != NULL ? n + 1 : n, &taken);
	if (e != JK_OK)
		return e;
	memcpy(ret, word, sizeof(word));
	*ret_more = sign != NULL;
	return JK_OK;
}

static_assert(JK_ACCOUNT_MAX == JK_ID_MAX, "one reader for both");

/* "ID=TYPE" or "ID=TYPE=ACCOUNT". */
static enum jk_err
read_option(struct jk_cur cur, struct jk_option *ret)
{
	struct jk_option o = { 0 };
	bool more;
	enum jk_err e;

	e = read_word(&cur, jk_row_id_is_valid, o.opid, &more);
	if (e != JK_OK || !more)
		return JK_ERR_FORMAT;
	e = read_word(&cur, jk_row_id_is_valid, o.type, &more);
	if (e == JK_OK && more)
		e = read_word(&cur, jk_account_name_is_valid, o.account, &more);
	if (e != JK_OK || more)
		return JK_ERR_FORMAT;
	*ret = o;
	return JK_OK;
}

enum jk_err
jk_choice_read(const struct jk_frame *f, struct jk_choice *ret)
{
	struct jk_choice c = { 0 };
	struct jk_cur cur;
	enum jk_err e;

	while (jk_frame_get_nth(f, JK_FIELD_OPTION, c.n, &cur) == JK_OK) {
		if (c.n == JK_CHOICES_MAX)
			return JK_ERR_FORMAT;
		e = read_option(cur, &c.option[c.n]);
		if (e != JK_OK)
			return e;
		c.accounts = c.option[0].account[0] != '\0';
		if (c.accounts != (c.option[c.n].account[0] != '\0'))
			return JK_ERR_FORMAT;
		c.n++;
	}
	if (c.n == 0)
		return JK_ERR_FORMAT;
	*ret = c;
	return JK_OK;
}

/* "2) m0123-9 operator management", "2) hanako: m0123-9 operator management";
 * how long it is. */
static size_t
make_line(const struct jk_choice *c, const struct jk_look *look, size_t i,
    char *ret, size_t size)
{
	const struct jk_option *o = &c->option[i];
	const char *type = jk_text_type(o->type, look);

	return (size_t)snprintf(ret, size, "%zu) %s%s%s %s\n", i + 1,
	    o->account, c->accounts ? ": " : "", o->opid,
	    type != NULL ? type : o->type);
}

void
jk_choice_prompt(const struct jk_choice *c, const struct jk_look *look,
    const char *code, char ret[static JK_TEXT_MAX])
{
	static const char more[] = "...\n";
	char question[JK_TEXT_MAX], end[JK_TEXT_MAX];
	size_t n, room;

	jk_text(code, look, NULL, question);
	jk_text(c->accounts ? "account.number" : "opid.number", look, NULL,
	    end);
	/* Both are short; were they not, the end would be cut. */
	room = JK_TEXT_MAX - sizeof(more);
	room -= strlen(end) < room ? strlen(end) : room;
	n = (size_t)snprintf(ret, JK_TEXT_MAX, "%s\n", question);
	for (size_t i = 0; i < c->n && n < room; i++) {
		size_t len = make_line(c, look, i, ret + n, JK_TEXT_MAX - n);

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

/* "hanako m0123-2", or one of the two. */
static bool
is_named(const struct jk_option *o, const char *answer)
{
	char both[JK_ACCOUNT_MAX + JK_ID_MAX + 2];

	if (strcmp(answer, o->opid) == 0)
		return true;
	if (o->account[0] == '\0')
		return false;
	(void)snprintf(both, sizeof(both), "%s %s", o->account, o->opid);
	return strcmp(answer, o->account) == 0 || strcmp(answer, both) == 0;
}

const struct jk_option *
jk_choice_find(const struct jk_choice *c, const char *answer)
{
	const struct jk_option *found = NULL;
	char number[24];

	for (size_t i = 0; i < c->n; i++) {
		(void)snprintf(number, sizeof(number), "%zu", i + 1);
		if (strcmp(answer, number) == 0)
			return &c->option[i];
	}
	/* An id that looks like a number is behind the numbers shown. */
	for (size_t i = 0; i < c->n; i++) {
		if (!is_named(&c->option[i], answer))
			continue;
		if (found != NULL)
			return NULL; /* which of the two? */
		found = &c->option[i];
	}
	return found;
}
