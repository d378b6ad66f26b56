/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <string.h>

#include "frame.h"
#include "query.h"

struct field {
	enum jk_field field;
	const char *text; /* NULL: `number` */
	uint64_t number;
};

#define LONG_64 \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define TEXT_128                                                               \
	"--------------------------------------------------------------------" \
	"------------------------------------------------------------"
#define TEXT_512 TEXT_128 TEXT_128 TEXT_128 TEXT_128

#define SEQ                           \
	{                             \
		JK_FIELD_SEQ, NULL, 7 \
	}
#define ACTION                             \
	{                                  \
		JK_FIELD_ACTION, "view", 0 \
	}
#define BUSINESS                               \
	{                                      \
		JK_FIELD_BUSINESS, "moving", 0 \
	}
#define ID                                         \
	{                                          \
		JK_FIELD_ID, "0123456789abcdef", 0 \
	}

static const struct {
	const char *name;
	enum jk_frame_type type;
	struct field field[8];
	bool good;
} rows[] = {
	{ "the least", JK_FRAME_QUERY, { SEQ, ACTION, BUSINESS }, true },
	{ "no sequence", JK_FRAME_QUERY, { ACTION, BUSINESS }, false },
	{ "no act", JK_FRAME_QUERY, { SEQ, BUSINESS }, false },
	{ "no business", JK_FRAME_QUERY, { SEQ, ACTION }, false },
	{ "an unknown act", JK_FRAME_QUERY,
	    { SEQ, { JK_FIELD_ACTION, "fly", 0 }, BUSINESS }, true },
	{ "an act that is no id", JK_FRAME_QUERY,
	    { SEQ, { JK_FIELD_ACTION, "View", 0 }, BUSINESS }, false },
	{ "an empty act", JK_FRAME_QUERY,
	    { SEQ, { JK_FIELD_ACTION, "", 0 }, BUSINESS }, false },
	{ "an unknown business", JK_FRAME_QUERY,
	    { SEQ, ACTION, { JK_FIELD_BUSINESS, LONG_64, 0 } }, true },
	{ "a business too long", JK_FRAME_QUERY,
	    { SEQ, ACTION, { JK_FIELD_BUSINESS, LONG_64 "a", 0 } }, false },
	{ "by name", JK_FRAME_QUERY,
	    { SEQ, ACTION, BUSINESS, { JK_FIELD_SEARCH, "name", 0 } }, true },
	{ "by what is unknown", JK_FRAME_QUERY,
	    { SEQ, ACTION, BUSINESS, { JK_FIELD_SEARCH, "hair", 0 } }, false },
	{ "by nothing", JK_FRAME_QUERY,
	    { SEQ, ACTION, BUSINESS, { JK_FIELD_SEARCH, "none", 0 } }, false },
	{ "by code, without one", JK_FRAME_QUERY,
	    { SEQ, ACTION, BUSINESS, { JK_FIELD_SEARCH, "code", 0 } }, false },
	{ "by code", JK_FRAME_QUERY,
	    { SEQ, ACTION, BUSINESS, { JK_FIELD_SEARCH, "code", 0 },
	        { JK_FIELD_CODE, "12345678901", 0 } },
	    true },
	{ "a code that may be none", JK_FRAME_QUERY,
	    { SEQ, ACTION, BUSINESS, { JK_FIELD_CODE, TEXT_128, 0 } }, true },
	{ "a code too long", JK_FRAME_QUERY,
	    { SEQ, ACTION, BUSINESS, { JK_FIELD_CODE, TEXT_128 "1", 0 } },
	    false },
	{ "an empty code", JK_FRAME_QUERY,
	    { SEQ, ACTION, BUSINESS, { JK_FIELD_CODE, "", 0 } }, false },
	{ "many persons", JK_FRAME_QUERY,
	    { SEQ, ACTION, BUSINESS, { JK_FIELD_COUNT, NULL, UINT32_MAX } },
	    true },
	{ "more than there are", JK_FRAME_QUERY,
	    { SEQ, ACTION, BUSINESS,
	        { JK_FIELD_COUNT, NULL, UINT64_C(1) << 32 } },
	    false },
	{ "a number that is none", JK_FRAME_QUERY,
	    { SEQ, ACTION, BUSINESS, { JK_FIELD_COUNT, "1", 0 } }, false },
	{ "a long requirement", JK_FRAME_QUERY,
	    { SEQ, ACTION, BUSINESS, { JK_FIELD_REQUIREMENT, TEXT_512, 0 } },
	    true },
	{ "too long a requirement", JK_FRAME_QUERY,
	    { SEQ, ACTION, BUSINESS,
	        { JK_FIELD_REQUIREMENT, TEXT_512 "-", 0 } },
	    false },
	{ "two lines", JK_FRAME_QUERY,
	    { SEQ, ACTION, BUSINESS, { JK_FIELD_REQUIREMENT, "a\nb", 0 } },
	    false },
	{ "no UTF-8", JK_FRAME_QUERY,
	    { SEQ, ACTION, BUSINESS, { JK_FIELD_REQUIREMENT, "\xff", 0 } },
	    false },
	{ "a permission", JK_FRAME_QUERY,
	    { SEQ, ACTION, BUSINESS, { JK_FIELD_PERMISSION, "v-1", 0 } },
	    true },
	{ "a permission that is no id", JK_FRAME_QUERY,
	    { SEQ, ACTION, BUSINESS, { JK_FIELD_PERMISSION, "../v", 0 } },
	    false },
	{ "an object that is no id", JK_FRAME_QUERY,
	    { SEQ, ACTION, BUSINESS, { JK_FIELD_OBJECT, "a b", 0 } }, false },
	{ "a result", JK_FRAME_RESULT, { ID, SEQ, { JK_FIELD_COUNT, NULL, 0 } },
	    true },
	{ "a result of nothing", JK_FRAME_RESULT,
	    { SEQ, { JK_FIELD_COUNT, NULL, 0 } }, false },
	{ "a result of no id", JK_FRAME_RESULT,
	    { { JK_FIELD_ID, "0123456789abcdeg", 0 }, SEQ,
	        { JK_FIELD_COUNT, NULL, 0 } },
	    false },
	{ "a result without a number", JK_FRAME_RESULT, { ID, SEQ }, false },
	{ "a confirmation", JK_FRAME_CONFIRM, { SEQ }, true },
	{ "the end", JK_FRAME_DONE, { SEQ }, true },
	{ "the end, with an entry", JK_FRAME_DONE,
	    { { JK_FIELD_TEXT, "two persons", 0 }, SEQ,
	        { JK_FIELD_COUNT, NULL, 2 } },
	    true },
	{ "a number that only a session has", JK_FRAME_DONE,
	    { SEQ, { JK_FIELD_COUNT, NULL, UINT64_C(1) << 32 } }, false },
	{ "the end of a session", JK_FRAME_DONE,
	    { SEQ, { JK_FIELD_COUNT, NULL, UINT64_C(1) << 49 },
	        { JK_FIELD_USES, NULL, 2 }, { JK_FIELD_ALLOWED, NULL, 3 },
	        { JK_FIELD_REFUSED, NULL, 0 } },
	    true },
	{ "more than all its uses can have", JK_FRAME_DONE,
	    { SEQ, { JK_FIELD_COUNT, NULL, (UINT64_C(1) << 49) + 1 },
	        { JK_FIELD_USES, NULL, 2 }, { JK_FIELD_ALLOWED, NULL, 3 },
	        { JK_FIELD_REFUSED, NULL, 0 } },
	    false },
	{ "the end of a session without its persons", JK_FRAME_DONE,
	    { SEQ, { JK_FIELD_USES, NULL, 2 }, { JK_FIELD_ALLOWED, NULL, 3 },
	        { JK_FIELD_REFUSED, NULL, 0 } },
	    false },
	{ "the end of a session without what was allowed", JK_FRAME_DONE,
	    { SEQ, { JK_FIELD_COUNT, NULL, 2 }, { JK_FIELD_USES, NULL, 2 },
	        { JK_FIELD_REFUSED, NULL, 0 } },
	    false },
	{ "the end of a session without what was refused", JK_FRAME_DONE,
	    { SEQ, { JK_FIELD_COUNT, NULL, 2 }, { JK_FIELD_USES, NULL, 2 },
	        { JK_FIELD_ALLOWED, NULL, 3 } },
	    false },
	{ "all uses", JK_FRAME_USES, { SEQ }, true },
	{ "the last of them", JK_FRAME_USES,
	    { SEQ, { JK_FIELD_INDEX, NULL, 512 } }, true },
	{ "one more than there can be", JK_FRAME_USES,
	    { SEQ, { JK_FIELD_INDEX, NULL, 513 } }, false },
	{ "an index that is none", JK_FRAME_USES,
	    { SEQ, { JK_FIELD_INDEX, "1", 0 } }, false },
	{ "another frame", JK_FRAME_AUTH, { SEQ, ACTION, BUSINESS }, false },
};

