/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The shipped policy.conf against 別紙1 of the rule (榛東村住民基本台帳
 * ネットワークシステム管理運用規程): the lists of roles as they are printed
 * there, typed in from the rule and not from the file. One test for each cell:
 * every type with every business, every class of terminal and every function.
 */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"

#define TYPES 9

/* 業務: the head of the table (対応表), in its order. */
static const struct {
	const char *ja, *id;
} businesses[] = {
	{ "本人確認", "identity-confirmation" },
	{ "本人確認情報検索", "identity-info-search" },
	{ "本人確認情報更新", "identity-info-update" },
	{ "転入転出(全般)", "moving" },
	{ "広域交付(全般)", "wide-area-issuance" },
	{ "統計処理", "statistics" },
	{ "住民票コード管理", "resident-code-management" },
	{ "本人確認情報整合", "identity-info-reconciliation" },
	{ "本人確認情報提供状況開示", "provision-disclosure" },
	{ "文字コード管理", "character-code-management" },
	{ "公的個人認証", "public-personal-authentication" },
	{ "市町村窓口業務本人確認", "counter-identity-confirmation" },
	{ "情報提供", "information-provision" },
	{ "戸籍附票", "family-register-supplement" },
};
#define BUSINESSES JK_COUNT(businesses)

/* 操作端末. */
static const struct {
	const char *ja, *id;
} classes[] = {
	{ "CS", "cs" },
	{ "統合端末", "integrated-terminal" },
	{ "統合端末(他部署に設置)", "integrated-terminal-other-dept" },
};
#define CLASSES JK_COUNT(classes)

/* 操作者管理業務: what 項番9 may do. 衣装履歴 is read as 委譲履歴. */
static const struct {
	const char *ja, *id;
} functions[] = {
	{ "操作者登録", "operator-register" },
	{ "操作者権限追加・返却", "permission-add-return" },
	{ "操作者変更・削除", "operator-change-delete" },
	{ "照合情報再登録", "biometric-reenroll" },
	{ "操作者有効期限変更", "operator-expiry-change" },
	{ "操作者ID無効化", "operator-id-disable" },
	{ "操作者個別状況照会", "operator-status-query" },
	{ "操作者権限別状況照会", "permission-status-query" },
	{ "操作者権限委譲履歴照会", "delegation-history-query" },
	{ "操作者権限設定", "permission-set" },
};
#define FUNCTIONS JK_COUNT(functions)

/*
 * 項番, 操作者ID種別, 操作端末, 役割, and how many × stand in its row of the
 * table below it. Types 5 and 7 are for who has put a terminal into another
 * department (市町村の判断により), so they are shipped switched off (S-64).
 */
static const struct type {
	const char *ja, *id;
	const char *terminals[2];
	const char *roles[BUSINESSES];
	size_t crosses;
	bool enabled;
} types[TYPES] = {
	{ "市町村業務管理", "municipal-management", { "CS", "統合端末" },
	    { "本人確認", "本人確認情報検索", "本人確認情報更新",
	        "転入転出(全般)", "広域交付(全般)", "統計処理",
	        "住民票コード管理", "本人確認情報整合",
	        "本人確認情報提供状況開示", "文字コード管理", "公的個人認証",
	        "戸籍附票" },
	    2, true },
	{ "市町村業務窓口", "municipal-counter", { "統合端末" },
	    { "本人確認", "本人確認情報検索", "転入転出(全般)",
	        "広域交付(全般)", "公的個人認証", "戸籍附票" },
	    8, true },
	{ "転入転出", "moving-desk", { "統合端末" },
	    { "本人確認", "本人確認情報検索", "転入転出(全般)", "戸籍附票" },
	    10, true },
	{ "広域交付", "wide-area-issuance-desk", { "統合端末" },
	    { "本人確認", "本人確認情報検索", "広域交付(全般)" }, 11, true },
	{ "市町村他業務", "other-department", { "統合端末(他部署に設置)" },
	    { "情報提供" }, 13, false },
	{ "公的個人認証", "public-personal-authentication-desk", { "統合端末" },
	    { "公的個人認証" }, 13, true },
	{ "市町村窓口業務本人確認", "counter-identity-desk",
	    { "統合端末(他部署に設置)" }, { "市町村窓口業務本人確認" }, 13,
	    false },
	{ "拠点管理", "site-management", { "統合端末" }, { NULL }, 14, true },
	{ "操作者管理", "operator-management", { "統合端末" }, { NULL }, 14,
	    true },
};

