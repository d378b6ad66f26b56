/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Strict INI text on top of libinih. The library splits long lines silently,
 * knows no line numbers, joins continuation lines and cuts comments out of
 * values; so each line is checked here first and only a plain section or
 * "key = value" line ever reaches it.
 */
#ifndef JK_INITEXT_H
#define JK_INITEXT_H

#include "err.h"

/* Bytes of a line, without its newline. */
#define JK_INI_LINE_MAX 190

struct jk_ini_handler {
	/* "[section]" as it stands between the brackets. False: its entries
	 * are passed over. */
	bool (*section)(void *ctx, unsigned line, const char *section);
	void (*entry)(void *ctx, unsigned line, const char *section,
	    const char *key, const char *value);
	/* `reason` is a static string; reading goes on with the next line. */
	void (*error)(void *ctx, unsigned line, const char *reason);
	void *ctx;
};

/*
 * Reads a whole text. JK_ERR_FORMAT when error() was called at least once.
 * Keys are lower-case letters, digits and hyphens; values are not empty.
 */
enum jk_err jk_ini_parse(const char *text, size_t len,
    const struct jk_ini_handler *handler);

#endif
