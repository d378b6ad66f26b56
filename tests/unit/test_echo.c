/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <string.h>

#include "echo.h"

#define BYTES(text) \
	((const struct jk_cur){ (const uint8_t *)(text), sizeof(text) - 1 })

/* GET DATA of the object 7E and what a card answers. */
#define ASK     "\x00\xcb\x3f\xff\x03\x5c\x01\x7e"
#define OBJECT  "\x7e\x04\x01\x02\x03\x04"
#define ANSWER  OBJECT "\x90\x00"
#define ASK_ALL BYTES(ASK "\x00")

static struct jk_echo
knowing(void)
{
	struct jk_echo echo = { 0 };

	jk_echo_note(&echo, ASK_ALL, BYTES(ANSWER));
	return echo;
}

static bool
is_known(struct jk_echo *echo, struct jk_cur command)
{
	uint8_t ret[JK_ECHO_OBJECT_MAX + 2];
	size_t len = 0;

	return jk_echo_answer(echo, command, ret, sizeof(ret), &len);
}

static void
assert_answer(struct jk_echo *echo, struct jk_cur command, struct jk_cur answer)
{
	uint8_t ret[JK_ECHO_OBJECT_MAX + 2];
	size_t len = 0;

	assert_true(jk_echo_answer(echo, command, ret, sizeof(ret), &len));
	assert_int_equal(len, answer.left);
	assert_memory_equal(ret, answer.at, len);
}

static void
test_given_again(void **state)
{
	struct jk_echo echo = knowing();

	(void)state;
	assert_answer(&echo, ASK_ALL, BYTES(ANSWER));
	assert_answer(&echo, ASK_ALL, BYTES(ANSWER));
	assert_answer(&echo, BYTES(ASK "\x06"), BYTES(ANSWER));
	assert_answer(&echo, BYTES(ASK "\xff"), BYTES(ANSWER));
}

static void
test_given_in_parts(void **state)
{
	const struct jk_cur more = BYTES("\x00\xc0\x00\x00\x02");
	struct jk_echo echo = knowing();

	(void)state;
	assert_answer(&echo, BYTES(ASK "\x02"), BYTES("\x7e\x04\x61\x04"));
	assert_answer(&echo, more, BYTES("\x01\x02\x61\x02"));
	assert_answer(&echo, more, BYTES("\x03\x04\x90\x00"));
	/* There is no more, and it is the card's to say so. */
	assert_false(is_known(&echo, more));
	/* The card was asked for something else in between. */
	assert_answer(&echo, BYTES(ASK "\x02"), BYTES("\x7e\x04\x61\x04"));
	assert_false(is_known(&echo, BYTES("\x00\xca\x00\x6e\x00")));
	assert_false(is_known(&echo, more));
}

/* 256 bytes and more are told as 61 00. */
static void
test_largest(void **state)
{
	uint8_t data[JK_ECHO_OBJECT_MAX + 3] = { 0x7e, 0x81, 0xfd };
	uint8_t ret[JK_ECHO_OBJECT_MAX + 2];
	struct jk_echo echo = { 0 };
	size_t len = 0;

	(void)state;
	data[256] = 0x90;
	jk_echo_note(&echo, ASK_ALL, (struct jk_cur){ data, 258 });
	assert_true(jk_echo_answer(&echo, ASK_ALL, ret, sizeof(ret), &len));
	assert_int_equal(len, 258);
	assert_memory_equal(ret, data, 258);
	assert_answer(&echo, BYTES(ASK "\x02"), BYTES("\x7e\x81\x61\xfe"));

	echo = (struct jk_echo){ 0 };
	data[2] = 0xfe;
	data[256] = 0;
	data[257] = 0x90;
	jk_echo_note(&echo, ASK_ALL, (struct jk_cur){ data, 259 });
	assert_false(is_known(&echo, ASK_ALL));
}

