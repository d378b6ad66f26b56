/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages in the user's language: gettext's domain is "jukinet". */
#ifndef JK_TR_H
#define JK_TR_H

/* Marks a text that is looked up where it is used. */
#define N_(text) text
const char *jk_tr(const char *english) __attribute__((format_arg(1)));
#define _(text) jk_tr(text)

#endif
