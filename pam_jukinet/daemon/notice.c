/* SPDX-License-Identifier: BSD-2-Clause */
#include "notice.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "frame.h"
#include "log.h"
#include "protocol.h"
#include "session.h"
#include "state.h"

static enum jk_err
encode(const struct jk_session *s, struct jk_frame *f)
{
	enum jk_err e;

	jk_frame_start(f, JK_FRAME_NOTICE);
	if ((e = jk_frame_put_str(f, JK_FIELD_SESSION, s->id)) != JK_OK ||
	    (e = jk_frame_put_u64(f, JK_FIELD_STATE, s->state)) != JK_OK)
		return e;
	return jk_frame_put_u64(f, JK_FIELD_CAUSE, s->cause);
}

static enum jk_err
put(int dir, const struct jk_session *s)
{
	JK_CLEANUP(jk_frame_free) struct jk_frame *f = NULL;
	char name[16];
	enum jk_err e;
	int sessions;

	if ((e = jk_frame_new(&f)) != JK_OK || (e = encode(s, f)) != JK_OK)
		return e;
	sessions = openat(dir, "../sessions",
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (sessions < 0)
		return JK_ERR_SYS;
	(void)snprintf(name, sizeof(name), "%u", (unsigned)s->grant.uid);
	e = jk_state_publish(sessions, name, f);
	close(sessions);
	return e;
}

void
jk_notice_put(int dir, const struct jk_session *s)
{
	const enum jk_err e = put(dir, s);

	if (e != JK_OK)
		jk_log(JK_LOG_WARNING, "nobody is told of session %s: %s",
		    s->id, jk_err_text(e));
}
