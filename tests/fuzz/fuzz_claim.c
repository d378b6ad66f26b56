/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first frame of a caller: what is taken holds ids that are ids, and an
 * account unless it is a login; texts end.
 */
#include <stdlib.h>
#include <string.h>

#include "claim.h"
#include "frame.h"
#include "ids.h"
#include "protocol.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
need(bool condition)
{
	if (!condition)
		abort();
}

static bool
ends(const char *text, size_t size)
{
	return memchr(text, '\0', size) != NULL;
}

static void
check(const struct jk_frame *f, const struct jk_claim *c)
{
	const uint8_t type = jk_frame_type(f);
	struct jk_cur account;

	need(ends(c->account, sizeof(c->account)));
	need(ends(c->service, sizeof(c->service)));
	need(ends(c->tty, sizeof(c->tty)) && ends(c->host, sizeof(c->host)));
	need(c->ticket[0] == '\0' || jk_id_is_valid(c->ticket));
	need(c->session[0] == '\0' || jk_id_is_valid(c->session));
	need(c->opid[0] == '\0' || jk_row_id_is_valid(c->opid));
	need(c->function[0] == '\0' || jk_row_id_is_valid(c->function));
	if (type == JK_FRAME_MANAGE || type == JK_FRAME_SWITCH)
		need(c->account[0] == '\0');
	else if (c->account[0] == '\0')
		need(type == JK_FRAME_AUTH &&
		     jk_frame_get(f, JK_FIELD_ACCOUNT, &account) ==
		         JK_ERR_NOT_FOUND);
	else
		need(jk_frame_get(f, JK_FIELD_ACCOUNT, &account) == JK_OK &&
		     account.left == strlen(c->account));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct jk_frame *frame = NULL;
	struct jk_claim claim = { 0 };

	if (jk_frame_new(&frame) != JK_OK)
		abort();
	if (jk_frame_parse(frame, data, len) == JK_OK &&
	    jk_claim_read(frame, &claim) == JK_OK) {
		/* jk_serve() ends what is no request. */
		switch (jk_frame_type(frame)) {
		case JK_FRAME_AUTH:
		case JK_FRAME_ACCOUNT:
		case JK_FRAME_OPEN:
		case JK_FRAME_CLOSE:
		case JK_FRAME_MANAGE:
		case JK_FRAME_SWITCH:
			check(frame, &claim);
			break;
		default:
			break;
		}
	}
	jk_frame_free(&frame);
	return 0;
}
