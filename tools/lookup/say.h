/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tool says of what jukinetd has said: in JSON, and to people. */
#ifndef JK_SAY_H
#define JK_SAY_H

#include <jansson.h>

#include "defs.h"
#include "jukinet/jukinet.h"
#include "request.h"

#define JK_SAY_MAX 512 /* bytes of a text, with its NUL */

/* In the user's language. `parameters` as in an answer: "n=120 max=50". */
void jk_say_text(const char *code, const char *parameters,
    char ret[static JK_SAY_MAX]);

/* "do" and the application's id; NULL: no memory, as below. */
json_t *jk_say_head(const struct jk_asking *asking);
/* Adds a text; whatever is no UTF-8 is left out, and so is "". */
void jk_say_put(json_t *object, const char *name, const char *text);
void jk_say_put_number(json_t *object, const char *name, uint64_t number);
/* allowed, why, text, record, receipt, mac, parameters. */
void jk_say_put_answer(json_t *object, const struct jukinet_answer *answer);
/* "passport R08-1121-014: 3 lookups (1 refused), 5 persons", in the user's
 * language, cut at JUKINET_TEXT. */
void jk_say_use(const struct jukinet_use *use,
    char ret[static JUKINET_TEXT + 1]);
void jk_say_put_holder(json_t *object, const struct jukinet_holder *holder);
void jk_say_put_fault(json_t *object, const struct jk_fault *fault);
/* allowed: false, and an error of libjukinet: "down", "timeout", ... */
void jk_say_put_error(json_t *object, int error);
const char *jk_say_state(enum jukinet_state state);

#endif
