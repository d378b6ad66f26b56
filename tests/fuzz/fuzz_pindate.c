/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The file in which jukinetd keeps when a PIN was changed: what is taken is a
 * time, and these bytes are the only ones for it.
 */
#include <stdlib.h>
#include <string.h>

#include "frame.h"
#include "pindates.h"
#include "protocol.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
need(bool condition)
{
	if (!condition)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct jk_frame *frame = NULL;
	struct jk_cur bytes;
	int64_t s = -1;

	if (jk_pindate_parse(data, len, &s) != JK_OK) {
		need(s == -1);
		return 0;
	}
	need(s > 0);
	need(jk_frame_new(&frame) == JK_OK);
	jk_frame_start(frame, JK_FRAME_STATE_PIN);
	need(jk_frame_put_u64(frame, JK_FIELD_REAL_S, (uint64_t)s) == JK_OK);
	bytes = jk_frame_bytes(frame);
	need(bytes.left == len && memcmp(bytes.at, data, len) == 0);
	jk_frame_free(&frame);
	return 0;
}
