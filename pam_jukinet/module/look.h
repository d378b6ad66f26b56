/* SPDX-License-Identifier: BSD-2-Clause */
/* How texts look to whoever reads them: in which language and manner. */
#ifndef JK_LOOK_H
#define JK_LOOK_H

#include <stdbool.h>
#include <stdint.h>

/* Zeroed: English in ASCII, by the defaults of jukinet.conf(5). */
struct jk_look {
	uint64_t style; /* JK_STYLE_*, as the service has greeted */
	bool on_screen; /* it is read on a graphical one */
	bool utf8;      /* it can draw more than ASCII */
	bool japanese;  /* the catalogue that is used is the Japanese one */
};

/*
 * By the caller's locale, which stays as it is. `tty` is PAM_TTY, or NULL: the
 * console that the kernel draws has no kanji, whatever the locale says. Nothing
 * but ASCII is drawn in a locale that is not UTF-8 either.
 */
void jk_look_make(uint64_t style, const char *tty, struct jk_look *ret);

/* A text of ours in the reader's language; one of gettext's or `english`. */
const char *jk_look_say(const struct jk_look *look, const char *english);

#endif
