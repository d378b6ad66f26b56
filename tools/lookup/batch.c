/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * --batch and --native: requests come in, and each has its answer in the order
 * in which it came. Whoever is wrong is told so and goes on; what jukinetd says
 * unasked is a line of its own.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "lines.h"
#include "lookup.h"
#include "say.h"
#include "secret.h"

/* Answers that are not printed yet. */
#define SLOTS_MAX 64

/* One request, until it is answered and all before it are. */
struct slot {
	enum jk_do what;
	uint64_t sequence; /* of a question that was sent; else 0 */
	int64_t until;     /* boot ms: then it is not waited for any more */
	json_t *said;      /* the head, and in the end the answer */
	bool ready;
};

struct batch {
	bool native, over;
	struct jk_lines in;
	char *line; /* locked */
	struct jukinet *use;
	bool said_end;
	struct jukinet_use own;   /* what of it is told; without numbers */
	struct jk_asking stalled; /* waits until all before it is answered */
	struct slot *waiting;     /* for a change of the state */
	struct slot *confirming;
	size_t first, n;
	struct slot slot[SLOTS_MAX];
};

/* --- what goes out -------------------------------------------------------- */

/* Takes the object. */
static void
print(struct batch *b, json_t *o)
{
	char *text = json_dumps(o, JSON_COMPACT);

	if (text == NULL ||
	    jk_lines_write(STDOUT_FILENO, b->native, text) != JK_OK)
		b->over = true;
	free(text);
	json_decref(o);
}

static void
print_ready(struct batch *b)
{
	while (b->n > 0 && b->slot[b->first].ready) {
		print(b, b->slot[b->first].said);
		b->slot[b->first].said = NULL;
		b->first = (b->first + 1) % SLOTS_MAX;
		b->n--;
	}
}

static json_t *
event(const char *name)
{
	return json_pack("{s:i, s:s}", "v", 1, "event", name);
}

/* There is room: nothing is read while there is none. */
static struct slot *
new_slot(struct batch *b, const struct jk_asking *a)
{
	struct slot *s = &b->slot[(b->first + b->n++) % SLOTS_MAX];

	*s = (struct slot){ .what = a->what,
		.until = jk_boot_ms() + JK_ANSWER_MS,
		.said = jk_say_head(a) };
	return s;
}

static void
say_fault(struct batch *b, const struct jk_asking *a, const struct jk_fault *f)
{
	struct slot *s = new_slot(b, a);

	jk_say_put_fault(s->said, f);
	s->ready = true;
}

static void
say_order(struct batch *b, const struct jk_asking *a, const char *text)
{
	const struct jk_fault f = {
		.error = "order",
		.field = "do",
		.text = text,
	};

	say_fault(b, a, &f);
}

static void
settle(struct slot *s, int error)
{
	jk_say_put_error(s->said, error);
	s->ready = true;
}

/* --- a use ---------------------------------------------------------------- */

static bool
is_unanswered(const struct slot *s)
{
	return !s->ready && s->sequence != 0;
}

static void
end_waiting(struct batch *b)
{
	if (b->waiting == NULL)
		return;
	jk_say_put(b->waiting->said, "state",
	    b->use != NULL ? jk_say_state(jukinet_state(b->use)) : "ended");
	b->waiting->ready = true;
	b->waiting = NULL;
}

/* Whatever is unanswered stays so: it was not allowed. */
static void
close_use(struct batch *b, int error)
{
	if (b->use == NULL)
		return;
	for (size_t i = 0; i < b->n; i++) {
		struct slot *s = &b->slot[(b->first + i) % SLOTS_MAX];

		if (is_unanswered(s))
			settle(s, error);
	}
	b->confirming = NULL;
	jukinet_end(&b->use);
	end_waiting(b);
}

static void
lose_use(struct batch *b)
{
	close_use(b, JUKINET_E_DOWN);
	print_ready(b);
	if (!b->said_end)
		print(b, event("down"));
}

static struct slot *
find_slot(struct batch *b, uint64_t sequence)
{
	for (size_t i = 0; i < b->n; i++) {
		struct slot *s = &b->slot[(b->first + i) % SLOTS_MAX];

		if (is_unanswered(s) && s->sequence == sequence)
			return s;
	}
	return NULL;
}

static void
take_answer(struct batch *b, const struct jukinet_answer *answer)
{
	struct slot *s = find_slot(b, answer->sequence);
	const bool allowed = answer->allowed == 1;

	if (s == NULL)
		return;
	jk_say_put_answer(s->said, answer);
	s->ready = true;
	if (s == b->confirming)
		b->confirming = NULL;
	if (s->what == JK_DO_DONE && allowed)
		close_use(b, JUKINET_E_DOWN);
}

