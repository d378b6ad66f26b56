/* SPDX-License-Identifier: BSD-2-Clause */
#include "language.h"

#include <langinfo.h>
#include <libintl.h>
#include <locale.h>
#include <stdbool.h>
#include <string.h>

#include "config.h"

#define DOMAIN "jukinet"

/* It can draw what its environment asks for, but never looked for texts. */
static bool
has_characters_only(void)
{
	return strcmp(nl_langinfo(NL_LOCALE_NAME(LC_MESSAGES)), "C") == 0 &&
	       strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

/* (locale_t)0: the caller's own. */
static locale_t
environments(void)
{
	locale_t base = duplocale(uselocale((locale_t)0)), made;

	if (base == (locale_t)0)
		return base;
	made = newlocale(LC_MESSAGES_MASK, "", base);
	if (made == (locale_t)0)
		freelocale(base);
	return made;
}

const char *
jk_language_text(const char *english)
{
	locale_t theirs, made = (locale_t)0;
	const char *text;

	/* Only our own domain is bound. */
	bindtextdomain(DOMAIN, JK_LOCALE_DIR);
	if (has_characters_only())
		made = environments();
	if (made == (locale_t)0)
		return dgettext(DOMAIN, english);
	theirs = uselocale(made);
	text = dgettext(DOMAIN, english);
	(void)uselocale(theirs);
	freelocale(made);
	return text;
}
