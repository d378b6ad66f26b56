/* SPDX-License-Identifier: BSD-2-Clause */
/* Asking a person under which of several operator IDs to work. */
#ifndef JK_CHOICE_H
#define JK_CHOICE_H

#include "reply.h"

/*
 * JK_OK: *ret is one of the choices, the first when the program cannot ask.
 * JK_ERR_NOT_FOUND: what was answered is none of them. Otherwise as
 * jk_frame_recv().
 */
enum jk_err jk_choice_ask(struct jk_worker *worker,
    const struct jk_choices *choices, char ret[static JK_ID_MAX + 1]);

#endif
