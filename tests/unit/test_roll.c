/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the monitor knows of logind's sessions is what is so, in whatever order
 * signals, lists and answers come; and it knows what it does not know.
 */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "roll.h"

#define SEQUENCES 60000
#define STEPS     60
#define PLACES    100
#define QUEUE     4096

static uint64_t seed;

static unsigned
any(unsigned n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)((seed >> 11) % n);
}

/* --- a logind, and what is on the bus ------------------------------------ */

struct session {
	bool exists, is_screen, is_locked;
	unsigned id; /* never one twice */
	/* A request to lock it that the monitor must know of came then. */
	int64_t lock_ms;
};

enum kind {
	NEW,
	REMOVED,
	CHANGED,
	LOCK,
	FACTS,
	LIST,
	USERS,
	USER
};

/* To the monitor, in the order in which logind has sent it. */
struct message {
	enum kind kind;
	unsigned id, uid;
	bool is_there, is_screen, is_locked;
	size_t n;
	unsigned ids[PLACES];
};

/* To logind: a LIST, or USERS, or FACTS of one. */
struct request {
	enum kind kind;
	unsigned id;
};

struct world {
	struct jk_roll roll;
	struct session session[PLACES];
	size_t n;
	bool user[PLACES];
	unsigned last_id;
	int64_t now;
	size_t n_messages, n_requests;
	struct message message[QUEUE];
	struct request request[QUEUE];
	bool is_told; /* the first list has come */
	bool is_listing, is_listing_users;
};

static void
path_of(unsigned id, char ret[static 32])
{
	(void)snprintf(ret, 32, "/session/_%u", id);
}

static struct session *
find(struct world *w, unsigned id)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->session[i].exists && w->session[i].id == id)
			return &w->session[i];
	return NULL;
}

static struct message *
put(struct world *w, enum kind kind, unsigned id)
{
	struct message *m = &w->message[w->n_messages++];

	assert_true(w->n_messages < QUEUE);
	*m = (struct message){ .kind = kind, .id = id };
	return m;
}

static void
change(struct world *w)
{
	const unsigned which = any((unsigned)w->n);
	struct session *s = &w->session[which];

	if (any(4) == 0) {
		struct message *m = put(w, USER, 0);

		m->uid = which;
		m->is_there = w->user[which] = !w->user[which];
	} else if (!s->exists) {
		*s = (struct session){ .exists = true,
			.is_screen = any(4) != 0,
			.id = ++w->last_id };
		put(w, NEW, s->id);
	} else if (any(5) == 0) {
		s->exists = false;
		put(w, REMOVED, s->id);
	} else if (any(3) == 0) {
		put(w, LOCK, s->id);
	} else {
		s->is_locked = !s->is_locked;
		put(w, CHANGED, s->id);
	}
}

/* What stands now; it is on its way from now on. */
static void
serve(struct world *w)
{
	const struct request r = w->request[0];
	const struct session *s = find(w, r.id);
	struct message *m;

	if (w->n_requests == 0)
		return;
	memmove(w->request, w->request + 1, --w->n_requests * sizeof(r));
	m = put(w, r.kind, r.id);
	m->is_there = s != NULL;
	if (s != NULL) {
		m->is_screen = s->is_screen;
		m->is_locked = s->is_locked;
	}
	for (unsigned i = 0; i < w->n; i++)
		if (r.kind == LIST ? w->session[i].exists : w->user[i])
			m->ids[m->n++] = r.kind == LIST ? w->session[i].id : i;
}

/* --- the monitor, as logind.c has it ------------------------------------- */

static void
ask(struct world *w, enum kind kind, unsigned id)
{
	assert_true(w->n_requests < QUEUE);
	w->request[w->n_requests++] = (struct request){ kind, id };
}

static void
ask_question(struct world *w, struct jk_question *q)
{
	ask(w, FACTS, (unsigned)strtoul(strchr(q->path, '_') + 1, NULL, 10));
	q->is_asked = true;
	q->is_due = false;
}

static void
ask_facts(struct world *w, unsigned id)
{
	struct jk_question *q;
	char path[32];

	path_of(id, path);
	q = jk_roll_changed(&w->roll, path, w->now);
	if (q != NULL)
		ask_question(w, q);
}

