/* SPDX-License-Identifier: BSD-2-Clause */
/* Talking to the person through the application's PAM conversation. */
#ifndef JK_TALK_H
#define JK_TALK_H

#include <stdbool.h>

#include <security/pam_modules.h>

#include "err.h"
#include "secret.h"

/* Best effort: many applications drop texts. Nothing when `silent`. */
void jk_talk_info(pam_handle_t *pamh, bool silent, const char *text);
void jk_talk_error(pam_handle_t *pamh, bool silent, const char *text);

/*
 * One hidden prompt; `told`: texts of this attempt were shown before, and do not
 * hold any more. The answer is moved into *ret (NUL-terminated inside)
 * and the application's copy erased. Returns PAM_SUCCESS, PAM_INCOMPLETE or
 * PAM_CONV_ERR; an answer longer than JK_PIN_MAX - 1 comes back empty.
 */
int jk_talk_secret(pam_handle_t *pamh, bool told, const char *prompt,
    struct jk_secret *ret);

/*
 * One visible prompt; *ret is empty when the answer is, or is too long for it.
 * PAM_CONV_ERR: this application cannot ask.
 */
int jk_talk_visible(pam_handle_t *pamh, const char *prompt, size_t size,
    char *ret);

#endif
