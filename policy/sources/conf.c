/* SPDX-License-Identifier: BSD-2-Clause */
#include "conf.h"

#include <string.h>

#include "initext.h"

struct parser {
	const struct jk_conf_handler *handler;
	struct jk_draft draft;     /* its object NULL: between sections */
	bool done[JK_OPTIONS_MAX]; /* sections without id, by first option */
	unsigned last_line;
};

static struct jk_place
place_at(const struct parser *p, unsigned line)
{
	return (struct jk_place){ p->draft.place.file, line };
}

/* The section's first option stands for it. */
static bool *
done_flag(struct parser *p)
{
	size_t i = 0;

	while (jk_options[i].file != p->draft.file ||
	       strcmp(jk_options[i].section, p->draft.name) != 0)
		i++;
	return &p->done[i];
}

static void
end_section(struct parser *p)
{
	if (p->draft.object != NULL && jk_draft_end(&p->draft))
		p->handler->end(p->handler->ctx, &p->draft);
}

static void
begin_section(struct parser *p, unsigned line)
{
	p->draft.place.line = line;
	jk_draft_begin(&p->draft,
	    p->handler->begin(p->handler->ctx, &p->draft));
}

bool
jk_conf_split(const char *text, char ret_name[static JK_ID_MAX + 1],
    char ret_id[static JK_ID_MAX + 1])
{
	size_t n = strcspn(text, " \t");
	const char *id = text + n + strspn(text + n, " \t");

	if (n > JK_ID_MAX || strlen(id) > JK_ID_MAX)
		return false;
	memcpy(ret_name, text, n);
	ret_name[n] = '\0';
	strcpy(ret_id, id);
	return true;
}

static const char *
section_fault(struct parser *p, const char *text)
{
	struct jk_draft *d = &p->draft;
	const char *fault;
	bool *done;

	if (!jk_conf_split(text, d->name, d->id))
		return "section name is too long";
	fault = jk_draft_fault(d);
	if (fault != NULL || d->id[0] != '\0')
		return fault;
	done = done_flag(p);
	if (*done)
		return "section is repeated";
	*done = true;
	return NULL;
}

static bool
on_section(void *ctx, unsigned line, const char *text)
{
	struct parser *p = ctx;
	const char *fault;

	p->last_line = line;
	end_section(p);
	fault = section_fault(p, text);
	if (fault != NULL) {
		jk_report_error(p->draft.report, place_at(p, line), "[%s]: %s",
		    text, fault);
		return false;
	}
	begin_section(p, line);
	return p->draft.object != NULL;
}

static void
on_entry(void *ctx, unsigned line, JK_UNUSED const char *text, const char *key,
    const char *value)
{
	struct parser *p = ctx;

	p->last_line = line;
	jk_draft_set(&p->draft, key, value, strlen(value), line);
}

static void
on_error(void *ctx, unsigned line, const char *reason)
{
	struct parser *p = ctx;

	p->last_line = line;
	jk_report_error(p->draft.report, place_at(p, line), "%s", reason);
}

/* Sections that the file leaves out, where nothing else went wrong. */
static void
add_absent(struct parser *p)
{
	struct jk_draft *d = &p->draft;
	bool has_id;

	for (size_t i = 0; i < jk_n_options; i++) {
		const char *name = jk_options[i].section;

		if (jk_options[i].file != d->file ||
		    !jk_section_exists(d->file, name, &has_id) || has_id)
			continue;
		strcpy(d->name, name);
		d->id[0] = '\0';
		if (*done_flag(p))
			continue;
		*done_flag(p) = true;
		begin_section(p, p->last_line);
		end_section(p);
	}
}

enum jk_err
jk_conf_parse(enum jk_conf_file file, const char *path, const char *text,
    size_t len, struct jk_report *report, const struct jk_conf_handler *handler)
{
	struct parser p = {
		.handler = handler,
		.draft = { .report = report,
		    .file = file,
		    .place = { .file = path } },
	};
	const struct jk_ini_handler ini = {
		.section = on_section,
		.entry = on_entry,
		.error = on_error,
		.ctx = &p,
	};
	size_t before = report->n_errors;
	enum jk_err e = jk_ini_parse(text, len, &ini);

	if (e != JK_OK && e != JK_ERR_FORMAT)
		return e;
	end_section(&p);
	if (report->n_errors == before)
		add_absent(&p);
	return report->n_errors == before ? JK_OK : JK_ERR_FORMAT;
}
