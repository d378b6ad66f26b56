/* SPDX-License-Identifier: BSD-2-Clause */
/* USE: its beginning, its loop, its end. */
#include "use.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "accepter.h"
#include "clock.h"
#include "config.h"
#include "file.h"
#include "keys.h"
#include "log.h"
#include "plaintext.h"
#include "reader.h"
#include "requests.h"
#include "secret.h"
#include "times.h"
#include "usetext.h"
#include "worker.h"

/* Nothing was asked for so long: nobody is there. */
#define IDLE_MS (INT64_C(12) * 60 * 60 * 1000)

/* --- how things stand ----------------------------------------------------- */

static void
look_at_time(struct jk_use *u)
{
	struct jk_moment *m = &u->moment;
	const int64_t now = jk_real_s();
	int64_t last;

	if (now == m->now)
		return;
	/* What this conversation has seen counts, also when the clock is set
	 * back. */
	last = jk_times_last_record(u->w->keep_dir);
	if (last > m->last_record)
		m->last_record = last;
	m->now = now;
	if (jk_local_time_at(now, &m->local) != JK_OK)
		m->local = (struct jk_local_time){ 0 };
}

/* The rules may prove records in another way now. */
static void
follow_settings(struct jk_use *u)
{
	const struct jk_settings *s = &u->w->place.settings;
	struct jk_recorder *r = &u->w->recorder;

	r->receipt_ms = s->receipt_ms;
	if (r->mode == s->recording)
		return;
	r->mode = s->recording;
	for (size_t i = 0; i < JK_USE_FLIGHT; i++)
		if (u->flying[i].used)
			jk_use_crash(u, &u->flying[i], JK_WHY_AUDIT_DOWN);
	jk_pool_close(&u->pool);
	jk_pool_fill(&u->pool, true);
}

static enum jk_reason
look_at_snapshot(struct jk_use *u)
{
	struct jk_worker *w = u->w;
	struct stat st;
	enum jk_reason why;
	enum jk_err e;

	if (stat(JK_SNAPSHOT_DIR "/snapshot.cdb", &st) != 0)
		return JK_WHY_POLICY_BAD;
	if (jk_file_is_same(&st, &u->snapshot))
		return JK_WHY_GRANTED;
	u->has_facts = false;
	why = jk_worker_renew(w);
	if (why != JK_WHY_GRANTED)
		return why;
	e = jk_snapshot_account_by_uid(w->place.snapshot, w->peer.uid,
	    &w->account);
	if (e != JK_OK)
		return e == JK_ERR_NOT_FOUND ? JK_WHY_ACCOUNT_UNKNOWN
		                             : JK_WHY_POLICY_BAD;
	u->snapshot = st;
	follow_settings(u);
	return JK_WHY_GRANTED;
}

/* A key may be taken in while a use goes on, and begins at once. */
static void
look_at_keys(struct jk_use *u)
{
	jk_keys_look(u->w->keep_dir, &u->keys, &u->keys_seen);
}

static bool
is_live(const struct jk_use *u)
{
	const struct jk_session *s = &u->standing.session;

	return s->state != JK_SESSION_ENDED && strcmp(s->id, u->session) == 0;
}

void
jk_use_tell(struct jk_use *u)
{
	const struct jk_session *s = &u->standing.session;
	const enum jk_session_state state =
	    is_live(u) ? s->state : JK_SESSION_ENDED;

	if (state == u->told || u->over || state == JK_SESSION_CONFIRMING)
		return;
	u->told = state;
	if (jk_reply_changed(u->w, state, s->cause) != JK_OK ||
	    state == JK_SESSION_ENDED)
		u->over = true;
}

enum jk_reason
jk_use_look(struct jk_use *u)
{
	const struct jk_grant *g = &u->standing.session.grant;
	enum jk_reason why;

	look_at_time(u);
	if (jk_standing_look(&u->standing) ||
	    jk_facts_are_over(&u->facts, u->moment.now))
		u->has_facts = false;
	if (!is_live(u))
		return JK_WHY_SESS_NONE;
	why = look_at_snapshot(u);
	if (why != JK_WHY_GRANTED)
		return why;
	if (!u->has_facts && jk_facts_load(u->w, g->cert, &u->facts) != JK_OK)
		return JK_WHY_POLICY_BAD;
	if (!u->has_facts)
		jk_facts_hold(&u->facts, g);
	u->has_facts = true;
	jk_facts_look_at_uses(u->w, &u->facts, g);
	return JK_WHY_GRANTED;
}

/* --- what a use has ------------------------------------------------------- */

