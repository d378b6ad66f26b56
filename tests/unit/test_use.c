/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libjukinet against a jukinetd that says whatever it likes: what an application
 * is told, by which thread, and that nothing is "allowed" which was not asked.
 */
#include "test.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "handle.h"
#include "protocol.h"
#include "question.h"
#include "reason.h"
#include "words.h"

static const char code[] = "32165498701";

/* --- a handle, and who answers it ----------------------------------------- */

struct talk {
	struct jukinet *h;
	int theirs;
	struct jk_frame *frame;
};

static void
talk_start(struct talk *t)
{
	int fd[2];

	assert_int_equal(socketpair(AF_UNIX,
	                     SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
	                     fd),
	    0);
	t->theirs = fd[1];
	assert_int_equal(jk_frame_new(&t->frame), JK_OK);
	assert_int_equal(jk_handle_new(&t->h), JK_OK);
	t->h->client.fd = fd[0];
	t->h->state = JUKINET_STATE_ACTIVE;
	assert_int_equal(jk_frame_new(&t->h->client.frame), JK_OK);
	assert_int_equal(jk_handle_watch(t->h), JK_OK);
}

static void
talk_hang_up(struct talk *t)
{
	close(t->theirs);
	t->theirs = -1;
}

static void
talk_end(struct talk *t)
{
	if (t->theirs >= 0)
		close(t->theirs);
	jk_frame_free(&t->frame);
	jukinet_end(&t->h);
	assert_null(t->h);
}

static void
talk_send(struct talk *t)
{
	assert_int_equal(jk_frame_send(t->theirs, t->frame), JK_OK);
}

static void
put_answer(struct talk *t, uint64_t sequence, enum jk_reason why)
{
	jk_frame_start(t->frame, JK_FRAME_ANSWER);
	assert_int_equal(jk_frame_put_u64(t->frame, JK_FIELD_REASON, why),
	    JK_OK);
	assert_int_equal(jk_frame_put_u64(t->frame, JK_FIELD_SEQ, sequence),
	    JK_OK);
}

static void
say_answer(struct talk *t, uint64_t sequence, enum jk_reason why)
{
	put_answer(t, sequence, why);
	talk_send(t);
}

static void
say_state(struct talk *t, uint64_t state)
{
	jk_frame_start(t->frame, JK_FRAME_CHANGED);
	assert_int_equal(jk_frame_put_u64(t->frame, JK_FIELD_STATE, state),
	    JK_OK);
	assert_int_equal(jk_frame_put_u64(t->frame, JK_FIELD_CAUSE, 1), JK_OK);
	talk_send(t);
}

static void
say_message(struct talk *t, enum jk_frame_type type, uint64_t min, uint64_t max)
{
	jk_frame_start(t->frame, (uint8_t)type);
	assert_int_equal(jk_frame_put_str(t->frame, JK_FIELD_MESSAGE,
	                     "card.insert"),
	    JK_OK);
	assert_int_equal(jk_frame_put_str(t->frame, JK_FIELD_PARAM,
	                     "reader=left"),
	    JK_OK);
	assert_int_equal(jk_frame_put_u64(t->frame, JK_FIELD_PIN_MIN, min),
	    JK_OK);
	assert_int_equal(jk_frame_put_u64(t->frame, JK_FIELD_PIN_MAX, max),
	    JK_OK);
	talk_send(t);
}

/* Its number. */
static uint64_t
hear(struct talk *t, enum jk_frame_type type)
{
	uint64_t sequence = 0;

	assert_int_equal(jk_frame_recv(t->theirs, NULL, jk_boot_ms() + 5000,
	                     t->frame, NULL),
	    JK_OK);
	assert_int_equal(jk_frame_type(t->frame), type);
	if (type != JK_FRAME_PIN)
		assert_int_equal(jk_frame_get_u64(t->frame, JK_FIELD_SEQ,
		                     &sequence),
		    JK_OK);
	return sequence;
}

static struct jukinet_query
view(void)
{
	struct jukinet_query q = JUKINET_INIT(struct jukinet_query);

	q.action = "view";
	q.business = "moving";
	q.code = code;
	return q;
}

static uint64_t
ask(struct talk *t)
{
	const struct jukinet_query q = view();
	uint64_t sequence = 0;

	assert_int_equal(jukinet_query(t->h, &q, &sequence), JUKINET_OK);
	assert_int_equal(hear(t, JK_FRAME_QUERY), sequence);
	return sequence;
}

