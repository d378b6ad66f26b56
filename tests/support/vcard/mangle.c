/* SPDX-License-Identifier: BSD-2-Clause */
#include "mangle.h"

#include <string.h>

#include "bytes.h"
#include "fault.h"

#define GARBAGE_LEN   37
#define FLOOD_LEN     60000
#define SHORT_BY      10
#define LONG_BY       16
#define OUTER_TAG_LEN 1

/* SW1 stays below 0x40, where no status word lives. */
static void
make_garbage(struct vc_bytes *frame)
{
	vc_bytes_reset(frame);
	vc_bytes_add_random(frame, GARBAGE_LEN);
	frame->data[GARBAGE_LEN - 2] &= 0x3f;
}

static void
make_accepted_noise(struct vc_bytes *frame, size_t len)
{
	vc_bytes_reset(frame);
	vc_bytes_add_random(frame, len);
	vc_bytes_add_u16(frame, 0x9000);
}

void
vc_mangle_frame(const struct vc_fault *f, struct vc_bytes *frame)
{
	if (f->kind == VC_FAULT_GARBAGE)
		make_garbage(frame);
	else if (f->kind == VC_FAULT_GARBAGE_OK)
		make_accepted_noise(frame, GARBAGE_LEN);
	else if (f->kind == VC_FAULT_FLOOD)
		make_accepted_noise(frame, FLOOD_LEN);
	else if (f->kind == VC_FAULT_TRUNCATED)
		vc_bytes_set(frame, frame->data, frame->len / 2);
	else if (f->kind == VC_FAULT_ONEBYTE)
		vc_bytes_set(frame, frame->data, 1);
	else
		vc_bytes_reset(frame);
}

/* The bytes that a BER length at `at` takes, 0 when they are not there. */
static size_t
length_size(const struct vc_bytes *object, size_t at)
{
	size_t n;

	if (at >= object->len)
		return 0;
	n = 1;
	if (object->data[at] > 0x80)
		n += object->data[at] & 0x7f;
	return at + n <= object->len ? n : 0;
}

static size_t
read_length(const uint8_t *at, size_t n)
{
	size_t value = n == 1 ? at[0] : 0;

	for (size_t i = 1; i < n; i++)
		value = value << 8 | at[i];
	return value;
}

static void
write_length(uint8_t *at, size_t n, size_t value)
{
	if (n == 1)
		at[0] = (uint8_t)(value < 0x7f ? value : 0x7f);
	for (size_t i = n - 1; n > 1 && i > 0; i--) {
		at[i] = (uint8_t)(value & 0xff);
		value >>= 8;
	}
}

/* Puts other bytes in the place of the length at `at`. */
static void
replace_length(struct vc_bytes *object, size_t at, size_t n,
    const uint8_t *with, size_t with_len)
{
	struct vc_bytes copy = *object;

	vc_bytes_set(object, copy.data, at);
	vc_bytes_add(object, with, with_len);
	vc_bytes_add(object, copy.data + at + n, copy.len - at - n);
}

static void
shift_length(struct vc_bytes *object, size_t at, size_t n, bool longer)
{
	size_t value = read_length(object->data + at, n);

	if (longer)
		value += LONG_BY;
	else
		value = value > SHORT_BY ? value - SHORT_BY : 0;
	write_length(object->data + at, n, value);
}

void
vc_mangle_lengths(const struct vc_fault *f, struct vc_bytes *object)
{
	static const uint8_t huge[] = { 0x84, 0x7f, 0xff, 0xff, 0xff };
	static const uint8_t indefinite[] = { 0x80 };
	bool inner =
	    f->kind == VC_FAULT_INNER_SHORT || f->kind == VC_FAULT_INNER_LONG;
	size_t at = OUTER_TAG_LEN, n = length_size(object, at);

	if (inner && n != 0) {
		at += n + 1;
		n = length_size(object, at);
	}
	if (n == 0)
		return;
	if (f->kind == VC_FAULT_LENGTH_HUGE)
		replace_length(object, at, n, huge, sizeof(huge));
	else if (f->kind == VC_FAULT_LENGTH_INDEFINITE)
		replace_length(object, at, n, indefinite, sizeof(indefinite));
	else
		shift_length(object, at, n,
		    f->kind == VC_FAULT_LENGTH_LONG ||
		        f->kind == VC_FAULT_INNER_LONG);
}