static void
say_message(struct batch *b, const struct jukinet_event *e, const char *name)
{
	char text[JK_SAY_MAX];
	json_t *o = event(name);

	jk_say_text(e->message, e->parameters, text);
	jk_say_put(o, "message", e->message);
	jk_say_put(o, "text", text);
	if (e->kind == JUKINET_EVENT_PIN) {
		jk_say_put_number(o, "min", e->pin_min);
		jk_say_put_number(o, "max", e->pin_max);
	}
	print(b, o);
}

static void
take_event(struct batch *b, const struct jukinet_event *e)
{
	json_t *o;

	switch (e->kind) {
	case JUKINET_EVENT_ANSWER:
		take_answer(b, &e->answer);
		break;
	case JUKINET_EVENT_STATE:
		/* Of an answer and a state the later one counts. */
		print_ready(b);
		o = event("state");
		jk_say_put(o, "state", jk_say_state(e->state));
		print(b, o);
		b->said_end = e->state == JUKINET_STATE_ENDED;
		end_waiting(b);
		break;
	case JUKINET_EVENT_NOTE:
		say_message(b, e, "note");
		break;
	case JUKINET_EVENT_PIN:
		say_message(b, e, "pin");
		break;
	case JUKINET_EVENT_NONE:
	default:
		break;
	}
}

static void
take_events(struct batch *b)
{
	struct jukinet_event e = JUKINET_INIT(struct jukinet_event);
	int r = 0;

	while (b->use != NULL && (r = jukinet_next(b->use, &e)) == 1)
		take_event(b, &e);
	if (b->use != NULL && r < 0)
		lose_use(b);
}

/* --- requests ------------------------------------------------------------- */

static void
remember(struct batch *b, const struct jk_asking *a, const char *use)
{
	struct jukinet_use *own = &b->own;

	*own = (struct jukinet_use)JUKINET_INIT(struct jukinet_use);
	(void)snprintf(own->use, sizeof(own->use), "%s", use);
	(void)snprintf(own->purpose, sizeof(own->purpose), "%s", a->purpose);
	(void)snprintf(own->reception, sizeof(own->reception), "%s",
	    a->reception != NULL ? a->reception : "");
}

static void
begin(struct batch *b, const struct jk_asking *a)
{
	struct jukinet_purpose purpose = JUKINET_INIT(struct jukinet_purpose);
	struct jukinet_answer answer = JUKINET_INIT(struct jukinet_answer);
	struct jukinet_holder holder = JUKINET_INIT(struct jukinet_holder);
	struct slot *s = new_slot(b, a);
	int r;

	purpose.purpose = a->purpose;
	purpose.reception = a->reception;
	purpose.grounds = a->grounds;
	r = jukinet_begin(&purpose, JK_ANSWER_MS, &b->use, &answer);
	if (r == JUKINET_OK || r == JUKINET_E_REFUSED)
		jk_say_put_answer(s->said, &answer);
	else
		jk_say_put_error(s->said, r);
	if (r == JUKINET_OK) {
		(void)jukinet_holder(b->use, &holder);
		jk_say_put_holder(s->said, &holder);
		remember(b, a, holder.use);
		b->said_end = false;
	}
	s->ready = true;
}

static int
send_query(struct batch *b, const struct jk_asking *a, uint64_t *ret)
{
	struct jukinet_query q = JUKINET_INIT(struct jukinet_query);

	q.action = a->action;
	q.business = a->business;
	q.search = a->search;
	q.code = a->code;
	q.count = a->has_count ? a->count : JUKINET_COUNT_UNKNOWN;
	q.requirement = a->requirement;
	q.permission = a->permission;
	q.object = a->object;
	return jukinet_query(b->use, &q, ret);
}

/* What jukinetd answers. */
static void
ask(struct batch *b, const struct jk_asking *a)
{
	struct slot *s = new_slot(b, a);
	int r;

	switch ((int)a->what) {
	case JK_DO_QUERY:
		r = send_query(b, a, &s->sequence);
		break;
	case JK_DO_RESULT:
		r = jukinet_result(b->use, a->record, a->count, &s->sequence);
		break;
	case JK_DO_CONFIRM:
		r = jukinet_confirm(b->use, &s->sequence);
		b->confirming = r == JUKINET_OK ? s : NULL;
		/* jukinetd says when that has taken too long. */
		s->until += JK_ANSWER_MS;
		break;
	default:
		r = jukinet_done(b->use,
		    a->has_count ? a->count : JUKINET_COUNT_UNKNOWN, a->text,
		    &s->sequence);
	}
	if (r != JUKINET_OK)
		settle(s, r);
}

/* This use among all of the session; false: it is one of those that have no
 * row of their own. */