static const struct {
	const char *name;
	struct jk_cur answer;
} not_kept[] = {
	{ "nothing", BYTES("") },
	{ "half a status", BYTES("\x90") },
	{ "no data", BYTES("\x90\x00") },
	{ "no such object", BYTES("\x6a\x82") },
	{ "a PIN first", BYTES("\x69\x82") },
	{ "more follows", BYTES("\x7e\x04\x01\x61\x03") },
	{ "all of it, and yet more", BYTES(OBJECT "\x61\x01") },
	{ "a warning", BYTES(OBJECT "\x62\x82") },
	{ "shorter than it says", BYTES("\x7e\x04\x01\x02\x90\x00") },
	{ "longer than it says", BYTES(OBJECT "\x05\x90\x00") },
	{ "no length", BYTES("\x7e\x90\x00") },
	{ "noise", BYTES("\x00\x00\x00\x90\x00") },
};

static void
test_not_kept(void **state)
{
	(void)state;
	for (size_t i = 0; i < JK_COUNT(not_kept); i++) {
		struct jk_echo echo = { 0 };

		print_message("# %s\n", not_kept[i].name);
		jk_echo_note(&echo, ASK_ALL, not_kept[i].answer);
		assert_false(is_known(&echo, ASK_ALL));
		assert_int_equal(echo.n, 0);
	}
}

/* Whatever the card answered to them, they are the card's again. */
static const struct {
	const char *name;
	struct jk_cur command;
	bool forgets;
} others[] = {
	{ "nothing", BYTES(""), true },
	{ "one byte", BYTES("\x00"), true },
	{ "SELECT", BYTES("\x00\xa4\x04\x00\x03\xa0\x00\x00\x00"), true },
	{ "VERIFY",
	    BYTES("\x00\x20\x00\x80\x08"
	          "123456\xff\xff"),
	    true },
	{ "VERIFY, Lc of none", BYTES("\x00\x20\x00\x80\x00"), true },
	{ "VERIFY, to forget", BYTES("\x00\x20\xff\x80"), true },
	{ "VERIFY, to ask", BYTES("\x00\x20\x00\x80"), false },
	{ "CHANGE REFERENCE DATA", BYTES("\x00\x24\x00\x80\x00"), true },
	{ "GENERAL AUTHENTICATE", BYTES("\x00\x87\x07\x9a\x01\x7c\x00"), true },
	{ "part of one", BYTES("\x10\x87\x07\x9a\x01\x7c"), true },
	{ "READ BINARY", BYTES("\x00\xb0\x00\x00\x00"), true },
	{ "PUT DATA", BYTES("\x00\xdb\x3f\xff\x03\x5c\x01\x7e\x00"), true },
	{ "no such command", BYTES("\x00\xee\x00\x00\x00"), true },
	{ "GET DATA by number", BYTES("\x00\xca\x00\x7e\x00"), true },
	{ "GET DATA, another place",
	    BYTES("\x00\xcb\x2f\x00\x03\x5c\x01\x7e\x00"), true },
	{ "GET DATA, secure", BYTES("\x0c\xcb\x3f\xff\x03\x5c\x01\x7e\x00"),
	    true },
	{ "GET DATA, a part", BYTES("\x10\xcb\x3f\xff\x03\x5c\x01\x7e\x00"),
	    true },
	{ "GET DATA, another channel",
	    BYTES("\x01\xcb\x3f\xff\x03\x5c\x01\x7e\x00"), true },
	{ "GET DATA without Le", BYTES(ASK), true },
	{ "GET DATA without data", BYTES("\x00\xcb\x3f\xff\x00"), true },
	{ "GET DATA, extended",
	    BYTES("\x00\xcb\x3f\xff\x00\x00\x03\x5c\x01\x7e\x00\x00"), true },
	{ "GET DATA, Lc too low", BYTES("\x00\xcb\x3f\xff\x02\x5c\x01\x7e\x00"),
	    true },
	{ "GET DATA, long list",
	    BYTES("\x00\xcb\x3f\xff\x0c\x5c\x0a"
	          "0123456789\x00"),
	    true },
	{ "GET DATA of another", BYTES("\x00\xcb\x3f\xff\x03\x5c\x01\x7d\x00"),
	    false },
	{ "GET RESPONSE", BYTES("\x00\xc0\x00\x00\x00"), false },
	{ "GET RESPONSE, secure", BYTES("\x0c\xc0\x00\x00\x00"), true },
};

