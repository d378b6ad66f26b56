/* SPDX-License-Identifier: BSD-2-Clause */
/* The only way to read bytes that came from outside. */
#ifndef JK_CURSOR_H
#define JK_CURSOR_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"

/* A view of bytes somebody else owns. Only the jk_cur_*() calls move it. */
struct jk_cur {
	const uint8_t *at;
	size_t left;
};

/* On failure neither the cursor nor *ret has changed. */
enum jk_err jk_cur_u8(struct jk_cur *cur, uint8_t *ret);
enum jk_err jk_cur_u16(struct jk_cur *cur, uint16_t *ret); /* big endian */
enum jk_err jk_cur_take(struct jk_cur *cur, size_t n, struct jk_cur *ret);

#endif