static bool
is_readable(const struct talk *t)
{
	struct pollfd p = { .fd = jukinet_fd(t->h), .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

static struct jukinet_event
next(struct talk *t)
{
	struct jukinet_event event = JUKINET_INIT(struct jukinet_event);

	assert_int_equal(jukinet_wait(t->h, 5000, &event), 1);
	return event;
}

static void
expect_nothing(struct talk *t)
{
	struct jukinet_event event = JUKINET_INIT(struct jukinet_event);

	assert_int_equal(jukinet_next(t->h, &event), 0);
	assert_false(is_readable(t));
}

static void
expect_broken(struct talk *t)
{
	const struct jukinet_query q = view();
	struct jukinet_event event = JUKINET_INIT(struct jukinet_event);

	assert_int_equal(jukinet_wait(t->h, 5000, &event), JUKINET_E_DOWN);
	assert_int_equal(jukinet_next(t->h, &event), JUKINET_E_DOWN);
	assert_int_equal(jukinet_query(t->h, &q, NULL), JUKINET_E_DOWN);
	assert_int_equal(jukinet_state(t->h), JUKINET_STATE_ENDED);
	assert_true(is_readable(t));
}

/* --- what comes in -------------------------------------------------------- */

static void
test_use_answer_is_told_whole(void **state)
{
	struct jukinet_event event;
	struct talk t;

	(void)state;
	talk_start(&t);
	(void)ask(&t);
	jk_frame_start(t.frame, JK_FRAME_ANSWER);
	(void)jk_frame_put_u64(t.frame, JK_FIELD_REASON, JK_WHY_GRANTED);
	(void)jk_frame_put_str(t.frame, JK_FIELD_PARAM, "right=m0123-2");
	(void)jk_frame_put_str(t.frame, JK_FIELD_PARAM, "n=120");
	(void)jk_frame_put_str(t.frame, JK_FIELD_ID, "0123456789abcdef");
	(void)jk_frame_put_u64(t.frame, JK_FIELD_SEQ, 1);
	(void)jk_frame_put_str(t.frame, JK_FIELD_RECEIPT, "1795298607.548:3");
	(void)jk_frame_put_str(t.frame, JK_FIELD_MAC, "abcd");
	(void)jk_frame_put_str(t.frame, JK_FIELD_MAC_KEY, "r1");
	talk_send(&t);
	event = next(&t);
	assert_int_equal(event.kind, JUKINET_EVENT_ANSWER);
	assert_int_equal(event.answer.allowed, 1);
	assert_int_equal(event.answer.sequence, 1);
	assert_string_equal(event.answer.why, "granted");
	assert_string_equal(event.answer.id, "0123456789abcdef");
	assert_string_equal(event.answer.receipt, "1795298607.548:3");
	assert_string_equal(event.answer.mac, "abcd");
	assert_string_equal(event.answer.mac_key, "r1");
	assert_string_equal(event.answer.parameters, "right=m0123-2 n=120");
	expect_nothing(&t);
	talk_end(&t);
}

static void
test_use_unknown_reason_is_no(void **state)
{
	static const uint64_t number[] = { 0, 2, 65536, UINT64_MAX };
	struct talk t;

	(void)state;
	talk_start(&t);
	for (size_t i = 0; i < JK_COUNT(number); i++) {
		say_answer(&t, ask(&t), (enum jk_reason)number[i]);
		assert_int_equal(next(&t).answer.allowed, 0);
	}
	talk_end(&t);
}

static void
put_hostile(struct jk_frame *f, size_t i)
{
	char big[JK_FRAME_MAX / 2];

	memset(big, 'a', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	jk_frame_start(f, i < 9 ? JK_FRAME_ANSWER : JK_FRAME_CHANGED);
	switch (i) {
	case 0: /* no reason */
		(void)jk_frame_put_u64(f, JK_FIELD_SEQ, 1);
		break;
	case 1: /* a reason of three bytes */
		(void)jk_frame_put(f, JK_FIELD_REASON, "abc", 3);
		(void)jk_frame_put_u64(f, JK_FIELD_SEQ, 1);
		break;
	case 2: /* of no question */
		(void)jk_frame_put_u64(f, JK_FIELD_REASON, JK_WHY_GRANTED);
		break;
	case 3: /* of another question */
		(void)jk_frame_put_u64(f, JK_FIELD_REASON, JK_WHY_GRANTED);
		(void)jk_frame_put_u64(f, JK_FIELD_SEQ, 2);
		break;
	case 4: /* an id that is too long */
		(void)jk_frame_put_u64(f, JK_FIELD_REASON, JK_WHY_GRANTED);
		(void)jk_frame_put_str(f, JK_FIELD_ID, big);
		(void)jk_frame_put_u64(f, JK_FIELD_SEQ, 1);
		break;
	case 5: /* a receipt with a NUL */
		(void)jk_frame_put_u64(f, JK_FIELD_REASON, JK_WHY_GRANTED);
		(void)jk_frame_put_u64(f, JK_FIELD_SEQ, 1);
		(void)jk_frame_put(f, JK_FIELD_RECEIPT, "a\0b", 3);
		break;
	case 6: /* a MAC that is too long */
		(void)jk_frame_put_u64(f, JK_FIELD_REASON, JK_WHY_GRANTED);
		(void)jk_frame_put_u64(f, JK_FIELD_SEQ, 1);
		(void)jk_frame_put_str(f, JK_FIELD_MAC, big);
		break;
	case 7: /* a verdict on a login */
		jk_frame_start(f, JK_FRAME_VERDICT);
		(void)jk_frame_put_u64(f, JK_FIELD_REASON, JK_WHY_GRANTED);
		(void)jk_frame_put_u64(f, JK_FIELD_SEQ, 1);
		break;
	case 8: /* a PIN is asked for, and nothing is being confirmed */
		jk_frame_start(f, JK_FRAME_ASK_PIN);
		(void)jk_frame_put_str(f, JK_FIELD_MESSAGE, "pin.ask");
		(void)jk_frame_put_u64(f, JK_FIELD_PIN_MIN, 4);
		(void)jk_frame_put_u64(f, JK_FIELD_PIN_MAX, 8);
		break;
	default: /* no state */
		(void)jk_frame_put_u64(f, JK_FIELD_CAUSE, 1);
	}
}

static void
test_use_hostile_frames_break_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < 10; i++) {
		struct talk t;

		talk_start(&t);
		(void)ask(&t);
		put_hostile(t.frame, i);
		talk_send(&t);
		expect_broken(&t);
		talk_end(&t);
	}
}

static void
test_use_no_frame_breaks_it(void **state)
{
	struct talk t;

	(void)state;
	talk_start(&t);
	assert_int_equal(send(t.theirs, "\001", 1, 0), 1);
	expect_broken(&t);
	talk_end(&t);
}

static void
test_use_pin_of_impossible_length_breaks_it(void **state)
{
	static const uint64_t length[][2] = { { 8, 4 }, { 4, 65536 },
		{ UINT64_MAX, UINT64_MAX } };

	(void)state;
	for (size_t i = 0; i < JK_COUNT(length); i++) {
		struct talk t;

		talk_start(&t);
		assert_int_equal(jukinet_confirm(t.h, NULL), JUKINET_OK);
		say_message(&t, JK_FRAME_ASK_PIN, length[i][0], length[i][1]);
		expect_broken(&t);
		talk_end(&t);
	}
}

static void
test_use_parameters_that_do_not_fit_are_left_out_whole(void **state)
{
	struct jukinet_event event;
	char big[600] = "x=";
	struct talk t;

	(void)state;
	memset(big + 2, 'b', sizeof(big) - 3);
	talk_start(&t);
	(void)ask(&t);
	jk_frame_start(t.frame, JK_FRAME_ANSWER);
	(void)jk_frame_put_u64(t.frame, JK_FIELD_REASON, JK_WHY_BIZ_DENIED);
	(void)jk_frame_put_str(t.frame, JK_FIELD_PARAM, "n=1");
	(void)jk_frame_put_str(t.frame, JK_FIELD_PARAM, big);
	(void)jk_frame_put(t.frame, JK_FIELD_PARAM, "y=\0", 3);
	(void)jk_frame_put_str(t.frame, JK_FIELD_PARAM, "max=2");
	(void)jk_frame_put_u64(t.frame, JK_FIELD_SEQ, 1);
	talk_send(&t);
	event = next(&t);
	assert_string_equal(event.answer.parameters, "n=1 max=2");
	assert_string_equal(event.answer.why, "biz.denied");
	talk_end(&t);
}

/* --- order, number, state ------------------------------------------------- */

static void
test_use_answers_in_any_order(void **state)
{
	static const uint64_t order[] = { 3, 1, 4, 2 };
	struct talk t;

	(void)state;
	talk_start(&t);
	for (size_t i = 0; i < JK_COUNT(order); i++)
		assert_int_equal(ask(&t), i + 1);
	for (size_t i = 0; i < JK_COUNT(order); i++)
		say_answer(&t, order[i],
		    order[i] == 4 ? JK_WHY_BIZ_DENIED : JK_WHY_GRANTED);
	for (size_t i = 0; i < JK_COUNT(order); i++) {
		struct jukinet_event event = next(&t);

		assert_int_equal(event.answer.sequence, order[i]);
		assert_int_equal(event.answer.allowed, order[i] != 4);
	}
	expect_nothing(&t);
	talk_end(&t);
}

static void
test_use_answered_twice_breaks_it(void **state)
{
	struct talk t;

	(void)state;
	talk_start(&t);
	(void)ask(&t);
	(void)ask(&t);
	say_answer(&t, 1, JK_WHY_GRANTED);
	say_answer(&t, 1, JK_WHY_GRANTED);
	assert_int_equal(next(&t).answer.sequence, 1);
	expect_broken(&t);
	talk_end(&t);
}

static void
test_use_answer_that_nobody_asked_for_breaks_it(void **state)
{
	struct talk t;

	(void)state;
	talk_start(&t);
	say_answer(&t, 1, JK_WHY_GRANTED);
	expect_broken(&t);
	talk_end(&t);
}

static void
test_use_state_is_told_as_it_is_last(void **state)
{
	struct talk t;

	(void)state;
	talk_start(&t);
	(void)ask(&t);
	say_state(&t, JUKINET_STATE_LOCKED);
	say_answer(&t, 1, JK_WHY_GRANTED);
	say_state(&t, JUKINET_STATE_ACTIVE);
	say_state(&t, 7);
	(void)ask(&t);
	say_answer(&t, 2, JK_WHY_SESS_LOCKED);
	/* All is read before the first is taken. */
	assert_int_equal(({
		struct jukinet_query q = view();
		struct jukinet_answer a = JUKINET_INIT(struct jukinet_answer);

		jukinet_ask(t.h, &q, 100, &a);
	}),
	    JUKINET_E_TIMEOUT);
	assert_int_equal(jukinet_state(t.h), JUKINET_STATE_LOCKED);
	/* Of the answer that came before it, and the state, the later counts. */
	assert_int_equal(next(&t).answer.sequence, 1);
	assert_int_equal(next(&t).state, JUKINET_STATE_LOCKED);
	assert_int_equal(next(&t).answer.sequence, 2);
	expect_nothing(&t);
	talk_end(&t);
}

static void
test_use_end_is_told_before_the_hang_up(void **state)
{
	struct talk t;

	(void)state;
	talk_start(&t);
	say_state(&t, JUKINET_STATE_ENDED);
	talk_hang_up(&t);
	assert_int_equal(next(&t).state, JUKINET_STATE_ENDED);
	expect_broken(&t);
	talk_end(&t);
}

static void
test_use_busy_at_sixteen(void **state)
{
	const struct jukinet_query q = view();
	struct talk t;

	(void)state;
	talk_start(&t);
	for (uint64_t i = 1; i <= JUKINET_FLIGHT; i++)
		assert_int_equal(ask(&t), i);
	assert_int_equal(jukinet_query(t.h, &q, NULL), JUKINET_E_BUSY);
	assert_int_equal(jukinet_result(t.h, "0123456789abcdef", 1, NULL),
	    JUKINET_E_BUSY);
	assert_int_equal(jukinet_done(t.h, 1, NULL, NULL), JUKINET_E_BUSY);
	assert_int_equal(jukinet_confirm(t.h, NULL), JUKINET_E_BUSY);
	say_answer(&t, 7, JK_WHY_GRANTED);
	assert_int_equal(next(&t).answer.sequence, 7);
	assert_int_equal(ask(&t), JUKINET_FLIGHT + 1);
	assert_int_equal(jukinet_query(t.h, &q, NULL), JUKINET_E_BUSY);
	talk_end(&t);
}

/* Whoever takes nothing is told to, and loses nothing, a state included. */
static void
test_use_queue_is_bounded(void **state)
{
	struct jukinet_answer a = JUKINET_INIT(struct jukinet_answer);
	struct jukinet_query q = view();
	struct talk t;
	unsigned n = 0;

	(void)state;
	talk_start(&t);
	while (jukinet_ask(t.h, &q, 1, &a) == JUKINET_E_TIMEOUT) {
		say_answer(&t, hear(&t, JK_FRAME_QUERY), JK_WHY_GRANTED);
		n++;
	}
	assert_int_equal(n, 2 * JUKINET_FLIGHT);
	say_state(&t, JUKINET_STATE_LOCKED);
	for (uint64_t i = 1; i <= n; i++)
		assert_int_equal(next(&t).answer.sequence, i);
	assert_int_equal(next(&t).state, JUKINET_STATE_LOCKED);
	expect_nothing(&t);
	talk_end(&t);
}

/* --- the descriptor ------------------------------------------------------- */

static void
test_use_fd_is_readable_when_there_is_something(void **state)
{
	struct jukinet_event event = JUKINET_INIT(struct jukinet_event);
	struct talk t;

	(void)state;
	talk_start(&t);
	assert_false(is_readable(&t));
	(void)ask(&t);
	(void)ask(&t);
	assert_false(is_readable(&t));
	say_answer(&t, 1, JK_WHY_GRANTED);
	assert_true(is_readable(&t));
	say_answer(&t, 2, JK_WHY_GRANTED);
	assert_int_equal(jukinet_next(t.h, &event), 1);
	assert_true(is_readable(&t));
	assert_int_equal(jukinet_next(t.h, &event), 1);
	expect_nothing(&t);
	talk_end(&t);
}

/* What was read on the way to another answer is still there. */
static void
test_use_fd_tells_of_what_waits_in_the_queue(void **state)
{
	struct jukinet_answer a = JUKINET_INIT(struct jukinet_answer);
	struct jukinet_query q = view();
	struct talk t;

	(void)state;
	talk_start(&t);
	(void)ask(&t);
	say_answer(&t, 1, JK_WHY_GRANTED);
	say_answer(&t, 2, JK_WHY_BIZ_DENIED);
	/* It reads both, after it has asked. */
	assert_int_equal(jukinet_ask(t.h, &q, 5000, &a), JUKINET_OK);
	assert_string_equal(a.why, "biz.denied");
	assert_true(is_readable(&t));
	assert_int_equal(next(&t).answer.sequence, 1);
	expect_nothing(&t);
	talk_end(&t);
}

/* --- threads -------------------------------------------------------------- */

#define THREADS 8
#define ROUNDS  200

struct crowd {
	struct talk talk;
	atomic_uint granted, wrong, events;
};

static void *
ask_often(void *ctx)
{
	struct crowd *c = ctx;
	struct jukinet_query q = view();

	for (unsigned i = 0; i < ROUNDS; i++) {
		struct jukinet_answer a = JUKINET_INIT(struct jukinet_answer);

		if (jukinet_ask(c->talk.h, &q, 20000, &a) != JUKINET_OK)
			atomic_fetch_add(&c->wrong, 1);
		else
			atomic_fetch_add(&c->granted, (unsigned)a.allowed);
	}
	return NULL;
}

/* As an event loop beside them does. */
static void *
take_all(void *ctx)
{
	struct crowd *c = ctx;
	struct jukinet_event event = JUKINET_INIT(struct jukinet_event);
	int r;

	while ((r = jukinet_wait(c->talk.h, -1, &event)) == 1) {
		if (event.kind == JUKINET_EVENT_ANSWER)
			atomic_fetch_add(&c->wrong, 1);
		atomic_fetch_add(&c->events, 1);
	}
	if (r != JUKINET_E_DOWN)
		atomic_fetch_add(&c->wrong, 1);
	return NULL;
}

/* Answers in batches, last first: every second question is granted. */
static void
answer_all(struct talk *t, unsigned n)
{
	uint64_t batch[4];

	for (unsigned done = 0; done < n;) {
		size_t len = 0;

		do {
			batch[len++] = hear(t, JK_FRAME_QUERY);
		} while (len < JK_COUNT(batch) && done + len < n &&
		         jk_wait_readable(t->theirs, NULL, 0) == JK_OK);
		done += (unsigned)len;
		while (len > 0) {
			len--;
			say_answer(t, batch[len],
			    batch[len] % 2 == 0 ? JK_WHY_GRANTED
			                        : JK_WHY_BIZ_DENIED);
		}
		say_state(t, done % 2 == 0 ? JUKINET_STATE_ACTIVE
		                           : JUKINET_STATE_LOCKED);
	}
}

static void
test_use_each_thread_gets_its_own_answer(void **state)
{
	static struct crowd c;
	pthread_t asking[THREADS], taking;

	(void)state;
	talk_start(&c.talk);
	assert_int_equal(pthread_create(&taking, NULL, take_all, &c), 0);
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&asking[i], NULL, ask_often,
		                     &c),
		    0);
	answer_all(&c.talk, THREADS * ROUNDS);
	for (size_t i = 0; i < THREADS; i++)
		(void)pthread_join(asking[i], NULL);
	talk_hang_up(&c.talk);
	(void)pthread_join(taking, NULL);
	assert_int_equal(c.wrong, 0);
	assert_int_equal(c.granted, THREADS * ROUNDS / 2);
	assert_true(c.events > 0);
	talk_end(&c.talk);
}

