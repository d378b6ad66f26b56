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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
