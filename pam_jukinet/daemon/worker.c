/* SPDX-License-Identifier: BSD-2-Clause */
#include "worker.h"

#include <string.h>
#include <unistd.h>

#include "log.h"
#include "process.h"

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

static bool
is_login_of(const struct jk_leader *leader, uint32_t loginuid)
{
	uint64_t start = 0;
	uint32_t its = JK_LOGINUID_UNSET;
	bool is = false;
	int dir;

	if (jk_process_open((pid_t)leader->pid, &dir) != JK_OK)
		return false;
	is = jk_process_loginuid_at(dir, &its) == JK_OK && its == loginuid &&
	     jk_process_start_at(dir, &start) == JK_OK &&
	     start == leader->start;
	close(dir);
	return is;
}

bool
jk_worker_is_in(const struct jk_worker *w, const struct jk_session *s)
{
	const struct jk_peer *p = &w->peer;

	if (p->uid == 0 || p->loginuid == JK_LOGINUID_UNSET ||
	    p->loginuid == p->uid)
		return true;
	for (size_t i = 0; i < s->n_leaders; i++)
		if (is_login_of(&s->leader[i], p->loginuid))
			return true;
	return false;
}

enum jk_reason
jk_worker_find_session(struct jk_worker *w, uid_t uid, struct jk_session *ret)
{
	enum jk_err e;

	if (w->place.snapshot == NULL)
		return JK_WHY_POLICY_BAD;
	e = jk_snapshot_account_by_uid(w->place.snapshot, uid, &w->account);
	if (e == JK_ERR_NOT_FOUND)
		return JK_WHY_ACCOUNT_UNKNOWN;
	if (e != JK_OK)
		return JK_WHY_POLICY_BAD;
	e = jk_session_load(w->run_dir, uid, ret);
	if (e == JK_OK && ret->state == JK_SESSION_ENDED)
		e = JK_ERR_NOT_FOUND;
	if (e == JK_ERR_NOT_FOUND)
		return JK_WHY_SESS_NONE;
	if (e != JK_OK)
		return JK_WHY_INTERNAL;
	return jk_worker_is_in(w, ret) ? JK_WHY_GRANTED : JK_WHY_CALLER_FOREIGN;
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
	return JK_WHY_GRANTED;
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
