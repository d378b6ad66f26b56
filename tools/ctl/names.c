/* SPDX-License-Identifier: BSD-2-Clause */
#include "names.h"

#include <string.h>

#include "rows.h"
#include "tr.h"

/* The nine of 別紙1 in their order. An office may call the ids otherwise. */
static const struct {
	const char *id, *ja;
} types[] = {
	{ "municipal-management", "市町村業務管理" },
	{ "municipal-counter", "市町村業務窓口" },
	{ "moving-desk", "転入転出" },
	{ "wide-area-issuance-desk", "広域交付" },
	{ "other-department", "市町村他業務" },
	{ "public-personal-authentication-desk", "公的個人認証" },
	{ "counter-identity-desk", "市町村窓口業務本人確認" },
	{ "site-management", "拠点管理" },
	{ "operator-management", "操作者管理" },
};

bool
jk_names_are_japanese(void)
{
	/* TRANSLATORS: the code of your language, two letters. */
	return strcmp(_("en"), "ja") == 0;
}

const char *
jk_name_word(const struct jk_words *words, size_t number, bool japanese)
{
	if (!japanese || number >= words->n)
		return jk_word_id(words, number);
	return words->word[number].ja;
}

const char *
jk_name_here(const struct jk_words *words, size_t number)
{
	return jk_name_word(words, number, jk_names_are_japanese());
}

const char *
jk_name_type(const struct jk_type *type, bool japanese)
{
	if (!japanese || type->number < 1 || type->number > JK_COUNT(types))
		return type->id;
	return types[type->number - 1].ja;
}

const char *
jk_name_type_id(const char *id)
{
	if (!jk_names_are_japanese())
		return id;
	for (size_t i = 0; i < JK_COUNT(types); i++)
		if (strcmp(types[i].id, id) == 0)
			return types[i].ja;
	return id;
}

const char *
jk_name_revocation(const char *id)
{
	static const char *const names[] = { N_("lost"), N_("stolen"),
		N_("damaged"), N_("left"), N_("withdrawn") };

	for (size_t i = 0; i < JK_COUNT(names); i++)
		if (strcmp(names[i], id) == 0)
			return _(names[i]);
	return id;
}
