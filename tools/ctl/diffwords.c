/* SPDX-License-Identifier: BSD-2-Clause */
/* One difference as an officer reads it before approving (Y-5). */
#include <stdio.h>
#include <string.h>

#include "diff.h"

/* Of sections (key "") and of keys. Businesses and functions speak for
 * themselves, so that their keys have no name. */
static const struct {
	const char *section, *key, *ja;
} names[] = {
	{ "policy", "", "規則" },
	{ "policy", "version", "版" },
	{ "policy", "effective-from", "施行日" },
	{ "policy", "contact", "連絡先" },
	{ "policy", "owning-department", "本人確認情報を所管する課" },
	{ "policy", "require-checkout", "カードの引渡しの必須" },
	{ "policy", "require-function", "操作者管理の種別の必須" },
	{ "policy", "system-accounts", "システムのアカウントの使用" },
	{ "limits", "", "期限" },
	{ "limits", "training-days", "講習会の受講（日）" },
	{ "limits", "review-days", "ユーザＩＤの見直し（日）" },
	{ "limits", "unused-days", "未使用の操作者ＩＤ（日）" },
	{ "limits", "fallback-days", "操作者照合暗証番号の承認（日）" },
	{ "limits", "approval-days", "承認の最長（日）" },
	{ "limits", "delegation-days", "権限委譲の最長（日）" },
	{ "limits", "bulk-count", "一回の件数の上限（件）" },
	{ "limits", "bulk-hour", "一時間の件数の上限（件）" },
	{ "pin", "", "暗証番号" },
	{ "pin", "change", "変更の期限" },
	{ "pin", "initial", "初期の暗証番号" },
	{ "pin", "unknown", "変更日の不明な暗証番号" },
	{ "pin", "remind", "変更の予告（日前）" },
	{ "pin", "digits", "数字に限る" },
	{ "pin", "forbidden", "使用できない暗証番号" },
	{ "pin", "unblock", "ＰＵＫによる解除" },
	{ "hours", "", "業務時間" },
	{ "hours", "open", "開始" },
	{ "hours", "close", "終了" },
	{ "hours", "weekday", "曜日" },
	{ "hours", "closed-day", "休業日" },
	{ "class", "", "端末" },
	{ "class", "method", "認証" },
	{ "class", "room-level", "設置場所" },
	{ "business", "", "業務" },
	{ "business", "own-department", "所管する課に限る" },
	{ "business", "permission", "許可を要する" },
	{ "business", "second-person", "他の職員の確認を要する" },
	{ "business", "bulk", "大量の検索・抽出を通常とする" },
	{ "type", "", "種別" },
	{ "type", "number", "項番" },
	{ "type", "enabled", "使用" },
	{ "type", "terminal-class", "操作端末" },
	{ "type", "business", "" },
	{ "type", "function", "" },
};

static const char *
name_of(const char *section, const char *key)
{
	for (size_t i = 0; i < JK_COUNT(names); i++)
		if (strcmp(names[i].section, section) == 0 &&
		    strcmp(names[i].key, key) == 0)
			return names[i].ja;
	return key[0] != '\0' ? key : section;
}

static const char *
value_ja(const char *value)
{
	if (value[0] == '\0')
		return "なし";
	if (strcmp(value, "o") == 0 || strcmp(value, "yes") == 0)
		return "○";
	if (strcmp(value, "x") == 0 || strcmp(value, "no") == 0)
		return "×";
	return strcmp(value, "d") == 0 ? "△" : value;
}

/* What stands before the values: key, item or both. */
static void
join(const char *key, const char *item, char *ret, size_t size)
{
	(void)snprintf(ret, size, "%s%s%s", key,
	    key[0] != '\0' && item[0] != '\0' ? " " : "", item);
}

static void
in_japanese(const struct jk_difference *d, char *ret, size_t size)
{
	char what[JK_DIFFERENCE_MAX / 2];

	join(d->key[0] != '\0' ? name_of(d->section, d->key) : "", d->item_ja,
	    what, sizeof(what));
	if (d->key[0] == '\0')
		/* Two ids may have one number, and so one name. */
		(void)snprintf(ret, size, "%s %s (%s): %s",
		    name_of(d->section, ""), d->id_ja, d->id,
		    d->to[0] != '\0' ? "追加" : "削除");
	else
		(void)snprintf(ret, size, "%s%s%s: %s %s→%s",
		    name_of(d->section, ""), d->id[0] != '\0' ? " " : "",
		    d->id_ja, what, value_ja(d->from), value_ja(d->to));
}

static void
in_english(const struct jk_difference *d, char *ret, size_t size)
{
	char what[JK_DIFFERENCE_MAX / 2];
	const bool named = name_of(d->section, d->key)[0] != '\0';

	join(named ? d->key : "", d->item, what, sizeof(what));
	if (d->key[0] == '\0')
		(void)snprintf(ret, size, "%s %s: %s", d->section, d->id,
		    d->to[0] != '\0' ? "added" : "removed");
	else
		(void)snprintf(ret, size, "%s%s%s: %s %s -> %s", d->section,
		    d->id[0] != '\0' ? " " : "", d->id, what,
		    d->from[0] != '\0' ? d->from : "-",
		    d->to[0] != '\0' ? d->to : "-");
}

void
jk_difference_words(const struct jk_difference *difference, bool japanese,
    char ret[static JK_DIFFERENCE_MAX])
{
	if (japanese)
		in_japanese(difference, ret, JK_DIFFERENCE_MAX);
	else
		in_english(difference, ret, JK_DIFFERENCE_MAX);
}
