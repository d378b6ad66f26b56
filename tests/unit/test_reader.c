/* SPDX-License-Identifier: BSD-2-Clause */
/* What a taken-over card process may say, and for how long. */
#include "test.h"

#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "protocol.h"
#include "reader.h"

struct talk {
	int theirs;
	struct jk_frame *frame;
	struct jk_reader reader;
};

static void
talk_start(struct talk *t, int64_t until)
{
	int fd[2];

	*t = (struct talk){ .theirs = -1 };
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
	                     fd),
	    0);
	t->theirs = fd[1];
	t->reader = (struct jk_reader){ .fd = fd[0], .until = until };
	assert_int_equal(jk_frame_new(&t->reader.frame), JK_OK);
	assert_int_equal(jk_frame_new(&t->frame), JK_OK);
}

static void
talk_end(struct talk *t)
{
	jk_reader_close(&t->reader);
	jk_frame_free(&t->frame);
	close(t->theirs);
}

static void
say_waiting(struct talk *t)
{
	jk_frame_start(t->frame, JK_FRAME_WAITING);
	assert_int_equal(jk_frame_put_u64(t->frame, JK_FIELD_READERS, 1),
	    JK_OK);
	assert_int_equal(jk_frame_send(t->theirs, t->frame), JK_OK);
}

static void
test_reader_next_flood_ends_at_the_deadline(void **state)
{
	static struct jk_reader_news news;
	struct talk t;
	enum jk_err e = JK_OK;

	(void)state;
	talk_start(&t, jk_boot_ms() + 50);
	for (unsigned i = 0; e == JK_OK && i < 100000; i++) {
		say_waiting(&t);
		usleep(100);
		e = jk_reader_next(&t.reader, &news);
	}
	assert_int_equal(e, JK_ERR_TIMEOUT);
	talk_end(&t);
}

static void
test_reader_next_card_process_cannot_grant(void **state)
{
	static struct jk_reader_news news;
	struct talk t;

	(void)state;
	talk_start(&t, jk_boot_ms() + 5000);
	jk_frame_start(t.frame, JK_FRAME_FAILED);
	assert_int_equal(jk_frame_put_u64(t.frame, JK_FIELD_REASON,
	                     JK_WHY_GRANTED),
	    JK_OK);
	assert_int_equal(jk_frame_send(t.theirs, t.frame), JK_OK);
	assert_int_equal(jk_reader_next(&t.reader, &news), JK_OK);
	assert_int_equal(news.event, JK_READER_FAILED);
	assert_int_equal(news.why, JK_WHY_INTERNAL);
	talk_end(&t);
}

static void
test_reader_next_oversized_certificate_is_refused(void **state)
{
	static struct jk_reader_news news;
	static const uint8_t big[JK_CERT_MAX + 1];
	struct talk t;

	(void)state;
	talk_start(&t, jk_boot_ms() + 5000);
	jk_frame_start(t.frame, JK_FRAME_CARD);
	assert_int_equal(jk_frame_put(t.frame, JK_FIELD_CERTIFICATE, big,
	                     sizeof(big)),
	    JK_OK);
	assert_int_equal(jk_frame_send(t.theirs, t.frame), JK_OK);
	assert_int_equal(jk_reader_next(&t.reader, &news), JK_ERR_TOO_BIG);
	talk_end(&t);
}

static void
count(void *ctx)
{
	(*(unsigned *)ctx)++;
}

static void
say_busy(struct talk *t)
{
	jk_frame_start(t->frame, JK_FRAME_BUSY);
	assert_int_equal(jk_frame_send(t->theirs, t->frame), JK_OK);
}

static void
test_reader_next_busy_is_told_once(void **state)
{
	static struct jk_reader_news news;
	struct talk t;
	unsigned told = 0;

	(void)state;
	talk_start(&t, jk_boot_ms() + 5000);
	t.reader.busy = count;
	t.reader.ctx = &told;
	say_busy(&t);
	say_busy(&t);
	say_waiting(&t);
	assert_int_equal(jk_reader_next(&t.reader, &news), JK_OK);
	assert_int_equal(news.event, JK_READER_WAITING);
	assert_int_equal(told, 1);
	talk_end(&t);
}

static void
test_reader_next_busy_alone_ends_at_the_deadline(void **state)
{
	static struct jk_reader_news news;
	struct talk t;

	(void)state;
	talk_start(&t, jk_boot_ms() + 50);
	say_busy(&t);
	assert_int_equal(jk_reader_next(&t.reader, &news), JK_ERR_TIMEOUT);
	talk_end(&t);
}

/* The card process's side of a SIGN by the reader's keys. */
static void
expect_order(struct talk *t, uint64_t min, uint64_t max)
{
	struct jk_cur pin;
	uint64_t n;

	assert_int_equal(jk_frame_recv(t->theirs, NULL, jk_boot_ms() + 1000,
	                     t->frame, NULL),
	    JK_OK);
	assert_int_equal(jk_frame_type(t->frame), JK_FRAME_SIGN);
	assert_int_equal(jk_frame_get(t->frame, JK_FIELD_PIN, &pin),
	    JK_ERR_NOT_FOUND);
	assert_int_equal(jk_frame_get_u64(t->frame, JK_FIELD_PAD, &n), JK_OK);
	assert_int_equal(n, 1);
	assert_int_equal(jk_frame_get_u64(t->frame, JK_FIELD_PIN_MIN, &n),
	    JK_OK);
	assert_int_equal(n, min);
	assert_int_equal(jk_frame_get_u64(t->frame, JK_FIELD_PIN_MAX, &n),
	    JK_OK);
	assert_int_equal(n, max);
}

