/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * LOOK: the monitor learns which sessions live, and what holds on this terminal.
 * What has died without an end is closed on the way.
 */
#include "end.h"
#include "monitor.h"
#include "outcome.h"
#include "requests.h"
#include "worker.h"

static enum jk_err
put_live(struct jk_frame *f, const struct jk_session *s)
{
	enum jk_err e;

	jk_frame_start(f, JK_FRAME_LIVE);
	if ((e = jk_frame_put_str(f, JK_FIELD_SESSION, s->id)) != JK_OK ||
	    (e = jk_frame_put_str(f, JK_FIELD_READER, s->grant.reader)) !=
	        JK_OK ||
	    (e = jk_frame_put_u64(f, JK_FIELD_PROVEN_MS,
	         (uint64_t)s->grant.proven_ms)) != JK_OK ||
	    (e = jk_frame_put_u64(f, JK_FIELD_UID, s->grant.uid)) != JK_OK ||
	    (e = jk_frame_put_str(f, JK_FIELD_CARD, s->grant.card)) != JK_OK ||
	    (e = jk_frame_put_u64(f, JK_FIELD_STATE, s->state)) != JK_OK ||
	    (e = jk_frame_put_u64(f, JK_FIELD_BOOT_MS,
	         (uint64_t)s->changed_ms)) != JK_OK)
		return e;
	for (size_t i = 0; i < s->n_leaders && e == JK_OK; i++)
		e = jk_frame_put(f, JK_FIELD_LEADER, &s->leader[i],
		    sizeof(s->leader[i]));
	return e == JK_OK ? jk_frame_put_u64(f, JK_FIELD_CAUSE, s->cause) : e;
}

/* One that cannot be read is no session that anybody may use. */
static enum jk_err
tell(uid_t uid, void *ctx)
{
	struct jk_worker *w = ctx;
	struct jk_session s;
	enum jk_err e = jk_end_lost(w, uid);

	if (e == JK_OK)
		e = jk_session_load(w->run_dir, uid, &s);
	if (e == JK_OK)
		(void)jk_session_lapse(w->run_dir, &s);
	if (e != JK_OK || s.state == JK_SESSION_ENDED)
		return JK_OK;
	e = put_live(w->frame, &s);
	return e == JK_OK ? jk_frame_send(w->fd, w->frame) : e;
}

static enum jk_err
put_rules(struct jk_worker *w)
{
	static const struct jk_class_rule bare;
	const struct jk_place *p = &w->place;
	const struct jk_settings *s = &p->settings;
	const struct jk_class_rule *rule =
	    p->snapshot != NULL ? &p->policy.class[p->terminal.class] : &bare;
	struct jk_frame *f = w->frame;
	enum jk_err e;

	jk_frame_start(f, JK_FRAME_VERDICT);
	if ((e = jk_frame_put_u64(f, JK_FIELD_REASON, JK_WHY_GRANTED)) !=
	        JK_OK ||
	    (e = jk_frame_put_u64(f, JK_FIELD_PRESENT, rule->present)) !=
	        JK_OK ||
	    (e = jk_frame_put_u64(f, JK_FIELD_REMOVAL, rule->removal)) !=
	        JK_OK ||
	    (e = jk_frame_put_u64(f, JK_FIELD_LOCK_WITHIN_S,
	         (uint64_t)s->lock_within_s)) != JK_OK ||
	    (e = jk_frame_put_u64(f, JK_FIELD_LOCKED_MAX_S,
	         (uint64_t)s->locked_max_s)) != JK_OK ||
	    (e = jk_frame_put_u64(f, JK_FIELD_LEFT_S, (uint64_t)s->left_s)) !=
	        JK_OK)
		return e;
	return jk_frame_put_u64(f, JK_FIELD_LEFTOVERS, s->leftovers);
}

void
jk_request_look(struct jk_worker *w)
{
	if (!jk_monitor_is(w->peer.uid)) {
		(void)jk_reply_refusal(w, JK_WHY_CALLER_FOREIGN, NULL);
		return;
	}
	if (jk_session_each(w->run_dir, w->keep_dir, tell, w) == JK_OK &&
	    put_rules(w) == JK_OK)
		(void)jk_frame_send(w->fd, w->frame);
}
