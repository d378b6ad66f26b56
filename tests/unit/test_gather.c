/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Several sources, one after the other. "whole" gives one person and the serial
 * 6; "half" gives one and the serial 5, and then cannot go on. PLUGINS names
 * the directory in which plugins/ was built.
 */
#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "frame.h"
#include "gather.h"
#include "private.h"
#include "protocol.h"

#define ETC    PRIVATE_DIR "/etc"
#define POLICY PRIVATE_DIR "/policy"
#define PINS   PRIVATE_DIR "/pins"

__attribute__((visibility("default"))) extern int plugin_has_run;
int plugin_has_run;

static bool ready;

static void
put(const char *name)
{
	char command[512];

	snprintf(command, sizeof(command),
	    "install -m 644 " PLUGINS "/plugin_%s.so " POLICY
	    "/libjukinet_policy_%s.so.1",
	    name, name);
	assert_int_equal(system(command), 0);
}

static int
enter(void **state)
{
	(void)state;
	ready = enter_private_place();
	if (!ready)
		return 0;
	assert_return_code(mkdir(POLICY, 0755), 0);
	assert_return_code(mkdir(ETC, 0755), 0);
	assert_return_code(mkdir(ETC "/registry.d", 0755), 0);
	assert_true(write_text(ETC "/registry.d/x.conf",
	    "[person p-files]\nname = A\n"));
	put("half");
	put("whole");
	return 0;
}

__attribute__((visibility("default"))) extern int plugin_took_pin(const char
                                                                      *card,
    int64_t changed);

static char taken[64];
static int answer;

int
plugin_took_pin(const char *card, int64_t changed)
{
	(void)snprintf(taken, sizeof(taken), "%s %lld", card,
	    (long long)changed);
	return answer;
}

static const struct {
	const char *sources;
	const char *persons[3];
	uint64_t registry;
	const char *warning, *error;
} rows[] = {
	{ "files", { "p-files" }, 0, NULL, NULL },
	{ "whole", { "p-whole" }, 6, NULL, NULL },
	/* Without [SUCCESS=continue] the first that succeeds is enough. */
	{ "whole files", { "p-whole" }, 6, NULL, NULL },
	{ "whole [SUCCESS=continue] files", { "p-whole", "p-files" }, 6, NULL,
	    NULL },
	{ "files [SUCCESS=continue] whole", { "p-files", "p-whole" }, 6, NULL,
	    NULL },
	/* Neither rows nor serial of one that broke off. */
	{ "half [UNAVAIL=continue] files", { "p-files" }, 0,
	    "half:0: warning: source \"half\" could not be asked: the next one "
	    "is asked",
	    NULL },
	{ "half [UNAVAIL=continue] whole", { "p-whole" }, 6,
	    "half:0: warning: source \"half\" could not be asked: the next one "
	    "is asked",
	    NULL },
	{ "half files", { NULL }, 0, NULL,
	    "half:0: source \"half\" could not be asked" },
	{ "none files", { NULL }, 0, NULL, "none:0: source \"none\": " },
	/* What jukinet.conf says could not be read. */
	{ "", { "p-files" }, 0, NULL, NULL },
};

static void
expect_rows(size_t i, const struct jk_rowset *set,
    const struct jk_report *report)
{
	size_t n = 0;

	for (; n < 3 && rows[i].persons[n] != NULL; n++)
		if (n >= set->person.n || strcmp(jk_list_at(&set->person, n),
		                              rows[i].persons[n]) != 0)
			fail_msg("%s: no %s", rows[i].sources,
			    rows[i].persons[n]);
	if (set->person.n != n || set->registry != rows[i].registry ||
	    report->n_errors != (rows[i].error != NULL) ||
	    report->n_warnings != (rows[i].warning != NULL))
		fail_msg("%s: %zu persons, registry %u, %zu errors",
		    rows[i].sources, set->person.n, (unsigned)set->registry,
		    report->n_errors);
	if (rows[i].error != NULL && strncmp(report->error[0], rows[i].error,
	                                 strlen(rows[i].error)) != 0)
		fail_msg("%s: %s", rows[i].sources, report->error[0]);
	if (rows[i].warning != NULL)
		assert_string_equal(report->warning[0], rows[i].warning);
}

