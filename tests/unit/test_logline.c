/* SPDX-License-Identifier: BSD-2-Clause */
/* The real lines were written by auditd 3.0.9. */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record.h"

#define HEAD   "type=USER_AUTH msg=audit(1795299428.308:11): "
#define KERNEL "pid=7060 uid=990 auid=1001 ses=3 "
#define TAIL   " exe=\"/tmp/s\" hostname=vm addr=? terminal=pts/3 res=success"
#define ID     "jid=\"0123456789abcdef\""

#define REAL_AUTH                                                           \
	"type=USER_AUTH msg=audit(1795299428.308:11): pid=7060 uid=0 "      \
	"auid=4294967295 ses=4294967295 msg='op=juki:auth acct=\"hanako\" " \
	"jid=\"0123456789abcdef\" jterm=\"shimin-03\" exe=\"/tmp/wt/s\" "   \
	"hostname=vm addr=? terminal=/dev/tty1 res=success'"
#define REAL_VOID                                                        \
	"type=TRUSTED_APP msg=audit(1795299430.016:26): pid=7090 uid=0 " \
	"auid=4294967295 ses=4294967295 msg='op=juki:void "              \
	"jid=\"0123456789abcdee\" jvoid=\"0123456789abcdef\" "           \
	"exe=\"/tmp/wt/s\" hostname=? addr=? terminal=? res=failed'"
#define REAL_START                                                           \
	"type=USER_START msg=audit(1795299430.016:27): pid=7090 uid=0 "      \
	"auid=4294967295 ses=4294967295 msg='op=juki:session-start "         \
	"acct=E69DB1 jid=\"0123456789abcded\" exe=\"/tmp/wt/s\" hostname=? " \
	"addr=? terminal=? res=failed'"
#define ENRICHED "\x1dUID=\"root\" AUID=\"unset\""

static void
test_parse_real_lines_every_field(void **state)
{
	struct jk_logline line;

	(void)state;
	assert_int_equal(jk_logline_parse(REAL_AUTH, strlen(REAL_AUTH), &line),
	    JK_OK);
	assert_true(line.ms == 1795299428308);
	assert_true(line.serial == 11);
	assert_int_equal(line.pid, 7060);
	assert_int_equal(line.uid, 0);
	assert_true(line.loginuid == 4294967295);
	assert_string_equal(line.exe, "/tmp/wt/s");
	assert_int_equal(line.record.op, JK_OP_AUTH);
	assert_true(line.record.success);
	assert_string_equal(line.record.terminal, "/dev/tty1");
	assert_string_equal(line.record.value[JK_REC_ACCT], "hanako");
	assert_string_equal(line.record.value[JK_REC_ID], "0123456789abcdef");
	assert_string_equal(line.record.value[JK_REC_TERM], "shimin-03");
	assert_string_equal(line.record.value[JK_REC_VOID], "");
	assert_memory_equal(&REAL_AUTH[line.text_at], "op=juki:auth ", 13);
	assert_memory_equal(&REAL_AUTH[line.text_at + line.text_len - 11],
	    "res=success'", 12);
}

static void
test_parse_real_lines_in_every_format(void **state)
{
	static const struct {
		const char *line;
		enum jk_op op;
		bool success;
		const char *acct;
	} rows[] = {
		{ REAL_AUTH, JK_OP_AUTH, true, "hanako" },
		{ REAL_AUTH ENRICHED, JK_OP_AUTH, true, "hanako" },
		{ "node=vm " REAL_AUTH, JK_OP_AUTH, true, "hanako" },
		{ "node=vm " REAL_AUTH ENRICHED, JK_OP_AUTH, true, "hanako" },
		{ REAL_VOID, JK_OP_VOID, false, "" },
		{ "node=a.b.jp " REAL_VOID, JK_OP_VOID, false, "" },
		{ REAL_START, JK_OP_SESSION_START, false, "東" },
		{ REAL_START ENRICHED, JK_OP_SESSION_START, false, "東" },
	};

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		struct jk_logline line;
		enum jk_err e =
		    jk_logline_parse(rows[i].line, strlen(rows[i].line), &line);

		if (e != JK_OK)
			fail_msg("%s: %s", rows[i].line, jk_err_text(e));
		assert_int_equal(line.record.op, rows[i].op);
		assert_int_equal(line.record.success, rows[i].success);
		assert_string_equal(line.record.value[JK_REC_ACCT],
		    rows[i].acct);
	}
}