static void
again(struct world *w)
{
	struct jk_question *q;

	while ((q = jk_roll_next(&w->roll)) != NULL)
		ask_question(w, q);
	if ((!w->is_told || w->roll.missed_ms != 0) && !w->is_listing) {
		jk_roll_list_asked(&w->roll, w->now);
		ask(w, LIST, 0);
		w->is_listing = true;
	}
	if (!w->roll.has_users && !w->is_listing_users) {
		ask(w, USERS, 0);
		w->is_listing_users = true;
	}
}

/* The bus, or our own patience, ends one before logind has seen it. */
static void
lose(struct world *w)
{
	const unsigned i =
	    w->n_requests == 0 ? 0 : any((unsigned)w->n_requests);
	const struct request r = w->request[i];
	char path[32];

	if (w->n_requests == 0)
		return;
	memmove(w->request + i, w->request + i + 1,
	    (--w->n_requests - i) * sizeof(r));
	path_of(r.id, path);
	if (r.kind == FACTS)
		jk_roll_failed(&w->roll, path);
	else if (r.kind == LIST)
		w->is_listing = false;
	else
		w->is_listing_users = false;
}

static void
take_facts(struct world *w, const struct message *m, const char *path)
{
	char id[16];
	const struct jk_facts f = {
		.id = id,
		.type = m->is_screen ? "x11" : "unspecified",
		.class = "user",
		.state = "active",
		.locked = m->is_locked,
	};

	(void)snprintf(id, sizeof(id), "%u", m->id);
	assert_int_equal(jk_roll_answer(&w->roll, path, m->is_there ? &f : NULL,
	                     w->now),
	    JK_OK);
}

static void
hear(struct world *w)
{
	static struct message m;
	struct session *s;
	char path[32];

	if (w->n_messages == 0)
		return;
	m = w->message[0];
	memmove(w->message, w->message + 1, --w->n_messages * sizeof(m));
	path_of(m.id, path);
	s = find(w, m.id);
	switch (m.kind) {
	case NEW:
	case CHANGED:
		ask_facts(w, m.id);
		break;
	case REMOVED:
		jk_roll_removed(&w->roll, path, w->now);
		break;
	case LOCK:
		jk_roll_lock(&w->roll, path, w->now);
		if (w->is_told && s != NULL)
			s->lock_ms = w->now;
		break;
	case FACTS:
		take_facts(w, &m, path);
		break;
	case LIST:
		w->is_listing = false;
		w->is_told = true;
		for (size_t i = 0; i < m.n; i++)
			ask_facts(w, m.ids[i]);
		jk_roll_listed(&w->roll);
		break;
	case USERS:
		w->is_listing_users = false;
		for (size_t i = 0; i < m.n; i++)
			jk_roll_user(&w->roll, m.ids[i], true);
		jk_roll_users_listed(&w->roll);
		break;
	case USER:
		jk_roll_user(&w->roll, m.uid, m.is_there);
		break;
	}
}

/* --- in any order -------------------------------------------------------- */

static const struct jk_screen *
seen(const struct world *w, unsigned id)
{
	char text[16];

	(void)snprintf(text, sizeof(text), "%u", id);
	for (size_t i = 0; i < w->roll.screens.n; i++)
		if (strcmp(w->roll.screens.screen[i].id, text) == 0)
			return &w->roll.screens.screen[i];
	return NULL;
}

static void
assert_as_it_is(const struct world *w)
{
	const struct jk_screens *s = &w->roll.screens;
	size_t n = 0, users = 0;

	assert_true(s->known);
	assert_int_equal(s->unheard_ms, 0);
	for (unsigned i = 0; i < w->n; i++) {
		const struct session *is = &w->session[i];
		const struct jk_screen *screen = seen(w, is->id);

		users += w->user[i];
		if (!is->exists || !is->is_screen)
			continue;
		n++;
		assert_non_null(screen);
		assert_int_equal(screen->locked, is->is_locked);
		assert_int_equal(screen->unheard_ms, 0);
		assert_true(screen->locked_ms >= is->lock_ms);
	}
	assert_int_equal(s->n, n);
	assert_int_equal(s->n_users, users);
	for (size_t i = 0; i < s->n_users; i++)
		assert_true(w->user[s->user[i]]);
}

