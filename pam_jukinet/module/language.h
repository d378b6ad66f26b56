/* SPDX-License-Identifier: BSD-2-Clause */
/* gettext's domain "jukinet", in the language of whoever reads the program. */
#ifndef JK_LANGUAGE_H
#define JK_LANGUAGE_H

/*
 * The text in the caller's locale; `english` itself where there is none in its
 * language. A program that has taken only the characters of its environment's
 * locale, as xsecurelock does, shows texts in that locale's language too. The
 * caller's locale stays as it is.
 */
const char *jk_language_text(const char *english);

#endif
