/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads the text of one configuration file into the structs that the option
 * table describes. What is wrong goes into the report; a section with an
 * error in it is never handed on.
 */
#ifndef JK_CONF_H
#define JK_CONF_H

#include "options.h"
#include "report.h"

/* At least jk_n_options. */
#define JK_OPTIONS_MAX 64

struct jk_conf_section {
	enum jk_conf_file file;
	char name[JK_ID_MAX + 1]; /* "person" */
	char id[JK_ID_MAX + 1];   /* "" in sections without one */
	struct jk_place place;
	unsigned line[JK_OPTIONS_MAX]; /* of each option; 0: absent */
};

struct jk_conf_handler {
	/* What the section fills: zeroed, of the type that the table says. */
	void *(*begin)(void *ctx, const struct jk_conf_section *section);
	/* It was read whole, with defaults for what it does not say. */
	void (*end)(void *ctx, const struct jk_conf_section *section);
	void *ctx;
};

/*
 * Sections without an id that do not appear are handed on as well, with
 * defaults only. `path` is borrowed by the places that are handed on.
 */
enum jk_err jk_conf_parse(enum jk_conf_file file, const char *path,
    const char *text, size_t len, struct jk_report *report,
    const struct jk_conf_handler *handler);

/* Where that key stands, or the section when it is absent. */
struct jk_place jk_conf_place_of(const struct jk_conf_section *section,
    const char *key);

#endif