/* 項番8, and only as far as 項番9 has delegated it (備考: 権限の以上, read as
 * 委譲). It writes 操作権限追加・返却 for 操作者権限追加・返却. */
static const char *const site_management[] = { "操作者登録",
	"操作者権限追加・返却", "操作者変更・削除", "照合情報再登録",
	"操作者有効期限変更", "操作者ID無効化" };

static bool
is_in(const char *const *list, size_t n, const char *text)
{
	for (size_t i = 0; i < n && list[i] != NULL; i++)
		if (strcmp(list[i], text) == 0)
			return true;
	return false;
}

/* What the file says. */
static struct {
	struct jk_policy_draft policy;
	struct jk_class_rule class[JK_CLASS_COUNT];
	bool has_class[JK_CLASS_COUNT];
	struct jk_business_draft business[JK_BUSINESS_COUNT];
	struct jk_type type[TYPES + 1];
	size_t n;
} file;

static void *
begin(JK_UNUSED void *ctx, const struct jk_draft *section)
{
	if (strcmp(section->name, "type") == 0) {
		assert_true(file.n < TYPES + 1);
		strcpy(file.type[file.n].id, section->id);
		return &file.type[file.n++];
	}
	if (strcmp(section->name, "class") == 0) {
		size_t number = jk_word_find(&jk_classes, section->id);

		file.has_class[number] = true;
		return &file.class[number];
	}
	if (strcmp(section->name, "business") == 0)
		return &file.business[jk_word_find(&jk_businesses,
		    section->id)];
	return &file.policy;
}

static void
end(JK_UNUSED void *ctx, JK_UNUSED const struct jk_draft *section)
{
}

static const struct jk_conf_handler handler = { begin, end, NULL };

static int
read_file(void **state)
{
	static char text[65536];
	struct jk_report report = { 0 };
	FILE *f = fopen(POLICY_CONF, "re");
	size_t len;

	(void)state;
	assert_non_null(f);
	len = fread(text, 1, sizeof(text) - 1, f);
	assert_true(len > 0 && len < sizeof(text) - 1);
	fclose(f);
	if (jk_conf_parse(JK_CONF_POLICY, "policy.conf", text, len, &report,
	        &handler) != JK_OK)
		fail_msg("%s", report.error[0]);
	return 0;
}

static const struct jk_type *
type_in_file(size_t number)
{
	for (size_t i = 0; i < file.n; i++)
		if (strcmp(file.type[i].id, types[number].id) == 0)
			return &file.type[i];
	fail_msg("there is no [type %s]", types[number].id);
	return NULL;
}

/* One cell: of which type, and which column. */
struct cell {
	size_t type, column;
	char name[256];
};

static void
test_business(void **state)
{
	const struct cell *c = *state;
	const struct type *want = &types[c->type];
	size_t bit = jk_word_find(&jk_businesses, businesses[c->column].id);

	assert_true(bit < JK_BUSINESS_COUNT);
	assert_int_equal((type_in_file(c->type)->businesses &
	                     jk_bit((unsigned)bit)) != 0,
	    is_in(want->roles, BUSINESSES, businesses[c->column].ja));
}

static void
test_class(void **state)
{
	const struct cell *c = *state;
	size_t bit = jk_word_find(&jk_classes, classes[c->column].id);

	assert_true(bit < JK_CLASS_COUNT);
	assert_int_equal((type_in_file(c->type)->classes &
	                     jk_bit((unsigned)bit)) != 0,
	    is_in(types[c->type].terminals, 2, classes[c->column].ja));
}

