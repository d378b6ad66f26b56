/* SPDX-License-Identifier: BSD-2-Clause */
#include "bytes.h"

#include <string.h>

#include <openssl/rand.h>

void
vc_bytes_reset(struct vc_bytes *b)
{
	b->len = 0;
	b->overflow = false;
}

/* Makes room for len bytes, or NULL when they do not fit. */
static uint8_t *
extend(struct vc_bytes *b, size_t len)
{
	uint8_t *at;

	if (len > sizeof(b->data) - b->len) {
		b->overflow = true;
		return NULL;
	}
	at = b->data + b->len;
	b->len += len;
	return at;
}

void
vc_bytes_add(struct vc_bytes *b, const void *data, size_t len)
{
	uint8_t *at = extend(b, len);

	if (at != NULL && len > 0)
		memcpy(at, data, len);
}

void
vc_bytes_add_u8(struct vc_bytes *b, unsigned value)
{
	uint8_t byte = (uint8_t)(value & 0xff);

	vc_bytes_add(b, &byte, 1);
}

void
vc_bytes_add_u16(struct vc_bytes *b, unsigned value)
{
	vc_bytes_add_u8(b, value >> 8);
	vc_bytes_add_u8(b, value);
}

/* What OpenSSL cannot give stays zero: this is noise, not a key. */
void
vc_bytes_add_random(struct vc_bytes *b, size_t len)
{
	uint8_t *at = extend(b, len);

	if (at != NULL && RAND_bytes(at, (int)len) != 1)
		memset(at, 0, len);
}

/* The data may lie inside b itself. */
void
vc_bytes_set(struct vc_bytes *b, const void *data, size_t len)
{
	vc_bytes_reset(b);
	if (len > sizeof(b->data)) {
		b->overflow = true;
		return;
	}
	if (len > 0)
		memmove(b->data, data, len);
	b->len = len;
}
