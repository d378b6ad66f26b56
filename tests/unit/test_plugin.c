/* SPDX-License-Identifier: BSD-2-Clause */
/* PLUGINS names the directory in which plugins/ was built. */
#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jukinet/policy.h>

#include "file.h"
#include "plugin.h"
#include "private.h"

#define DIR PRIVATE_DIR "/policy"

/* Counted up by every plugin whose code runs. */
__attribute__((visibility("default"))) extern int plugin_has_run;
int plugin_has_run;

static bool ready;

static int
enter(void **state)
{
	(void)state;
	ready = enter_private_place();
	return 0;
}

static int
setup(void **state)
{
	(void)state;
	if (!ready)
		return 0;
	assert_return_code(system("rm -rf " PRIVATE_DIR "/*"), 0);
	assert_return_code(mkdir(DIR, 0755), 0);
	plugin_has_run = 0;
	return 0;
}

static const char *
place_of(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), DIR "/libjukinet_policy_%s.so.1", name);
	return path;
}

/* Copies plugin_WHAT.so to where the source `name` is looked for. */
static void
put(const char *what, const char *name)
{
	char command[512];

	snprintf(command, sizeof(command),
	    "install -m 644 " PLUGINS "/plugin_%s.so %s", what, place_of(name));
	assert_int_equal(system(command), 0);
}

static enum jk_err
load(const char *name, const struct jukinet_policy_source **ret,
    struct jk_file_fault *fault)
{
	*fault = (struct jk_file_fault){ 0 };
	return jk_plugin_load(DIR, name, 0, ret, fault);
}

static void
expect(const char *name, enum jk_err want, const char *why, int ran)
{
	const struct jukinet_policy_source *source = NULL;
	struct jk_file_fault fault;
	enum jk_err e = load(name, &source, &fault);

	if (e != want || strstr(fault.text, why) == NULL)
		fail_msg("%s: %s, \"%s\"", name, jk_err_text(e), fault.text);
	assert_null(source);
	assert_int_equal(plugin_has_run, ran);
}

static void
test_load_good_source_is_loaded(void **state)
{
	const struct jukinet_policy_source *source = NULL;
	struct jk_file_fault fault;
	enum jk_err e;

	(void)state;
	if (!ready)
		skip();
	put("good", "good");
	e = load("good", &source, &fault);
	if (e != JK_OK)
		fail_msg("%s", fault.text);
	assert_string_equal(source->name, "good");
	assert_int_equal(source->rows(NULL), JUKINET_POLICY_NOTFOUND);
	assert_null(source->publish);
	assert_int_equal(plugin_has_run, 1);
}

/* One that was built before the struct grew goes on to work. */
static void
test_load_older_source_has_less(void **state)
{
	const struct jukinet_policy_source *source = NULL;
	struct jk_file_fault fault;

	(void)state;
	if (!ready)
		skip();
	put("oldest", "oldest");
	assert_int_equal(load("oldest", &source, &fault), JK_OK);
	assert_int_equal(source->size, JK_SOURCE_SIZE_MIN);
	assert_int_equal(source->rows(NULL), JUKINET_POLICY_NOTFOUND);
	assert_null(jk_source_pins(source));
	put("pins", "pins");
	assert_int_equal(load("pins", &source, &fault), JK_OK);
	assert_non_null(jk_source_pins(source));
	put("good", "good");
	assert_int_equal(load("good", &source, &fault), JK_OK);
	assert_null(jk_source_pins(source));
}

static void
test_load_struct_that_says_too_much_is_refused(void **state)
{
	(void)state;
	if (!ready)
		skip();
	put("oldliar", "oldliar");
	expect("oldliar", JK_ERR_FORMAT, "smaller than it says", 1);
}

/* The loader takes a path for the object that it once loaded from there. */
static void
test_load_second_source_is_not_the_first(void **state)
{
	const struct jukinet_policy_source *source = NULL;
	struct jk_file_fault fault;

	(void)state;
	if (!ready)
		skip();
	put("otherversion", "otherversion");
	expect("otherversion", JK_ERR_VERSION, "another version", 1);
	put("second", "second");
	assert_int_equal(load("second", &source, &fault), JK_OK);
	assert_string_equal(source->name, "second");
}

