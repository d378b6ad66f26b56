/* SPDX-License-Identifier: BSD-2-Clause */
#include "conf.h"

#include <string.h>

#include "ids.h"
#include "initext.h"

struct parser {
	struct jk_report *report;
	const struct jk_conf_handler *handler;
	struct jk_conf_section section;
	void *object;  /* NULL: between sections */
	size_t errors; /* of the report, when the section began */
	uint64_t done; /* sections without id, by their first option */
	unsigned last_line;
};

static struct jk_place
place_at(const struct parser *p, unsigned line)
{
	return (struct jk_place){ p->section.place.file, line };
}

static bool
is_of(const struct jk_option *o, enum jk_conf_file file, const char *section)
{
	return o->file == file && strcmp(o->section, section) == 0;
}

static uint64_t
section_bit(enum jk_conf_file file, const char *section)
{
	size_t i = 0;

	while (!is_of(&jk_options[i], file, section))
		i++;
	return UINT64_C(1) << i;
}

/* One option that the section does not say. */
static void
fill_in(struct parser *p, const struct jk_option *o)
{
	if (o->required)
		jk_report_error(p->report, p->section.place,
		    "[%s] needs \"%s = ...\" (%s)", p->section.name, o->key,
		    o->range);
	else if (o->fallback != NULL &&
	         jk_option_set(o, o->fallback, p->object) != NULL)
		jk_report_error(p->report, p->section.place,
		    "default of \"%s\" is not valid", o->key);
}

static void
end_section(struct parser *p)
{
	const struct jk_conf_section *s = &p->section;

	if (p->object == NULL)
		return;
	for (size_t i = 0; i < jk_n_options; i++)
		if (is_of(&jk_options[i], s->file, s->name) && s->line[i] == 0)
			fill_in(p, &jk_options[i]);
	if (p->report->n_errors == p->errors)
		p->handler->end(p->handler->ctx, s);
	p->object = NULL;
}

static void
begin_section(struct parser *p, unsigned line)
{
	struct jk_conf_section *s = &p->section;

	s->place.line = line;
	memset(s->line, 0, sizeof(s->line));
	p->errors = p->report->n_errors;
	p->object = p->handler->begin(p->handler->ctx, s);
}

/* "terminal shimin-03" into its two words; false when they are too long. */
static bool
split(const char *text, struct jk_conf_section *s)
{
	size_t n = strcspn(text, " \t");
	const char *id = text + n + strspn(text + n, " \t");

	if (n >= sizeof(s->name) || strlen(id) >= sizeof(s->id))
		return false;
	memcpy(s->name, text, n);
	s->name[n] = '\0';
	strcpy(s->id, id);
	return true;
}

static const char *
id_fault(const struct jk_conf_section *s, bool has_id)
{
	if (!has_id)
		return s->id[0] == '\0' ? NULL : "section takes no id";
	if (s->id[0] == '\0')
		return "section needs an id";
	if (strcmp(s->name, "account") == 0)
		return jk_account_name_is_valid(s->id)
		           ? NULL
		           : "not the name of an account";
	return jk_row_id_is_valid(s->id)
	           ? NULL
	           : "not an id (1 to 64 of a-z, 0-9 and '-')";
}

static const char *
section_fault(struct parser *p, const char *text)
{
	struct jk_conf_section *s = &p->section;
	const char *fault;
	bool has_id;
	uint64_t bit;

	if (!split(text, s))
		return "section name is too long";
	if (!jk_section_exists(s->file, s->name, &has_id))
		return "unknown section";
	fault = id_fault(s, has_id);
	if (fault != NULL || has_id)
		return fault;
	bit = section_bit(s->file, s->name);
	if ((p->done & bit) != 0)
		return "section is repeated";
	p->done |= bit;
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
		jk_report_error(p->report, place_at(p, line), "[%s]: %s", text,
		    fault);
		return false;
	}
	begin_section(p, line);
	return p->object != NULL;
}

static void
on_entry(void *ctx, unsigned line, JK_UNUSED const char *text, const char *key,
    const char *value)
{
	struct parser *p = ctx;
	struct jk_conf_section *s = &p->section;
	const struct jk_option *o = jk_option_find(s->file, s->name, key);
	const char *fault;
	unsigned *seen;

	p->last_line = line;
	if (o == NULL) {
		jk_report_error(p->report, place_at(p, line),
		    "unknown key \"%s\" in [%s]", key, s->name);
		return;
	}
	seen = &s->line[o - jk_options];
	fault = *seen != 0 && o->max_count == 0
	            ? "key is repeated"
	            : jk_option_set(o, value, p->object);
	*seen = line;
	if (fault != NULL)
		jk_report_error(p->report, place_at(p, line), "%s = %s: %s",
		    key, value, fault);
}

static void
on_error(void *ctx, unsigned line, const char *reason)
{
	struct parser *p = ctx;

	p->last_line = line;
	jk_report_error(p->report, place_at(p, line), "%s", reason);
}

/* Sections that the file leaves out, where nothing else went wrong. */
static void
add_absent(struct parser *p)
{
	struct jk_conf_section *s = &p->section;
	bool has_id;

	for (size_t i = 0; i < jk_n_options; i++) {
		const char *name = jk_options[i].section;

		if (jk_options[i].file != s->file ||
		    !jk_section_exists(s->file, name, &has_id) || has_id ||
		    (p->done & section_bit(s->file, name)) != 0)
			continue;
		strcpy(s->name, name);
		s->id[0] = '\0';
		p->done |= section_bit(s->file, name);
		begin_section(p, p->last_line);
		end_section(p);
	}
}

enum jk_err
jk_conf_parse(enum jk_conf_file file, const char *path, const char *text,
    size_t len, struct jk_report *report, const struct jk_conf_handler *handler)
{
	struct parser p = {
		.report = report,
		.handler = handler,
		.section = { .file = file, .place = { .file = path } },
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

struct jk_place
jk_conf_place_of(const struct jk_conf_section *section, const char *key)
{
	const struct jk_option *o =
	    jk_option_find(section->file, section->name, key);
	struct jk_place place = section->place;

	if (o != NULL && section->line[o - jk_options] != 0)
		place.line = section->line[o - jk_options];
	return place;
}
