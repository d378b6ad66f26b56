/* SPDX-License-Identifier: BSD-2-Clause */
#include "worker.h"

#include <string.h>

#include "log.h"

enum jk_reason
jk_worker_find_account(struct jk_worker *w)
{
	enum jk_err e;

	if (w->place.snapshot == NULL)
		return JK_WHY_POLICY_BAD;
	e = jk_snapshot_account(w->place.snapshot, w->claim.account,
	    &w->account);
	if (e == JK_ERR_NOT_FOUND)
		return JK_WHY_ACCOUNT_UNKNOWN;
	if (e != JK_OK)
		return JK_WHY_POLICY_BAD;
	if (w->peer.uid != 0 && w->peer.uid != w->account.uid)
		return JK_WHY_CALLER_FOREIGN;
	return JK_WHY_GRANTED;
}

enum jk_reason
jk_worker_renew(struct jk_worker *w)
{
	struct jk_place fresh = { 0 };
	enum jk_err e = jk_place_load(&fresh);

	if (e != JK_OK) {
		jk_log(JK_LOG_ERR, "snapshot: %s", jk_err_text(e));
		return JK_WHY_POLICY_BAD;
	}
	jk_snapshot_close(&w->place.snapshot);
	w->place = fresh;
	return jk_worker_find_account(w);
}

bool
jk_worker_is_enforced(const struct jk_worker *w)
{
	const struct jk_settings *s = &w->place.settings;

	if (w->place.snapshot == NULL)
		return true; /* nobody knows: fail closed */
	for (size_t i = 0; i < s->n_enforced; i++)
		if (strcmp(s->enforced[i], w->claim.service) == 0)
			return true;
	return false;
}
