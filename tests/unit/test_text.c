/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The texts in English and in Japanese. The catalogue is the one that this
 * build made: bindtextdomain() is wrapped, so that the installed one, if any,
 * plays no part.
 */
#include "test.h"

#include <libintl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#include <security/pam_modules.h>

#include "config.h"
#include "era.h"
#include "frame.h"
#include "look.h"
#include "pam_code.h"
#include "protocol.h"
#include "reason.h"
#include "rows.h"
#include "text.h"
#include "utf8.h"
#include "words.h"

static const struct {
	enum jk_reason why;
	const char *name;
} reasons[] = {
#define X(name, number, code) { name, #name },
	JK_REASON_TABLE(X)
#undef X
};

/* As long as the longest of these words. */
#define X(name, id, english, japanese) char name##_[sizeof(id)];
union a_business {
	JK_BUSINESS_TABLE(X)
};
union an_action {
	JK_ACTION_TABLE(X)
};
#undef X

/* The longest value of each place, in bytes of what rows.h allows. */
static const struct {
	const char *place;
	size_t len;
} places[] = {
	{ "n", 20 },
	{ "min", 10 },
	{ "max", 10 },
	{ "date", JK_ERA_MAX - 1 },
	{ "name", JK_NAME_MAX },
	{ "contact", JK_NAME_MAX + sizeof("（連絡先: ）") - 1 },
	{ "type", JK_ID_MAX },
	{ "classes", sizeof("コミュニケーションサーバ、統合端末、"
	                    "統合端末（他部署に設置）") -
	                 1 },
	{ "terminal", JK_ID_MAX },
	{ "opid", JK_ID_MAX },
	{ "account", JK_ACCOUNT_MAX },
	/* Ours alone, whatever an application says. */
	{ "business", sizeof(union a_business) - 1 },
	{ "action", sizeof(union an_action) - 1 },
	{ "persons", 10 }, /* UINT32_MAX */
	{ "time", 5 },
	{ "reception", JK_RECEPTION_MAX },
	{ "terminal", JK_ID_MAX },
	{ "pin", sizeof("パスワード") - 1 },
	{ "Pin", sizeof("パスワード") - 1 },
};

char *__wrap_bindtextdomain(const char *domain, const char *directory);
char *__real_bindtextdomain(const char *domain, const char *directory);

char *
__wrap_bindtextdomain(const char *domain, const char *directory)
{
	assert_string_equal(domain, "jukinet");
	assert_string_equal(directory, JK_LOCALE_DIR);
	return __real_bindtextdomain(domain, CATALOGUE_DIR);
}

static struct jk_look look;

static unsigned long secure;

unsigned long __wrap_getauxval(unsigned long type);
unsigned long __real_getauxval(unsigned long type);

/* Of a set-user-ID program, where a test says so. */
unsigned long
__wrap_getauxval(unsigned long type)
{
	return type == AT_SECURE ? secure : __real_getauxval(type);
}

static bool
is_japanese_at(const char *tty)
{
	jk_look_make(0, tty, &look);
	return look.japanese;
}

static bool
is_japanese(void)
{
	return is_japanese_at("pts/3");
}

/* A Japanese locale, or any UTF-8 one with LANGUAGE: gettext takes both. */
static void
speak_japanese(void)
{
	if (setlocale(LC_ALL, "ja_JP.UTF-8") != NULL && is_japanese())
		return;
	if (setlocale(LC_ALL, "C.UTF-8") != NULL && is_japanese())
		return;
	print_message("no locale in which gettext speaks Japanese\n");
	skip();
}

static int
in_english(void **state)
{
	(void)state;
	unsetenv("LANGUAGE");
	return setlocale(LC_ALL, "C") != NULL && !is_japanese() ? 0 : -1;
}

static int
in_utf8(void **state)
{
	(void)state;
	unsetenv("LANGUAGE");
	return setlocale(LC_ALL, "C.UTF-8") != NULL && !is_japanese() ? 0 : -1;
}

static int
with_japanese(void **state)
{
	(void)state;
	return setenv("LANGUAGE", "ja", 1);
}

static size_t
row_of(const char *code)
{
	size_t i = 0;

	while (jk_text_code(i) != NULL && strcmp(jk_text_code(i), code) != 0)
		i++;
	return i;
}

static void
test_text_every_reason_has_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < JK_COUNT(reasons); i++) {
		const char *code = jk_reason_code(reasons[i].why);

		if (reasons[i].why == JK_WHY_GRANTED)
			continue;
		if (jk_text_code(row_of(code)) == NULL)
			fail_msg("%s: no text for %s", reasons[i].name, code);
	}
}

static void
test_text_no_code_twice(void **state)
{
	(void)state;
	for (size_t i = 0; jk_text_code(i) != NULL; i++)
		if (row_of(jk_text_code(i)) != i)
			fail_msg("%s", jk_text_code(i));
}

