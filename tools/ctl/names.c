/* SPDX-License-Identifier: BSD-2-Clause */
#include "names.h"

#include <stdio.h>
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

/* "cs, integrated-terminal" */
static void
list_words(const struct jk_words *words, char *ret, size_t size)
{
	size_t at = 0;

	ret[0] = '\0';
	for (size_t i = words->first; i < words->n && at < size; i++)
		at += (size_t)snprintf(ret + at, size - at, "%s%s",
		    at > 0 ? ", " : "", words->word[i].id);
}

const char *
jk_name_fault(const char *fault)
{
	static const struct jk_words *const all[] = { &jk_classes,
		&jk_businesses, &jk_functions, &jk_methods, &jk_role_names,
		&jk_approval_kinds, &jk_card_states, &jk_weekdays,
		&jk_room_levels };
	static char text[1024];
	char list[512];

	/* Of a vocabulary the fault names its words, so it is no text that
	 * could be looked up. */
	for (size_t i = 0; jk_names_are_japanese() && i < JK_COUNT(all); i++) {
		if (strcmp(fault, all[i]->fault) != 0)
			continue;
		list_words(all[i], list, sizeof(list));
		(void)snprintf(text, sizeof(text), _("none of these: %s"),
		    list);
		return text;
	}
	return _(fault);
}