/* Whatever is not known has been owed for as long as it has not been. */
static void
assert_knows_what_is_owed(const struct world *w)
{
	const struct jk_screens *s = &w->roll.screens;

	if (w->roll.list_ms != 0 || w->roll.missed_ms != 0)
		assert_true(s->unheard_ms != 0);
	for (size_t i = 0; i < JK_QUESTIONS_MAX; i++) {
		const struct jk_question *q = &w->roll.question[i];
		const struct jk_screen *screen;

		if (q->path[0] == '\0')
			continue;
		screen = seen(w,
		    (unsigned)strtoul(strchr(q->path, '_') + 1, NULL, 10));
		assert_in_range(screen != NULL ? screen->unheard_ms
		                               : s->unheard_ms,
		    1, q->since_ms);
	}
}

static void
run(struct world *w, size_t n)
{
	memset(w, 0, offsetof(struct world, message));
	w->is_told = w->is_listing = w->is_listing_users = false;
	w->now = 1000;
	w->n = n;
	for (size_t i = 0; i < n; i++)
		w->session[i] = (struct session){ .exists = any(8) != 0,
			.is_screen = true,
			.id = ++w->last_id };
	w->n_messages = 0; /* before the monitor was there */
	again(w);
	for (unsigned i = 0; i < STEPS + n * 4; i++) {
		void (*const what[])(struct world *) = { change, serve, hear,
			hear, serve, again, lose };

		w->now++;
		what[any(JK_COUNT(what))](w);
		assert_knows_what_is_owed(w);
	}
	for (unsigned i = 0; i < 40; i++) {
		w->now++;
		again(w);
		while (w->n_requests > 0)
			serve(w);
		while (w->n_messages > 0)
			hear(w);
	}
	assert_as_it_is(w);
}

static void
test_any_order_ends_in_the_truth(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	(void)state;
	assert_non_null(w);
	for (unsigned i = 0; i < SEQUENCES; i++) {
		seed = 88172645463325252ULL + i * 2654435761ULL;
		run(w, i % 500 == 0 ? PLACES : 1 + i % 4);
	}
	free(w);
}

/* --- what logind owes ---------------------------------------------------- */

static void
come(struct jk_roll *r, const char *path, const char *id, int locked)
{
	const struct jk_facts f = {
		.id = id,
		.type = "x11",
		.class = "user",
		.state = "active",
		.uid = 1000,
		.locked = locked,
	};
	struct jk_question *q = jk_roll_changed(r, path, 10);

	assert_non_null(q);
	q->is_asked = true;
	q->is_due = false;
	assert_int_equal(jk_roll_answer(r, path, &f, 20), JK_OK);
}

static void
test_a_lock_that_is_not_taken(void **state)
{
	static struct jk_roll r;
	const struct jk_screen *screen = &r.screens.screen[0];

	(void)state;
	r = (struct jk_roll){ 0 };
	come(&r, "/s/1", "1", 0);
	assert_int_equal(screen->unheard_ms, 0);
	jk_roll_ask_lock(&r, "1", 100);
	jk_roll_ask_lock(&r, "1", 200);
	assert_int_equal(screen->asked_ms, 200);
	assert_int_equal(screen->unheard_ms, 100);
	/* Others' news are no answer. */
	jk_roll_lock(&r, "/s/1", 300);
	assert_int_equal(screen->unheard_ms, 100);
	jk_roll_awake(&r, 400);
	assert_int_equal(screen->unheard_ms, 400);
	jk_roll_lock_heard(&r, "1");
	assert_int_equal(screen->unheard_ms, 0);
}