/* Rows that are no refusal: what is shown while it goes on. */
static void
test_text_every_code_is_a_reason_or_a_note(void **state)
{
	static const char *const notes[] = { "card.insert", "card.reading",
		"pin.prompt", "pin.prompt.last", "opid.select", "opid.number",
		"opid.again", "opid.taken", "pin.old", "pin.new", "pin.again",
		"puk.prompt", "puk.prompt.last", "pin.due", "pin.unknown.warn",
		"pin.changed", "pin.changed.plain", "pin.kept", "pin.taken",
		"pin.unsure", "account.select", "account.number",
		"account.again", "account.taken", "pin.pad", "pin.pad.last",
		"notice", "notice.first", "lock.now", "card.left",
		"lock.other.noname", "sess.elsewhere", "end.card", "lost.help",
		"confirm.ask", "confirm.own", "confirm.shown", "confirm.more" };

	(void)state;
	for (size_t i = 0; jk_text_code(i) != NULL; i++) {
		bool found = false;

		for (size_t j = 0; j < JK_COUNT(notes); j++)
			found |= strcmp(jk_text_code(i), notes[j]) == 0;
		for (size_t j = 0; j < JK_COUNT(reasons); j++)
			found |= strcmp(jk_text_code(i),
			             jk_reason_code(reasons[j].why)) == 0;
		if (!found)
			fail_msg("nobody says %s", jk_text_code(i));
	}
}

static void
test_pam_code_refuses_in_every_phase(void **state)
{
	static const enum jk_phase phases[] = { JK_PHASE_AUTH, JK_PHASE_ACCOUNT,
		JK_PHASE_SESSION, JK_PHASE_PRELIM, JK_PHASE_CHANGE };

	(void)state;
	for (size_t i = 0; i < JK_COUNT(reasons); i++)
		for (size_t j = 0; j < JK_COUNT(phases); j++) {
			int r = jk_pam_code(reasons[i].why, phases[j]);
			bool granted = reasons[i].why == JK_WHY_GRANTED;

			if (granted != (r == PAM_SUCCESS) || r == PAM_IGNORE)
				fail_msg("%s in phase %zu: %d", reasons[i].name,
				    j, r);
		}
}

/*
 * pam_sm_authenticate(3), pam_sm_acct_mgmt(3) and pam_sm_chauthtok(3) list what
 * they may return;
 * swaylock reads PAM_CRED_INSUFFICIENT as "no PAM here". SYSTEM_ERR stands
 * for "nobody mapped this": only an internal error may have it.
 */
static void
test_pam_code_is_one_that_the_phase_may_return(void **state)
{
	static const int auth[] = { PAM_AUTH_ERR, PAM_AUTHINFO_UNAVAIL,
		PAM_USER_UNKNOWN, PAM_MAXTRIES, PAM_CONV_ERR };
	static const int account[] = { PAM_PERM_DENIED, PAM_ACCT_EXPIRED,
		PAM_USER_UNKNOWN, PAM_NEW_AUTHTOK_REQD };
	static const int change[] = { PAM_AUTHTOK_ERR, PAM_AUTHTOK_RECOVERY_ERR,
		PAM_AUTHTOK_LOCK_BUSY, PAM_PERM_DENIED, PAM_TRY_AGAIN,
		PAM_USER_UNKNOWN };

	(void)state;
	for (size_t i = 0; i < JK_COUNT(reasons); i++) {
		enum jk_reason why = reasons[i].why;
		bool a = false, b = false, c = false, d = false;

		if (why == JK_WHY_GRANTED || why == JK_WHY_INTERNAL)
			continue;
		for (size_t j = 0; j < JK_COUNT(auth); j++)
			a |= jk_pam_code(why, JK_PHASE_AUTH) == auth[j];
		for (size_t j = 0; j < JK_COUNT(account); j++)
			b |= jk_pam_code(why, JK_PHASE_ACCOUNT) == account[j];
		for (size_t j = 0; j < JK_COUNT(change); j++) {
			c |= jk_pam_code(why, JK_PHASE_PRELIM) == change[j];
			d |= jk_pam_code(why, JK_PHASE_CHANGE) == change[j];
		}
		if (!a || !b || !c || !d ||
		    jk_pam_code(why, JK_PHASE_CHANGE) == PAM_TRY_AGAIN ||
		    jk_pam_code(why, JK_PHASE_SESSION) != PAM_SESSION_ERR)
			fail_msg("%s", reasons[i].name);
	}
}

static void
test_text_english_is_ascii(void **state)
{
	(void)state;
	for (size_t i = 0; jk_text_english(i) != NULL; i++)
		for (const char *p = jk_text_english(i); *p != '\0'; p++)
			if (*p < 0x20 || *p > 0x7e)
				fail_msg("%s", jk_text_code(i));
}

static bool
has_place(const char *text, const char *place)
{
	char with_braces[64];

	snprintf(with_braces, sizeof(with_braces), "{%s}", place);
	return strstr(text, with_braces) != NULL;
}

