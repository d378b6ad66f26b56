/* SPDX-License-Identifier: BSD-2-Clause */
#include "look.h"

#include <langinfo.h>
#include <string.h>

#include "language.h"
#include "terminal.h"

const char *
jk_look_say(const struct jk_look *look, const char *english)
{
	if (!look->utf8)
		return english;
	return jk_language_text(english);
}

void
jk_look_make(uint64_t style, const char *tty, struct jk_look *ret)
{
	*ret = (struct jk_look){
		.style = style,
		.utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0 &&
		        !jk_terminal_is_console(tty),
	};
	/* The catalogue's own head; "" where there is none. */
	ret->japanese =
	    strstr(jk_look_say(ret, ""), "\nLanguage: ja\n") != NULL;
}