enum jk_err
jk_use_keep_text(struct jk_use *u, const char *kind, const char *text,
    char ret[static JK_ID_LEN + 1])
{
	const size_t slot = u->next_text % JK_USE_TEXTS;
	enum jk_err e;

	ret[0] = '\0';
	if (text[0] == '\0')
		return JK_OK;
	for (size_t i = 0; i < JK_USE_TEXTS; i++)
		if (strcmp(u->text[i].text, text) == 0 &&
		    strcmp(u->text[i].kind, kind) == 0) {
			memcpy(ret, u->text[i].id, JK_ID_LEN + 1);
			return JK_OK;
		}
	e = jk_usetext_keep(u->w->keep_dir, u->w->peer.uid, u->id, kind, text,
	    ret);
	if (e != JK_OK) {
		jk_log(JK_LOG_ERR, "cannot keep a text of use %s: %s", u->id,
		    jk_err_text(e));
		return e;
	}
	u->next_text++;
	u->text[slot].kind = kind;
	strcpy(u->text[slot].text, text);
	memcpy(u->text[slot].id, ret, JK_ID_LEN + 1);
	return JK_OK;
}

void
jk_use_outcome(struct jk_use *u, enum jk_op op, struct jk_outcome *ret,
    struct jk_outcome_use *ret_use)
{
	const struct jk_claim *c = &u->w->claim;

	*ret_use = (struct jk_outcome_use){
		.use = u->id,
		.purpose = c->purpose,
		.reception = c->reception,
	};
	*ret = (struct jk_outcome){
		.op = op,
		.grant = &u->standing.session.grant,
		.session = u->session,
		.tries = JK_TRIES_UNKNOWN,
		.use = ret_use,
	};
}

void
jk_use_count(struct jk_use *u, enum jk_usebook_kind kind, uint64_t n)
{
	const struct jk_claim *c = &u->w->claim;
	const struct jk_usebook_use use = {
		.id = u->id,
		.purpose = c->purpose,
		.reception = c->reception,
		.right = u->standing.session.grant.opid,
		.begun = u->begun,
	};

	jk_usebook_add(&u->book, &use, kind, n);
}

/* --- the loop ------------------------------------------------------------- */

static void
confirm(struct jk_use *u)
{
	struct jk_confirmed_by by = { 0 };
	struct jk_outcome_use ou;
	struct jk_outcome o;
	enum jk_reason why = JK_WHY_QUERY_NONE;

	jk_use_outcome(u, JK_OP_CONFIRM, &o, &ou);
	ou.business = jk_word_id(&jk_businesses, u->pending.business);
	ou.action = jk_word_id(&jk_actions, u->pending.action);
	look_at_keys(u);
	if (u->has_pending && u->n_flying == 0)
		why = jk_use_confirm(u, &u->pending, &o, &by);
	else
		ou.business = ou.action = NULL;
	if (why != JK_WHY_GRANTED) {
		jk_use_refuse(u, u->asked.seq, &o, why);
		return;
	}
	u->pending.seq = u->asked.seq;
	memcpy(&u->asked, &u->pending, sizeof(u->asked));
	look_at_keys(u);
	/* Two people have typed meanwhile: not for nothing. */
	jk_pool_renew(&u->pool, &u->w->cancel);
	jk_use_lookup(u, &u->asked, &by);
}

static bool
is_in_flight(const struct jk_use *u, uint64_t seq)
{
	for (size_t i = 0; i < JK_USE_FLIGHT; i++)
		if (u->flying[i].used && u->flying[i].query.seq == seq)
			return true;
	return false;
}

static void
take(struct jk_use *u)
{
	const struct jk_settings *s = &u->w->place.settings;
	const enum jk_frame_type type =
	    (enum jk_frame_type)jk_frame_type(u->w->frame);

	if (jk_query_read(u->w->frame, &u->asked) != JK_OK ||
	    is_in_flight(u, u->asked.seq)) {
		u->over = true; /* not one of ours */
		return;
	}
	if (type != JK_FRAME_RESULT) /* one for each lookup costs nothing */
		jk_tally_take(&u->tally, s->lookup_rate, s->lookup_burst);
	switch ((int)type) {
	case JK_FRAME_QUERY:
		look_at_keys(u);
		jk_use_lookup(u, &u->asked, NULL);
		break;
	case JK_FRAME_RESULT:
		jk_use_result(u, &u->asked);
		break;
	case JK_FRAME_CONFIRM:
		confirm(u);
		break;
	case JK_FRAME_USES:
		jk_use_list(u, &u->asked);
		break;
	default:
		jk_use_done(u, &u->asked);
	}
	explicit_bzero(&u->asked, sizeof(u->asked));
	jk_use_tell(u);
}