/* {Pin} is {pin} where a sentence begins. */
static bool
names(const char *text, const char *place)
{
	const bool pin = strcasecmp(place, "pin") == 0;

	return has_place(text, place) ||
	       (pin && (has_place(text, "pin") || has_place(text, "Pin")));
}

/* Of the text with its places filled at their longest. */
static size_t
longest(const char *code, const char *text)
{
	size_t n = 0;

	while (*text != '\0') {
		const size_t plain = strcspn(text, "{"),
		             len = strcspn(text, "}");
		size_t i = 0;

		n += plain;
		if (text[plain] == '\0')
			return n;
		while (i < JK_COUNT(places) &&
		       (strlen(places[i].place) != len - plain - 1 ||
		           strncmp(places[i].place, text + plain + 1,
		               len - plain - 1) != 0))
			i++;
		if (text[len] == '\0' || i == JK_COUNT(places))
			fail_msg("%s: a place of unknown length: %s", code,
			    text);
		n += places[i].len;
		text += len + 1;
	}
	return n;
}

static void
test_text_english_is_never_cut(void **state)
{
	(void)state;
	for (size_t i = 0; jk_text_code(i) != NULL; i++) {
		size_t n = longest(jk_text_code(i), jk_text_english(i));

		if (n >= JK_TEXT_MAX)
			fail_msg("%s: %zu bytes", jk_text_code(i), n);
	}
}

static const char *
japanese(size_t i)
{
	__real_bindtextdomain("jukinet", CATALOGUE_DIR);
	return dgettext("jukinet", jk_text_english(i));
}

static void
test_text_japanese_is_complete_and_never_cut(void **state)
{
	(void)state;
	speak_japanese();
	for (size_t i = 0; jk_text_code(i) != NULL; i++) {
		const char *code = jk_text_code(i), *text = japanese(i);
		size_t n = longest(code, text);

		if (strcmp(text, jk_text_english(i)) == 0)
			fail_msg("%s: not translated", code);
		if (n >= JK_TEXT_MAX)
			fail_msg("%s: %zu bytes", code, n);
	}
}

/* xsecurelock takes the characters of its locale, and leaves the texts. */
static void
test_text_where_only_characters_are_taken(void **state)
{
	char name[64];

	(void)state;
	speak_japanese();
	(void)snprintf(name, sizeof(name), "%s", setlocale(LC_CTYPE, NULL));
	assert_non_null(setlocale(LC_ALL, "C"));
	assert_int_equal(setenv("LC_ALL", name, 1), 0);
	assert_false(is_japanese()); /* it could not draw them */
	assert_non_null(setlocale(LC_CTYPE, name));
	assert_true(is_japanese());
	assert_string_equal(setlocale(LC_MESSAGES, NULL), "C");
	assert_int_equal(setenv("LC_ALL", "C", 1), 0);
	assert_false(is_japanese()); /* nobody wants it */
	assert_int_equal(unsetenv("LC_ALL"), 0);
}

/* lightdm and greetd take no locale at all; a screen takes UTF-8 from them. */
static void
test_text_on_a_screen_where_no_locale_is_taken(void **state)
{
	static const char *const terminals[] = { "pts/3", "/dev/pts/3", "ssh",
		"ttyS0", "tty100", "/dev/a:0" };
	char name[64];

	(void)state;
	speak_japanese();
	(void)snprintf(name, sizeof(name), "%s", setlocale(LC_CTYPE, NULL));
	assert_non_null(setlocale(LC_ALL, "C"));
	assert_int_equal(setenv("LC_ALL", name, 1), 0);
	assert_true(is_japanese_at(":0"));
	assert_true(is_japanese_at("elsewhere:10.0"));
	assert_true(look.utf8);
	for (size_t i = 0; i < JK_COUNT(terminals); i++)
		if (is_japanese_at(terminals[i]) || look.utf8)
			fail_msg("%s", terminals[i]);
	secure = 1; /* its caller's environment */
	assert_false(is_japanese_at(":0"));
	secure = 0;
	assert_string_equal(setlocale(LC_ALL, NULL), "C");
	assert_ptr_equal(uselocale((locale_t)0), LC_GLOBAL_LOCALE);
	assert_int_equal(setenv("LC_ALL", "C", 1), 0);
	assert_false(is_japanese_at(":0"));
	assert_false(look.utf8);
	assert_int_equal(setenv("LC_ALL", "nowhere.UTF-8", 1), 0);
	assert_false(is_japanese_at(":0"));
	assert_int_equal(unsetenv("LC_ALL"), 0);
}

static void
test_text_japanese_has_the_places_of_english(void **state)
{
	(void)state;
	speak_japanese();
	for (size_t i = 0; jk_text_code(i) != NULL; i++) {
		const char *english = jk_text_english(i), *text = japanese(i);

		for (size_t j = 0; j < JK_COUNT(places); j++)
			if (names(english, places[j].place) !=
			    names(text, places[j].place))
				fail_msg("%s: {%s}", jk_text_code(i),
				    places[j].place);
	}
}

