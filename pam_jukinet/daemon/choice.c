/* SPDX-License-Identifier: BSD-2-Clause */
#include "choice.h"

#include <stdio.h>
#include <string.h>

#include "worker.h"

/* With an empty answer the first. */
static enum jk_err
find(const struct jk_choices *c, const char *answer,
    char ret[static JK_ID_MAX + 1])
{
	for (unsigned i = 0; i < c->facts->n_opids; i++) {
		const char *id = c->facts->opids[i].id;

		if ((c->bits & jk_bit(i)) == 0 ||
		    (answer[0] != '\0' && strcmp(answer, id) != 0))
			continue;
		(void)snprintf(ret, JK_ID_MAX + 1, "%s", id);
		return JK_OK;
	}
	return JK_ERR_NOT_FOUND;
}

enum jk_err
jk_choice_ask(struct jk_worker *w, const struct jk_choices *choices,
    char ret[static JK_ID_MAX + 1])
{
	char answer[JK_ID_MAX + 1] = "";
	enum jk_err e;

	if ((e = jk_reply_ask_choice(w, "opid.select", choices)) != JK_OK ||
	    (e = jk_frame_recv(w->fd, &w->cancel, w->until, w->frame, NULL)) !=
	        JK_OK)
		return e;
	if (jk_frame_type(w->frame) != JK_FRAME_CHOICE)
		return JK_ERR_FORMAT;
	e = jk_frame_get_str(w->frame, JK_FIELD_OPID, answer, sizeof(answer));
	if (e != JK_OK && e != JK_ERR_NOT_FOUND)
		return JK_ERR_NOT_FOUND; /* no id at all is none of them */
	return find(choices, answer, ret);
}
