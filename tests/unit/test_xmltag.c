/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xmltag.h"

struct seen {
	char text[1024];
};

static void
note(void *ctx, const struct jk_setting *s)
{
	struct seen *seen = ctx;
	const size_t at = strlen(seen->text);

	(void)snprintf(seen->text + at, sizeof(seen->text) - at, "%s|%s|%s%s\n",
	    s->group, s->key, s->value, s->locked ? "!" : "");
}

static void
test_xfconf(void **state)
{
	static const char text[] =
	    "<?xml version=\"1.0\"?>\n<!-- <channel name='no'/> -->\n"
	    "<channel name=\"c\" version=\"1.0\">\n"
	    " <property name='a' type='empty'>\n"
	    "  <property name='b' value='1' locked='*' unlocked='root'/>\n"
	    "  <property name='c' value='2' locked='*' unlocked='hanako'/>\n"
	    "  <property name='d' value='3'>\n"
	    "   <property name='e' value='4' locked='*'></property>\n"
	    "  </property>\n"
	    "  <value type='x' value='y'/>\n"
	    " </property>\n"
	    " <property name='f' value='5' locked='taro'/>\n"
	    "</channel>\n";
	struct seen seen = { "" };

	(void)state;
	assert_int_equal(jk_xfconf_each(text, note, &seen), JK_OK);
	assert_string_equal(seen.text, "c|/a/b|1!\nc|/a/c|2\nc|/a/d|3\n"
	                               "c|/a/d/e|4!\nc|/f|5\n");
}

static void
test_locked_channel(void **state)
{
	struct seen seen = { "" };

	(void)state;
	assert_int_equal(
	    jk_xfconf_each("<channel name='c' locked='*' unlocked='root'>"
	                   "<property name='a' value='1'/></channel>",
	        note, &seen),
	    JK_OK);
	assert_string_equal(seen.text, "c|/a|1!\n");
}

static void
test_bus(void **state)
{
	static const char text[] =
	    "<!DOCTYPE busconfig PUBLIC \"x\" \"y\">\n<busconfig>"
	    "<policy context='mandatory'><deny send_interface='a.b'/>"
	    "<deny send_interface='a.c' send_member='M'/>"
	    "<!-- <deny send_interface='a.d'/> --><deny own='x'/></policy>"
	    "<deny send_interface='a.e'/>"
	    "<policy context='default'><deny send_interface='a.f'/></policy>"
	    "</busconfig>";
	struct seen seen = { "" };

	(void)state;
	assert_int_equal(jk_buspolicy_each(text, note, &seen), JK_OK);
	assert_string_equal(seen.text, "bus|a.b.*|deny!\nbus|a.c.M|deny!\n"
	                               "bus|a.e.*|deny\nbus|a.f.*|deny\n");
}

static void
test_damaged(void **state)
{
	static const struct {
		const char *text;
		enum jk_err e;
	} rows[] = {
		{ "", JK_OK },
		{ "no tag at all > here", JK_OK },
		{ "<", JK_ERR_FORMAT },
		{ "<a", JK_ERR_FORMAT },
		{ "<a b>", JK_ERR_FORMAT },
		{ "<a b=c>", JK_ERR_FORMAT },
		{ "<a b='c>", JK_ERR_TRUNCATED },
		{ "<!-- ", JK_ERR_TRUNCATED },
		{ "<!", JK_ERR_TRUNCATED },
		{ "<a b='c'/", JK_ERR_FORMAT },
		{ "</property>", JK_ERR_FORMAT },
		{ "<property value='x'/>", JK_ERR_FORMAT },
		{ "<a1234567890123456789012345678901/>", JK_ERR_TOO_BIG },
		{ "<a a='' b='' c='' d='' e='' f='' g='' h='' i=''/>",
		    JK_ERR_TOO_BIG },
	};
	struct seen seen = { "" };

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++)
		assert_int_equal(jk_xfconf_each(rows[i].text, note, &seen),
		    rows[i].e);
	assert_string_equal(seen.text, "");
}

static void
test_depth(void **state)
{
	char text[2048] = "";
	struct seen seen = { "" };

	(void)state;
	for (int i = 0; i < 16; i++)
		strcat(text, "<property name='x'>");
	assert_int_equal(jk_xfconf_each(text, note, &seen), JK_OK);
	strcat(text, "<property name='x'>");
	assert_int_equal(jk_xfconf_each(text, note, &seen), JK_ERR_TOO_BIG);
	memset(text, 0, sizeof(text));
	strcpy(text, "<property name='");
	memset(text + strlen(text), 'n', JK_XMLTAG_TEXT + 1);
	strcat(text, "'/>");
	assert_int_equal(jk_xfconf_each(text, note, &seen), JK_ERR_TOO_BIG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_xfconf),
		cmocka_unit_test(test_locked_channel),
		cmocka_unit_test(test_bus),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_depth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
