/* SPDX-License-Identifier: BSD-2-Clause */
#include <security/pam_modules.h>

#include "ask.h"

/*
 * Called twice: whether it can be done, then to do it. With
 * PAM_CHANGE_EXPIRED_AUTHTOK a login goes on only when the PIN was changed
 * that had to be, and jukinetd knows which one that is by the ticket.
 */
JK_EXPORT int
pam_sm_chauthtok(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct jk_request request = { .type = JK_FRAME_CHANGE };
	const bool prelim = ((unsigned)flags & PAM_PRELIM_CHECK) != 0;
	int r = jk_ask_prepare(pamh, flags, argc, argv, &request);

	if (r != PAM_SUCCESS)
		return r;
	request.ticket = jk_ask_kept(pamh, JK_DATA_TICKET);
	if (prelim)
		request.flags |= JK_FLAG_PRELIM;
	if (((unsigned)flags & PAM_CHANGE_EXPIRED_AUTHTOK) != 0)
		request.flags |= JK_FLAG_EXPIRED;
	return jk_ask(pamh, &request,
	    prelim ? JK_PHASE_PRELIM : JK_PHASE_CHANGE, 0, NULL);
}
