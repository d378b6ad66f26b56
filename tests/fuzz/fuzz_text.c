/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What people read, from a frame that claims anything: never too long, never
 * a control character or an escape sequence on somebody's terminal.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "choice.h"
#include "frame.h"
#include "ids.h"
#include "look.h"
#include "protocol.h"
#include "text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const struct jk_look look = { .utf8 = true }, ascii;

static void
need(bool condition)
{
	if (!condition)
		abort();
}

static void
check(const char *code, const struct jk_frame *params)
{
	char text[JK_TEXT_MAX];

	memset(text, 0x1b, sizeof(text));
	jk_text(code, &look, params, text);
	need(memchr(text, '\0', sizeof(text)) != NULL);
	for (const char *c = text; *c != '\0'; c++)
		need((unsigned char)*c >= 0x20 && *c != 0x7f);
	memset(text, 0x1b, sizeof(text));
	jk_text(code, &ascii, params, text);
	need(memchr(text, '\0', sizeof(text)) != NULL);
	for (const char *c = text; *c != '\0'; c++)
		need(*c >= 0x20 && *c < 0x7f);
}

/* Each has a number, a name that could be one, and no other than its own. */
static void
check_option(const struct jk_choice *c, size_t i)
{
	const struct jk_option *o = &c->option[i], *found;
	char number[24];

	(void)snprintf(number, sizeof(number), "%zu", i + 1);
	need(jk_choice_find(c, number) == o);
	need(jk_row_id_is_valid(o->opid) && jk_row_id_is_valid(o->type));
	need(c->accounts ? jk_account_name_is_valid(o->account)
	                 : o->account[0] == '\0');
	found = jk_choice_find(c, o->opid);
	if (found != NULL && strspn(o->opid, "0123456789") == 0)
		need(strcmp(found->opid, o->opid) == 0 ||
		     strcmp(found->account, o->opid) == 0);
}

/* A list has lines, and nothing else that is no letter. */
static void
check_choice(const struct jk_frame *frame)
{
	char text[JK_TEXT_MAX];
	struct jk_choice c;

	if (jk_choice_read(frame, &c) != JK_OK)
		return;
	need(c.n > 0 && c.n <= JK_CHOICES_MAX);
	memset(text, 0x1b, sizeof(text));
	jk_choice_prompt(&c, &look,
	    c.accounts ? "account.select" : "opid.select", text);
	need(memchr(text, '\0', sizeof(text)) != NULL);
	for (const char *t = text; *t != '\0'; t++)
		need(*t == '\n' || (*t >= 0x20 && *t < 0x7f));
	for (size_t i = 0; i < c.n; i++)
		check_option(&c, i);
	need(jk_choice_find(&c, "") == NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct jk_frame *frame = NULL;
	char code[64];

	if (jk_frame_new(&frame) != JK_OK)
		abort();
	if (jk_frame_parse(frame, data, len) == JK_OK) {
		for (size_t i = 0; jk_text_code(i) != NULL; i++)
			check(jk_text_code(i), frame);
		if (jk_frame_get_str(frame, JK_FIELD_MESSAGE, code,
		        sizeof(code)) == JK_OK)
			check(code, frame);
		check_choice(frame);
	}
	jk_frame_free(&frame);
	return 0;
}