static bool
find_own(const struct jukinet_use *all, size_t n, struct jukinet_use *own)
{
	bool others = false;

	for (size_t i = 0; i < n; i++) {
		if (strcmp(all[i].use, own->use) == 0) {
			*own = all[i];
			return true;
		}
		others = others || all[i].use[0] == '\0';
	}
	return !others;
}

static void
say_proposal(json_t *said, const struct jukinet_use *u)
{
	char text[JUKINET_TEXT + 1];

	jk_say_use(u, text);
	jk_say_put(said, "purpose", u->purpose);
	jk_say_put(said, "reception", u->reception);
	jk_say_put_number(said, "lookups", u->allowed + u->refused);
	jk_say_put_number(said, "denied", u->refused);
	jk_say_put_number(said, "count", u->persons);
	jk_say_put(said, "text", text);
}

/* As jukinetd has recorded it. */
static void
propose(struct batch *b, const struct jk_asking *a)
{
	struct jukinet_use *all = calloc(JUKINET_USES, sizeof(*all));
	struct jukinet_use own = b->own;
	int n = JUKINET_E_MEMORY;

	if (all != NULL) {
		all[0].size = sizeof(all[0]);
		n = jukinet_uses(b->use, JK_LIST_MS, all, JUKINET_USES);
	}
	if (n < 0) {
		settle(new_slot(b, a), n);
	} else if (!find_own(all, (size_t)n, &own)) {
		say_order(b, a,
		    N_("There are too many uses in this session: the entry is "
		       "made by \"jukinet-lookup session end\"."));
	} else {
		struct slot *s = new_slot(b, a);

		say_proposal(s->said, &own);
		s->ready = true;
	}
	free(all);
}

static void
wait_for_change(struct batch *b, const struct jk_asking *a)
{
	b->waiting = new_slot(b, a);
	b->waiting->until = jk_boot_ms() + (int64_t)a->ms;
}

static void
end(struct batch *b, const struct jk_asking *a)
{
	struct slot *s;

	close_use(b, JUKINET_E_DOWN);
	s = new_slot(b, a);
	s->ready = true;
}

/* It has no answer of its own: the confirmation has. */
static void
give_pin(struct batch *b, const struct jk_asking *a)
{
	const struct jk_fault f = {
		.error = "order",
		.field = "do",
		.text = N_("No PIN was asked for."),
	};
	json_t *o;

	if (b->use != NULL && jukinet_pin(b->use, a->pin) == JUKINET_OK)
		return;
	o = jk_say_head(a);
	jk_say_put_fault(o, &f);
	print(b, o);
}

static void
carry_out(struct batch *b, const struct jk_asking *a)
{
	if (a->what == JK_DO_BEGIN && b->use != NULL) {
		say_order(b, a, N_("There is a use already: end it first."));
		return;
	}
	if (a->what != JK_DO_BEGIN && b->use == NULL) {
		say_order(b, a, N_("There is no use: begin one."));
		return;
	}
	switch (a->what) {
	case JK_DO_BEGIN:
		begin(b, a);
		break;
	case JK_DO_QUERY:
	case JK_DO_RESULT:
	case JK_DO_CONFIRM:
	case JK_DO_DONE:
		ask(b, a);
		break;
	case JK_DO_PROPOSE:
		propose(b, a);
		break;
	case JK_DO_WAIT:
		wait_for_change(b, a);
		break;
	case JK_DO_END:
		end(b, a);
		break;
	case JK_DO_PIN:
	case JK_DO_NONE:
		break;
	}
}

/* Questions until there is room, what changes the use until all before it is
 * answered; and nothing goes past the end of a use. */
static bool
has_to_wait(const struct batch *b, enum jk_do what)
{
	size_t unanswered = 0;
	bool ends = false;

	for (size_t i = 0; i < b->n; i++) {
		const struct slot *s = &b->slot[(b->first + i) % SLOTS_MAX];

		unanswered += is_unanswered(s);
		ends = ends || (is_unanswered(s) && s->what == JK_DO_DONE);
	}
	if (what == JK_DO_QUERY || what == JK_DO_RESULT)
		return ends || unanswered >= JUKINET_FLIGHT;
	return unanswered > 0;
}

static void
take_request(struct batch *b, struct jk_asking *a)
{
	static const struct jk_fault busy = {
		.error = "busy",
		.field = "do",
		.text = N_("Somebody confirms a question: only a PIN can be "
		           "taken now."),
	};

	if (a->what == JK_DO_PIN)
		give_pin(b, a);
	else if (b->confirming != NULL)
		say_fault(b, a, &busy);
	else if (!has_to_wait(b, a->what))
		carry_out(b, a);
	else {
		b->stalled = *a;
		*a = (struct jk_asking){ 0 };
	}
}

static void
take_stalled(struct batch *b)
{
	if (b->stalled.what == JK_DO_NONE || has_to_wait(b, b->stalled.what))
		return;
	carry_out(b, &b->stalled);
	jk_request_clear(&b->stalled);
}