/* Its answer was lost, and what was asked for is so. */
static void
test_a_lock_that_is_not_answered(void **state)
{
	static struct jk_roll r;
	const struct jk_screen *screen = &r.screens.screen[0];

	(void)state;
	r = (struct jk_roll){ 0 };
	come(&r, "/s/1", "1", 0);
	jk_roll_ask_lock(&r, "1", 100);
	come(&r, "/s/1", "1", 0);
	assert_int_equal(screen->unheard_ms, 100);
	come(&r, "/s/1", "1", 1);
	assert_int_equal(screen->unheard_ms, 0);
	/* Opened, and locked by its user an hour later: nothing is owed. */
	come(&r, "/s/1", "1", 0);
	come(&r, "/s/1", "1", 1);
	assert_int_equal(screen->unheard_ms, 0);
}

static void
test_news_that_are_not_told(void **state)
{
	static struct jk_roll r;
	struct jk_question *q;

	(void)state;
	r = (struct jk_roll){ 0 };
	come(&r, "/s/1", "1", 0);
	assert_non_null(jk_roll_changed(&r, "/s/1", 100));
	assert_null(jk_roll_changed(&r, "/s/1", 150));
	assert_int_equal(r.screens.screen[0].unheard_ms, 100);
	assert_int_equal(r.screens.unheard_ms, 0);
	q = jk_roll_changed(&r, "/s/2", 200);
	assert_non_null(q);
	assert_int_equal(r.screens.unheard_ms, 200);
	jk_roll_failed(&r, "/s/2");
	assert_int_equal(r.screens.unheard_ms, 200);
	q->is_asked = true;
	q->is_due = false;
	assert_int_equal(jk_roll_answer(&r, "/s/2", NULL, 300), JK_OK);
	assert_int_equal(r.screens.unheard_ms, 0);
}

/* The bus lets nobody wait for everything at once, and there is an end. */
static void
test_more_than_there_is_place_for(void **state)
{
	static struct jk_roll r;
	char path[32];

	(void)state;
	r = (struct jk_roll){ 0 };
	for (unsigned i = 0; i < JK_QUESTIONS_MAX; i++) {
		struct jk_question *q;

		path_of(i, path);
		q = jk_roll_changed(&r, path, 100);
		assert_int_equal(q != NULL, i < JK_ASKED_MAX);
		if (q != NULL)
			q->is_asked = true;
	}
	assert_null(jk_roll_next(&r));
	assert_int_equal(r.missed_ms, 0);
	assert_null(jk_roll_changed(&r, "/session/_more", 200));
	assert_int_equal(r.missed_ms, 200);
	for (unsigned i = 0; i < JK_QUESTIONS_MAX; i++) {
		path_of(i, path);
		jk_roll_removed(&r, path, 300);
	}
	assert_int_equal(r.screens.unheard_ms, 200);
	jk_roll_list_asked(&r, 300);
	jk_roll_listed(&r);
	assert_int_equal(r.screens.unheard_ms, 0);
}

/* --- more screens than places --------------------------------------------- */

static enum jk_err
answer_of(struct jk_roll *r, unsigned number, int64_t now)
{
	char path[32], id[16];
	const struct jk_facts f = {
		.id = id,
		.type = "x11",
		.class = "user",
		.state = "active",
		.uid = 2000 + number,
	};

	path_of(number, path);
	(void)snprintf(id, sizeof(id), "%u", number);
	return jk_roll_answer(r, path, &f, now);
}

static void
set_asked(struct jk_question *q)
{
	assert_non_null(q);
	q->is_asked = true;
	q->is_due = false;
}

static enum jk_err
come_of(struct jk_roll *r, unsigned number, int64_t now)
{
	char path[32];

	path_of(number, path);
	set_asked(jk_roll_changed(r, path, now));
	return answer_of(r, number, now);
}

static void
go(struct jk_roll *r, unsigned number, int64_t now)
{
	char path[32];

	path_of(number, path);
	jk_roll_removed(r, path, now);
}

/* Answers whatever is asked for. */
static unsigned
answer_all(struct jk_roll *r, int64_t now)
{
	struct jk_question *q;
	unsigned n = 0, number;

	while ((q = jk_roll_next(r)) != NULL) {
		assert_int_equal(sscanf(q->path, "/session/_%u", &number), 1);
		set_asked(q);
		(void)answer_of(r, number, now);
		n++;
	}
	return n;
}