static struct jk_frame *
frame_with(const char *param, size_t len)
{
	struct jk_frame *f = NULL;

	assert_int_equal(jk_frame_new(&f), JK_OK);
	jk_frame_start(f, JK_FRAME_VERDICT);
	assert_int_equal(jk_frame_put(f, JK_FIELD_PARAM, param, len), JK_OK);
	return f;
}

/* What lock.other shows of a person with this name. */
static void
show_name(const char *name, size_t len, char text[static JK_TEXT_MAX])
{
	char param[JK_TEXT_MAX * 2] = "name=";
	struct jk_frame *f;

	assert_true(len < sizeof(param) - 5);
	memcpy(param + 5, name, len);
	f = frame_with(param, 5 + len);
	jk_text("lock.other", &look, f, text);
	jk_frame_free(&f);
}

static void
assert_plain(const char *text)
{
	struct jk_cur cur = { .at = (const uint8_t *)text,
		.left = strlen(text) };
	uint32_t c;

	while (cur.left > 0) {
		assert_int_equal(jk_utf8_next(&cur, &c), JK_OK);
		if (!jk_utf8_is_plain(c))
			fail_msg("U+%04X in %s", c, text);
	}
}

static void
test_text_places_are_filled(void **state)
{
	struct jk_frame *f;
	char text[JK_TEXT_MAX];

	(void)state;
	assert_int_equal(jk_frame_new(&f), JK_OK);
	jk_frame_start(f, JK_FRAME_VERDICT);
	assert_int_equal(jk_frame_put_str(f, JK_FIELD_PARAM, "ma=9"), JK_OK);
	assert_int_equal(jk_frame_put_str(f, JK_FIELD_PARAM, "min=4"), JK_OK);
	assert_int_equal(jk_frame_put_str(f, JK_FIELD_PARAM, "max=16"), JK_OK);
	jk_text("pin.malformed", &look, f, text);
	jk_frame_free(&f);
	assert_non_null(strstr(text, "4 to 16 characters"));
}

static void
show_type(const char *type, char text[static JK_TEXT_MAX])
{
	char param[128];
	struct jk_frame *f;

	snprintf(param, sizeof(param), "type=%s", type);
	f = frame_with(param, strlen(param));
	jk_text("func.denied", &look, f, text);
	jk_frame_free(&f);
}

static void
test_text_type_is_called_by_its_name(void **state)
{
	char text[JK_TEXT_MAX];

	(void)state;
	show_type("moving-desk", text);
	assert_memory_equal(text, "Operator IDs of type \"moving desk\" ", 35);
	show_type("library-desk", text);
	assert_memory_equal(text, "Operator IDs of type \"library-desk\" ", 36);
	show_type("moving-desk\033", text);
	assert_memory_equal(text, "Operator IDs of type \"moving-desk?\" ", 36);
	show_type("", text);
	assert_memory_equal(text, "Operator IDs of type \"\" ", 24);
}

static void
test_text_type_is_called_by_its_name_in_japanese(void **state)
{
	static const char *const types[] = { "municipal-management",
		"municipal-counter", "moving-desk", "wide-area-issuance-desk",
		"other-department", "public-personal-authentication-desk",
		"counter-identity-desk", "site-management",
		"operator-management" };

	(void)state;
	speak_japanese();
	assert_string_equal(jk_text_type("moving-desk", &look), "転入転出");
	assert_string_equal(jk_text_type("operator-management", &look),
	    "操作者管理");
	for (size_t i = 0; i < JK_COUNT(types); i++) {
		const char *name = jk_text_type(types[i], &look);

		/* No letter of the English one is left, and it may stand where
		 * an id of a row may. */
		if (name == NULL || strlen(name) > JK_ID_MAX ||
		    strpbrk(name, "abcdefghijklmnopqrstuvwxyz") != NULL)
			fail_msg("%s", types[i]);
	}
	assert_null(jk_text_type("library-desk", &look));
}

static void
test_text_missing_params_leave_places_empty(void **state)
{
	char text[JK_TEXT_MAX];

	(void)state;
	jk_text("opid.taken", &look, NULL, text);
	assert_non_null(strstr(text, "you work under  ()."));
}

static void
test_text_nobody_is_named_where_no_name_came(void **state)
{
	static const char want[] = "Somebody else is using this terminal. ";
	char text[JK_TEXT_MAX];

	(void)state;
	jk_text("lock.other", &look, NULL, text);
	assert_memory_equal(text, want, sizeof(want) - 1);
	show_name("", 0, text);
	assert_memory_equal(text, want, sizeof(want) - 1);
	show_name("x", 1, text);
	assert_memory_equal(text, "x is using", 10);
}