/* A request is left in the socket until it can be dealt with. */
static bool
may_take(const struct jk_use *u)
{
	return u->n_flying < (u->doubted ? 1 : JK_USE_FLIGHT) &&
	       (jk_pool_is_ready(&u->pool) || jk_pool_has_failed(&u->pool));
}

static struct jk_flying *
find_flying(struct jk_use *u, const char *id)
{
	for (size_t i = 0; i < JK_USE_FLIGHT; i++)
		if (u->flying[i].used && strcmp(u->flying[i].id, id) == 0)
			return &u->flying[i];
	return NULL;
}

static void
crash_all(struct jk_use *u, enum jk_reason why)
{
	for (size_t i = 0; i < JK_USE_FLIGHT; i++)
		if (u->flying[i].used)
			jk_use_crash(u, &u->flying[i], why);
}

static void
fail_pool(struct jk_use *u, enum jk_err e)
{
	jk_log(JK_LOG_ERR, "use %s: the witness: %s", u->id, jk_err_text(e));
	u->doubted = true;
	jk_pool_fail(&u->pool);
	crash_all(u, JK_WHY_AUDIT_DOWN);
}

static void
take_receipts(struct jk_use *u)
{
	static struct jk_receipt receipt;
	char id[JK_ID_LEN + 1], where[JK_RECEIPT_MAX + 1];
	struct jk_flying *f;
	enum jk_err e;

	do {
		e = jk_pool_receive(&u->pool, id, &receipt);
		if (e != JK_OK && e != JK_ERR_REFUSED)
			break;
		f = find_flying(u, id);
		if (f == NULL) {
			/* Late, of a record that is void. */
			u->pool.given_up -= u->pool.given_up > 0;
		} else if (e != JK_OK || jk_recorder_match(&f->record, &receipt,
		                             where) != JK_OK) {
			jk_use_crash(u, f, JK_WHY_AUDIT_DOWN);
		} else {
			u->doubted = false;
			jk_use_land(u, f, where);
		}
	} while (u->n_flying > 0 || jk_pool_waits(&u->pool));
	if (e != JK_OK && e != JK_ERR_REFUSED && e != JK_ERR_TIMEOUT)
		fail_pool(u, e);
}

/* Whoever waits longer than he may is told so. */
static void
look_at_deadlines(struct jk_use *u, int64_t now)
{
	bool late = false;

	for (size_t i = 0; i < JK_USE_FLIGHT; i++)
		if (u->flying[i].used && now >= u->flying[i].until) {
			jk_pool_give_up(&u->pool);
			jk_use_crash(u, &u->flying[i], JK_WHY_AUDIT_DOWN);
			late = true;
		}
	if (late)
		fail_pool(u, JK_ERR_TIMEOUT);
	else if (!jk_pool_is_ready(&u->pool) && u->pool.witness.fd >= 0 &&
	         now >= u->pool.until)
		fail_pool(u, JK_ERR_TIMEOUT);
	jk_pool_fill(&u->pool, u->n_flying == 0);
}

static void
sooner(int64_t *until, int64_t other)
{
	if (other < *until)
		*until = other;
}

static int64_t
next_due(const struct jk_use *u, int64_t alive, int64_t now)
{
	int64_t until = now + (alive - now) / 2;

	for (size_t i = 0; i < JK_USE_FLIGHT; i++)
		if (u->flying[i].used)
			sooner(&until, u->flying[i].until);
	if (!jk_pool_is_ready(&u->pool) && u->pool.witness.fd >= 0)
		sooner(&until, u->pool.until);
	if (jk_pool_has_failed(&u->pool))
		sooner(&until, u->pool.retry_at);
	return until;
}

enum {
	CLIENT,
	CALLER,
	WITNESS,
	STANDING,
	POLLED = STANDING + JK_STANDING_POLL,
};

