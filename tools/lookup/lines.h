/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages on standard input and output: a line each, or as a browser sends
 * them to a native host, four bytes of length in the machine's order and that
 * many bytes. What comes in may hold a code or a PIN: it lies in locked memory
 * and is erased.
 */
#ifndef JK_LINES_H
#define JK_LINES_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"

#define JK_LINE_MAX 16384 /* bytes, of a message that is taken */

enum jk_line {
	JK_LINE_NONE = 0, /* nothing whole is there yet */
	JK_LINE_WHOLE,
	JK_LINE_LONG, /* longer than JK_LINE_MAX: passed over, told once */
	JK_LINE_END,  /* no more will come */
};

struct jk_lines {
	int fd;
	bool native;
	bool ended;    /* nothing more can be read */
	bool skipping; /* up to the end of a long line */
	uint64_t left; /* native: so much of a long message is to come */
	size_t len;
	uint8_t *bytes; /* locked */
};

enum jk_err jk_lines_open(int fd, bool native, struct jk_lines *ret);
void jk_lines_close(struct jk_lines *lines);
/* Reads once, as much as there is room for; to be called when it is readable. */
void jk_lines_read(struct jk_lines *lines);
/* There is no room until something is taken. */
bool jk_lines_are_full(const struct jk_lines *lines);
/* The next message, in `ret`, of JK_LINE_MAX + 1 bytes, with a NUL behind it. */
enum jk_line jk_lines_next(struct jk_lines *lines, char *ret, size_t *ret_len);

/* JK_ERR_CLOSED: nobody reads any more. */
enum jk_err jk_lines_write(int fd, bool native, const char *text);

#endif
