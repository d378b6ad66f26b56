/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * INI text: what is handed on stands in the text, on the line that is named,
 * as it was written; and a text is good exactly when nothing was refused.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "initext.h"
#include "plaintext.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct seen {
	const char *text;
	size_t len;
	unsigned line; /* the last that was named */
	bool errors;
	char section[JK_INI_LINE_MAX + 1];
};

static void
need(bool condition)
{
	if (!condition)
		abort();
}

/* Line number n, from 1, as it stands in the text. */
static const char *
line_at(const struct seen *seen, unsigned n, size_t *ret_len)
{
	const char *at = seen->text, *end = seen->text + seen->len;

	for (unsigned i = 1; i < n; i++) {
		at = memchr(at, '\n', (size_t)(end - at));
		need(at != NULL);
		at++;
	}
	need(at < end);
	end = memchr(at, '\n', (size_t)(end - at));
	*ret_len = end != NULL ? (size_t)(end - at)
	                       : (size_t)(seen->text + seen->len - at);
	return at;
}

static const char *
sound_line(struct seen *seen, unsigned line, size_t *ret_len)
{
	const char *at = line_at(seen, line, ret_len);

	need(line > seen->line);
	seen->line = line;
	need(*ret_len <= JK_INI_LINE_MAX);
	need(jk_plaintext_fault(at, *ret_len) == NULL);
	return at;
}

static bool
on_section(void *ctx, unsigned line, const char *section)
{
	struct seen *seen = ctx;
	size_t len, n = strlen(section);
	const char *at = sound_line(seen, line, &len);

	need(n > 0 && len == n + 2 && memcmp(at + 1, section, n) == 0);
	strcpy(seen->section, section);
	return section[0] != '!';
}

static void
on_entry(void *ctx, unsigned line, const char *section, const char *key,
    const char *value)
{
	struct seen *seen = ctx;
	size_t len;
	const char *at = sound_line(seen, line, &len);

	need(section[0] != '!' && strcmp(section, seen->section) == 0);
	need(key[0] != '\0' && strncmp(at, key, strlen(key)) == 0);
	need(strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789-") ==
	     strlen(key));
	/* Nothing but blanks is missing at the end. */
	need(value[0] != '\0');
	at = memmem(at, len, value, strlen(value));
	need(at != NULL);
}

static void
on_error(void *ctx, unsigned line, const char *reason)
{
	struct seen *seen = ctx;

	need(line > 0 && line >= seen->line && reason != NULL);
	seen->errors = true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct seen seen = { .text = (const char *)data, .len = len };
	const struct jk_ini_handler handler = { on_section, on_entry, on_error,
		&seen };
	enum jk_err e = jk_ini_parse(seen.text, len, &handler);

	need(e == (seen.errors ? JK_ERR_FORMAT : JK_OK));
	return 0;
}
