/* SPDX-License-Identifier: BSD-2-Clause */
#include "times.h"

#include "frame.h"
#include "log.h"
#include "protocol.h"
#include "state.h"

#define FILE_NAME "last-record"

static enum jk_err
load(int dir, uint64_t *ret)
{
	JK_CLEANUP(jk_frame_free) struct jk_frame *f = NULL;
	enum jk_err e = jk_frame_new(&f);

	if (e == JK_OK)
		e = jk_state_read(dir, FILE_NAME, f);
	if (e == JK_OK)
		e = jk_frame_get_u64(f, JK_FIELD_REAL_S, ret);
	return e;
}

int64_t
jk_times_last_record(int dir)
{
	uint64_t s;

	return load(dir, &s) == JK_OK && s <= INT64_MAX ? (int64_t)s : 0;
}

static enum jk_err
store(int dir, int64_t s)
{
	JK_CLEANUP(jk_frame_free) struct jk_frame *f = NULL;
	enum jk_err e = jk_frame_new(&f);

	if (e != JK_OK)
		return e;
	jk_frame_start(f, JK_FRAME_STATE_TIME);
	e = jk_frame_put_u64(f, JK_FIELD_REAL_S, (uint64_t)s);
	return e == JK_OK ? jk_state_write(dir, FILE_NAME, f) : e;
}

void
jk_times_set_last_record(int dir, int64_t s)
{
	enum jk_err e;

	if (s <= jk_times_last_record(dir))
		return;
	e = store(dir, s);
	if (e != JK_OK)
		jk_log(JK_LOG_ERR,
		    "cannot keep the time of the last record: %s",
		    jk_err_text(e));
}