static void
show_classes(const char *classes, char text[static JK_TEXT_MAX])
{
	char param[JK_TEXT_MAX];
	struct jk_frame *f;

	snprintf(param, sizeof(param), "classes=%s", classes);
	f = frame_with(param, strlen(param));
	jk_text("opid.terminal", &look, f, text);
	jk_frame_free(&f);
}

static void
test_text_classes_are_called_by_their_names(void **state)
{
	char text[JK_TEXT_MAX];

	(void)state;
	show_classes("cs, integrated-terminal", text);
	assert_non_null(
	    strstr(text, "communication server, integrated terminal"));
	show_classes("cs, kiosk\033, ", text);
	assert_non_null(strstr(text, "communication server, kiosk?"));
	show_classes("", text);
	assert_null(strstr(text, "communication"));
}

static void
test_text_classes_are_called_by_their_names_in_japanese(void **state)
{
	char text[JK_TEXT_MAX];

	(void)state;
	speak_japanese();
	show_classes("cs, integrated-terminal, integrated-terminal-other-dept",
	    text);
	assert_non_null(strstr(text, "コミュニケーションサーバ、統合端末、"
	                             "統合端末（他部署に設置）"));
}

/* Typed here from the table of what people see, and from nowhere else: what
 * belongs to operators, their cards and sessions. */
static void
test_text_nothing_is_missing(void **state)
{
	static const char *const ids[] = { "card.insert", "reader.none",
		"card.reading", "card.unreadable", "card.notoperator",
		"card.unknown", "card.mismatch", "card.revoked",
		"card.nocheckout", "pin.prompt", "pin.wrong", "pin.wrong.last",
		"pin.locked", "pin.due", "pin.overdue", "pin.initial",
		"pin.new", "pin.again", "pin.differ", "pin.weak", "pin.same",
		"pin.changed", "opid.select", "opid.expired", "opid.disabled",
		"opid.terminal", "opid.none", "notice", "notice.first",
		"lock.now", "card.left", "lock.other", "lock.other.noname",
		"sess.elsewhere", "session.ended", "end.card", "audit.down",
		"policy.bad", "lost.help", "hardcopy.denied", "media.denied",
		"biz.denied", "confirm.same", "time.out", "fb.denied" };

	(void)state;
	for (size_t i = 0; i < JK_COUNT(ids); i++)
		if (jk_text_code(row_of(ids[i])) == NULL)
			fail_msg("no text: %s", ids[i]);
}

static void
test_text_unknown_code_is_quoted_and_harmless(void **state)
{
	char text[JK_TEXT_MAX];

	(void)state;
	jk_text("no.such{code}\033[2J", &look, NULL, text);
	assert_string_equal(text, "Refused (no.such{code}?[2J).");
}

/* A value is shown as it is, braces and percent signs included. */
static void
test_text_value_is_not_a_template(void **state)
{
	char text[JK_TEXT_MAX];

	(void)state;
	show_name("{name}%s%n", 10, text);
	assert_memory_equal(text, "{name}%s%n is using", 19);
}

static void
test_text_hostile_values_are_harmless(void **state)
{
	static const struct {
		const char *name;
		const char *bytes;
		const char *want;
	} rows[] = {
		{ "escape sequence", "\033]0;x\007", "?]0;x?" },
		{ "line feed", "a\nlogin: ", "a?login: " },
		{ "C1 in UTF-8", "\xc2\x9b[2J", "?[2J" },
		{ "C1 as a byte", "\x9b[2J", "?[2J" },
		{ "delete", "a\x7f", "a?" },
		{ "overlong escape", "\xc0\x9b", "??" },
		{ "half a character", "\xe8\x8a", "??" },
		{ "reversed writing",
		    "\xe2\x80\xae"
		    "oranah",
		    "?oranah" },
		{ "an honest name", "住基 花子", "住基 花子" },
	};
	char text[JK_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		size_t n = strlen(rows[i].want);

		show_name(rows[i].bytes, strlen(rows[i].bytes), text);
		if (strncmp(text, rows[i].want, n) != 0 || text[n] != ' ' ||
		    text[n + 1] != 'i')
			fail_msg("%s: %s", rows[i].name, text);
		assert_plain(text);
	}
}

static void
show_contact(const char *code, const char *contact,
    char text[static JK_TEXT_MAX])
{
	char param[JK_TEXT_MAX];
	struct jk_frame *f;

	snprintf(param, sizeof(param), "contact=%s", contact);
	f = frame_with(param, strlen(param));
	jk_text(code, &look, f, text);
	jk_frame_free(&f);
}

