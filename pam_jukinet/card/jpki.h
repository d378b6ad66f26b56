/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef JK_JPKI_H
#define JK_JPKI_H

#include <stddef.h>

#include "cursor.h"
#include "err.h"

/* Bytes of the whole certificate that begins so. */
enum jk_err jk_jpki_parse_length(struct jk_cur head, size_t *ret);

#endif