static void
test_load_wrong_struct_is_refused(void **state)
{
	(void)state;
	if (!ready)
		skip();
	put("othersize", "othersize");
	expect("othersize", JK_ERR_VERSION, "struct is too small", 1);
	put("norows", "norows");
	expect("norows", JK_ERR_FORMAT, "has no rows()", 2);
	put("noname", "noname");
	expect("noname", JK_ERR_FORMAT, "name is not that of its file", 3);
	put("othername", "misnamed");
	expect("misnamed", JK_ERR_FORMAT, "name is not that of its file", 4);
}

static void
test_load_what_is_no_source_never_runs(void **state)
{
	(void)state;
	if (!ready)
		skip();
	put("nosymbol", "x");
	expect("x", JK_ERR_FORMAT, "does not define the symbol", 0);
	put("function", "x");
	expect("x", JK_ERR_FORMAT, "not a variable", 0);
	put("small", "x");
	expect("x", JK_ERR_FORMAT, "too small", 0);
	put("asks", "x");
	expect("x", JK_ERR_FORMAT, "asks others", 0);
	assert_true(write_text(place_of("x"), "rows = all\n"));
	expect("x", JK_ERR_FORMAT, "not an ELF file", 0);
	put("good", "x");
	assert_return_code(truncate(place_of("x"), 4096), 0);
	expect("x", JK_ERR_FORMAT, "sections lie outside", 0);
	assert_return_code(truncate(place_of("x"), 0), 0);
	expect("x", JK_ERR_FORMAT, "not an ELF file", 0);
	assert_return_code(truncate(place_of("x"), 65 << 20), 0);
	expect("x", JK_ERR_TOO_BIG, "larger than allowed", 0);
}

static void
test_load_unsafe_file_never_runs(void **state)
{
	(void)state;
	if (!ready)
		skip();
	expect("good", JK_ERR_NOT_FOUND, "libjukinet_policy_good.so.1", 0);
	put("good", "good");
	assert_return_code(chmod(place_of("good"), 0664), 0);
	expect("good", JK_ERR_UNSAFE, "writable by group or others", 0);
	assert_return_code(chmod(place_of("good"), 0755), 0);
	assert_return_code(chown(place_of("good"), 65534, 0), 0);
	expect("good", JK_ERR_UNSAFE, "belongs to uid 65534", 0);
	assert_return_code(chown(place_of("good"), 0, 0), 0);
	assert_return_code(chown(DIR, 65534, 0), 0);
	expect("good", JK_ERR_UNSAFE, "belongs to uid 65534", 0);
	assert_return_code(chown(DIR, 0, 0), 0);
	assert_return_code(chmod(DIR, 01777), 0);
	expect("good", JK_ERR_UNSAFE, "writable by group or others", 0);
	assert_return_code(chmod(DIR, 0755), 0);
	assert_return_code(rename(place_of("good"), DIR "/elsewhere"), 0);
	assert_return_code(symlink("elsewhere", place_of("good")), 0);
	expect("good", JK_ERR_UNSAFE, "symbolic link", 0);
}

static void
test_load_only_plain_names(void **state)
{
	static const char *const names[] = { "", "a/b", "..", "Good", "good.so",
		"go od", "g\xc3\xb6", "abcdefghijklmnopqrstuvwxyz0123456" };

	(void)state;
	for (size_t i = 0; i < JK_COUNT(names); i++)
		expect(names[i], JK_ERR_FORMAT, "not the name of a source",
		    plugin_has_run);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_load_good_source_is_loaded, setup),
		cmocka_unit_test_setup(test_load_second_source_is_not_the_first,
		    setup),
		cmocka_unit_test_setup(test_load_wrong_struct_is_refused,
		    setup),
		cmocka_unit_test_setup(test_load_older_source_has_less, setup),
		cmocka_unit_test_setup(
		    test_load_struct_that_says_too_much_is_refused, setup),
		cmocka_unit_test_setup(test_load_what_is_no_source_never_runs,
		    setup),
		cmocka_unit_test_setup(test_load_unsafe_file_never_runs, setup),
		cmocka_unit_test_setup(test_load_only_plain_names, setup),
	};

	return cmocka_run_group_tests(tests, enter, NULL);
}
