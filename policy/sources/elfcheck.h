/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether a file is a source, before any of its code can run. */
#ifndef JK_ELFCHECK_H
#define JK_ELFCHECK_H

#include "defs.h"

/*
 * NULL, or a static string: why these bytes are not a shared object for the
 * machine that this program runs on, which defines `symbol` for others, a
 * variable of at least `size` bytes.
 */
const char *jk_elfcheck_fault(const void *data, size_t len, const char *symbol,
    size_t size);

#endif
