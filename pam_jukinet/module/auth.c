/* SPDX-License-Identifier: BSD-2-Clause */
#include <security/pam_modules.h>

#include "ask.h"

/* Unmasked by the version script pam_jukinet.map. */
JK_EXPORT int
pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct jk_request request = { .type = JK_FRAME_AUTH };
	int r = jk_ask_prepare(pamh, flags, argc, argv, &request);

	if (r != PAM_SUCCESS)
		return r;
	/* A ticket of an earlier try must not outlive this one. */
	r = jk_ask_keep(pamh, JK_DATA_TICKET, NULL);
	if (r != PAM_SUCCESS)
		return r;
	return jk_ask(pamh, &request, JK_PHASE_AUTH, JK_FIELD_TICKET,
	    JK_DATA_TICKET);
}

/*
 * There are no credentials to set. A stack repeats here the way it went in
 * pam_sm_authenticate, so this must not fail (pam_sm_setcred(3)).
 */
JK_EXPORT int
pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)pamh;
	(void)flags;
	(void)argc;
	(void)argv;
	return PAM_SUCCESS;
}