static void
test_query_rows(void **state)
{
	struct jk_frame *f = NULL;
	struct jk_query q;

	(void)state;
	assert_int_equal(jk_frame_new(&f), JK_OK);
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		enum jk_err e = JK_OK;

		jk_frame_start(f, (uint8_t)rows[i].type);
		for (size_t k = 0; rows[i].field[k].field != 0; k++) {
			const struct field *one = &rows[i].field[k];

			e = one->text != NULL
			        ? jk_frame_put_str(f, (uint8_t)one->field,
			              one->text)
			        : jk_frame_put_u64(f, (uint8_t)one->field,
			              one->number);
			assert_int_equal(e, JK_OK);
		}
		memset(&q, 0xa5, sizeof(q));
		e = jk_query_read(f, &q);
		if ((e == JK_OK) != rows[i].good)
			fail_msg("%s: %s", rows[i].name, jk_err_text(e));
	}
	jk_frame_free(&f);
}

static void
test_query_says_what_was_said(void **state)
{
	struct jk_frame *f = NULL;
	struct jk_query q;

	(void)state;
	assert_int_equal(jk_frame_new(&f), JK_OK);
	jk_frame_start(f, JK_FRAME_QUERY);
	assert_int_equal(jk_frame_put_u64(f, JK_FIELD_SEQ, 9), JK_OK);
	assert_int_equal(jk_frame_put_str(f, JK_FIELD_ACTION, "extract"),
	    JK_OK);
	assert_int_equal(jk_frame_put_str(f, JK_FIELD_BUSINESS, "statistics"),
	    JK_OK);
	assert_int_equal(jk_frame_put(f, JK_FIELD_CODE, "1\0002", 3), JK_OK);
	assert_int_equal(jk_frame_put_u64(f, JK_FIELD_COUNT, 30), JK_OK);
	assert_int_equal(jk_frame_put_str(f, JK_FIELD_REQUIREMENT, "調査"),
	    JK_OK);
	assert_int_equal(jk_query_read(f, &q), JK_OK);
	assert_int_equal(q.seq, 9);
	assert_int_equal(q.action, JK_ACTION_EXTRACT);
	assert_int_equal(q.business, JK_BIZ_STATISTICS);
	assert_int_equal(q.search, JK_SEARCH_CODE);
	assert_int_equal(q.code_len, 3);
	assert_memory_equal(q.code, "1\0002", 3);
	assert_true(q.has_count);
	assert_int_equal(q.count, 30);
	assert_string_equal(q.text, "調査");
	assert_string_equal(q.permission, "");
	jk_frame_start(f, JK_FRAME_QUERY);
	assert_int_equal(jk_frame_put_u64(f, JK_FIELD_SEQ, 10), JK_OK);
	assert_int_equal(jk_frame_put_str(f, JK_FIELD_ACTION, "fly"), JK_OK);
	assert_int_equal(jk_frame_put_str(f, JK_FIELD_BUSINESS, "fly"), JK_OK);
	assert_int_equal(jk_query_read(f, &q), JK_OK);
	assert_int_equal(q.action, JK_ACTION_COUNT);
	assert_int_equal(q.business, JK_BUSINESS_COUNT);
	assert_int_equal(q.search, JK_SEARCH_NONE);
	assert_int_equal(q.code_len, 0);
	assert_false(q.has_count);
	assert_false(q.all);
	jk_frame_start(f, JK_FRAME_DONE);
	assert_int_equal(jk_frame_put_u64(f, JK_FIELD_SEQ, 11), JK_OK);
	assert_int_equal(jk_frame_put_u64(f, JK_FIELD_COUNT, 4), JK_OK);
	assert_int_equal(jk_frame_put_u64(f, JK_FIELD_USES, 1), JK_OK);
	assert_int_equal(jk_frame_put_u64(f, JK_FIELD_ALLOWED, 2), JK_OK);
	assert_int_equal(jk_frame_put_u64(f, JK_FIELD_REFUSED, 3), JK_OK);
	assert_int_equal(jk_query_read(f, &q), JK_OK);
	assert_true(q.all);
	assert_int_equal(q.uses, 1);
	assert_int_equal(q.allowed, 2);
	assert_int_equal(q.refused, 3);
	assert_int_equal(q.count, 4);
	jk_frame_free(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_query_rows),
		cmocka_unit_test(test_query_says_what_was_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
