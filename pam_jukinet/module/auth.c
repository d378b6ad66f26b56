/* SPDX-License-Identifier: BSD-2-Clause */
#include <unistd.h>

#include <security/pam_modules.h>

#include "ask.h"

static int
ask(pam_handle_t *pamh, const struct jk_request *request)
{
	return jk_ask(pamh, request, JK_PHASE_AUTH, JK_FIELD_TICKET,
	    JK_DATA_TICKET);
}

/*
 * Where nobody has said a name, jukinetd is asked first whether the card says
 * it. Others than root need not try: they unlock, and that is their own
 * account.
 */
static int
authenticate(pam_handle_t *pamh, struct jk_request *request)
{
	int r;

	if (!jk_ask_has_name(pamh) && geteuid() == 0) {
		r = ask(pamh, request);
		if (r != JK_ASK_NAME)
			return r;
	}
	r = jk_ask_name(pamh, request);
	return r == PAM_SUCCESS ? ask(pamh, request) : r;
}

/* Unmasked by the version script pam_jukinet.map. */
JK_EXPORT int
pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct jk_request request = { .type = JK_FRAME_AUTH };
	int r;

	jk_ask_describe(pamh, flags, argc, argv, &request);
	/* A ticket of an earlier try must not outlive this one. */
	r = jk_ask_keep(pamh, JK_DATA_TICKET, NULL);
	return r == PAM_SUCCESS ? authenticate(pamh, &request) : r;
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