static void
test_text_value_in_ascii_has_no_other_bytes(void **state)
{
	static const struct {
		const char *value, *want;
	} rows[] = {
		{ "ext. 123", "ext. 123" },
		{ "内線 123", "? 123" },
		{ "住民生活課　内線１２３", "?123" },
		{ "住民生活課　内線　１２３", "? 123" },
		{ "総務課 山田 (Yamada) 内線 9 番", "? (Yamada) ? 9 ?" },
		{ "ＡＢＣ～", "ABC~" },
		{ "a\xff\xfe\xfd z", "a? z" },
		{ "a\x1b\x1b[2J", "a?[2J" },
		{ "Jos\xc3\xa9", "Jos?" },
		{ " 9", " 9" },
	};
	char text[JK_TEXT_MAX], want[JK_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		show_contact("internal", rows[i].value, text);
		snprintf(want, sizeof(want), "(Contact: %s)", rows[i].want);
		if (strstr(text, want) == NULL)
			fail_msg("\"%s\": %s", rows[i].value, text);
	}
}

static void
test_text_value_that_tells_nothing_in_ascii_is_left_out(void **state)
{
	static const char *const values[] = { "住民生活課", "住基　花子", "-",
		"（窓口）", "？", "\xff" };
	char text[JK_TEXT_MAX], none[JK_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < JK_COUNT(values); i++) {
		show_contact("internal", "", none);
		show_contact("internal", values[i], text);
		assert_string_equal(text, none);
		show_name("", 0, none);
		show_name(values[i], strlen(values[i]), text);
		assert_string_equal(text, none);
	}
}

/* In every locale and on every console: ASCII, or well-formed UTF-8. */
static void
test_text_is_ascii_where_there_is_nothing_else(void **state)
{
	static const struct {
		const char *locale, *term, *tty;
		bool utf8;
	} rows[] = {
		{ "C", "xterm", "pts/3", false },
		{ "POSIX", NULL, "pts/3", false },
		{ "C.UTF-8", "xterm", "pts/3", true },
		{ "C.UTF-8", "linux", "tty1", false },
		{ "C.UTF-8", "linux", "/dev/tty63", false },
		{ "C.UTF-8", "linux", "/dev/pts/3", true },
		{ "C.UTF-8", "linux", ":0", true },
		{ "C.UTF-8", "linux", "tty", true },
		{ "C.UTF-8", "linux", "ttyS0", true },
		{ "C.UTF-8", "linux", "tty1x", true },
		{ "C.UTF-8", "linux", "tty100", true },
		{ "C.UTF-8", "linux", "", true },
		{ "C.UTF-8", "linux", NULL, true },
		{ "C.UTF-8", "xterm", "tty1", true },
		{ "C.UTF-8", NULL, "tty1", true },
	};

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		assert_non_null(setlocale(LC_ALL, rows[i].locale));
		if (rows[i].term != NULL)
			setenv("TERM", rows[i].term, 1);
		else
			unsetenv("TERM");
		jk_look_make(0, rows[i].tty, &look);
		if (look.utf8 != rows[i].utf8)
			fail_msg("%s, %s, %s", rows[i].locale, rows[i].term,
			    rows[i].tty);
		for (size_t j = 0; jk_text_code(j) != NULL; j++) {
			const char *code = jk_text_code(j);
			char text[JK_TEXT_MAX];

			show_contact(code, "住民生活課 内線 123", text);
			for (const char *c = text; *c != '\0'; c++)
				if (!look.utf8 && (*c < 0x20 || *c > 0x7e))
					fail_msg("%s: %s", code, text);
			assert_plain(text);
		}
	}
}

/* At each length once, so that each cut falls on each byte of a character. */
static void
test_text_is_cut_between_characters(void **state)
{
	char name[JK_TEXT_MAX] = "", text[JK_TEXT_MAX];

	(void)state;
	for (size_t pad = 0; pad < 4; pad++) {
		memset(name, 'x', pad);
		for (size_t n = pad; n + 3 < sizeof(name); n += 3) {
			memcpy(name + n, "花", 3);
			show_name(name, n + 3, text);
			assert_true(strlen(text) < JK_TEXT_MAX);
			assert_plain(text);
			assert_null(strchr(text, '?'));
		}
	}
}

/* A text with several long values is cut as a whole, at a character too. */
static void
test_text_many_long_values_fit(void **state)
{
	char classes[300] = "classes=", type[300] = "type=x";
	struct jk_frame *f;
	char text[JK_TEXT_MAX];

	(void)state;
	speak_japanese();
	for (size_t n = 8; n + 3 < sizeof(classes); n += 3)
		memcpy(classes + n, "端", 3);
	for (size_t n = 6; n + 3 < sizeof(type); n += 3)
		memcpy(type + n, "種", 3);
	assert_int_equal(jk_frame_new(&f), JK_OK);
	jk_frame_start(f, JK_FRAME_VERDICT);
	assert_int_equal(jk_frame_put_str(f, JK_FIELD_PARAM, type), JK_OK);
	assert_int_equal(jk_frame_put_str(f, JK_FIELD_PARAM, classes), JK_OK);
	jk_text("opid.terminal", &look, f, text);
	jk_frame_free(&f);
	assert_in_range(strlen(text), JK_TEXT_MAX - 4, JK_TEXT_MAX - 1);
	assert_plain(text);
}