struct waiter {
	struct jukinet *h;
	bool asks;
	int r;
};

static void *
wait_for_ever(void *ctx)
{
	struct waiter *w = ctx;
	struct jukinet_event event = JUKINET_INIT(struct jukinet_event);
	struct jukinet_answer a = JUKINET_INIT(struct jukinet_answer);
	struct jukinet_query q = view();

	w->r = w->asks ? jukinet_ask(w->h, &q, -1, &a)
	               : jukinet_wait(w->h, -1, &event);
	return NULL;
}

static void
test_use_hang_up_wakes_all(void **state)
{
	struct waiter w[4];
	pthread_t thread[JK_COUNT(w)];
	int64_t begun;
	struct talk t;

	(void)state;
	talk_start(&t);
	for (size_t i = 0; i < JK_COUNT(w); i++) {
		w[i] = (struct waiter){ .h = t.h, .asks = i % 2 == 0, .r = 7 };
		assert_int_equal(pthread_create(&thread[i], NULL, wait_for_ever,
		                     &w[i]),
		    0);
	}
	(void)hear(&t, JK_FRAME_QUERY);
	(void)hear(&t, JK_FRAME_QUERY);
	begun = jk_boot_ms();
	talk_hang_up(&t);
	for (size_t i = 0; i < JK_COUNT(w); i++) {
		(void)pthread_join(thread[i], NULL);
		assert_int_equal(w[i].r, JUKINET_E_DOWN);
	}
	assert_true(jk_boot_ms() - begun < 500);
	talk_end(&t);
}

