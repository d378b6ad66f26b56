/* SPDX-License-Identifier: BSD-2-Clause */
/* Japanese in lines for programs that break them at blanks only. */
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
test_fold_leaves_what_breaks_by_itself(void **state)
{
	(void)state;
	assert_string_equal(folded("Insert your card.", 4, 9),
	    "Insert your card.");
	assert_string_equal(folded("内線 123 まで", 4, 9), "内線 123 ま\nで");
	assert_string_equal(folded("暗証\n番号を", 6, 9), "暗証\n番号を");
}

static void
test_fold_keeps_marks_where_they_belong(void **state)
{
	(void)state;
	assert_string_equal(folded("です。カー", 4, 9), "です。\nカー");
	assert_string_equal(folded("操作者「所属", 8, 9), "操作者「所\n属");
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
		cmocka_unit_test(test_fold_leaves_what_breaks_by_itself),
		cmocka_unit_test(test_fold_keeps_marks_where_they_belong),
		cmocka_unit_test(test_fold_ends_where_the_room_ends),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
