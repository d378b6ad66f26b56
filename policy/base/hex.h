/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef JK_HEX_H
#define JK_HEX_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"

/* Length of an id (record, session, ticket) as text, without the NUL. */
#define JK_ID_LEN 16

/* Lower case, NUL-terminated; `ret` holds 2 * len + 1 bytes. */
void jk_hex_encode(const uint8_t *data, size_t len, char *ret);
/* Exactly `len` bytes from exactly 2 * len hex digits of either case. */
enum jk_err jk_hex_decode(const char *text, uint8_t *ret, size_t len);
/* Unpredictable bytes from the kernel. */
enum jk_err jk_random(void *ret, size_t len);
/* A new random id of 64 bits: JK_ID_LEN hex digits. */
enum jk_err jk_id_new(char ret[static JK_ID_LEN + 1]);
bool jk_id_is_valid(const char *text);

#endif
