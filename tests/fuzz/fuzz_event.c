/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What comes to an application: each text ends, nothing is allowed without the
 * one number that says so, and what is no event, or no use, leaves everything as
 * it was.
 */
#include <stdlib.h>
#include <string.h>

#include "event.h"
#include "protocol.h"
#include "reason.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
need(bool condition)
{
	if (!condition)
		abort();
}

static void
need_text(const char *text, size_t size)
{
	need(memchr(text, '\0', size) != NULL);
}

static void
check_answer(const struct jk_frame *f, const struct jukinet_answer *a)
{
	uint64_t number = 0;

	need_text(a->why, sizeof(a->why));
	need_text(a->id, sizeof(a->id));
	need_text(a->receipt, sizeof(a->receipt));
	need_text(a->mac, sizeof(a->mac));
	need_text(a->mac_key, sizeof(a->mac_key));
	need_text(a->parameters, sizeof(a->parameters));
	need(jk_frame_get_u64(f, JK_FIELD_REASON, &number) == JK_OK);
	need(a->allowed == (number == JK_WHY_GRANTED));
	need(a->allowed == (strcmp(a->why, "granted") == 0));
}

static void
check(const struct jk_frame *f, const struct jukinet_event *event)
{
	switch (event->kind) {
	case JUKINET_EVENT_ANSWER:
		need(jk_frame_type(f) == JK_FRAME_ANSWER);
		check_answer(f, &event->answer);
		break;
	case JUKINET_EVENT_STATE:
		need(event->state <= JUKINET_STATE_LOCKED);
		break;
	case JUKINET_EVENT_PIN:
		need(event->pin_min <= event->pin_max &&
		     event->pin_max <= UINT16_MAX);
		need_text(event->message, sizeof(event->message));
		break;
	case JUKINET_EVENT_NOTE:
		need_text(event->message, sizeof(event->message));
		need_text(event->parameters, sizeof(event->parameters));
		break;
	case JUKINET_EVENT_NONE:
	default:
		abort();
	}
	if (event->kind != JUKINET_EVENT_ANSWER)
		need(event->answer.allowed == 0);
}

static void
check_use(const struct jk_frame *f)
{
	struct jukinet_use use, before;
	uint64_t sequence = 7, of = 0;

	memset(&use, 0xa5, sizeof(use));
	before = use;
	if (jk_event_decode_use(f, &use, &sequence) != JK_OK) {
		need(memcmp(&use, &before, sizeof(use)) == 0 && sequence == 7);
		return;
	}
	need(jk_frame_type(f) == JK_FRAME_USED && use.size == sizeof(use));
	need_text(use.use, sizeof(use.use));
	need_text(use.purpose, sizeof(use.purpose));
	need_text(use.reception, sizeof(use.reception));
	need_text(use.right, sizeof(use.right));
	need(use.begun >= 0 && use.allowed <= JK_USED_MOST &&
	     use.refused <= JK_USED_MOST && use.persons <= JK_USED_MOST);
	need(jk_frame_get_u64(f, JK_FIELD_SEQ, &of) == JK_OK && of == sequence);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct jukinet_event event, before;
	struct jk_frame *frame = NULL;

	memset(&event, 0xa5, sizeof(event));
	before = event;
	if (jk_frame_new(&frame) != JK_OK)
		abort();
	if (jk_frame_parse(frame, data, len) == JK_OK) {
		if (jk_event_decode(frame, &event) == JK_OK)
			check(frame, &event);
		else
			need(memcmp(&event, &before, sizeof(event)) == 0);
		check_use(frame);
	}
	jk_frame_free(&frame);
	return 0;
}
