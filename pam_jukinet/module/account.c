/* SPDX-License-Identifier: BSD-2-Clause */
#include <security/pam_modules.h>

#include "ask.h"

/* The whole policy once more, by the same function (design rule 2). */
JK_EXPORT int
pam_sm_acct_mgmt(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct jk_request request = { .type = JK_FRAME_ACCOUNT };
	int r = jk_ask_prepare(pamh, flags, argc, argv, &request);

	if (r != PAM_SUCCESS)
		return r;
	request.ticket = jk_ask_kept(pamh, JK_DATA_TICKET);
	return jk_ask(pamh, &request, JK_PHASE_ACCOUNT, 0, NULL);
}
