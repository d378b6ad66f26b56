/* SPDX-License-Identifier: BSD-2-Clause */
/* BER-TLV as PIV uses it: tags of one or two bytes, lengths up to 65535. */
#ifndef VC_TLV_H
#define VC_TLV_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

struct vc_bytes;

/* A view of bytes that somebody else owns. */
struct vc_view {
	const uint8_t *at;
	size_t left;
};

struct vc_tlv {
	unsigned tag;
	struct vc_view value;
};

/* Reads one element and moves past it; on failure nothing has changed. */
enum vc_err vc_tlv_next(struct vc_view *view, struct vc_tlv *ret);

/* The first element with this tag on the top level. */
enum vc_err vc_tlv_find(struct vc_view view, unsigned tag, struct vc_view *ret);

void vc_tlv_add(struct vc_bytes *b, unsigned tag, const void *data, size_t len);
void vc_tlv_add_header(struct vc_bytes *b, unsigned tag, size_t len);

#endif
