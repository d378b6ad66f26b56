/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames: what is refused leaves the frame as it was; what is taken is the
 * same bytes again when its fields are put into a new one.
 */
#include <stdlib.h>
#include <string.h>

#include "frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
need(bool condition)
{
	if (!condition)
		abort();
}

static bool
lies_in(struct jk_cur part, struct jk_cur whole)
{
	return part.at >= whole.at && part.left <= whole.left &&
	       (size_t)(part.at - whole.at) <= whole.left - part.left;
}

static void
put_all(const struct jk_frame *from, uint8_t field, struct jk_frame *to)
{
	const struct jk_cur whole = jk_frame_bytes(from);
	struct jk_cur value;
	char text[64];
	uint64_t number;

	for (size_t n = 0; jk_frame_get_nth(from, field, n, &value) == JK_OK;
	     n++) {
		need(lies_in(value, whole));
		need(jk_frame_put(to, field, value.at, value.left) == JK_OK);
	}
	if (jk_frame_get_str(from, field, text, sizeof(text)) == JK_OK)
		need(jk_frame_get(from, field, &value) == JK_OK &&
		     strlen(text) == value.left);
	if (jk_frame_get_u64(from, field, &number) == JK_OK)
		need(jk_frame_get(from, field, &value) == JK_OK &&
		     value.left == 8);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct jk_frame *frame = NULL, *again = NULL;
	struct jk_cur a, b;

	if (jk_frame_new(&frame) != JK_OK || jk_frame_new(&again) != JK_OK)
		abort();
	jk_frame_start(frame, 42);
	if (jk_frame_parse(frame, data, len) != JK_OK) {
		need(jk_frame_type(frame) == 42);
		need(jk_frame_bytes(frame).left == 2);
	} else {
		jk_frame_start(again, jk_frame_type(frame));
		for (unsigned field = 1; field <= UINT8_MAX; field++)
			put_all(frame, (uint8_t)field, again);
		a = jk_frame_bytes(frame);
		b = jk_frame_bytes(again);
		need(a.left == len && b.left == len);
		need(memcmp(a.at, data, len) == 0);
		need(memcmp(b.at, data, len) == 0);
	}
	jk_frame_free(&frame);
	jk_frame_free(&again);
	return 0;
}
