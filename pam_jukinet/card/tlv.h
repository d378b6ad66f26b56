/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * BER-TLV as cards and certificates use it: tags of one or two bytes, lengths
 * up to 65535 in the shortest form. Other codings are refused, indefinite
 * ones too: two codings of one value are a gift to an attacker.
 */
#ifndef JK_TLV_H
#define JK_TLV_H

#include <stddef.h>
#include <stdint.h>

#include "cursor.h"
#include "err.h"

struct jk_tlv {
	uint16_t tag; /* 0x53, 0x5f2f */
	struct jk_cur value;
};

/* Tag and length alone: what they are about may not be there in full. */
enum jk_err jk_tlv_head(struct jk_cur *cur, uint16_t *ret_tag, size_t *ret_len);
/* Reads one element and moves past it. On failure nothing has changed. */
enum jk_err jk_tlv_next(struct jk_cur *cur, struct jk_tlv *ret);
/* The same for an element that must have this tag: else JK_ERR_FORMAT. */
enum jk_err jk_tlv_expect(struct jk_cur *cur, uint16_t tag,
    struct jk_cur *ret_value);
/* One element of this tag fills `cur` to its end. */
enum jk_err jk_tlv_only(struct jk_cur cur, uint16_t tag,
    struct jk_cur *ret_value);

#endif
