/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads the text of jukinet.conf or policy.conf into the structs that the
 * option table describes. What is wrong goes into the report; a section with
 * an error in it is never handed on.
 */
#ifndef JK_CONF_H
#define JK_CONF_H

#include "draft.h"

struct jk_conf_handler {
	/* What the section fills: zeroed where it begins there. */
	void *(*begin)(void *ctx, const struct jk_draft *section);
	/* It was read whole, with defaults for what it does not say. */
	void (*end)(void *ctx, const struct jk_draft *section);
	void *ctx;
};

/*
 * Sections without an id that do not appear are handed on as well, with
 * defaults only. `path` is borrowed by the places that are handed on.
 */
enum jk_err jk_conf_parse(enum jk_conf_file file, const char *path,
    const char *text, size_t len, struct jk_report *report,
    const struct jk_conf_handler *handler);

/* "terminal shimin-03" into its two words; false when they are too long. */
bool jk_conf_split(const char *text, char ret_name[static JK_ID_MAX + 1],
    char ret_id[static JK_ID_MAX + 1]);

#endif
