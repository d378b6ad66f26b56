/* SPDX-License-Identifier: BSD-2-Clause */
#include "keyfile.h"

#include <string.h>

struct state {
	char group[JK_KEYFILE_LINE_MAX + 1];
	bool file_locked, group_locked;
};

static char *
trim(char *text)
{
	size_t len;

	text += strspn(text, " \t");
	len = strlen(text);
	while (len > 0 && strchr(" \t\r", text[len - 1]) != NULL)
		text[--len] = '\0';
	return text;
}

/* Takes "[$i]", "[$ei]" off the end: is there an i? */
static bool
take_mark(char *text)
{
	char *mark = strstr(text, "[$");
	bool locked;

	if (mark == NULL)
		return false;
	locked = strchr(mark, 'i') != NULL;
	*mark = '\0';
	return locked;
}

static void
take_group(struct state *s, char *line)
{
	const bool locked = take_mark(line);
	const size_t len = strlen(line);

	if (len == 0) {
		s->file_locked |= locked;
		return;
	}
	if (line[len - 1] == ']')
		line[len - 1] = '\0';
	strcpy(s->group, line + 1); /* no longer than a line */
	s->group_locked = locked;
}

static void
take_entry(const struct state *s, char *line, jk_setting_fn *fn, void *ctx)
{
	struct jk_setting setting = {
		.group = s->group,
		.locked = s->file_locked || s->group_locked,
	};
	char *equals = strchr(line, '=');

	if (equals == NULL)
		return;
	*equals = '\0';
	setting.locked |= take_mark(line);
	setting.key = trim(line);
	setting.value = trim(equals + 1);
	fn(ctx, &setting);
}

enum jk_err
jk_keyfile_each(const char *text, jk_setting_fn *fn, void *ctx)
{
	struct state s = { .group = "" };
	char buffer[JK_KEYFILE_LINE_MAX + 1], *line;

	while (*text != '\0') {
		const size_t len = strcspn(text, "\n");

		if (len > JK_KEYFILE_LINE_MAX)
			return JK_ERR_TOO_BIG;
		memcpy(buffer, text, len);
		buffer[len] = '\0';
		text += len + (text[len] == '\n');
		line = trim(buffer);
		if (*line == '[')
			take_group(&s, line);
		else if (*line != '#' && *line != ';')
			take_entry(&s, line, fn, ctx);
	}
	return JK_OK;
}