static void
test_gather_takes_sources_in_their_order(void **state)
{
	const struct jk_build build = { .config_dir = ETC,
		.policy_dir = POLICY };

	(void)state;
	if (!ready)
		skip();
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		struct jk_report report = { 0 };
		struct jk_rowset set;

		jk_rowset_init(&set);
		set.settings_place = (struct jk_place){ "j", 1 };
		strcpy(set.settings.sources, rows[i].sources);
		assert_int_equal(jk_gather(&build, &set, &report), JK_OK);
		expect_rows(i, &set, &report);
		jk_report_clear(&report);
		jk_rowset_clear(&set);
	}
}

/* One card whose PIN was changed at 60. */
static void
hand_on(const char *sources, const char *pin_dir, struct jk_report *report)
{
	const struct jk_build build = { .config_dir = ETC,
		.policy_dir = POLICY,
		.pin_dir = pin_dir,
		.now = 100 };
	struct jk_card card = { .id = "c-1" };
	struct jk_rowset set;

	jk_report_clear(report);
	taken[0] = '\0';
	jk_rowset_init(&set);
	strcpy(set.settings.sources, sources);
	assert_int_equal(jk_list_add(&set.card, (struct jk_place){ "f", 1 },
	                     &card),
	    JK_OK);
	jk_gather_pins(&build, &set, report);
	jk_rowset_clear(&set);
}

static void
test_gather_hands_changes_of_pins_to_who_keeps_them(void **state)
{
	static const uint8_t file[] = { JK_FRAME_VERSION, JK_FRAME_STATE_PIN,
		JK_FIELD_REAL_S, 0, 8, 0, 0, 0, 0, 0, 0, 0, 60 };
	struct jk_report report = { 0 };
	int fd;

	(void)state;
	if (!ready)
		skip();
	assert_return_code(mkdir(PINS, 0700), 0);
	fd = open(PINS "/pin.c-1", O_WRONLY | O_CREAT, 0600);
	assert_int_equal(write(fd, file, sizeof(file)), sizeof(file));
	close(fd);
	put("pins");
	put("oldest");
	hand_on("whole [SUCCESS=continue] oldest [SUCCESS=continue] pins", PINS,
	    &report);
	assert_string_equal(taken, "c-1 60");
	/* The build was good: what a source calls an error is none. */
	assert_int_equal(report.n_errors, 0);
	assert_int_equal(report.n_warnings, 2);
	assert_string_equal(report.warning[0], "somewhere:0: warning: pins");
	assert_string_equal(report.warning[1],
	    "somewhere:0: warning: no error of a build");
	answer = 1;
	hand_on("pins", PINS, &report);
	assert_int_equal(report.n_errors, 0);
	assert_int_equal(report.n_warnings, 3);
	assert_non_null(strstr(report.warning[2], "did not take all changes"));
	answer = 0;
	hand_on("pins", NULL, &report);
	assert_string_equal(taken, "");
	/* Nobody keeps them, so nobody looks. */
	assert_return_code(chmod(PINS, 0777), 0);
	hand_on("whole oldest none", PINS, &report);
	assert_string_equal(taken, "");
	assert_int_equal(report.n_warnings, 0);
	hand_on("pins", PINS, &report);
	assert_string_equal(taken, "");
	assert_int_equal(report.n_warnings, 1);
	jk_report_clear(&report);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gather_takes_sources_in_their_order),
		cmocka_unit_test(
		    test_gather_hands_changes_of_pins_to_who_keeps_them),
	};

	return cmocka_run_group_tests(tests, enter, NULL);
}