static void
take_line(struct batch *b, size_t len)
{
	struct jk_asking a;
	struct jk_fault f;

	if (jk_request_read(b->line, len, &a, &f))
		take_request(b, &a);
	else
		say_fault(b, &a, &f);
	jk_request_clear(&a);
	explicit_bzero(b->line, len);
}

/* --- the loop ------------------------------------------------------------- */

static bool
may_read(const struct batch *b)
{
	return !b->over && b->n < SLOTS_MAX && b->waiting == NULL &&
	       b->stalled.what == JK_DO_NONE;
}

static enum jk_line
take_lines(struct batch *b)
{
	static const struct jk_fault too_long = {
		.error = "long",
		.text = N_("The message is longer than 16384 bytes."),
	};
	static const struct jk_asking nobody;
	enum jk_line l = JK_LINE_NONE;
	size_t len;

	while (may_read(b)) {
		l = jk_lines_next(&b->in, b->line, &len);
		if (l == JK_LINE_WHOLE)
			take_line(b, len);
		else if (l == JK_LINE_LONG)
			say_fault(b, &nobody, &too_long);
		else
			break;
		print_ready(b);
	}
	return l;
}

static void
look_at_deadlines(struct batch *b)
{
	const int64_t now = jk_boot_ms();

	if (b->waiting != NULL && now >= b->waiting->until)
		end_waiting(b);
	for (size_t i = 0; i < b->n; i++) {
		const struct slot *s = &b->slot[(b->first + i) % SLOTS_MAX];

		if (is_unanswered(s) && now >= s->until) {
			lose_use(b);
			return;
		}
	}
}

static int64_t
next_deadline(const struct batch *b)
{
	int64_t until = INT64_MAX;

	for (size_t i = 0; i < b->n; i++) {
		const struct slot *s = &b->slot[(b->first + i) % SLOTS_MAX];

		if (!s->ready && s->until < until)
			until = s->until;
	}
	return until;
}

/* Nobody who has closed his end waits for anything but answers. */
static bool
is_finished(const struct batch *b, enum jk_line l)
{
	return b->over || (l == JK_LINE_END && b->n == 0);
}

/* Whoever waits is asked nothing, but his input may end. */
static bool
takes_input(const struct batch *b)
{
	return (may_read(b) || b->waiting != NULL) && !b->in.ended &&
	       !jk_lines_are_full(&b->in);
}

static void
wait_for_something(struct batch *b)
{
	const int64_t until = next_deadline(b);
	struct pollfd fds[] = {
		{ .fd = takes_input(b) ? b->in.fd : -1, .events = POLLIN },
		{ .fd = b->use != NULL ? jukinet_fd(b->use) : -1,
		    .events = POLLIN },
		/* Who reads no more has gone, also while he says nothing. */
		{ .fd = STDOUT_FILENO },
	};

	(void)poll(fds, JK_COUNT(fds),
	    until == INT64_MAX ? -1 : jk_poll_ms(until));
	if (fds[0].revents != 0)
		jk_lines_read(&b->in);
	if (fds[1].revents != 0)
		take_events(b);
	if ((fds[2].revents & (POLLERR | POLLHUP)) != 0)
		b->over = true;
}

static void
converse(struct batch *b)
{
	enum jk_line l;

	for (;;) {
		take_stalled(b);
		do {
			if (b->in.ended)
				end_waiting(b);
			print_ready(b);
			l = take_lines(b);
		} while (b->in.ended && b->waiting != NULL);
		/* Nobody is left who could give the PIN. */
		if (l == JK_LINE_END && b->confirming != NULL)
			close_use(b, JUKINET_E_DOWN);
		print_ready(b);
		if (is_finished(b, l))
			return;
		wait_for_something(b);
		look_at_deadlines(b);
		print_ready(b);
	}
}

int
jk_run_batch(bool native)
{
	struct batch *b = calloc(1, sizeof(*b));
	void *line = NULL;

	if (b == NULL || jk_locked_new(JK_LINE_MAX + 1, &line) != JK_OK ||
	    jk_lines_open(STDIN_FILENO, native, &b->in) != JK_OK) {
		jk_locked_free(line, JK_LINE_MAX + 1);
		free(b);
		return EXIT_LATER;
	}
	b->native = native;
	b->line = line;
	converse(b);
	close_use(b, JUKINET_E_DOWN);
	for (size_t i = 0; i < b->n; i++)
		json_decref(b->slot[(b->first + i) % SLOTS_MAX].said);
	jk_request_clear(&b->stalled);
	jk_lines_close(&b->in);
	jk_locked_free(line, JK_LINE_MAX + 1);
	free(b);
	return EXIT_ALLOWED;
}