static void
test_text_speaks_japanese_to_people(void **state)
{
	char text[JK_TEXT_MAX];

	(void)state;
	speak_japanese();
	show_name("花子", strlen("花子"), text);
	assert_string_equal(text,
	    "この端末は花子が使用中です。解除できるのは本人だけです。"
	    "別の端末を使用してください。");
}

static void
show_day(const char *day, char text[static JK_TEXT_MAX])
{
	char param[JK_TEXT_MAX];
	struct jk_frame *f;

	snprintf(param, sizeof(param), "date=%s", day);
	f = frame_with(param, strlen(param));
	jk_text("opid.notyet", &look, f, text);
	jk_frame_free(&f);
}

static void
test_text_date_stays_as_it_is_in_english(void **state)
{
	char text[JK_TEXT_MAX];

	(void)state;
	show_day("2026-11-21", text);
	assert_non_null(strstr(text, " from 2026-11-21. "));
	look.style = JK_STYLE_GREGORIAN;
	show_day("2026-11-21", text);
	assert_non_null(strstr(text, " from 2026-11-21. "));
}

static void
test_text_date_is_by_era_or_not_in_japanese(void **state)
{
	char text[JK_TEXT_MAX];

	(void)state;
	speak_japanese();
	show_day("2026-11-21", text);
	assert_non_null(strstr(text, "は令和8年11月21日から"));
	look.style = JK_STYLE_GREGORIAN;
	show_day("2026-11-21", text);
	assert_non_null(strstr(text, "は2026年11月21日から"));
	/* A style that only a newer service knows changes nothing. */
	look.style = ~(uint64_t)JK_STYLE_GREGORIAN;
	show_day("2026-11-21", text);
	assert_non_null(strstr(text, "は令和8年11月21日から"));
}

static void
test_text_no_date_is_shown_as_it_came(void **state)
{
	char text[JK_TEXT_MAX];

	(void)state;
	speak_japanese();
	show_day("0000-00-00", text);
	assert_non_null(strstr(text, "は0000-00-00から"));
	show_day("2026-11-21\033[2J", text);
	assert_non_null(strstr(text, "は2026-11-21?[2Jから"));
	show_day("", text);
	assert_non_null(strstr(text, "はから"));
}

/* The official name of something else (操作者照合暗証番号). */
static bool
is_other_pin(const char *code)
{
	return strcmp(code, "fb.denied") == 0;
}

static void
check_labels(const char *label, const char *const others[], size_t n_others)
{
	for (size_t i = 0; jk_text_code(i) != NULL; i++) {
		const char *code = jk_text_code(i);
		const bool named =
		    names(jk_look_say(&look, jk_text_english(i)), "pin");
		char text[JK_TEXT_MAX];

		jk_text(code, &look, NULL, text);
		if (named && strstr(text, label) == NULL)
			fail_msg("%s: no %s: %s", code, label, text);
		for (size_t j = 0; j < n_others && !is_other_pin(code); j++)
			if (strstr(text, others[j]) != NULL)
				fail_msg("%s: %s", code, text);
	}
}

/* In every text, and in none both. */
static void
test_text_pin_goes_by_one_name(void **state)
{
	static const char *const no_pin[] = { "PIN" };
	static const char *const no_password[] = { "assword" };

	(void)state;
	check_labels("PIN", no_password, 1);
	look.style = JK_STYLE_PASSWORD;
	check_labels("assword", no_pin, 1);
}

static void
test_text_pin_goes_by_one_name_in_japanese(void **state)
{
	static const char *const no_pin[] = { "PIN", "暗証番号" };
	static const char *const no_password[] = { "assword", "パスワード" };

	(void)state;
	speak_japanese();
	check_labels("暗証番号", no_password, 2);
	look.style = JK_STYLE_PASSWORD;
	check_labels("パスワード", no_pin, 2);
}

static void
test_text_pin_is_written_as_its_place_in_the_sentence(void **state)
{
	char text[JK_TEXT_MAX];
	struct jk_frame *f = frame_with("pin=x", 5);

	(void)state;
	jk_text("pin.prompt", &look, f, text);
	assert_string_equal(text, "PIN: ");
	jk_text("pin.old", &look, f, text);
	assert_string_equal(text, "Present PIN: ");
	look.style = JK_STYLE_PASSWORD;
	jk_text("pin.prompt", &look, f, text);
	assert_string_equal(text, "Password: ");
	jk_text("pin.old", &look, f, text);
	assert_string_equal(text, "Present password: ");
	jk_frame_free(&f);
}

