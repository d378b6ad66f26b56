/* SPDX-License-Identifier: BSD-2-Clause */
#include "choice.h"

#include <string.h>

#include "worker.h"

void
jk_offers_add(struct jk_offers *offers, const char *account,
    const struct jk_facts *f, uint32_t bits)
{
	for (unsigned i = 0; i < f->n_opids && offers->n < JK_CHOICES_MAX; i++)
		if ((bits & jk_bit(i)) != 0)
			offers->offer[offers->n++] = (struct jk_offer){
				.account = account,
				.opid = f->opids[i].id,
				.type = f->opids[i].type,
			};
}

bool
jk_offers_have_accounts(const struct jk_offers *offers)
{
	for (size_t i = 1; i < offers->n; i++)
		if (strcmp(offers->offer[0].account,
		        offers->offer[i].account) != 0)
			return true;
	return false;
}

/* Absent is "". */
static enum jk_err
read_text(const struct jk_frame *f, enum jk_field field, char *ret, size_t size)
{
	enum jk_err e = jk_frame_get_str(f, (uint8_t)field, ret, size);

	return e == JK_ERR_NOT_FOUND ? JK_OK : e;
}

/* With an empty answer the first. */
static enum jk_err
find(const struct jk_offers *offers, const char *account, const char *opid,
    const struct jk_offer **ret)
{
	for (size_t i = 0; i < offers->n; i++) {
		const struct jk_offer *o = &offers->offer[i];

		if ((opid[0] != '\0' && strcmp(opid, o->opid) != 0) ||
		    (account[0] != '\0' && strcmp(account, o->account) != 0))
			continue;
		*ret = o;
		return JK_OK;
	}
	return JK_ERR_NOT_FOUND;
}

enum jk_err
jk_choice_ask(struct jk_worker *w, const struct jk_offers *offers,
    const struct jk_offer **ret)
{
	const bool accounts = jk_offers_have_accounts(offers);
	char account[JK_ACCOUNT_MAX + 1] = "", opid[JK_ID_MAX + 1] = "";
	enum jk_err e;

	if ((e = jk_reply_ask_choice(w,
	         accounts ? "account.select" : "opid.select", offers,
	         accounts)) != JK_OK ||
	    (e = jk_frame_recv(w->fd, &w->cancel, w->until, w->frame, NULL)) !=
	        JK_OK)
		return e;
	if (jk_frame_type(w->frame) != JK_FRAME_CHOICE)
		return JK_ERR_FORMAT;
	/* No id at all is none of them; half an answer is none either. */
	if (read_text(w->frame, JK_FIELD_ACCOUNT, account, sizeof(account)) !=
	        JK_OK ||
	    read_text(w->frame, JK_FIELD_OPID, opid, sizeof(opid)) != JK_OK ||
	    (accounts && (account[0] == '\0') != (opid[0] == '\0')))
		return JK_ERR_NOT_FOUND;
	return find(offers, account, opid, ret);
}