static void
test_parse_rows(void **state)
{
	static const struct {
		const char *name, *line;
		enum jk_err want;
	} rows[] = {
		{ "plain", HEAD KERNEL "msg='op=juki:auth " ID TAIL "'",
		    JK_OK },
		{ "label",
		    HEAD KERNEL
		    "subj=a_u:b_r:c_t:s0-s0:c0.c1023 msg='op=juki:auth " ID TAIL
		    "'",
		    JK_OK },
		{ "label with space",
		    HEAD KERNEL
		    "subj=jukinetd (enforce) msg='op=juki:auth " ID TAIL "'",
		    JK_OK },
		{ "hex exe",
		    HEAD KERNEL
		    "msg='op=juki:auth exe=2F612062 hostname=? addr=? "
		    "terminal=? res=success'",
		    JK_OK },
		{ "no field", HEAD KERNEL "msg='op=juki:auth" TAIL "'", JK_OK },

		{ "kernel's own",
		    "type=SYSCALL msg=audit(1795299429.516:24): arch=c000003e "
		    "syscall=44 success=yes\x1d"
		    "ARCH=x86_64",
		    JK_ERR_NOT_FOUND },
		{ "end of event", "type=EOE msg=audit(1795299429.516:24): ",
		    JK_ERR_NOT_FOUND },
		{ "nameless type",
		    "type=UNKNOWN[1423] msg=audit(1795299429.516:24): a=b",
		    JK_ERR_NOT_FOUND },
		{ "foreign user record",
		    HEAD KERNEL
		    "msg='op=PAM:authentication grantors=pam_unix " TAIL "'",
		    JK_ERR_NOT_FOUND },
		{ "our op, not our type",
		    "type=USER_CMD msg=audit(1795299428.308:11): " KERNEL
		    "msg='op=juki:auth " ID TAIL "'",
		    JK_ERR_NOT_FOUND },

		{ "empty", "", JK_ERR_FORMAT },
		{ "two events", REAL_AUTH REAL_VOID, JK_ERR_FORMAT },
		{ "two events, space", REAL_AUTH " " REAL_VOID, JK_ERR_FORMAT },
		{ "glued to half a text", HEAD KERNEL "msg='op=ju" REAL_AUTH,
		    JK_ERR_FORMAT },
		{ "glued to half a kernel field", HEAD "pid=70" REAL_AUTH,
		    JK_ERR_FORMAT },
		{ "glued to half a stamp",
		    "type=USER_AUTH msg=audit(17952994" REAL_AUTH,
		    JK_ERR_FORMAT },
		{ "glued to half a type", "type=USER_A" REAL_AUTH,
		    JK_ERR_FORMAT },
		{ "glued to half a word", "typ" REAL_AUTH, JK_ERR_FORMAT },
		{ "glued to half a node", "node=v" REAL_AUTH, JK_ERR_FORMAT },
		{ "glued to half a node, node",
		    "node=v"
		    "node=vm " REAL_AUTH,
		    JK_ERR_FORMAT },
		{ "glued in the tail", REAL_AUTH "\x1dUID=\"ro" REAL_VOID,
		    JK_ERR_FORMAT },
		{ "only the rest of a line",
		    KERNEL "msg='op=juki:auth" TAIL "'", JK_ERR_FORMAT },
		{ "newline", HEAD KERNEL "msg='op=juki:auth " ID TAIL "'\n",
		    JK_ERR_FORMAT },

		{ "no closing quote", HEAD KERNEL "msg='op=juki:auth " ID TAIL,
		    JK_ERR_FORMAT },
		{ "no res",
		    HEAD KERNEL
		    "msg='op=juki:auth exe=\"/s\" hostname=? addr=? "
		    "terminal=?'",
		    JK_ERR_FORMAT },
		{ "res of another kind",
		    HEAD KERNEL
		    "msg='op=juki:auth exe=\"/s\" hostname=? addr=? terminal=? "
		    "res=1'",
		    JK_ERR_FORMAT },
		{ "behind res",
		    HEAD KERNEL "msg='op=juki:auth " ID TAIL " a=b'",
		    JK_ERR_FORMAT },
		{ "behind the quote",
		    HEAD KERNEL "msg='op=juki:auth " ID TAIL "' a=b",
		    JK_ERR_FORMAT },
		{ "no exe",
		    HEAD KERNEL
		    "msg='op=juki:auth hostname=? addr=? terminal=? "
		    "res=success'",
		    JK_ERR_FORMAT },
		{ "terminal with quote",
		    HEAD KERNEL
		    "msg='op=juki:auth exe=\"/s\" hostname=? addr=? "
		    "terminal=pts/3 x\" res=success'",
		    JK_ERR_FORMAT },

		{ "a = in quotes",
		    HEAD KERNEL "msg='op=juki:auth jsvc=\"res=failed\"" TAIL
		                "'",
		    JK_ERR_FORMAT },
		{ "a = in hex",
		    HEAD KERNEL "msg='op=juki:auth jsvc=7265733D6E6F" TAIL "'",
		    JK_OK },
		{ "a NUL in hex",
		    HEAD KERNEL "msg='op=juki:auth jsvc=614200" TAIL "'",
		    JK_ERR_FORMAT },
		{ "repeated field",
		    HEAD KERNEL "msg='op=juki:auth " ID " " ID TAIL "'",
		    JK_ERR_FORMAT },
		{ "unknown field",
		    HEAD KERNEL "msg='op=juki:auth jnew=\"1\"" TAIL "'",
		    JK_ERR_FORMAT },
		{ "kernel field inside",
		    HEAD KERNEL "msg='op=juki:auth uid=0" TAIL "'",
		    JK_ERR_FORMAT },
		{ "empty value",
		    HEAD KERNEL "msg='op=juki:auth jid=\"\"" TAIL "'",
		    JK_ERR_FORMAT },
		{ "hex id", HEAD KERNEL "msg='op=juki:auth jid=3031" TAIL "'",
		    JK_ERR_FORMAT },
		{ "upper case id",
		    HEAD KERNEL "msg='op=juki:auth jid=\"AB\"" TAIL "'",
		    JK_ERR_FORMAT },
		{ "odd hex", HEAD KERNEL "msg='op=juki:auth acct=E69" TAIL "'",
		    JK_ERR_FORMAT },
		{ "lower case hex",
		    HEAD KERNEL "msg='op=juki:auth acct=e6" TAIL "'",
		    JK_ERR_FORMAT },
		{ "NUL in hex",
		    HEAD KERNEL "msg='op=juki:auth acct=410041" TAIL "'",
		    JK_ERR_FORMAT },
		{ "bare value",
		    HEAD KERNEL "msg='op=juki:auth acct=hanako" TAIL "'",
		    JK_ERR_FORMAT },
		{ "open quote",
		    HEAD KERNEL "msg='op=juki:auth acct=\"hanako" TAIL "'",
		    JK_ERR_FORMAT },
		{ "two spaces", HEAD KERNEL "msg='op=juki:auth  " ID TAIL "'",
		    JK_ERR_FORMAT },
		{ "unknown op", HEAD KERNEL "msg='op=juki:new " ID TAIL "'",
		    JK_ERR_FORMAT },
		{ "op of another type",
		    HEAD KERNEL "msg='op=juki:void " ID TAIL "'",
		    JK_ERR_FORMAT },

		{ "no ses",
		    HEAD "pid=1 uid=2 auid=3 msg='op=juki:auth" TAIL "'",
		    JK_ERR_FORMAT },
		{ "negative pid",
		    HEAD "pid=-1 uid=2 auid=3 ses=4 msg='op=juki:auth" TAIL "'",
		    JK_ERR_FORMAT },
		{ "pid too large",
		    HEAD
		    "pid=2147483648 uid=2 auid=3 ses=4 msg='op=juki:auth" TAIL
		    "'",
		    JK_ERR_FORMAT },
		{ "uid too large",
		    HEAD
		    "pid=1 uid=4294967296 auid=3 ses=4 msg='op=juki:auth" TAIL
		    "'",
		    JK_ERR_FORMAT },
		{ "huge serial",
		    "type=USER_AUTH msg=audit(1.000:99999999999999999999): "
		    "pid=1 uid=2 auid=3 ses=4 msg='op=juki:auth" TAIL "'",
		    JK_ERR_FORMAT },
		{ "two digits of time",
		    "type=USER_AUTH msg=audit(1.00:9): pid=1 uid=2 auid=3 "
		    "ses=4 msg='op=juki:auth" TAIL "'",
		    JK_ERR_FORMAT },
		{ "label with quote",
		    HEAD KERNEL "subj=a' msg='op=juki:auth " ID TAIL "'",
		    JK_ERR_FORMAT },
	};

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		struct jk_logline line = { .serial = 4711 };
		enum jk_err e =
		    jk_logline_parse(rows[i].line, strlen(rows[i].line), &line);

		if (e != rows[i].want)
			fail_msg("%s: %s", rows[i].name, jk_err_text(e));
		if (e != JK_OK && line.serial != 4711)
			fail_msg("%s: output was changed", rows[i].name);
	}
}

