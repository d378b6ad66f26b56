/* SPDX-License-Identifier: BSD-2-Clause */
#include "lastuse.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "frame.h"
#include "log.h"
#include "protocol.h"
#include "reply.h"
#include "state.h"
#include "worker.h"

#define PREFIX "last."

/* A person's id is checked when a snapshot is read. */
static void
file_name(const char *person, char ret[static sizeof(PREFIX) + JK_ID_MAX])
{
	(void)snprintf(ret, sizeof(PREFIX) + JK_ID_MAX, PREFIX "%s", person);
}

static enum jk_err
load(int dir, const char *name, int64_t *ret_s,
    char ret_terminal[static JK_ID_MAX + 1])
{
	JK_CLEANUP(jk_frame_free) struct jk_frame *f = NULL;
	uint64_t s;
	enum jk_err e;

	if ((e = jk_frame_new(&f)) != JK_OK ||
	    (e = jk_state_read(dir, name, f)) != JK_OK)
		return e;
	if (jk_frame_type(f) != JK_FRAME_STATE_LAST)
		return JK_ERR_FORMAT;
	if ((e = jk_frame_get_str(f, JK_FIELD_TERMINAL, ret_terminal,
	         JK_ID_MAX + 1)) != JK_OK ||
	    (e = jk_frame_get_u64(f, JK_FIELD_REAL_S, &s)) != JK_OK)
		return e;
	if (s > INT64_MAX || !jk_row_id_is_valid(ret_terminal))
		return JK_ERR_FORMAT;
	*ret_s = (int64_t)s;
	return JK_OK;
}

static enum jk_err
keep(int dir, const char *name, const struct jk_grant *grant)
{
	JK_CLEANUP(jk_frame_free) struct jk_frame *f = NULL;
	enum jk_err e;

	if ((e = jk_frame_new(&f)) != JK_OK)
		return e;
	jk_frame_start(f, JK_FRAME_STATE_LAST);
	if ((e = jk_frame_put_str(f, JK_FIELD_TERMINAL, grant->terminal)) !=
	        JK_OK ||
	    (e = jk_frame_put_u64(f, JK_FIELD_REAL_S, (uint64_t)jk_real_s())) !=
	        JK_OK)
		return e;
	return jk_state_write(dir, name, f);
}

static void
tell(struct jk_worker *w, int64_t s, const char *terminal)
{
	struct jk_params p = { 0 };
	char minute[17]; /* YYYY-MM-DD HH:MM */

	jk_time_format(s, minute);
	jk_params_add_date(&p, "date", s);
	jk_params_add(&p, "time", minute + strlen("YYYY-MM-DD "));
	jk_params_add(&p, "terminal", terminal);
	(void)jk_reply_note(w, "notice", &p);
}

void
jk_lastuse_tell(struct jk_worker *w, const struct jk_grant *grant)
{
	char name[sizeof(PREFIX) + JK_ID_MAX], terminal[JK_ID_MAX + 1];
	int64_t s;
	enum jk_err e;

	file_name(grant->person, name);
	e = load(w->keep_dir, name, &s, terminal);
	if (e == JK_OK)
		tell(w, s, terminal);
	else
		(void)jk_reply_note(w, "notice.first", NULL);
	if (e != JK_OK && e != JK_ERR_NOT_FOUND)
		jk_log(JK_LOG_WARNING, "%s: %s", name, jk_err_text(e));
	e = keep(w->keep_dir, name, grant);
	if (e != JK_OK)
		jk_log(JK_LOG_WARNING, "cannot keep %s: %s", name,
		    jk_err_text(e));
}
