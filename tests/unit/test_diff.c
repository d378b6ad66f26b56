/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "conffile.h"
#include "diff.h"

/* What both editions say. */
#define HEAD  "[policy]\nversion = 1\n"
#define TYPE3 "[type moving-desk]\nnumber = 3\nterminal-class = cs\n"
#define TYPE8 "[type site-management]\nnumber = 8\nterminal-class = cs\n"

static void
read_policy(const char *text, struct jk_rowset *ret)
{
	struct jk_report report = { 0 };
	int fd = memfd_create("policy", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	jk_rowset_init(ret);
	assert_int_equal(jk_conffile_policy_at("p", fd, ret, &report), JK_OK);
	if (report.n_errors > 0)
		fail_msg("%s", report.error[0]);
	jk_report_clear(&report);
	close(fd);
}

struct seen {
	bool japanese;
	char text[4096];
};

static void
note(void *ctx, const struct jk_difference *d)
{
	char words[JK_DIFFERENCE_MAX];
	struct seen *seen = ctx;

	jk_difference_words(d, seen->japanese, words);
	assert_true(
	    strlen(seen->text) + strlen(words) + 2 < sizeof(seen->text));
	strcat(seen->text, words);
	strcat(seen->text, "\n");
}

static void
compare(const char *old, const char *new, bool japanese, struct seen *ret)
{
	struct jk_rowset a, b;

	*ret = (struct seen){ .japanese = japanese };
	read_policy(old, &a);
	read_policy(new, &b);
	jk_diff(&a, &b, note, ret);
	jk_rowset_clear(&a);
	jk_rowset_clear(&b);
}

/* One change of each kind of fact, in the words of both languages. */
static const struct {
	const char *name, *old, *new, *en, *ja;
} rows[] = {
	{ "nothing", HEAD TYPE3, HEAD TYPE3, "", "" },
	{ "order of sections and comments say nothing", HEAD TYPE3 TYPE8,
	    "# x\n" TYPE8 "\n" TYPE3 HEAD, "", "" },
	{ "a business is allowed (Y-5)", HEAD TYPE3,
	    HEAD TYPE3 "business = wide-area-issuance\n",
	    "type moving-desk: wide-area-issuance x -> o\n",
	    "種別 転入転出: 広域交付(全般) ×→○\n" },
	{ "a business is taken away", HEAD TYPE3 "business = moving\n",
	    HEAD TYPE3, "type moving-desk: moving o -> x\n",
	    "種別 転入転出: 転入転出(全般) ○→×\n" },
	{ "version", HEAD, "[policy]\nversion = 2\n",
	    "policy: version 1 -> 2\n", "規則: 版 1→2\n" },
	{ "effective-from", HEAD, HEAD "effective-from = 2027-04-01\n",
	    "policy: effective-from - -> 2027-04-01\n",
	    "規則: 施行日 なし→2027-04-01\n" },
	{ "contact", HEAD, HEAD "contact = 内線 9\n",
	    "policy: contact - -> 内線 9\n", "規則: 連絡先 なし→内線 9\n" },
	{ "owners", HEAD "owning-department = a\nowning-department = b\n",
	    HEAD "owning-department = b\nowning-department = c\n",
	    "policy: owning-department a o -> x\n"
	    "policy: owning-department c x -> o\n",
	    "規則: 本人確認情報を所管する課 a ○→×\n"
	    "規則: 本人確認情報を所管する課 c ×→○\n" },
	{ "flags", HEAD,
	    HEAD "require-checkout = yes\nrequire-function = no\n"
	         "system-accounts = yes\n",
	    "policy: require-checkout no -> yes\n"
	    "policy: require-function yes -> no\n"
	    "policy: system-accounts no -> yes\n",
	    "規則: カードの引渡しの必須 ×→○\n"
	    "規則: 操作者管理の種別の必須 ○→×\n"
	    "規則: システムのアカウントの使用 ×→○\n" },
	{ "limits", HEAD,
	    HEAD "[limits]\ntraining-days = 90\nreview-days = 100\n"
	         "unused-days = 30\nfallback-days = 2\n"
	         "approval-days = 366\ndelegation-days = 31\n",
	    "limits: training-days 0 -> 90\n"
	    "limits: review-days 184 -> 100\n"
	    "limits: unused-days 90 -> 30\n"
	    "limits: fallback-days 1 -> 2\n"
	    "limits: approval-days 31 -> 366\n"
	    "limits: delegation-days 366 -> 31\n",
	    "期限: 講習会の受講（日） 0→90\n"
	    "期限: ユーザＩＤの見直し（日） 184→100\n"
	    "期限: 未使用の操作者ＩＤ（日） 90→30\n"
	    "期限: 操作者照合暗証番号の承認（日） 1→2\n"
	    "期限: 承認の最長（日） 31→366\n"
	    "期限: 権限委譲の最長（日） 366→31\n" },
	{ "hours begin", HEAD, HEAD "[hours]\nopen = 00:00\nclose = 17:15\n",
	    "hours: open - -> 00:00\nhours: close - -> 17:15\n",
	    "業務時間: 開始 なし→00:00\n業務時間: 終了 なし→17:15\n" },
	{ "hours move", HEAD "[hours]\nopen = 08:30\nclose = 17:15\n",
	    HEAD "[hours]\nopen = 09:00\nclose = 24:00\n",
	    "hours: open 08:30 -> 09:00\nhours: close 17:15 -> 24:00\n",
	    "業務時間: 開始 08:30→09:00\n業務時間: 終了 17:15→24:00\n" },
	{ "calendar", HEAD "[hours]\nweekday = mon\nclosed-day = 2027-01-01\n",
	    HEAD "[hours]\nweekday = sat\nclosed-day = 2027-01-02\n",
	    "hours: weekday mon o -> x\nhours: weekday sat x -> o\n"
	    "hours: closed-day 2027-01-01 o -> x\n"
	    "hours: closed-day 2027-01-02 x -> o\n",
	    "業務時間: 曜日 月 ○→×\n業務時間: 曜日 土 ×→○\n"
	    "業務時間: 休業日 2027-01-01 ○→×\n"
	    "業務時間: 休業日 2027-01-02 ×→○\n" },
	{ "ways to log in", HEAD,
	    HEAD "[class cs]\nmethod = biometric\nroom-level = 2\n",
	    "class cs: method card-pin o -> x\n"
	    "class cs: method biometric x -> o\n"
	    "class cs: room-level 2 x -> o\n",
	    "端末 コミュニケーションサーバ: 認証 "
	    "操作者用ＩＣカードと暗証番号 ○→×\n"
	    "端末 コミュニケーションサーバ: 認証 照合情報認証 ×→○\n"
	    "端末 コミュニケーションサーバ: 設置場所 レベル2 ×→○\n" },
	{ "what a business needs", HEAD "owning-department = a\n",
	    HEAD "owning-department = a\n[business moving]\n"
	         "own-department = yes\npermission = yes\n"
	         "second-person = yes\n",
	    "business moving: own-department no -> yes\n"
	    "business moving: permission no -> yes\n"
	    "business moving: second-person no -> yes\n",
	    "業務 転入転出(全般): 所管する課に限る ×→○\n"
	    "業務 転入転出(全般): 許可を要する ×→○\n"
	    "業務 転入転出(全般): 他の職員の確認を要する ×→○\n" },
	{ "a type is switched off and moves", HEAD TYPE3,
	    HEAD "[type moving-desk]\nnumber = 4\nenabled = no\n"
	         "terminal-class = integrated-terminal\n",
	    "type moving-desk: number 3 -> 4\n"
	    "type moving-desk: enabled yes -> no\n"
	    "type moving-desk: terminal-class cs o -> x\n"
	    "type moving-desk: terminal-class integrated-terminal x -> o\n",
	    "種別 広域交付: 項番 3→4\n"
	    "種別 広域交付: 使用 ○→×\n"
	    "種別 広域交付: 操作端末 コミュニケーションサーバ ○→×\n"
	    "種別 広域交付: 操作端末 統合端末 ×→○\n" },
	{ "a function is no longer delegated but held",
	    HEAD TYPE8 "delegated-function = operator-register\n",
	    HEAD TYPE8 "function = operator-register\n"
	               "delegated-function = biometric-reenroll\n",
	    "type site-management: operator-register d -> o\n"
	    "type site-management: biometric-reenroll x -> d\n",
	    "種別 拠点管理: 操作者登録 △→○\n"
	    "種別 拠点管理: 照合情報再登録 ×→△\n" },
	{ "a type is new", HEAD, HEAD TYPE3 "business = moving\n",
	    "type moving-desk: added\n"
	    "type moving-desk: enabled no -> yes\n"
	    "type moving-desk: terminal-class cs x -> o\n"
	    "type moving-desk: moving x -> o\n",
	    "種別 転入転出 (moving-desk): 追加\n"
	    "種別 転入転出: 使用 ×→○\n"
	    "種別 転入転出: 操作端末 コミュニケーションサーバ ×→○\n"
	    "種別 転入転出: 転入転出(全般) ×→○\n" },
	{ "a type is gone", HEAD TYPE3, HEAD,
	    "type moving-desk: removed\n"
	    "type moving-desk: enabled yes -> no\n"
	    "type moving-desk: terminal-class cs o -> x\n",
	    "種別 転入転出 (moving-desk): 削除\n"
	    "種別 転入転出: 使用 ○→×\n"
	    "種別 転入転出: 操作端末 コミュニケーションサーバ ○→×\n" },
};

static void
test_diff_says_each_change_in_words(void **state)
{
	static struct seen seen;

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		compare(rows[i].old, rows[i].new, false, &seen);
		if (strcmp(seen.text, rows[i].en) != 0)
			fail_msg("%s:\n%s", rows[i].name, seen.text);
		compare(rows[i].old, rows[i].new, true, &seen);
		if (strcmp(seen.text, rows[i].ja) != 0)
			fail_msg("%s:\n%s", rows[i].name, seen.text);
	}
}

/* Turned round, each change goes the other way. */
static void
test_diff_is_as_long_the_other_way_round(void **state)
{
	static struct seen seen, back;

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		compare(rows[i].old, rows[i].new, false, &seen);
		compare(rows[i].new, rows[i].old, false, &back);
		if ((seen.text[0] == '\0') != (back.text[0] == '\0'))
			fail_msg("%s:\n%s", rows[i].name, back.text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_diff_says_each_change_in_words),
		cmocka_unit_test(test_diff_is_as_long_the_other_way_round),
	};

	setenv("TZ", "Asia/Tokyo", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