/* Also where no grammar is looked at, behind the text. */
static void
test_parse_nul_and_newline_are_refused_anywhere(void **state)
{
	static const char whole[] = REAL_AUTH ENRICHED;
	static const char bad[] = { '\0', '\n' };
	char text[sizeof(whole)];
	struct jk_logline line;

	(void)state;
	for (size_t i = 0; i < strlen(whole); i++)
		for (size_t j = 0; j < sizeof(bad); j++) {
			strcpy(text, whole);
			text[i] = bad[j];
			if (jk_logline_parse(text, strlen(whole), &line) ==
			    JK_OK)
				fail_msg("byte %d at %zu", bad[j], i);
		}
}

/* Any proper beginning of a line is half a line. */
static void
test_parse_every_prefix_is_refused(void **state)
{
	struct jk_logline line;

	(void)state;
	for (size_t n = 0; n < strlen(REAL_AUTH); n++)
		if (jk_logline_parse(REAL_AUTH, n, &line) == JK_OK)
			fail_msg("%zu bytes were enough", n);
}

/* What a full disk leaves: every half line, with a whole one behind it. */
static void
test_parse_every_glued_pair_is_refused(void **state)
{
	static const char *const first[] = { REAL_AUTH ENRICHED,
		"node=vm " REAL_VOID };
	static const char *const second[] = { REAL_START,
		"node=vm " REAL_START };
	char text[2048];
	struct jk_logline line;

	(void)state;
	for (size_t i = 0; i < JK_COUNT(first); i++)
		for (size_t n = 1; n <= strlen(first[i]); n++) {
			int len = snprintf(text, sizeof(text), "%.*s%s", (int)n,
			    first[i], second[i]);

			if (jk_logline_parse(text, (size_t)len, &line) == JK_OK)
				fail_msg("glued at %zu: %s", n, text);
		}
}

