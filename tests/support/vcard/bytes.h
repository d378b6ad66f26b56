/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A bounded byte string. It holds what one vpcd frame can hold, never
 * allocates, and remembers in `overflow` that something did not fit, so that
 * a run of additions needs one check at the end.
 */
#ifndef VC_BYTES_H
#define VC_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VC_BYTES_MAX 65535

struct vc_bytes {
	size_t len;
	bool overflow;
	uint8_t data[VC_BYTES_MAX];
};

void vc_bytes_reset(struct vc_bytes *b);
void vc_bytes_add(struct vc_bytes *b, const void *data, size_t len);
void vc_bytes_add_u8(struct vc_bytes *b, unsigned value);
void vc_bytes_add_u16(struct vc_bytes *b, unsigned value);
void vc_bytes_add_random(struct vc_bytes *b, size_t len);
void vc_bytes_set(struct vc_bytes *b, const void *data, size_t len);

#endif
