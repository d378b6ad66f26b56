/* SPDX-License-Identifier: BSD-2-Clause */
#include "look.h"

#include <string.h>

#include "language.h"
#include "terminal.h"

const char *
jk_look_say(const struct jk_look *look, const char *english)
{
	if (!look->utf8)
		return english;
	return jk_language_text(english, look->on_screen);
}

void
jk_look_make(uint64_t style, const char *tty, struct jk_look *ret)
{
	const bool on_screen = jk_terminal_is_screen(tty);

	*ret = (struct jk_look){
		.style = style,
		.on_screen = on_screen,
		.utf8 = jk_language_is_utf8(on_screen) &&
		        !jk_terminal_is_console(tty),
	};
	/* The catalogue's own head; "" where there is none. */
	ret->japanese =
	    strstr(jk_look_say(ret, ""), "\nLanguage: ja\n") != NULL;
}
