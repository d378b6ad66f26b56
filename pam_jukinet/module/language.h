/* SPDX-License-Identifier: BSD-2-Clause */
/* gettext's domain "jukinet", in the language of whoever reads the program. */
#ifndef JK_LANGUAGE_H
#define JK_LANGUAGE_H

#include <stdbool.h>

/*
 * The text in the program's locale; `english` itself where there is none in its
 * language. A program that has taken only the characters of its environment's
 * locale, as xsecurelock does, shows texts in that locale's language too. So does
 * one that has taken no locale at all, as lightdm and greetd, when what it shows
 * is read `on_screen`. The program's locale stays as it is.
 */
const char *jk_language_text(const char *english, bool on_screen);
/* Whether such texts are in UTF-8. */
bool jk_language_is_utf8(bool on_screen);

#endif
