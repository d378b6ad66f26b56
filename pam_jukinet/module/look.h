/* SPDX-License-Identifier: BSD-2-Clause */
/* How texts look to whoever reads them: in which language and manner. */
#ifndef JK_LOOK_H
#define JK_LOOK_H

#include <stdbool.h>
#include <stdint.h>

/* Zeroed: as the caller's locale says, by the defaults of jukinet.conf(5). */
struct jk_look {
	uint64_t style; /* JK_STYLE_*, as the service has greeted */
	bool japanese;  /* the catalogue that is used is the Japanese one */
};

/* Looks at the caller's locale, which stays as it is. */
void jk_look_make(uint64_t style, struct jk_look *ret);

/* A text of ours in the reader's language; one of gettext's or `english`. */
const char *jk_look_say(const struct jk_look *look, const char *english);

#endif