static void
test_text_contact_is_shown_or_nothing_of_it(void **state)
{
	static const char want[] =
	    "This card is not registered. Ask the security manager.";
	char text[JK_TEXT_MAX];

	(void)state;
	show_contact("card.unknown", "ext. 123", text);
	assert_memory_equal(text, want, sizeof(want) - 1);
	assert_string_equal(text + sizeof(want) - 1, " (Contact: ext. 123)");
	show_contact("card.unknown", "", text);
	assert_string_equal(text, want);
	jk_text("card.unknown", &look, NULL, text);
	assert_string_equal(text, want);
}

static void
test_text_contact_is_shown_or_nothing_of_it_in_japanese(void **state)
{
	static const char want[] = "このカードは登録されていません。"
	                           "セキュリティ管理者に連絡してください。";
	char text[JK_TEXT_MAX];

	(void)state;
	speak_japanese();
	show_contact("card.unknown", "内線 123", text);
	assert_memory_equal(text, want, sizeof(want) - 1);
	assert_string_equal(text + sizeof(want) - 1, "（連絡先: 内線 123）");
	show_contact("card.unknown", "", text);
	assert_string_equal(text, want);
}

/* Each refusal that sends to somebody in an office of his own. */
static void
test_text_who_is_to_call_is_told_whom(void **state)
{
	static const char *const whom[] = { " security manager",
		" system manager", " access manager", " security officer",
		" a holder of type", " identity information officer" };

	(void)state;
	for (size_t i = 0; jk_text_code(i) != NULL; i++) {
		const char *code = jk_text_code(i), *text = jk_text_english(i);
		bool calls = false, refuses = false;

		for (size_t j = 0; j < JK_COUNT(whom); j++)
			calls |= strstr(text, whom[j]) != NULL;
		for (size_t j = 0; j < JK_COUNT(reasons); j++)
			refuses |=
			    strcmp(code, jk_reason_code(reasons[j].why)) == 0;
		if (calls && refuses && !has_place(text, "contact"))
			fail_msg("%s: whom? %s", code, text);
		if (has_place(text, "contact") &&
		    strcmp(strstr(text, "{contact}"), "{contact}") != 0)
			fail_msg("%s: not at the end: %s", code, text);
	}
}

#define ENGLISH(f)  cmocka_unit_test_setup(f, in_english)
#define UTF8(f)     cmocka_unit_test_setup(f, in_utf8)
#define JAPANESE(f) cmocka_unit_test_setup(f, with_japanese)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ENGLISH(test_text_every_reason_has_one),
		ENGLISH(test_text_no_code_twice),
		ENGLISH(test_text_every_code_is_a_reason_or_a_note),
		ENGLISH(test_pam_code_refuses_in_every_phase),
		ENGLISH(test_pam_code_is_one_that_the_phase_may_return),
		ENGLISH(test_text_english_is_ascii),
		ENGLISH(test_text_english_is_never_cut),
		ENGLISH(test_text_places_are_filled),
		ENGLISH(test_text_type_is_called_by_its_name),
		ENGLISH(test_text_missing_params_leave_places_empty),
		ENGLISH(test_text_nothing_is_missing),
		ENGLISH(test_text_nobody_is_named_where_no_name_came),
		ENGLISH(test_text_classes_are_called_by_their_names),
		JAPANESE(
		    test_text_classes_are_called_by_their_names_in_japanese),
		ENGLISH(test_text_unknown_code_is_quoted_and_harmless),
		ENGLISH(test_text_value_is_not_a_template),
		ENGLISH(test_text_value_in_ascii_has_no_other_bytes),
		ENGLISH(
		    test_text_value_that_tells_nothing_in_ascii_is_left_out),
		ENGLISH(test_text_is_ascii_where_there_is_nothing_else),
		UTF8(test_text_hostile_values_are_harmless),
		UTF8(test_text_is_cut_between_characters),
		JAPANESE(test_text_is_ascii_where_there_is_nothing_else),
		JAPANESE(test_text_japanese_is_complete_and_never_cut),
		JAPANESE(test_text_where_only_characters_are_taken),
		JAPANESE(test_text_on_a_screen_where_no_locale_is_taken),
		JAPANESE(test_text_japanese_has_the_places_of_english),
		JAPANESE(test_text_type_is_called_by_its_name_in_japanese),
		JAPANESE(test_text_many_long_values_fit),
		JAPANESE(test_text_speaks_japanese_to_people),
		ENGLISH(test_text_pin_goes_by_one_name),
		JAPANESE(test_text_pin_goes_by_one_name_in_japanese),
		ENGLISH(test_text_pin_is_written_as_its_place_in_the_sentence),
		ENGLISH(test_text_contact_is_shown_or_nothing_of_it),
		JAPANESE(
		    test_text_contact_is_shown_or_nothing_of_it_in_japanese),
		ENGLISH(test_text_who_is_to_call_is_told_whom),
		ENGLISH(test_text_date_stays_as_it_is_in_english),
		JAPANESE(test_text_date_is_by_era_or_not_in_japanese),
		JAPANESE(test_text_no_date_is_shown_as_it_came),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