/* o, d (while delegated) or x. */
static char
function_mark(size_t type, size_t column)
{
	if (type == 8)
		return 'o';
	return type == 7 && is_in(site_management, JK_COUNT(site_management),
	                        functions[column].ja)
	           ? 'd'
	           : 'x';
}

static void
test_function(void **state)
{
	const struct cell *c = *state;
	const struct jk_type *type = type_in_file(c->type);
	size_t bit = jk_word_find(&jk_functions, functions[c->column].id);
	bool held, delegated;

	assert_true(bit < JK_FUNCTION_COUNT);
	held = (type->functions & jk_bit((unsigned)bit)) != 0;
	delegated = (type->delegated & jk_bit((unsigned)bit)) != 0;
	assert_false(held && delegated);
	assert_int_equal(held        ? 'o'
	                 : delegated ? 'd'
	                             : 'x',
	    function_mark(c->type, c->column));
}

static void
test_type(void **state)
{
	const struct cell *c = *state;
	const struct jk_type *type = type_in_file(c->type);

	assert_int_equal(type->number, c->type + 1);
	assert_int_equal(type->enabled, types[c->type].enabled);
	/* The second source: the marks of the table. */
	assert_int_equal(BUSINESSES - types[c->type].crosses,
	    __builtin_popcount(type->businesses));
}

static void
test_nine_types_and_28_of_98(void **state)
{
	int rights = 0;

	(void)state;
	assert_int_equal(file.n, TYPES);
	for (size_t i = 0; i < 7; i++)
		rights += __builtin_popcount(type_in_file(i)->businesses);
	assert_int_equal(rights, 28);
	assert_int_equal(7 * BUSINESSES, 98);
	assert_int_equal(BUSINESSES, JK_BUSINESS_COUNT);
	assert_int_equal(CLASSES, JK_CLASS_COUNT);
	assert_int_equal(FUNCTIONS, JK_FUNCTION_COUNT);
}

/* People read the words of the rule. */
static void
test_words_are_those_of_the_rule(void **state)
{
	(void)state;
	for (size_t i = 0; i < BUSINESSES; i++)
		assert_string_equal(jk_businesses.word[i].ja, businesses[i].ja);
	for (size_t i = 0; i < FUNCTIONS; i++)
		assert_string_equal(jk_functions.word[i].ja, functions[i].ja);
	assert_string_equal(jk_classes.word[0].ja, "コミュニケーションサーバ");
	for (size_t i = 1; i < CLASSES; i++)
		assert_string_equal(jk_classes.word[i].ja, classes[i].ja);
}

static void
refused(const char *text)
{
	struct jk_report report = { 0 };

	file.n = 0;
	if (jk_conf_parse(JK_CONF_POLICY, "x", text, strlen(text), &report,
	        &handler) == JK_OK)
		fail_msg("taken: %s", text);
	jk_report_clear(&report);
}

#define HEAD "[policy]\nversion = 1\n[type t]\nnumber = 1\n"
#define CS   "terminal-class = cs\n"

static void
test_card_issuing_is_no_business(void **state)
{
	(void)state;
	for (size_t i = 0; i < jk_businesses.n; i++) {
		assert_null(strstr(jk_businesses.word[i].id, "card"));
		assert_null(strstr(jk_businesses.word[i].ja, "カード"));
	}
	refused(HEAD CS "business = resident-card-issuing\n");
	refused("[policy]\nversion = 1\n[business resident-card-issuing]\n");
}

static void
test_what_is_unknown_is_an_error(void **state)
{
	(void)state;
	refused(HEAD CS "business = mooving\n");
	refused(HEAD CS "function = moving\n");
	refused(HEAD CS "delegated-function = moving\n");
	refused(HEAD "terminal-class = terminal\n");
	refused("[policy]\nversion = 1\n[class terminal]\nmethod = card-pin\n");
	refused("[policy]\nversion = 1\n[business all]\npermission = no\n");
	/* There is no tenth type. */
	refused("[policy]\nversion = 1\n[type t]\nnumber = 10\n" CS);
	refused("[policy]\nversion = 1\n[type t]\nnumber = 0\n" CS);
}

