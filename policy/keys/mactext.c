/* SPDX-License-Identifier: BSD-2-Clause */
#include "mactext.h"

#include <stdio.h>
#include <string.h>

#include "residentcode.h"

#define HEAD "jukinet-receipt/2\n"

enum how {
	PLAIN = 0,
	COUNT,
	CODE,
	TYPED,
};

/* A code stands in its line as a subject, and is given as a code. */
static const struct {
	const char *line, *name;
	enum how how;
} lines[JK_MAC_LINES] = {
	[JK_MAC_EVENT] = { "event", "event", PLAIN },
	[JK_MAC_ID] = { "id", "id", PLAIN },
	[JK_MAC_TERMINAL] = { "terminal", "terminal", PLAIN },
	[JK_MAC_SESSION] = { "session", "session", PLAIN },
	[JK_MAC_PERSON] = { "person", "person", PLAIN },
	[JK_MAC_RIGHT] = { "right", "right", PLAIN },
	[JK_MAC_USE] = { "use", "use", PLAIN },
	[JK_MAC_PURPOSE] = { "purpose", "purpose", PLAIN },
	[JK_MAC_RECEPTION] = { "reception", "reception", PLAIN },
	[JK_MAC_GROUNDS] = { "grounds", "grounds", TYPED },
	[JK_MAC_BUSINESS] = { "business", "business", PLAIN },
	[JK_MAC_ACTION] = { "action", "action", PLAIN },
	[JK_MAC_SEARCH] = { "search", "search", PLAIN },
	[JK_MAC_SUBJECT] = { "subject", "code", CODE },
	[JK_MAC_COUNT] = { "count", "count", COUNT },
	[JK_MAC_PERMISSION] = { "permission", "permission", PLAIN },
	[JK_MAC_OBJECT] = { "object", "object", PLAIN },
	[JK_MAC_REQUIREMENT] = { "requirement", "requirement", TYPED },
	[JK_MAC_CONFIRMER] = { "confirmer", "confirmer", PLAIN },
};

const char *
jk_mac_line_name(enum jk_mac_line line)
{
	return (unsigned)line < JK_MAC_LINES ? lines[line].name : "?";
}

enum jk_mac_line
jk_mac_line_find(const char *name)
{
	unsigned i = 0;

	while (i < JK_MAC_LINES && strcmp(lines[i].name, name) != 0)
		i++;
	return (enum jk_mac_line)i;
}

/* A newline would be the end of the line, and whatever follows another one. */
static bool
is_plain(const char *value)
{
	for (; *value != '\0'; value++)
		if ((unsigned char)*value < 0x20 || *value == 0x7f)
			return false;
	return true;
}

static enum jk_err
hash_code(struct jk_keyring *ring, size_t key, const char *code,
    char ret[static JK_SUBJECT_MAX + 1])
{
	char digits[JK_RESIDENTCODE_LEN + 1];
	enum jk_err e;

	if (jk_residentcode_read(code, strlen(code), digits) <
	    JK_RESIDENTCODE_ODD)
		return JK_ERR_FORMAT;
	e = jk_keyring_subject(ring, key, digits, ret);
	explicit_bzero(digits, sizeof(digits));
	return e;
}

/* As it stands in its line: itself, or what is in `hash`. */
static enum jk_err
encode(struct jk_keyring *ring, size_t key, enum how how, const char **value,
    char hash[static JK_SUBJECT_MAX + 1])
{
	const char *given = *value != NULL ? *value : "";

	*value = given;
	if (given[0] == '\0')
		return JK_OK;
	switch (how) {
	case COUNT:
		if (strcmp(given, "0") == 0)
			*value = "";
		return given[strspn(given, "0123456789")] == '\0' &&
		               (given[0] != '0' || given[1] == '\0')
		           ? JK_OK
		           : JK_ERR_FORMAT;
	case CODE:
		*value = hash;
		return hash_code(ring, key, given, hash);
	case TYPED:
		*value = hash;
		return jk_keyring_typed(ring, key, given, hash);
	case PLAIN:
	default:
		return is_plain(given) ? JK_OK : JK_ERR_FORMAT;
	}
}

enum jk_err
jk_mac_text(struct jk_keyring *ring, size_t key, const struct jk_mac_of *of,
    char ret[static JK_MAC_TEXT_MAX])
{
	size_t at = strlen(HEAD);

	memcpy(ret, HEAD, at);
	for (size_t i = 0; i < JK_MAC_LINES; i++) {
		const char *value = of->value[i];
		char hash[JK_SUBJECT_MAX + 1];
		const enum how how = ring != NULL ? lines[i].how : PLAIN;
		enum jk_err e = encode(ring, key, how, &value, hash);
		int n;

		if (e != JK_OK)
			return e;
		n = snprintf(ret + at, JK_MAC_TEXT_MAX - at, "%s=%s\n",
		    lines[i].line, value);
		if (n < 0 || (size_t)n >= JK_MAC_TEXT_MAX - at)
			return JK_ERR_TOO_BIG;
		at += (size_t)n;
	}
	return JK_OK;
}
