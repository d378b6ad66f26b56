/* SPDX-License-Identifier: BSD-2-Clause */
/* The text under an answer's MAC, as jukinet-receipt(5) says it. */
#include "test.h"

#include <string.h>

#include "mac.h"

/* The keyed hashes are those of the page's example, which tests/tree checks. */
#define SUBJECT "r1:e5920e243c9ed08a4fc30cd37fe68309"
#define TYPED   "r1:09d9b44dde04754f8730d0157087fad6"

static struct jk_keyring *ring;

static int
make_ring(void **state)
{
	struct jk_office_key key = { .id = "r1",
		.use = JK_KEY_RECEIPT,
		.from = 1700000000,
		.keep_years = 7 };

	(void)state;
	for (int i = 0; i < JK_KEY_LEN; i++)
		key.bytes[i] = (uint8_t)(i + 2);
	assert_int_equal(jk_key_seal(&key), JK_OK);
	assert_int_equal(jk_keyring_new(&ring), JK_OK);
	assert_int_equal(jk_keyring_add(ring, &key), JK_OK);
	return 0;
}

static int
free_ring(void **state)
{
	(void)state;
	jk_keyring_free(&ring);
	return 0;
}

static struct jk_mac_of
whole(void)
{
	return (struct jk_mac_of){ {
	    [JK_MAC_EVENT] = "1795298607.548:3",
	    [JK_MAC_ID] = "0123456789abcdef",
	    [JK_MAC_TERMINAL] = "shimin-03",
	    [JK_MAC_SESSION] = "fedcba9876543210",
	    [JK_MAC_PERSON] = "p0123",
	    [JK_MAC_RIGHT] = "m0123-2",
	    [JK_MAC_USE] = "00112233aabbccdd",
	    [JK_MAC_PURPOSE] = "counter",
	    [JK_MAC_RECEPTION] = "R08/1121_014",
	    [JK_MAC_GROUNDS] = "住民票の写し 世帯全員",
	    [JK_MAC_CONFIRMER] = "p0124",
	} };
}

static void
test_mac_text_of_all_that_was_said(void **state)
{
	struct jk_mac_of of = whole();
	struct jk_query q = { .action = JK_ACTION_EXTRACT,
		.business = JK_BIZ_STATISTICS,
		.search = JK_SEARCH_CODE,
		.has_count = true,
		.count = 30,
		.text = "住民票の写し 世帯全員",
		.permission = "v-1",
		.object = "printer-2",
		.code = "３２１-65498701" };
	char text[JK_MAC_TEXT_MAX], count[24];

	(void)state;
	jk_mac_add(&q, count, &of);
	assert_int_equal(jk_mac_text(ring, 0, &of, text), JK_OK);
	assert_string_equal(text, "jukinet-receipt/2\n"
	                          "event=1795298607.548:3\n"
	                          "id=0123456789abcdef\n"
	                          "terminal=shimin-03\n"
	                          "session=fedcba9876543210\n"
	                          "person=p0123\n"
	                          "right=m0123-2\n"
	                          "use=00112233aabbccdd\n"
	                          "purpose=counter\n"
	                          "reception=R08/1121_014\n"
	                          "grounds=" TYPED "\n"
	                          "business=statistics\n"
	                          "action=extract\n"
	                          "search=code\n"
	                          "subject=" SUBJECT "\n"
	                          "count=30\n"
	                          "permission=v-1\n"
	                          "object=printer-2\n"
	                          "requirement=" TYPED "\n"
	                          "confirmer=p0124\n");
}

static void
test_mac_text_of_what_was_not(void **state)
{
	struct jk_mac_of of = { { [JK_MAC_EVENT] = "kernel" } };
	struct jk_query q = { .action = JK_ACTION_VIEW,
		.business = JK_BIZ_MOVING,
		.has_count = true };
	char text[JK_MAC_TEXT_MAX], count[24];

	(void)state;
	jk_mac_add(&q, count, &of);
	assert_int_equal(jk_mac_text(ring, 0, &of, text), JK_OK);
	assert_string_equal(text,
	    "jukinet-receipt/2\nevent=kernel\nid=\nterminal=\nsession=\n"
	    "person=\nright=\nuse=\npurpose=\nreception=\ngrounds=\n"
	    "business=moving\naction=view\nsearch=\nsubject=\ncount=\n"
	    "permission=\nobject=\nrequirement=\nconfirmer=\n");
}

