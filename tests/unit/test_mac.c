/* SPDX-License-Identifier: BSD-2-Clause */
/* The text under an answer's MAC, as jukinet-receipt(5) says it. */
#include "test.h"

#include <string.h>

#include "mac.h"

static const struct jk_mac_of of = {
	.event = "1795298607.548:3",
	.ms = 1795298607548,
	.id = "0123456789abcdef",
	.terminal = "shimin-03",
	.session = "fedcba9876543210",
	.person = "p0123",
	.right = "m0123-2",
	.use = "00112233aabbccdd",
	.reception = "R08/1121_014",
};

static void
test_mac_text_of_all_that_was_said(void **state)
{
	struct jk_mac_of full = of;
	struct jk_query q = { .action = JK_ACTION_EXTRACT,
		.business = JK_BIZ_STATISTICS,
		.search = JK_SEARCH_CODE,
		.has_count = true,
		.count = 30 };
	char text[JK_MAC_TEXT_MAX];

	(void)state;
	full.confirmer = "p0124";
	full.permission = "v-1";
	strcpy(q.code, "３２１-65498701");
	q.code_len = strlen(q.code);
	assert_int_equal(jk_mac_text(&full, &q, text), JK_OK);
	assert_string_equal(text, "jukinet-receipt/1\n"
	                          "event=1795298607.548:3\n"
	                          "id=0123456789abcdef\n"
	                          "ms=1795298607548\n"
	                          "terminal=shimin-03\n"
	                          "session=fedcba9876543210\n"
	                          "person=p0123\n"
	                          "right=m0123-2\n"
	                          "business=statistics\n"
	                          "action=extract\n"
	                          "kind=code\n"
	                          "code=32165498701\n"
	                          "count=30\n"
	                          "permission=v-1\n"
	                          "confirmer=p0124\n"
	                          "use=00112233aabbccdd\n"
	                          "reception=R08/1121_014\n");
}

static void
test_mac_text_of_what_was_not(void **state)
{
	const struct jk_mac_of nothing = { .event = "kernel" };
	struct jk_query q = { .action = JK_ACTION_VIEW,
		.business = JK_BIZ_MOVING };
	char text[JK_MAC_TEXT_MAX];

	(void)state;
	assert_int_equal(jk_mac_text(&nothing, &q, text), JK_OK);
	assert_string_equal(text,
	    "jukinet-receipt/1\nevent=kernel\nid=\nms=\nterminal=\nsession=\n"
	    "person=\nright=\nbusiness=moving\naction=view\nkind=\ncode=\n"
	    "count=\npermission=\nconfirmer=\nuse=\nreception=\n");
	/* Nobody was expected is not the same as that nothing was said. */
	q.has_count = true;
	assert_int_equal(jk_mac_text(&nothing, &q, text), JK_OK);
	assert_non_null(strstr(text, "\ncount=0\n"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mac_text_of_all_that_was_said),
		cmocka_unit_test(test_mac_text_of_what_was_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