static void
test_parse_too_long_is_refused(void **state)
{
	static char text[JK_RECORD_LINE_MAX + 1];
	struct jk_logline line;
	size_t n = strlen(REAL_AUTH);

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text, REAL_AUTH "\x1d", n + 1);
	assert_int_equal(jk_logline_parse(text, sizeof(text) - 1, &line),
	    JK_OK);
	assert_int_equal(jk_logline_parse(text, sizeof(text), &line),
	    JK_ERR_FORMAT);
}

static void
random_value(char *ret, size_t max, bool id)
{
	static const char id_bytes[] = "abcxyz0189.-_:";
	size_t n = (size_t)rand() % (max + 1);

	for (size_t i = 0; i < n; i++)
		if (id)
			ret[i] = id_bytes[(size_t)rand() % strlen(id_bytes)];
		else
			ret[i] = (char)(1 + rand() % (rand() % 2 ? 255 : 126));
	ret[n] = '\0';
}

static void
random_record(struct jk_record *r)
{
	char value[JK_RECORD_VALUE_MAX + 1];

	*r = (struct jk_record){ .op = (enum jk_op)(rand() % JK_OP_COUNT),
		.success = rand() % 2 };
	for (enum jk_record_field f = 0; f < JK_REC_COUNT; f++) {
		bool id = jk_record_field_is_id(f);

		if (rand() % 3 == 0)
			continue;
		random_value(value, id ? 64 : JK_RECORD_VALUE_MAX, id);
		assert_int_equal(jk_record_set(r, f, value), JK_OK);
	}
	if (rand() % 2)
		strcpy(r->terminal, "pts/7");
}

/* As libaudit, kernel and auditd put it together. */
static size_t
make_line(const struct jk_record *r, char *ret, size_t size)
{
	char text[JK_RECORD_TEXT_MAX];

	assert_int_equal(jk_record_encode(r, text), JK_OK);
	return (size_t)snprintf(ret, size,
	    "%stype=%s msg=audit(1795299428.308:11): pid=7 uid=990 auid=1 "
	    "ses=2 msg='%s exe=\"/x\" hostname=? addr=? terminal=%s res=%s'%s",
	    rand() % 2 ? "node=vm " : "", jk_op_type_name(r->op), text,
	    r->terminal[0] != '\0' ? r->terminal : "?",
	    r->success ? "success" : "failed", rand() % 2 ? ENRICHED : "");
}

static void
test_encode_decode_round_trips(void **state)
{
	char text[JK_RECORD_LINE_MAX];
	struct jk_record r;
	struct jk_logline line;

	(void)state;
	srand(20261121);
	for (unsigned i = 0; i < 5000; i++) {
		size_t len;

		random_record(&r);
		len = make_line(&r, text, sizeof(text));
		if (jk_logline_parse(text, len, &line) != JK_OK)
			fail_msg("%u: %s", i, text);
		assert_int_equal(line.record.op, r.op);
		assert_int_equal(line.record.success, r.success);
		assert_string_equal(line.record.terminal, r.terminal);
		for (enum jk_record_field f = 0; f < JK_REC_COUNT; f++)
			assert_string_equal(line.record.value[f], r.value[f]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse_real_lines_every_field),
		cmocka_unit_test(test_parse_real_lines_in_every_format),
		cmocka_unit_test(test_parse_rows),
		cmocka_unit_test(
		    test_parse_nul_and_newline_are_refused_anywhere),
		cmocka_unit_test(test_parse_every_prefix_is_refused),
		cmocka_unit_test(test_parse_every_glued_pair_is_refused),
		cmocka_unit_test(test_parse_too_long_is_refused),
		cmocka_unit_test(test_encode_decode_round_trips),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
