/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines for programs that break none themselves. */
#include "test.h"

#include <stdio.h>
#include <string.h>

#include "fold.h"

static const char *
folded(const char *text, unsigned columns, size_t spare)
{
	static char ret[512];

	memset(ret, 'x', sizeof(ret));
	assert_true(strlen(text) + spare < sizeof(ret));
	jk_fold(text, columns, strlen(text) + 1 + spare, ret);
	assert_true(strlen(ret) <= strlen(text) + spare);
	return ret;
}

static void
test_fold_between_japanese_characters(void **state)
{
	(void)state;
	assert_string_equal(folded("暗証番号を入力", 8, 9), "暗証番号\nを入力");
	assert_string_equal(folded("暗証番号を入力", 4, 9),
	    "暗証\n番号\nを入\n力");
	assert_string_equal(folded("暗証番号", 8, 9), "暗証番号");
	assert_string_equal(folded("", 8, 9), "");
}

static void
test_fold_between_words(void **state)
{
	(void)state;
	assert_string_equal(folded("Insert your card.", 8, 0),
	    "Insert\nyour\ncard.");
	assert_string_equal(folded("Insert your card.", 11, 0),
	    "Insert your\ncard.");
	assert_string_equal(folded("Insert your card.", 4, 9),
	    "Insert\nyour\ncard.");
	assert_string_equal(folded("PIN: ", 4, 9), "PIN: ");
	assert_string_equal(folded("内線 123 まで", 4, 9), "内線\n123\nまで");
	assert_string_equal(folded("暗証\n番号を", 6, 9), "暗証\n番号を");
	assert_string_equal(folded("暗証\n\n番号\n", 6, 9), "暗証\n\n番号\n");
}

/* Where a sentence ends, or else a clause, unless the line would be short. */
static void
test_fold_between_sentences(void **state)
{
	(void)state;
	assert_string_equal(
	    folded("暗証番号が違います。あと2回誤るとロックされます。", 40, 9),
	    "暗証番号が違います。\nあと2回誤るとロックされます。");
	assert_string_equal(folded("確かめてから、もう一度操作してください。",
	                        30, 9),
	    "確かめてから、\nもう一度操作してください。");
	assert_string_equal(folded("はい。もう一度操作してください。", 24, 9),
	    "はい。もう一度操作してく\nださい。");
	assert_string_equal(folded("Wrong PIN. Try again, or call us.", 24, 0),
	    "Wrong PIN.\nTry again, or call us.");
	assert_string_equal(folded("Try again soon, or call us.", 24, 0),
	    "Try again soon,\nor call us.");
	assert_string_equal(folded("終了。PIN: ", 8, 9), "終了。\nPIN: ");
}

static void
test_fold_keeps_marks_where_they_belong(void **state)
{
	(void)state;
	assert_string_equal(folded("です。カー", 4, 9), "です。\nカー");
	assert_string_equal(folded("操作者「所属", 8, 9), "操作者\n「所属");
}

static void
test_fold_ends_where_the_room_ends(void **state)
{
	(void)state;
	assert_string_equal(folded("暗証番号を入力", 4, 1), "暗証\n番号を入力");
	assert_string_equal(folded("暗証番号を入力", 4, 0), "暗証番号を入力");
	/* No UTF-8: as it is. */
	assert_string_equal(folded("暗証\xff番号", 4, 9), "暗証\xff番号");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fold_between_japanese_characters),
		cmocka_unit_test(test_fold_between_words),
		cmocka_unit_test(test_fold_between_sentences),
		cmocka_unit_test(test_fold_keeps_marks_where_they_belong),
		cmocka_unit_test(test_fold_ends_where_the_room_ends),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