/* --- a child -------------------------------------------------------------- */

/* How it ended; it gives what `run` returned. */
static int
in_child(bool (*run)(struct jukinet *), struct jukinet *h)
{
	int status = -1;
	pid_t child = fork();

	if (child == 0)
		_exit(run(h) ? 0 : 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static bool
nothing_is_answered(struct jukinet *h)
{
	const struct jukinet_query q = view();
	struct jukinet_answer a = JUKINET_INIT(struct jukinet_answer);
	struct jukinet_event e = JUKINET_INIT(struct jukinet_event);
	struct jukinet_use u = JUKINET_INIT(struct jukinet_use);

	return jukinet_query(h, &q, NULL) == JUKINET_E_DOWN &&
	       jukinet_ask(h, &q, 0, &a) == JUKINET_E_DOWN &&
	       jukinet_result(h, "0123456789abcdef", 1, NULL) ==
	           JUKINET_E_DOWN &&
	       jukinet_wait(h, 0, &e) == JUKINET_E_DOWN &&
	       jukinet_confirm(h, NULL) == JUKINET_E_DOWN &&
	       jukinet_pin(h, "1234") == JUKINET_E_DOWN &&
	       jukinet_done(h, 1, NULL, NULL) == JUKINET_E_DOWN &&
	       jukinet_uses(h, 0, &u, 1) == JUKINET_E_DOWN &&
	       jukinet_enter(h, &u, 1, NULL, NULL) == JUKINET_E_DOWN &&
	       jukinet_state(h) == JUKINET_STATE_ENDED;
}

static bool
ends(struct jukinet *h)
{
	jukinet_end(&h);
	return h == NULL;
}

static void
test_use_child_is_answered_nothing(void **state)
{
	struct talk t;

	(void)state;
	talk_start(&t);
	(void)ask(&t);
	say_answer(&t, 1, JK_WHY_GRANTED);
	assert_int_equal(in_child(nothing_is_answered, t.h), 0);
	assert_int_equal(in_child(ends, t.h), 0);
	assert_int_equal(next(&t).answer.allowed, 1);
	assert_int_equal(ask(&t), 2);
	talk_end(&t);
}

static void
test_use_ends_while_a_child_lives(void **state)
{
	struct talk t;
	pid_t child;
	enum jk_err e;

	(void)state;
	talk_start(&t);
	child = fork();
	if (child == 0) {
		(void)pause();
		_exit(0);
	}
	jukinet_end(&t.h);
	e = jk_frame_recv(t.theirs, NULL, jk_boot_ms() + 1000, t.frame, NULL);
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_int_equal(e, JK_ERR_CLOSED);
	talk_end(&t);
}

/* --- a second person ------------------------------------------------------ */

static void
test_use_confirm_asks_for_the_pin(void **state)
{
	const struct jukinet_query q = view();
	struct jukinet_event event;
	uint64_t sequence = 0;
	char pin[16] = "";
	struct talk t;

	(void)state;
	talk_start(&t);
	assert_int_equal(jukinet_pin(t.h, "1234"), JUKINET_E_ARGUMENT);
	assert_int_equal(jukinet_confirm(t.h, &sequence), JUKINET_OK);
	assert_int_equal(hear(&t, JK_FRAME_CONFIRM), sequence);
	assert_int_equal(jukinet_query(t.h, &q, NULL), JUKINET_E_BUSY);
	assert_int_equal(jukinet_confirm(t.h, NULL), JUKINET_E_BUSY);
	say_message(&t, JK_FRAME_NOTE, 0, 0);
	event = next(&t);
	assert_int_equal(event.kind, JUKINET_EVENT_NOTE);
	assert_string_equal(event.message, "card.insert");
	assert_string_equal(event.parameters, "reader=left");
	assert_int_equal(jukinet_pin(t.h, "1234"), JUKINET_E_ARGUMENT);
	say_message(&t, JK_FRAME_ASK_PIN, 4, 16);
	event = next(&t);
	assert_int_equal(event.kind, JUKINET_EVENT_PIN);
	assert_int_equal(event.pin_min, 4);
	assert_int_equal(event.pin_max, 16);
	assert_int_equal(jukinet_pin(t.h, "1234"), JUKINET_OK);
	(void)hear(&t, JK_FRAME_PIN);
	assert_int_equal(jk_frame_get_str(t.frame, JK_FIELD_PIN, pin,
	                     sizeof(pin)),
	    JK_OK);
	assert_string_equal(pin, "1234");
	assert_int_equal(jukinet_pin(t.h, "1234"), JUKINET_E_ARGUMENT);
	say_answer(&t, sequence, JK_WHY_GRANTED);
	assert_int_equal(next(&t).answer.allowed, 1);
	assert_int_equal(ask(&t), sequence + 1);
	talk_end(&t);
}

static void
test_use_given_up_pin_is_empty(void **state)
{
	struct jk_cur any;
	struct talk t;

	(void)state;
	talk_start(&t);
	assert_int_equal(jukinet_confirm(t.h, NULL), JUKINET_OK);
	(void)hear(&t, JK_FRAME_CONFIRM);
	say_message(&t, JK_FRAME_ASK_PIN, 4, 16);
	(void)next(&t);
	assert_int_equal(jukinet_pin(t.h, NULL), JUKINET_OK);
	(void)hear(&t, JK_FRAME_PIN);
	assert_int_equal(jk_frame_get(t.frame, JK_FIELD_PIN, &any),
	    JK_ERR_NOT_FOUND);
	talk_end(&t);
}

/* --- what an application may say ------------------------------------------ */

static void
set(struct jukinet_query *q, const char *member, const char *value)
{
	if (strcmp(member, "action") == 0)
		q->action = value;
	else if (strcmp(member, "business") == 0)
		q->business = value;
	else if (strcmp(member, "search") == 0)
		q->search = value;
	else if (strcmp(member, "code") == 0)
		q->code = value;
	else if (strcmp(member, "requirement") == 0)
		q->requirement = value;
	else if (strcmp(member, "permission") == 0)
		q->permission = value;
	else
		q->object = value;
}

static void
test_use_wrong_members_are_not_sent(void **state)
{
	static char long_text[JUKINET_TEXT + 2], long_code[130], long_id[66];
	const struct {
		const char *member, *value;
	} wrong[] = {
		{ "action", NULL },
		{ "action", "VIEW" },
		{ "action", long_id },
		{ "business", "" },
		{ "business", "mov ing" },
		{ "search", "nosuch" },
		{ "code", long_code },
		{ "requirement", long_text },
		{ "requirement", "a\033[2J" },
		{ "requirement", "a\nb" },
		{ "requirement", "\xe3\x81" },
		{ "permission", "V-1" },
		{ "object", "a/b" },
	};
	struct talk t;

	(void)state;
	memset(long_text, 'a', sizeof(long_text) - 1);
	memset(long_code, '1', sizeof(long_code) - 1);
	memset(long_id, 'a', sizeof(long_id) - 1);
	talk_start(&t);
	for (size_t i = 0; i < JK_COUNT(wrong); i++) {
		struct jukinet_query q = view();

		set(&q, wrong[i].member, wrong[i].value);
		assert_string_equal(jk_question_query_fault(&q),
		    wrong[i].member);
		assert_int_equal(jukinet_query(t.h, &q, NULL),
		    JUKINET_E_ARGUMENT);
	}
	assert_int_equal(jk_wait_readable(t.theirs, NULL, 0), JK_ERR_TIMEOUT);
	talk_end(&t);
}

static void
test_use_wrong_numbers_are_not_sent(void **state)
{
	struct jukinet_query q = view();
	struct talk t;

	(void)state;
	talk_start(&t);
	q.count = UINT64_C(1) << 32;
	assert_int_equal(jukinet_query(t.h, &q, NULL), JUKINET_E_ARGUMENT);
	q = view();
	q.search = "code";
	q.code = NULL;
	assert_int_equal(jukinet_query(t.h, &q, NULL), JUKINET_E_ARGUMENT);
	assert_int_equal(jukinet_result(t.h, "x", 1, NULL), JUKINET_E_ARGUMENT);
	assert_int_equal(jukinet_result(t.h, "0123456789abcdef",
	                     JUKINET_COUNT_UNKNOWN, NULL),
	    JUKINET_E_ARGUMENT);
	assert_int_equal(jukinet_done(t.h, UINT64_C(1) << 32, NULL, NULL),
	    JUKINET_E_ARGUMENT);
	assert_int_equal(jukinet_done(t.h, 1, "a\nb", NULL),
	    JUKINET_E_ARGUMENT);
	assert_int_equal(jk_wait_readable(t.theirs, NULL, 0), JK_ERR_TIMEOUT);
	talk_end(&t);
}

static void
test_use_purposes(void **state)
{
	struct jukinet_purpose p = JUKINET_INIT(struct jukinet_purpose);
	struct jukinet_answer a = JUKINET_INIT(struct jukinet_answer);
	struct jukinet *h = (struct jukinet *)&p;

	(void)state;
	assert_string_equal(jk_question_purpose_fault(&p), "purpose");
	p.purpose = "passport";
	p.reception = "R08/1121_a.b-014";
	assert_null(jk_question_purpose_fault(&p));
	p.reception = "R08 1121";
	assert_string_equal(jk_question_purpose_fault(&p), "reception");
	assert_int_equal(jukinet_begin(&p, 100, &h, &a), JUKINET_E_ARGUMENT);
	assert_null(h);
	p.reception = NULL;
	p.grounds = "a\nb";
	assert_string_equal(jk_question_purpose_fault(&p), "grounds");
	p.grounds = NULL;
	assert_int_equal(jukinet_begin(&p, 0, &h, &a), JUKINET_E_TIMEOUT);
	p.size = 4;
	assert_int_equal(jukinet_begin(&p, 100, &h, &a), JUKINET_E_ARGUMENT);
}

static void
test_use_all_kinds_of_search_are_known(void **state)
{
	(void)state;
	for (size_t i = jk_searches.first; i < jk_searches.n; i++) {
		struct jukinet_query q = view();

		q.search = jk_word_id(&jk_searches, i);
		assert_null(jk_question_query_fault(&q));
	}
}

/* --- the session's uses --------------------------------------------------- */

/* The number'th use, in the page that was asked for by `sequence`. */
static void
say_used(struct talk *t, uint64_t sequence, unsigned number)
{
	char reception[16];

	(void)snprintf(reception, sizeof(reception), "R08-%u", number);
	jk_frame_start(t->frame, JK_FRAME_USED);
	(void)jk_frame_put_str(t->frame, JK_FIELD_OPID, "m0123-2");
	(void)jk_frame_put_u64(t->frame, JK_FIELD_REAL_S, 1795298607 + number);
	(void)jk_frame_put_u64(t->frame, JK_FIELD_SEQ, sequence);
	(void)jk_frame_put_str(t->frame, JK_FIELD_USE, "3fa41d6ef8b5a0f7");
	(void)jk_frame_put_str(t->frame, JK_FIELD_PURPOSE, "passport");
	(void)jk_frame_put_str(t->frame, JK_FIELD_RECEPTION, reception);
	(void)jk_frame_put_u64(t->frame, JK_FIELD_COUNT, number);
	(void)jk_frame_put_u64(t->frame, JK_FIELD_ALLOWED, 2);
	(void)jk_frame_put_u64(t->frame, JK_FIELD_REFUSED, 1);
	talk_send(t);
}

/* What jukinetd will answer to the questions that come: pages, then none. */
static void
say_uses(struct talk *t, unsigned n)
{
	uint64_t sequence = 1;
	unsigned told = 0;

	while (told < n) {
		for (unsigned i = 0; i < JK_USED_PAGE && told < n; i++)
			say_used(t, sequence, told++);
		say_answer(t, sequence++, JK_WHY_GRANTED);
	}
	say_answer(t, sequence, JK_WHY_GRANTED);
}

static uint64_t
hear_index(struct talk *t)
{
	uint64_t index = 0;

	(void)hear(t, JK_FRAME_USES);
	assert_int_equal(jk_frame_get_u64(t->frame, JK_FIELD_INDEX, &index),
	    JK_OK);
	return index;
}

static void
test_use_uses_are_listed_page_by_page(void **state)
{
	struct jukinet_use use[20] = { JUKINET_INIT(struct jukinet_use) };
	struct talk t;

	(void)state;
	talk_start(&t);
	say_uses(&t, 19);
	use[19].allowed = 99;
	assert_int_equal(jukinet_uses(t.h, 1000, use, 20), 19);
	for (unsigned i = 0; i < 19; i++) {
		char reception[16];

		(void)snprintf(reception, sizeof(reception), "R08-%u", i);
		assert_int_equal(use[i].size, sizeof(use[i]));
		assert_string_equal(use[i].use, "3fa41d6ef8b5a0f7");
		assert_string_equal(use[i].purpose, "passport");
		assert_string_equal(use[i].reception, reception);
		assert_string_equal(use[i].right, "m0123-2");
		assert_int_equal(use[i].begun, 1795298607 + i);
		assert_int_equal(use[i].allowed, 2);
		assert_int_equal(use[i].refused, 1);
		assert_int_equal(use[i].persons, i);
	}
	assert_int_equal(use[19].allowed, 99);
	assert_int_equal(hear_index(&t), 0);
	assert_int_equal(hear_index(&t), 16);
	assert_int_equal(hear_index(&t), 19);
	/* None of it is an event. */
	expect_nothing(&t);
	talk_end(&t);
}

/* As many as there is room for, and how many there are. */
static void
test_use_uses_are_more_than_there_is_room_for(void **state)
{
	struct jukinet_use use[3] = { JUKINET_INIT(struct jukinet_use) };
	struct talk t;

	(void)state;
	talk_start(&t);
	say_uses(&t, 19);
	use[2].allowed = 99;
	assert_int_equal(jukinet_uses(t.h, 1000, use, 2), 19);
	assert_string_equal(use[1].reception, "R08-1");
	assert_int_equal(use[2].allowed, 99);
	talk_end(&t);
	talk_start(&t);
	say_uses(&t, 5);
	assert_int_equal(jukinet_uses(t.h, 1000, NULL, 0), 5);
	assert_int_equal(jukinet_uses(t.h, 1000, NULL, 1), JUKINET_E_ARGUMENT);
	use[0].size = 8;
	assert_int_equal(jukinet_uses(t.h, 1000, use, 1), JUKINET_E_ARGUMENT);
	talk_end(&t);
}

struct later_use {
	struct jukinet_use use;
	uint64_t more;
};

static void
test_use_uses_of_another_edition(void **state)
{
	struct later_use use[2] = { { .more = 7 }, { .more = 7 } };
	struct talk t;

	(void)state;
	talk_start(&t);
	say_uses(&t, 2);
	use[0].use.size = sizeof(use[0]);
	assert_int_equal(jukinet_uses(t.h, 1000, &use[0].use, 2), 2);
	assert_string_equal(use[1].use.reception, "R08-1");
	assert_int_equal(use[1].use.size, sizeof(use[1]));
	assert_int_equal(use[1].more, 0);
	assert_int_equal(hear_index(&t), 0);
	assert_int_equal(hear_index(&t), 2);
	assert_int_equal(jukinet_enter(t.h, &use[0].use, 2, "two", NULL),
	    JUKINET_OK);
	assert_int_equal(hear(&t, JK_FRAME_DONE), 3);
	talk_end(&t);
}

/* An answer that comes after its waiter has gone is nobody's. */
static void
test_use_uses_that_come_too_late(void **state)
{
	struct jukinet_use use[4] = { JUKINET_INIT(struct jukinet_use) };
	struct talk t;

	(void)state;
	talk_start(&t);
	assert_int_equal(jukinet_uses(t.h, 1, use, 4), JUKINET_E_TIMEOUT);
	assert_int_equal(jukinet_uses(t.h, 1, use, 4), JUKINET_E_BUSY);
	assert_int_equal(hear_index(&t), 0);
	say_used(&t, 1, 1);
	say_answer(&t, 1, JK_WHY_GRANTED);
	(void)ask(&t);
	say_answer(&t, 2, JK_WHY_BIZ_DENIED);
	assert_int_equal(next(&t).answer.sequence, 2);
	expect_nothing(&t);
	say_answer(&t, 3, JK_WHY_GRANTED);
	assert_int_equal(jukinet_uses(t.h, 1000, use, 4), 0);
	say_answer(&t, 4, JK_WHY_INTERNAL);
	assert_int_equal(jukinet_uses(t.h, 1000, use, 4), JUKINET_E_REFUSED);
	talk_hang_up(&t);
	assert_int_equal(jukinet_uses(t.h, 1000, use, 4), JUKINET_E_DOWN);
	talk_end(&t);
}

/* Of what was not asked for, of too many, without a number, of a wrong one. */
static void
test_use_hostile_uses_break_it(void **state)
{
	struct jukinet_use use[64] = { JUKINET_INIT(struct jukinet_use) };

	(void)state;
	for (int i = 0; i < 6; i++) {
		struct talk t;

		talk_start(&t);
		if (i == 0)
			say_used(&t, 2, 1);
		for (unsigned k = 0; i == 1 && k <= JK_USED_PAGE; k++)
			say_used(&t, 1, k);
		if (i >= 2) {
			jk_frame_start(t.frame, JK_FRAME_USED);
			(void)jk_frame_put_u64(t.frame, JK_FIELD_REAL_S,
			    i == 2 ? UINT64_MAX : 1);
			if (i != 3)
				(void)jk_frame_put_u64(t.frame, JK_FIELD_SEQ,
				    1);
			if (i != 4)
				(void)jk_frame_put_u64(t.frame, JK_FIELD_COUNT,
				    i == 5 ? JK_USED_MOST + 1 : 1);
			(void)jk_frame_put_u64(t.frame, JK_FIELD_ALLOWED, 1);
			(void)jk_frame_put_u64(t.frame, JK_FIELD_REFUSED, 1);
			talk_send(&t);
		}
		assert_int_equal(jukinet_uses(t.h, 1000, use, 64),
		    JUKINET_E_DOWN);
		expect_broken(&t);
		talk_end(&t);
	}
}

static void
test_use_uses_that_nobody_asked_for_break_it(void **state)
{
	struct talk t;

	(void)state;
	talk_start(&t);
	say_used(&t, 1, 1);
	expect_broken(&t);
	talk_end(&t);
}

struct lister {
	struct jukinet *h;
	int r;
	struct jukinet_use use[JUKINET_USES];
};

static void *
list_all(void *ctx)
{
	struct lister *l = ctx;

	l->use[0].size = sizeof(l->use[0]);
	l->r = jukinet_uses(l->h, 20000, l->use, JUKINET_USES);
	return NULL;
}

/* Pages without end have one; and another thread reads what comes. */
static void
test_use_uses_are_bounded(void **state)
{
	static struct lister l;
	struct waiter w = { .r = 7 };
	pthread_t listing, waiting;
	struct talk t;

	(void)state;
	talk_start(&t);
	w.h = l.h = t.h;
	assert_int_equal(pthread_create(&waiting, NULL, wait_for_ever, &w), 0);
	assert_int_equal(pthread_create(&listing, NULL, list_all, &l), 0);
	for (unsigned told = 0; told < JUKINET_USES;) {
		const uint64_t sequence = told / JK_USED_PAGE + 1;

		assert_int_equal(hear_index(&t), told);
		for (unsigned i = 0; i < JK_USED_PAGE; i++)
			say_used(&t, sequence, told++);
		say_answer(&t, sequence, JK_WHY_GRANTED);
	}
	(void)pthread_join(listing, NULL);
	assert_int_equal(l.r, JUKINET_USES);
	for (unsigned i = 0; i < JUKINET_USES; i++)
		assert_int_equal(l.use[i].persons, i);
	assert_int_equal(jk_wait_readable(t.theirs, NULL, 0), JK_ERR_TIMEOUT);
	talk_hang_up(&t);
	(void)pthread_join(waiting, NULL);
	assert_int_equal(w.r, JUKINET_E_DOWN);
	talk_end(&t);
}

#define LISTS 2000

struct rival {
	struct jukinet *h;
	unsigned listed;
	int r; /* that it should not have got */
};

/* One list is asked for at a time: another one is told so, and tries again. */
static void *
list_often(void *ctx)
{
	struct rival *rival = ctx;
	struct jukinet_use use[2] = { JUKINET_INIT(struct jukinet_use) };

	while (rival->listed < LISTS && rival->r == 0) {
		const int r = jukinet_uses(rival->h, 20000, use, 2);

		if (r == 1 && use[0].persons == 7)
			rival->listed++;
		else if (r != JUKINET_E_BUSY)
			rival->r = r;
	}
	return NULL;
}

static void
test_use_list_goes_to_who_asked_for_it(void **state)
{
	struct rival rival[2] = { { 0 }, { 0 } };
	struct waiter w = { .r = 7 };
	pthread_t listing[JK_COUNT(rival)], waiting;
	struct talk t;

	(void)state;
	talk_start(&t);
	w.h = rival[0].h = rival[1].h = t.h;
	assert_int_equal(pthread_create(&waiting, NULL, wait_for_ever, &w), 0);
	for (size_t i = 0; i < JK_COUNT(rival); i++)
		assert_int_equal(pthread_create(&listing[i], NULL, list_often,
		                     &rival[i]),
		    0);
	for (unsigned n = 0; n < JK_COUNT(rival) * LISTS; n++) {
		uint64_t sequence = hear(&t, JK_FRAME_USES);

		say_used(&t, sequence, 7);
		say_answer(&t, sequence, JK_WHY_GRANTED);
		sequence = hear(&t, JK_FRAME_USES);
		assert_int_equal(sequence, 2 * n + 2);
		say_answer(&t, sequence, JK_WHY_GRANTED);
	}
	for (size_t i = 0; i < JK_COUNT(rival); i++) {
		(void)pthread_join(listing[i], NULL);
		assert_int_equal(rival[i].r, 0);
		assert_int_equal(rival[i].listed, LISTS);
	}
	talk_hang_up(&t);
	(void)pthread_join(waiting, NULL);
	talk_end(&t);
}

static uint64_t
number_in(const struct talk *t, enum jk_field field)
{
	uint64_t number = UINT64_MAX;

	(void)jk_frame_get_u64(t->frame, (uint8_t)field, &number);
	return number;
}

static void
test_use_entry_says_what_was_shown(void **state)
{
	struct jukinet_use use[JUKINET_USES + 1] = {
		{ .size = sizeof(use[0]), .allowed = 2, .persons = 3 },
		{ .allowed = 1, .refused = 4, .persons = UINT32_MAX },
	};
	uint64_t sequence = 0;
	char text[16];
	struct talk t;

	(void)state;
	talk_start(&t);
	assert_int_equal(jukinet_enter(t.h, use, 2, "two uses", &sequence),
	    JUKINET_OK);
	assert_int_equal(hear(&t, JK_FRAME_DONE), sequence);
	assert_int_equal(jk_frame_get_str(t.frame, JK_FIELD_TEXT, text,
	                     sizeof(text)),
	    JK_OK);
	assert_string_equal(text, "two uses");
	assert_int_equal(number_in(&t, JK_FIELD_USES), 2);
	assert_int_equal(number_in(&t, JK_FIELD_ALLOWED), 3);
	assert_int_equal(number_in(&t, JK_FIELD_REFUSED), 4);
	assert_int_equal(number_in(&t, JK_FIELD_COUNT),
	    UINT64_C(3) + UINT32_MAX);
	say_answer(&t, sequence, JK_WHY_LEDGER_CHANGED);
	assert_string_equal(next(&t).answer.why, "ledger.changed");
	assert_int_equal(jukinet_enter(t.h, use, 0, NULL, NULL),
	    JUKINET_E_ARGUMENT);
	assert_int_equal(jukinet_enter(t.h, NULL, 1, NULL, NULL),
	    JUKINET_E_ARGUMENT);
	assert_int_equal(jukinet_enter(t.h, use, JUKINET_USES + 1, NULL, NULL),
	    JUKINET_E_ARGUMENT);
	assert_int_equal(jukinet_enter(t.h, use, 1, "a\nb", NULL),
	    JUKINET_E_ARGUMENT);
	use[1].refused = JK_USED_MOST + 1;
	assert_int_equal(jukinet_enter(t.h, use, 2, NULL, NULL),
	    JUKINET_E_ARGUMENT);
	assert_int_equal(jk_wait_readable(t.theirs, NULL, 0), JK_ERR_TIMEOUT);
	talk_end(&t);
}

/* --- other editions of the structs ---------------------------------------- */

struct later {
	struct jukinet_event event;
	uint64_t more;
};

static void
test_use_structs_of_other_editions(void **state)
{
	struct later later = { .event.size = sizeof(later), .more = 7 };
	struct jukinet_event event = { .size = 24 };
	struct jukinet_query q = view();
	struct jukinet_answer a = { .size = 4 };
	struct talk t;

	(void)state;
	talk_start(&t);
	(void)ask(&t);
	say_answer(&t, 1, JK_WHY_GRANTED);
	/* What does not fit loses nothing. */
	assert_int_equal(jukinet_next(t.h, &event), JUKINET_E_ARGUMENT);
	assert_int_equal(jukinet_next(t.h, NULL), JUKINET_E_ARGUMENT);
	assert_int_equal(jukinet_next(t.h, &later.event), 1);
	assert_int_equal(later.event.answer.sequence, 1);
	assert_int_equal(later.more, 0);
	assert_int_equal(later.event.size, sizeof(later));
	assert_int_equal(jukinet_ask(t.h, &q, 100, &a), JUKINET_E_ARGUMENT);
	q.size = 8;
	assert_int_equal(jukinet_query(t.h, &q, NULL), JUKINET_E_ARGUMENT);
	assert_int_equal(jk_wait_readable(t.theirs, NULL, 0), JK_ERR_TIMEOUT);
	talk_end(&t);
}

static void
test_use_every_error_has_words(void **state)
{
	(void)state;
	for (int e = JUKINET_E_REFUSED; e <= JUKINET_OK; e++)
		assert_string_not_equal(jukinet_strerror(e),
		    jukinet_strerror(-99));
}

static void
test_use_nothing_of_a_code_is_left(void **state)
{
	struct jukinet_query q = view();
	struct jk_cur bytes;
	struct talk t;

	(void)state;
	talk_start(&t);
	(void)ask(&t);
	bytes = jk_frame_bytes(t.h->out);
	assert_null(memmem(bytes.at, JK_FRAME_MAX, code, strlen(code)));
	talk_hang_up(&t);
	assert_int_equal(jukinet_query(t.h, &q, NULL), JUKINET_E_DOWN);
	bytes = jk_frame_bytes(t.h->out);
	assert_null(memmem(bytes.at, JK_FRAME_MAX, code, strlen(code)));
	talk_end(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_use_answer_is_told_whole),
		cmocka_unit_test(test_use_unknown_reason_is_no),
		cmocka_unit_test(test_use_hostile_frames_break_it),
		cmocka_unit_test(test_use_no_frame_breaks_it),
		cmocka_unit_test(test_use_pin_of_impossible_length_breaks_it),
		cmocka_unit_test(
		    test_use_parameters_that_do_not_fit_are_left_out_whole),
		cmocka_unit_test(test_use_answers_in_any_order),
		cmocka_unit_test(test_use_answered_twice_breaks_it),
		cmocka_unit_test(
		    test_use_answer_that_nobody_asked_for_breaks_it),
		cmocka_unit_test(test_use_state_is_told_as_it_is_last),
		cmocka_unit_test(test_use_end_is_told_before_the_hang_up),
		cmocka_unit_test(test_use_busy_at_sixteen),
		cmocka_unit_test(test_use_queue_is_bounded),
		cmocka_unit_test(
		    test_use_fd_is_readable_when_there_is_something),
		cmocka_unit_test(test_use_fd_tells_of_what_waits_in_the_queue),
		cmocka_unit_test(test_use_each_thread_gets_its_own_answer),
		cmocka_unit_test(test_use_hang_up_wakes_all),
		cmocka_unit_test(test_use_child_is_answered_nothing),
		cmocka_unit_test(test_use_ends_while_a_child_lives),
		cmocka_unit_test(test_use_confirm_asks_for_the_pin),
		cmocka_unit_test(test_use_given_up_pin_is_empty),
		cmocka_unit_test(test_use_wrong_members_are_not_sent),
		cmocka_unit_test(test_use_wrong_numbers_are_not_sent),
		cmocka_unit_test(test_use_purposes),
		cmocka_unit_test(test_use_all_kinds_of_search_are_known),
		cmocka_unit_test(test_use_uses_are_listed_page_by_page),
		cmocka_unit_test(test_use_uses_are_more_than_there_is_room_for),
		cmocka_unit_test(test_use_uses_of_another_edition),
		cmocka_unit_test(test_use_uses_that_come_too_late),
		cmocka_unit_test(test_use_hostile_uses_break_it),
		cmocka_unit_test(test_use_uses_that_nobody_asked_for_break_it),
		cmocka_unit_test(test_use_uses_are_bounded),
		cmocka_unit_test(test_use_list_goes_to_who_asked_for_it),
		cmocka_unit_test(test_use_entry_says_what_was_shown),
		cmocka_unit_test(test_use_structs_of_other_editions),
		cmocka_unit_test(test_use_every_error_has_words),
		cmocka_unit_test(test_use_nothing_of_a_code_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
