/* SPDX-License-Identifier: BSD-2-Clause */
/* The ledger's lines: how they are read, taken apart and chained. */
#ifndef JK_CHAIN_H
#define JK_CHAIN_H

#include "ledger.h"

/* hex(SHA-256(previous LF data)). */
enum jk_err jk_chain_hash(const char *previous, const void *data, size_t len,
    char ret[static JK_LEDGER_HASH_LEN + 1]);
/* hex(SHA-256(data)). */
enum jk_err jk_chain_digest(const void *data, size_t len,
    char ret[static JK_LEDGER_HASH_LEN + 1]);
/* Does the text begin with a hash, as we write them? */
bool jk_chain_is_hash(const char *text, size_t len);

/* One line as it stands in the file. */
struct jk_line {
	uint64_t begin, end; /* offsets; the LF lies before `end` */
	const char *text;    /* without it, until the next line is read */
	size_t len;
	bool too_long; /* for JK_LEDGER_LINE_MAX; text is NULL */
};

struct jk_lines {
	int fd;      /* borrowed */
	uint64_t at; /* offset of data */
	char *data;
	size_t len, size;
	size_t from; /* where the next line begins in data */
};

void jk_lines_init(struct jk_lines *lines, int fd, uint64_t at);
void jk_lines_clear(struct jk_lines *lines);
/* JK_ERR_NOT_FOUND: no whole line is left. */
enum jk_err jk_lines_next(struct jk_lines *lines, struct jk_line *ret);

/* The text of an entry. */
struct jk_link {
	char hash[JK_LEDGER_HASH_LEN + 1];
	const char *json; /* borrowed from the line */
	size_t len;
};

/* JK_ERR_FORMAT: not HASH SP JSON. */
enum jk_err jk_link_split(const struct jk_line *line, struct jk_link *ret);

#endif
