/* SPDX-License-Identifier: BSD-2-Clause */
#include "language.h"

#include <langinfo.h>
#include <libintl.h>
#include <locale.h>
#include <string.h>
#include <sys/auxv.h>

#include "config.h"

#define DOMAIN "jukinet"

/*
 * What of its environment's locale the program has not taken and should have: 0
 * where it has chosen. Who can draw characters may never have looked for texts;
 * who has taken nothing may do so where a screen takes UTF-8. The environment of
 * a set-user-ID program is its caller's, and is not asked.
 */
static int
categories(bool on_screen)
{
	if (strcmp(nl_langinfo(NL_LOCALE_NAME(LC_MESSAGES)), "C") != 0)
		return 0;
	if (strcmp(nl_langinfo(CODESET), "UTF-8") == 0)
		return LC_MESSAGES_MASK;
	if (on_screen && getauxval(AT_SECURE) == 0 &&
	    strcmp(nl_langinfo(NL_LOCALE_NAME(LC_CTYPE)), "C") == 0)
		return LC_CTYPE_MASK | LC_MESSAGES_MASK;
	return 0;
}

/* (locale_t)0: the program's own. */
static locale_t
environments(bool on_screen)
{
	const int mask = categories(on_screen);
	locale_t base, made;

	if (mask == 0)
		return (locale_t)0;
	base = duplocale(uselocale((locale_t)0));
	if (base == (locale_t)0)
		return base;
	made = newlocale(mask, "", base);
	if (made == (locale_t)0)
		freelocale(base);
	return made;
}

bool
jk_language_is_utf8(bool on_screen)
{
	locale_t made = environments(on_screen);
	const char *codeset = made == (locale_t)0
	                          ? nl_langinfo(CODESET)
	                          : nl_langinfo_l(CODESET, made);
	const bool is = strcmp(codeset, "UTF-8") == 0;

	if (made != (locale_t)0)
		freelocale(made);
	return is;
}

const char *
jk_language_text(const char *english, bool on_screen)
{
	locale_t theirs, made;
	const char *text;

	/* Only our own domain is bound. */
	bindtextdomain(DOMAIN, JK_LOCALE_DIR);
	made = environments(on_screen);
	if (made == (locale_t)0)
		return dgettext(DOMAIN, english);
	theirs = uselocale(made);
	text = dgettext(DOMAIN, english);
	(void)uselocale(theirs);
	freelocale(made);
	return text;
}
