/* SPDX-License-Identifier: BSD-2-Clause */
#include "leftovers.h"

#include <string.h>

#include "clock.h"
#include "frame.h"
#include "worker.h"

/* How often it is looked whether the last person has left. */
#define LOOK_AGAIN_MS 100

/*
 * Who was here before the boot nobody knows: what runs at an account of several
 * persons may be anybody's, as a lingering manager or a job of cron is.
 */
bool
jk_leftovers_keep_out(const struct jk_worker *w, const char *person,
    const struct jk_session *last)
{
	const bool same = last->id[0] != '\0'
	                      ? strcmp(last->grant.person, person) == 0
	                      : w->account.n_persons <= 1;

	return !same && jk_session_has_processes(w->account.uid);
}

int64_t
jk_leftovers_until(const struct jk_worker *w)
{
	const int64_t until = jk_boot_ms() + w->place.settings.leftovers_ms;

	return until < w->until ? until : w->until;
}

enum jk_err
jk_leftovers_wait(const struct jk_worker *w, int64_t until)
{
	const int64_t now = jk_boot_ms();
	enum jk_err e;

	if (now >= until)
		return JK_ERR_TIMEOUT;
	/* Nobody has anything to say meanwhile. */
	e = jk_wait_readable(w->peer.pidfd, &w->cancel, now + LOOK_AGAIN_MS);
	return e == JK_ERR_TIMEOUT ? JK_OK : JK_ERR_REFUSED;
}
