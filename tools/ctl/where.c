/* SPDX-License-Identifier: BSD-2-Clause */
#include "where.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "conf.h"
#include "file.h"
#include "initext.h"

/* Of registry.conf, the largest. */
#define TEXT_MAX (64u << 20)

struct search {
	const struct jk_where *where;
	struct jk_found *found;
};

static bool
on_section(void *ctx, unsigned line, const char *text)
{
	struct search *s = ctx;
	char name[JK_ID_MAX + 1], id[JK_ID_MAX + 1];

	if (!jk_conf_split(text, name, id) ||
	    strcmp(name, s->where->section) != 0 ||
	    strcmp(id, s->where->id) != 0)
		return false;
	if (s->found->line == 0)
		s->found->line = line;
	return true;
}

static void
on_entry(void *ctx, unsigned line, JK_UNUSED const char *section,
    const char *key, const char *value)
{
	const struct search *s = ctx;
	const struct jk_where *w = s->where;
	struct jk_found *found = s->found;

	if (w->key == NULL || found->has_key || strcmp(w->key, key) != 0 ||
	    (w->value != NULL && strcmp(w->value, value) != 0))
		return;
	found->line = line;
	found->has_key = true;
	(void)snprintf(found->value, sizeof(found->value), "%s", value);
}

/* What is wrong with the file was said when it was read. */
static void
on_error(JK_UNUSED void *ctx, JK_UNUSED unsigned line,
    JK_UNUSED const char *reason)
{
}

void
jk_where_in(const char *text, size_t len, const struct jk_where *where,
    struct jk_found *ret)
{
	struct search search = { where, ret };
	const struct jk_ini_handler handler = {
		.section = on_section,
		.entry = on_entry,
		.error = on_error,
		.ctx = &search,
	};

	*ret = (struct jk_found){ 0 };
	(void)jk_ini_parse(text, len, &handler);
}

void
jk_where(const char *path, const struct jk_where *where, struct jk_found *ret)
{
	JK_CLEANUP(jk_file_text_free) char *text = NULL;
	JK_CLEANUP(jk_fd_close) int fd = -1;
	size_t len;

	*ret = (struct jk_found){ 0 };
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd >= 0 && jk_file_read(fd, TEXT_MAX, &text, &len) == JK_OK)
		jk_where_in(text, len, where, ret);
}
