/* SPDX-License-Identifier: BSD-2-Clause */
/* On which line something stands that was read and judged before. */
#ifndef JK_WHERE_H
#define JK_WHERE_H

#include <stddef.h>

#include "defs.h"

/* What is looked for: "[section id]", and "key = value" below it. */
struct jk_where {
	const char *section, *id; /* id "": a section without one */
	const char *key, *value;  /* key NULL: the section; value NULL: any */
};

/* What was found. */
struct jk_found {
	unsigned line;   /* 0: not even the section */
	bool has_key;    /* it is the key's line, else the section's */
	char value[192]; /* of the key */
};

/* In the text of a file of ours. */
void jk_where_in(const char *text, size_t len, const struct jk_where *where,
    struct jk_found *ret);
/* In the file itself; one that cannot be read holds nothing. */
void jk_where(const char *path, const struct jk_where *where,
    struct jk_found *ret);

#endif