/* What the file says beside 別紙1. */
static void
test_rooms_methods_and_second_person(void **state)
{
	(void)state;
	for (size_t i = 0; i < JK_CLASS_COUNT; i++) {
		assert_true(file.has_class[i]);
		assert_int_equal(file.class[i].methods,
		    jk_bit(JK_METHOD_CARD_PIN));
		assert_int_equal(file.class[i].room_levels,
		    i == JK_CLASS_CS ? jk_bit(2) : 0);
	}
	for (size_t i = 0; i < JK_BUSINESS_COUNT; i++) {
		assert_int_equal(file.business[i].second_person,
		    i == JK_BIZ_IDENTITY_UPDATE);
		assert_int_equal(file.business[i].bulk,
		    i == JK_BIZ_RECONCILIATION || i == JK_BIZ_STATISTICS ||
		        i == JK_BIZ_CHARACTERS);
		assert_false(file.business[i].permission);
		assert_false(file.business[i].own_department);
	}
	assert_int_equal(file.policy.policy.n_owners, 0);
	assert_int_equal(file.policy.policy.open_min +
	                     file.policy.policy.close_min,
	    0);
}

#define CELLS (TYPES * (1 + BUSINESSES + CLASSES + FUNCTIONS))

static struct cell cells[CELLS];
static struct CMUnitTest tests[CELLS + 8];
static size_t n_tests;

static void
add_test(const char *name, CMUnitTestFunction run, struct cell *cell)
{
	tests[n_tests++] = (struct CMUnitTest){ .name = name,
		.test_func = run,
		.initial_state = cell };
}

static void
add_cell(const char *row, size_t type, size_t column, const char *what,
    const char *mark, CMUnitTestFunction run)
{
	static size_t n;
	struct cell *c = &cells[n++];

	c->type = type;
	c->column = column;
	snprintf(c->name, sizeof(c->name), "%s type %zu %s: %s %s", row,
	    type + 1, types[type].ja, what, mark);
	add_test(c->name, run, c);
}

static void
add_cells(size_t type)
{
	const struct type *t = &types[type];
	bool held;

	add_cell("S-64", type, 0, "enabled", t->enabled ? "o" : "x", test_type);
	for (size_t i = 0; i < BUSINESSES; i++) {
		held = is_in(t->roles, BUSINESSES, businesses[i].ja);
		add_cell("S-16", type, i, businesses[i].id, held ? "o" : "x",
		    test_business);
	}
	for (size_t i = 0; i < CLASSES; i++) {
		held = is_in(t->terminals, 2, classes[i].ja);
		add_cell("S-61", type, i, classes[i].id, held ? "o" : "x",
		    test_class);
	}
	for (size_t i = 0; i < FUNCTIONS; i++) {
		const char mark[] = { function_mark(type, i), '\0' };

		add_cell("S-65", type, i, functions[i].id, mark, test_function);
	}
}

int
main(void)
{
	for (size_t i = 0; i < TYPES; i++)
		add_cells(i);
	add_test("S-16 nine types, 28 of 98", test_nine_types_and_28_of_98,
	    NULL);
	add_test("S-61 the words of the rule", test_words_are_those_of_the_rule,
	    NULL);
	add_test("S-39 S-47 rooms, methods, second person",
	    test_rooms_methods_and_second_person, NULL);
	/* These read other files. */
	add_test("S-62 card issuing is no business",
	    test_card_issuing_is_no_business, NULL);
	add_test("S-67 what is unknown is an error",
	    test_what_is_unknown_is_an_error, NULL);
	return _cmocka_run_group_tests("matrix", tests, n_tests, read_file,
	    NULL);
}