static bool
has_place(const struct jk_roll *r, uid_t uid)
{
	for (size_t i = 0; i < r->screens.n; i++)
		if (r->screens.screen[i].uid == uid)
			return true;
	return false;
}

/* Whose it is stays known, and since when; the next place is its. */
static void
test_screens_beyond_their_places(void **state)
{
	static struct jk_roll r;
	const struct jk_screens *s = &r.screens;
	unsigned i;

	(void)state;
	r = (struct jk_roll){ 0 };
	for (i = 0; i < JK_SCREENS_MAX; i++)
		assert_int_equal(come_of(&r, i, 100), JK_OK);
	assert_int_equal(s->n_beyond, 0);
	assert_int_equal(come_of(&r, i, 200), JK_ERR_TOO_BIG);
	assert_int_equal(come_of(&r, i + 1, 300), JK_ERR_TOO_BIG);
	assert_int_equal(come_of(&r, i, 400), JK_ERR_TOO_BIG);
	assert_int_equal(s->n_beyond, 2);
	assert_int_equal(s->beyond[1].uid, 2000 + i);
	assert_int_equal(s->beyond[1].since_ms, 200);
	/* Only theirs, and nobody else's. */
	assert_int_equal(s->unheard_ms, 0);
	assert_int_equal(answer_all(&r, 400), 0);
	go(&r, 5, 500);
	assert_int_equal(answer_all(&r, 500), 1);
	assert_true(has_place(&r, 2000 + i + 1));
	assert_int_equal(s->n_beyond, 1);
	/* Two at once. */
	assert_int_equal(come_of(&r, i + 2, 600), JK_ERR_TOO_BIG);
	go(&r, 6, 700);
	go(&r, 7, 700);
	assert_int_equal(answer_all(&r, 700), 2);
	assert_true(has_place(&r, 2000 + i) && has_place(&r, 2000 + i + 2));
	assert_int_equal(s->n_beyond, 0);
	/* One that goes, and one that is no screen, wait for nothing. */
	assert_int_equal(come_of(&r, i + 3, 800), JK_ERR_TOO_BIG);
	go(&r, i + 3, 900);
	assert_int_equal(s->n_beyond, 0);
	assert_int_equal(come_of(&r, i + 4, 800), JK_ERR_TOO_BIG);
	set_asked(jk_roll_changed(&r, "/session/_132", 900));
	assert_int_equal(jk_roll_answer(&r, "/session/_132", NULL, 900), JK_OK);
	assert_int_equal(s->n_beyond, 0);
}

/* Beyond that nobody knows whose they are. */
static void
test_screens_beyond_all_places(void **state)
{
	static struct jk_roll r;
	const struct jk_screens *s = &r.screens;
	const unsigned all = JK_SCREENS_MAX + JK_BEYOND_MAX;

	(void)state;
	r = (struct jk_roll){ 0 };
	for (unsigned i = 0; i < all; i++)
		(void)come_of(&r, i, 100);
	assert_int_equal(s->n_beyond, JK_BEYOND_MAX);
	assert_int_equal(s->unheard_ms, 0);
	(void)come_of(&r, all, 200);
	(void)come_of(&r, all, 300);
	assert_int_equal(s->unheard_ms, 200);
	/* A list does not tell more of them. */
	jk_roll_list_asked(&r, 400);
	jk_roll_listed(&r);
	assert_int_equal(s->unheard_ms, 200);
	/* There is a place: the list has to be asked for. */
	go(&r, 1, 500);
	(void)answer_all(&r, 500);
	assert_int_equal(r.missed_ms, 200);
	jk_roll_list_asked(&r, 600);
	(void)come_of(&r, all, 600);
	jk_roll_listed(&r);
	assert_int_equal(s->unheard_ms, 0);
	assert_int_equal(s->n_beyond, JK_BEYOND_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_order_ends_in_the_truth),
		cmocka_unit_test(test_a_lock_that_is_not_taken),
		cmocka_unit_test(test_a_lock_that_is_not_answered),
		cmocka_unit_test(test_news_that_are_not_told),
		cmocka_unit_test(test_more_than_there_is_place_for),
		cmocka_unit_test(test_screens_beyond_their_places),
		cmocka_unit_test(test_screens_beyond_all_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