static void
say_malformed(struct talk *t, uint64_t min, uint64_t max)
{
	jk_frame_start(t->frame, JK_FRAME_FAILED);
	assert_int_equal(jk_frame_put_u64(t->frame, JK_FIELD_REASON,
	                     JK_WHY_PIN_MALFORMED),
	    JK_OK);
	assert_int_equal(jk_frame_put_u64(t->frame, JK_FIELD_PIN_MIN, min),
	    JK_OK);
	assert_int_equal(jk_frame_put_u64(t->frame, JK_FIELD_PIN_MAX, max),
	    JK_OK);
	assert_int_equal(jk_frame_send(t->theirs, t->frame), JK_OK);
}

static void
test_reader_sign_by_the_keys_has_no_pin(void **state)
{
	static const struct {
		uint64_t min, max;
		bool taken;
	} rows[] = {
		{ 6, 8, true },
		{ 4, 4, true },
		{ 8, 6, false },
		{ 6, JK_PIN_MAX + 1, false },
		{ UINT64_MAX, UINT64_MAX, false },
	};
	static const uint8_t nonce[JK_NONCE_LEN];
	const struct jk_reader_order order = {
		.nonce = nonce,
		.key = JK_KEY_P256,
		.pin_min = 5,
		.pin_max = 7,
	};

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		uint8_t signature[JK_SIGNATURE_MAX];
		enum jk_reason why = JK_WHY_INTERNAL;
		unsigned min = 0, max = 0;
		uint64_t tries;
		size_t len;
		struct talk t;

		talk_start(&t, jk_boot_ms() + 5000);
		say_malformed(&t, rows[i].min, rows[i].max);
		assert_int_equal(jk_reader_sign(&t.reader, &order, signature,
		                     &len, &why, &tries),
		    JK_ERR_REFUSED);
		assert_int_equal(why, JK_WHY_PIN_MALFORMED);
		assert_int_equal(jk_reader_pin_range(&t.reader, &min, &max),
		    rows[i].taken);
		assert_int_equal(max, rows[i].taken ? rows[i].max : 0);
		expect_order(&t, 5, 7);
		talk_end(&t);
	}
}

static void
say_refused(struct talk *t, enum jk_reason why, uint64_t tries,
    enum jk_pin_stands stands)
{
	jk_frame_start(t->frame, JK_FRAME_FAILED);
	assert_int_equal(jk_frame_put_u64(t->frame, JK_FIELD_REASON, why),
	    JK_OK);
	assert_int_equal(jk_frame_put_u64(t->frame, JK_FIELD_TRIES, tries),
	    JK_OK);
	assert_int_equal(jk_frame_put_u64(t->frame, JK_FIELD_PIN_STANDS,
	                     stands),
	    JK_OK);
	assert_int_equal(jk_frame_send(t->theirs, t->frame), JK_OK);
}

/* Somebody has the card while PUK or new PIN is on its way: no answer. */
static void
test_reader_unblock_and_renew_wait_behind_busy(void **state)
{
	static const uint8_t nonce[JK_NONCE_LEN];
	static const uint8_t digits[] = "31415926";

	(void)state;
	for (int renews = 0; renews < 2; renews++) {
		JK_CLEANUP(jk_secret_clear) struct jk_secret by = { 0 };
		JK_CLEANUP(jk_secret_clear) struct jk_secret fresh = { 0 };
		const struct jk_reader_order order = {
			.nonce = nonce,
			.key = JK_KEY_P256,
			.pin = &by,
		};
		uint8_t signature[JK_SIGNATURE_MAX];
		struct jk_reader_end end;
		unsigned told = 0;
		struct talk t;
		size_t len;

		assert_int_equal(jk_secret_set(&by, digits, 8), JK_OK);
		assert_int_equal(jk_secret_set(&fresh, digits, 6), JK_OK);
		talk_start(&t, jk_boot_ms() + 5000);
		t.reader.busy = count;
		t.reader.ctx = &told;
		say_busy(&t);
		say_refused(&t, JK_WHY_PUK_WRONG, 2, JK_STANDS_OLD);
		assert_int_equal(renews ? jk_reader_renew(&t.reader, &by,
		                              &fresh, &end)
		                        : jk_reader_unblock(&t.reader, &order,
		                              &fresh, signature, &len, &end),
		    JK_ERR_REFUSED);
		assert_int_equal(end.why, JK_WHY_PUK_WRONG);
		assert_int_equal(end.tries, 2);
		assert_int_equal(end.stands, JK_STANDS_OLD);
		assert_int_equal(told, 1);
		talk_end(&t);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reader_next_flood_ends_at_the_deadline),
		cmocka_unit_test(test_reader_next_card_process_cannot_grant),
		cmocka_unit_test(
		    test_reader_next_oversized_certificate_is_refused),
		cmocka_unit_test(test_reader_next_busy_is_told_once),
		cmocka_unit_test(
		    test_reader_next_busy_alone_ends_at_the_deadline),
		cmocka_unit_test(test_reader_sign_by_the_keys_has_no_pin),
		cmocka_unit_test(
		    test_reader_unblock_and_renew_wait_behind_busy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
