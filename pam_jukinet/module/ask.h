/* SPDX-License-Identifier: BSD-2-Clause */
/* What the entry points of the module share: one question to jukinetd. */
#ifndef JK_ASK_H
#define JK_ASK_H

#include <stdbool.h>

#include <security/pam_modules.h>

#include "client.h"
#include "pam_code.h"

/* Keys of our PAM data. */
#define JK_DATA_TICKET  "jukinet_ticket"
#define JK_DATA_SESSION "jukinet_session"

/* No PAM code: jukinetd wants a name, and nothing else has happened. */
#define JK_ASK_NAME (-1)

/* Has somebody said who it is? */
bool jk_ask_has_name(const pam_handle_t *pamh);
/*
 * Fills service, tty and host from the PAM handle and logs arguments that
 * nobody knows. The strings belong to the handle.
 */
void jk_ask_describe(pam_handle_t *pamh, int flags, int argc, const char **argv,
    struct jk_request *request);
/*
 * Fills the account, for which the person is asked where nobody has said it.
 * PAM_SUCCESS or the code to return.
 */
int jk_ask_name(pam_handle_t *pamh, struct jk_request *request);
/* Both. */
int jk_ask_prepare(pam_handle_t *pamh, int flags, int argc, const char **argv,
    struct jk_request *request);

/* Keeps a copy in the PAM handle; erased with it. NULL removes it. */
int jk_ask_keep(pam_handle_t *pamh, const char *key, const char *value);
/* NULL when there is none. */
const char *jk_ask_kept(const pam_handle_t *pamh, const char *key);

/*
 * Holds the conversation from the request to the verdict: notes are shown,
 * the PIN and, of several, the operator ID are asked for (in the authentication
 * phase only; in that of a change three PINs). Returns the PAM code and has told the user and syslog what there was to tell. After
 * PAM_SUCCESS `field` (0: none) of the verdict, if there, is kept in the
 * handle under `key`. A request without an account may end with JK_ASK_NAME;
 * when it is granted, PAM_USER is set.
 */
int jk_ask(pam_handle_t *pamh, const struct jk_request *request,
    enum jk_phase phase, enum jk_field field, const char *key);

#endif
