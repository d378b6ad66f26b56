/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory for what must never be seen: locked where the limits allow it, left
 * out of core files, not copied into forked children, erased before it is
 * given back. The only home of a PIN.
 */
#ifndef JK_SECRET_H
#define JK_SECRET_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"

/* Largest PIN in bytes that any card or configuration may ask for. */
#define JK_PIN_MAX 64

/* Pages of their own for `size` bytes, zeroed; released by jk_locked_free. */
enum jk_err jk_locked_new(size_t size, void **ret);
/* Erases and unmaps; NULL is fine. `size` as given to jk_locked_new(). */
void jk_locked_free(void *p, size_t size);

struct jk_secret {
	uint8_t *data; /* JK_PIN_MAX bytes, or NULL */
	size_t len;
};

/* Copies; at most JK_PIN_MAX bytes. The caller erases its own copy. */
enum jk_err jk_secret_set(struct jk_secret *secret, const void *data,
    size_t len);
/* Erases and releases; leaves a zeroed struct. */
void jk_secret_clear(struct jk_secret *secret);
/* Constant time in the contents. */
bool jk_secret_equal(const struct jk_secret *a, const struct jk_secret *b);

#endif