/* JK_ERR_CLOSED: the caller has gone. */
static enum jk_err
wait(struct jk_use *u, int64_t until, bool *ret_request)
{
	const struct jk_settings *s = &u->w->place.settings;
	const int64_t pause_us =
	    jk_tally_wait_us(&u->tally, s->lookup_rate, s->lookup_burst);
	const bool may = may_take(u) && pause_us == 0;
	struct pollfd fds[POLLED] = {
		[CLIENT] = { .fd = u->w->fd,
		    .events = may ? POLLIN | POLLRDHUP : POLLRDHUP },
		[CALLER] = { .fd = u->w->peer.pidfd, .events = POLLIN },
		[WITNESS] = { .fd = u->pool.witness.fd, .events = POLLIN },
	};
	const nfds_t n =
	    STANDING + jk_standing_poll(&u->standing, &fds[STANDING]);
	bool look;

	if (pause_us > 0)
		sooner(&until, jk_boot_ms() + pause_us / 1000 + 1);
	if (poll(fds, n, jk_poll_ms(until)) < 0)
		return errno == EINTR ? JK_OK : JK_ERR_SYS;
	look = jk_standing_hear(&u->standing, &fds[STANDING]) ||
	       fds[WITNESS].revents != 0;
	/* A receipt is answered as the session stands, not as it stood. */
	if (look && jk_standing_look(&u->standing))
		u->has_facts = false;
	if (fds[WITNESS].revents != 0)
		take_receipts(u);
	if (look)
		jk_use_tell(u);
	*ret_request = (fds[CLIENT].revents & POLLIN) != 0;
	if (fds[CALLER].revents != 0 ||
	    (!*ret_request && (fds[CLIENT].revents & ~POLLIN) != 0))
		return JK_ERR_CLOSED;
	return JK_OK;
}

/*
 * What has come, as far as it can be dealt with. Whoever has one question in
 * flight waits for its answer, most likely: if not the next wait says so.
 */
static enum jk_err
take_all(struct jk_use *u)
{
	const struct jk_settings *s = &u->w->place.settings;

	while (
	    !u->over && may_take(u) &&
	    jk_tally_wait_us(&u->tally, s->lookup_rate, s->lookup_burst) == 0) {
		enum jk_err e = jk_frame_take(u->w->fd, u->w->frame);

		if (e == JK_ERR_TIMEOUT)
			return JK_OK;
		if (e != JK_OK)
			return e;
		take(u);
		if (u->n_flying <= 1)
			return JK_OK;
	}
	return JK_OK;
}

static enum jk_err
converse(struct jk_use *u)
{
	int64_t asked_at = jk_boot_ms(), alive;
	bool request = false;
	enum jk_err e = JK_OK;

	while (e == JK_OK && !u->over) {
		const int64_t now = jk_boot_ms();

		e = jk_accepter_last(&alive);
		if (e == JK_OK && now - asked_at >= IDLE_MS)
			e = JK_ERR_TIMEOUT;
		if (e != JK_OK)
			break;
		look_at_deadlines(u, now);
		e = wait(u, next_due(u, alive, now), &request);
		if (e == JK_OK && request) {
			asked_at = now;
			e = take_all(u);
		}
	}
	return e;
}

/* --- beginning and end ---------------------------------------------------- */

/* Of the session itself: what is done in it is judged each time. */
static enum jk_reason
may_begin(struct jk_use *u)
{
	const struct jk_session *s = &u->standing.session;
	const struct jk_asked asked = {
		.ask = JK_ASK_MANAGE,
		.session = s,
		.function = JK_FUNCTION_COUNT,
		.moment = &u->moment,
	};
	struct jk_evidence evidence = { .method = s->grant.method };
	struct jk_verdict v;
	enum jk_reason why = jk_use_look(u);

	if (why != JK_WHY_GRANTED)
		return why;
	memcpy(evidence.key, s->grant.key, sizeof(evidence.key));
	v = jk_facts_decide(u->w, &u->facts, &asked, &evidence);
	if (v.why != JK_WHY_GRANTED)
		return v.why;
	return u->w->claim.reception[0] == '\0' &&
	               !jk_plaintext_says(u->w->claim.grounds)
	           ? JK_WHY_RECEPTION_NONE
	           : JK_WHY_GRANTED;
}

static enum jk_reason
open_book(struct jk_use *u)
{
	const enum jk_err e = jk_session_open_book(u->w->run_dir,
	    u->w->peer.uid, u->session, &u->book);

	if (e == JK_OK)
		return JK_WHY_GRANTED;
	if (e == JK_ERR_NOT_FOUND) /* it has ended just now */
		return JK_WHY_SESS_NONE;
	jk_log(JK_LOG_ERR, "a use's book: %s", jk_err_text(e));
	return JK_WHY_INTERNAL;
}