static void
test_others_are_never_answered(void **state)
{
	(void)state;
	for (size_t i = 0; i < JK_COUNT(others); i++) {
		struct jk_echo echo = knowing();

		print_message("# %s\n", others[i].name);
		assert_false(is_known(&echo, others[i].command));
		/* It is kept until the card is sent the command. */
		assert_true(is_known(&echo, ASK_ALL));
		jk_echo_note(&echo, others[i].command, BYTES("\x90\x00"));
		assert_int_equal(is_known(&echo, ASK_ALL), !others[i].forgets);
		jk_echo_note(&echo, others[i].command, BYTES(ANSWER));
		if (others[i].forgets)
			assert_false(is_known(&echo, others[i].command));
	}
}

/* A failed GET DATA changes nothing on a card. */
static void
test_failure_keeps_others(void **state)
{
	struct jk_echo echo = knowing();

	(void)state;
	jk_echo_note(&echo, BYTES("\x00\xcb\x3f\xff\x03\x5c\x01\x7d\x00"),
	    BYTES("\x6a\x82"));
	assert_answer(&echo, ASK_ALL, BYTES(ANSWER));
}

static void
test_bounded(void **state)
{
	uint8_t ask[] = "\x00\xcb\x3f\xff\x03\x5c\x01\x00"; /* and Le */
	struct jk_echo echo = { 0 };

	(void)state;
	for (unsigned i = 0; i < 4 * JK_ECHO_OBJECTS; i++) {
		ask[7] = (uint8_t)i;
		jk_echo_note(&echo, (struct jk_cur){ ask, sizeof(ask) },
		    BYTES(ANSWER));
		jk_echo_note(&echo, (struct jk_cur){ ask, sizeof(ask) },
		    BYTES(ANSWER));
	}
	assert_int_equal(echo.n, JK_ECHO_OBJECTS);
	for (unsigned i = 0; i < 4 * JK_ECHO_OBJECTS; i++) {
		ask[7] = (uint8_t)i;
		assert_int_equal(is_known(&echo,
		                     (struct jk_cur){ ask, sizeof(ask) }),
		    i < JK_ECHO_OBJECTS);
	}
}

static void
test_small_buffer(void **state)
{
	struct jk_echo echo = knowing();
	uint8_t ret[16];
	size_t len = 42;

	(void)state;
	memset(ret, 0x77, sizeof(ret));
	for (size_t size = 0; size < sizeof(ANSWER) - 1; size++)
		assert_false(jk_echo_answer(&echo, ASK_ALL, ret, size, &len));
	assert_int_equal(len, 42);
	assert_int_equal(ret[0], 0x77);
	assert_false(is_known(&echo, BYTES("\x00\xc0\x00\x00\x00")));
	assert_answer(&echo, ASK_ALL, BYTES(ANSWER));
}

static void
test_forget(void **state)
{
	struct jk_echo echo = knowing();

	(void)state;
	assert_true(is_known(&echo, BYTES(ASK "\x02")));
	jk_echo_forget(&echo);
	assert_false(is_known(&echo, ASK_ALL));
	assert_false(is_known(&echo, BYTES("\x00\xc0\x00\x00\x02")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_given_again),
		cmocka_unit_test(test_given_in_parts),
		cmocka_unit_test(test_largest),
		cmocka_unit_test(test_not_kept),
		cmocka_unit_test(test_others_are_never_answered),
		cmocka_unit_test(test_failure_keeps_others),
		cmocka_unit_test(test_bounded),
		cmocka_unit_test(test_small_buffer),
		cmocka_unit_test(test_forget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
