/* SPDX-License-Identifier: BSD-2-Clause */
#include <security/pam_modules.h>

#include "ask.h"

JK_EXPORT int
pam_sm_open_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct jk_request request = { .type = JK_FRAME_OPEN };
	int r = jk_ask_prepare(pamh, flags, argc, argv, &request);

	if (r != PAM_SUCCESS)
		return PAM_SESSION_ERR;
	request.ticket = jk_ask_kept(pamh, JK_DATA_TICKET);
	r = jk_ask(pamh, &request, JK_PHASE_SESSION, JK_FIELD_SESSION,
	    JK_DATA_SESSION);
	/* It was for one session, and the service has consumed it. */
	(void)jk_ask_keep(pamh, JK_DATA_TICKET, NULL);
	return r;
}

JK_EXPORT int
pam_sm_close_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct jk_request request = { .type = JK_FRAME_CLOSE };
	int r = jk_ask_prepare(pamh, flags, argc, argv, &request);

	if (r != PAM_SUCCESS)
		return PAM_SESSION_ERR;
	request.session = jk_ask_kept(pamh, JK_DATA_SESSION);
	if (request.session == NULL)
		return PAM_SUCCESS; /* none of ours was opened */
	r = jk_ask(pamh, &request, JK_PHASE_SESSION, 0, NULL);
	(void)jk_ask_keep(pamh, JK_DATA_SESSION, NULL);
	return r;
}