static enum jk_reason
open_parts(struct jk_use *u)
{
	struct jk_worker *w = u->w;
	int64_t alive;
	enum jk_reason why;
	enum jk_err e;

	if (w->peer.uid == 0)
		return JK_WHY_CALLER_FOREIGN;
	why = jk_worker_find_session(w, w->peer.uid, &u->standing.session);
	if (why != JK_WHY_GRANTED)
		return why;
	memcpy(u->session, u->standing.session.id, sizeof(u->session));
	if (jk_accepter_last(&alive) != JK_OK)
		return JK_WHY_SERVICE_BUSY;
	if ((e = jk_standing_open(w->run_dir, w->peer.uid, &u->standing)) !=
	        JK_OK ||
	    (e = jk_flight_open(w->run_dir, &u->flight)) != JK_OK ||
	    (e = jk_tally_open(w->keep_dir, u->standing.session.grant.person,
	         &u->tally)) != JK_OK) {
		jk_log(JK_LOG_ERR, "a use: %s", jk_err_text(e));
		return JK_WHY_INTERNAL;
	}
	look_at_keys(u);
	return open_book(u);
}

/* It grants nothing yet, but says to whom what follows belongs: proven. */
static enum jk_reason
prove(struct jk_use *u, struct jk_outcome *o)
{
	struct jk_worker *w = u->w;
	char receipt[JK_RECEIPT_MAX + 1];
	struct jk_record record;
	enum jk_err e;

	if ((e = jk_recorder_expect(&w->recorder)) == JK_OK &&
	    (e = jk_outcome_record(w, o, JK_WHY_GRANTED, &record)) == JK_OK &&
	    (e = jk_recorder_prove(&w->recorder, &record, receipt)) == JK_OK)
		e = jk_recorder_settled(&w->recorder);
	if (e != JK_OK)
		jk_log(JK_LOG_ERR, "use %s: %s", u->id, jk_err_text(e));
	return e == JK_OK ? JK_WHY_GRANTED : JK_WHY_AUDIT_DOWN;
}

static bool
begin(struct jk_use *u)
{
	struct jk_worker *w = u->w;
	char text[JK_ID_LEN + 1] = "";
	struct jk_outcome_use ou;
	struct jk_outcome o;
	enum jk_reason why = open_parts(u);

	if (jk_use_drop_numbers(u) && why == JK_WHY_GRANTED)
		why = JK_WHY_NUMBER_LONG;
	jk_use_outcome(u, JK_OP_USE_START, &o, &ou);
	if (u->session[0] == '\0')
		o.grant = NULL;
	if (why == JK_WHY_GRANTED)
		why = may_begin(u);
	if (why == JK_WHY_GRANTED &&
	    jk_use_keep_text(u, "grounds", w->claim.grounds, text) != JK_OK)
		why = JK_WHY_AUDIT_DOWN;
	memcpy(u->grounds, w->claim.grounds, sizeof(u->grounds));
	explicit_bzero(w->claim.grounds, sizeof(w->claim.grounds));
	ou.requirement = text;
	if (why == JK_WHY_GRANTED)
		why = prove(u, &o);
	if (why != JK_WHY_GRANTED) {
		(void)jk_outcome_deny(w, &o, why);
		(void)jk_reply_using(w, why, &o.params, NULL, NULL, NULL);
		return false;
	}
	if (jk_reply_using(w, JK_WHY_GRANTED, NULL, u->id, u->session,
	        &u->standing.session.grant) == JK_OK)
		return true;
	jk_recorder_void(&w->recorder, w->recorder.id);
	return false;
}

static void
end(struct jk_use *u)
{
	u->over = true;
	crash_all(u, JK_WHY_CANCELLED);
	jk_usebook_close(&u->book);
	jk_pool_close(&u->pool);
	jk_flight_close(&u->flight);
	jk_tally_close(&u->tally);
	jk_standing_close(&u->standing);
	jk_keys_free(&u->keys);
}

void
jk_request_use(struct jk_worker *w)
{
	struct jk_use *u;
	void *p;
	enum jk_err e = jk_locked_new(sizeof(*u), &p);

	if (e != JK_OK)
		return;
	u = p;
	u->w = w;
	u->told = JK_SESSION_ACTIVE;
	u->begun = jk_real_s();
	u->standing.inotify_fd = u->standing.file = -1;
	u->flight.fd = u->book.fd = -1;
	jk_pool_open(&w->recorder, &u->pool);
	if (jk_id_new(u->id) == JK_OK && begin(u)) {
		/* Its own witness: nothing of this one is waited for. */
		jk_witness_close(&w->recorder.witness);
		e = converse(u);
		if (e != JK_OK && e != JK_ERR_CLOSED)
			jk_log(JK_LOG_NOTICE, "use %s ended: %s", u->id,
			    jk_err_text(e));
	}
	end(u);
	jk_locked_free(p, sizeof(*u));
}
