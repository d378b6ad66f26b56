/* SPDX-License-Identifier: BSD-2-Clause */
#include "initext.h"

#include <stdint.h>
#include <string.h>

#include <ini.h>

#include "cursor.h"
#include "plaintext.h"

struct reader {
	const struct jk_ini_handler *handler;
	struct jk_cur rest;
	unsigned line;
	bool failed;
	bool skip; /* the entries of this section */
	char section[JK_INI_LINE_MAX + 1];
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool
is_key_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

/* NULL, or why "key = value" is not one. */
static const char *
entry_fault(const char *line, size_t len)
{
	const char *equals = memchr(line, '=', len);
	size_t key = 0;

	if (equals == NULL)
		return "neither [section] nor key = value";
	while (is_key_char(line[key]))
		key++;
	if (key == 0)
		return "no key before '='";
	while (is_blank(line[key]))
		key++;
	if (line + key != equals)
		return "key has other characters than a-z, 0-9 and '-'";
	for (size_t i = key + 1; i < len; i++)
		if ((line[i] == ';' || line[i] == '#') && is_blank(line[i - 1]))
			return "comment behind a value (it needs its own line)";
	return NULL;
}

static const char *
section_fault(const char *line, size_t len)
{
	if (line[len - 1] != ']')
		return "section does not end with ']'";
	if (len == 2)
		return "empty section name";
	if (memchr(line + 1, '[', len - 1) != NULL ||
	    memchr(line, ']', len - 1) != NULL)
		return "bracket inside a section name";
	if (is_blank(line[1]) || is_blank(line[len - 2]))
		return "blank at the edge of a section name";
	return NULL;
}

/* NULL, or why this is none of the lines that may stand in a file. */
static const char *
line_fault(const char *line, size_t len)
{
	const char *fault = jk_plaintext_fault(line, len);

	if (fault != NULL)
		return fault;
	if (len > JK_INI_LINE_MAX)
		return "line longer than 190 bytes";
	if (len == 0 || line[0] == '#' || line[0] == ';')
		return NULL;
	if (is_blank(line[0]))
		return "leading blank (there are no continuation lines)";
	return line[0] == '[' ? section_fault(line, len)
	                      : entry_fault(line, len);
}

static void
refuse(struct reader *r, const char *reason)
{
	r->failed = true;
	r->handler->error(r->handler->ctx, r->line, reason);
}

/* The next line without its newline; false at the end. */
static bool
take_line(struct reader *r, struct jk_cur *ret)
{
	const uint8_t *newline;
	size_t n = r->rest.left;

	if (n == 0)
		return false;
	newline = memchr(r->rest.at, '\n', n);
	if (newline != NULL)
		n = (size_t)(newline - r->rest.at);
	if (jk_cur_take(&r->rest, n, ret) != JK_OK)
		return false;
	if (newline != NULL) {
		r->rest.at++;
		r->rest.left--;
	}
	r->line++;
	return true;
}

/* Checks `len` bytes at `line`; true when libinih shall see them. */
static bool
accept_line(struct reader *r, const char *line, size_t len)
{
	const char *fault = line_fault(line, len);

	if (fault != NULL) {
		refuse(r, fault);
		/* Keys below a broken section belong to nothing. */
		r->skip = r->skip || (len > 0 && line[0] == '[');
		return false;
	}
	if (len == 0 || line[0] == '#' || line[0] == ';')
		return false;
	if (line[0] == '[') {
		memcpy(r->section, line + 1, len - 2);
		r->section[len - 2] = '\0';
		r->skip =
		    !r->handler->section(r->handler->ctx, r->line, r->section);
		return true;
	}
	if (r->section[0] == '\0' && !r->skip) {
		refuse(r, "key outside a section");
		return false;
	}
	return !r->skip;
}

/* An ini_reader: fgets() over lines that were checked. */
static char *
next_line(char *buffer, int size, void *stream)
{
	struct reader *r = stream;
	struct jk_cur line;

	while (take_line(r, &line)) {
		if (!accept_line(r, (const char *)line.at, line.left))
			continue;
		if (line.left + 2 > (size_t)size) {
			refuse(r, "line longer than libinih takes");
			continue;
		}
		memcpy(buffer, line.at, line.left);
		memcpy(buffer + line.left, "\n", 2);
		return buffer;
	}
	return NULL;
}

/* An ini_handler. The section is ours: the library cuts it at 49 bytes. */
static int
entry(void *user, JK_UNUSED const char *section, const char *key,
    const char *value)
{
	struct reader *r = user;

	if (value[0] == '\0')
		refuse(r, "key without a value");
	else if (strchr(value, '\t') != NULL)
		refuse(r, "tab inside a value");
	else
		r->handler->entry(r->handler->ctx, r->line, r->section, key,
		    value);
	return 1;
}

enum jk_err
jk_ini_parse(const char *text, size_t len, const struct jk_ini_handler *handler)
{
	struct reader r = {
		.handler = handler,
		.rest = { .at = (const uint8_t *)text, .left = len },
	};
	int bad = ini_parse_stream(next_line, &r, entry, &r);

	if (bad < 0)
		return JK_ERR_NOMEM;
	/* What the library refuses and we did not is a surprise: refuse. */
	if (bad > 0 && !r.failed)
		refuse(&r, "not understood by libinih");
	return r.failed ? JK_ERR_FORMAT : JK_OK;
}