/* Whatever differs in one line differs in the text, and in no other line. */
static void
test_mac_text_each_line_counts(void **state)
{
	char one[JK_MAC_TEXT_MAX], other[JK_MAC_TEXT_MAX];

	(void)state;
	for (unsigned i = 0; i < JK_MAC_LINES; i++) {
		struct jk_mac_of of = whole();

		of.value[JK_MAC_SUBJECT] = "32165498701";
		of.value[JK_MAC_COUNT] = "30";
		assert_int_equal(jk_mac_text(ring, 0, &of, one), JK_OK);
		of.value[i] = i == JK_MAC_SUBJECT ? "32165498702"
		              : i == JK_MAC_COUNT ? "31"
		                                  : "another";
		assert_int_equal(jk_mac_text(ring, 0, &of, other), JK_OK);
		if (strcmp(one, other) == 0)
			fail_msg("%s", jk_mac_line_name((enum jk_mac_line)i));
		assert_int_equal(jk_mac_line_find(
		                     jk_mac_line_name((enum jk_mac_line)i)),
		    i);
	}
	assert_int_equal(jk_mac_line_find("kind"), JK_MAC_LINES);
}

static void
test_mac_text_of_what_no_line_can_be(void **state)
{
	static const struct {
		enum jk_mac_line line;
		const char *value;
	} bad[] = {
		{ JK_MAC_OBJECT, "a\nrequirement=" },
		{ JK_MAC_RECEPTION, "a\rb" },
		{ JK_MAC_PERSON, "\x7f" },
		{ JK_MAC_SUBJECT, "1234567890" },
		{ JK_MAC_SUBJECT, "123456789012" },
		{ JK_MAC_COUNT, "07" },
		{ JK_MAC_COUNT, "-1" },
		{ JK_MAC_COUNT, "1\n" },
	};
	char text[JK_MAC_TEXT_MAX], novel[JK_MAC_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < JK_COUNT(bad); i++) {
		struct jk_mac_of of = { { [JK_MAC_ID] = "0" } };

		of.value[bad[i].line] = bad[i].value;
		if (jk_mac_text(ring, 0, &of, text) != JK_ERR_FORMAT)
			fail_msg("%s", bad[i].value);
	}
	memset(novel, 'a', sizeof(novel) - 1);
	novel[sizeof(novel) - 1] = '\0';
	for (unsigned i = 0; i < JK_MAC_LINES; i++) {
		struct jk_mac_of of = { { [JK_MAC_ID] = "0" } };

		of.value[i] = novel;
		assert_int_not_equal(jk_mac_text(ring, 0, &of, text), JK_OK);
	}
}

/* For a digest that anybody may see: then nothing is hashed here. */
static void
test_mac_text_without_a_key(void **state)
{
	const struct jk_mac_of of = { {
	    [JK_MAC_SUBJECT] = "k1:0011",
	    [JK_MAC_REQUIREMENT] = "0123456789abcdef",
	} };
	char text[JK_MAC_TEXT_MAX];

	(void)state;
	assert_int_equal(jk_mac_text(NULL, JK_KEYS_NONE, &of, text), JK_OK);
	assert_non_null(strstr(text, "\nsubject=k1:0011\n"));
	assert_non_null(strstr(text, "\nrequirement=0123456789abcdef\n"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mac_text_of_all_that_was_said),
		cmocka_unit_test(test_mac_text_of_what_was_not),
		cmocka_unit_test(test_mac_text_each_line_counts),
		cmocka_unit_test(test_mac_text_of_what_no_line_can_be),
		cmocka_unit_test(test_mac_text_without_a_key),
	};

	return cmocka_run_group_tests(tests, make_ring, free_ring);
}
