/* SPDX-License-Identifier: BSD-2-Clause */
#include "talk.h"

#include <stdlib.h>
#include <string.h>

#include "fold.h"
#include "terminal.h"
#include "text.h"

static bool
is_for(const pam_handle_t *pamh, const char *service)
{
	const void *item = NULL;

	return pam_get_item(pamh, PAM_SERVICE, &item) == PAM_SUCCESS &&
	       item != NULL && strcmp(item, service) == 0;
}

/*
 * xscreensaver's dialog is so many columns wide, in front of an answer half of
 * it; it breaks lines at blanks only, and cuts off the rest.
 */
#define DIALOG_COLUMNS 40
#define LABEL_COLUMNS  18

static const char *
fit(const pam_handle_t *pamh, int style, const char *text,
    char room[static JK_TEXT_MAX])
{
	const bool asks =
	    style == PAM_PROMPT_ECHO_OFF || style == PAM_PROMPT_ECHO_ON;

	if (!is_for(pamh, "xscreensaver") || strlen(text) >= JK_TEXT_MAX)
		return text;
	jk_fold(text, asks ? LABEL_COLUMNS : DIALOG_COLUMNS, JK_TEXT_MAX, room);
	return room;
}

/* *ret is NULL unless PAM_SUCCESS, and may be NULL even then. */
static int
say(pam_handle_t *pamh, int style, const char *text, char **ret)
{
	char room[JK_TEXT_MAX];
	const struct pam_message message = {
		.msg_style = style,
		.msg = fit(pamh, style, text, room),
	};
	const struct pam_message *messages = &message;
	struct pam_response *response = NULL;
	const void *item = NULL;
	const struct pam_conv *conv;
	int r;

	*ret = NULL;
	r = pam_get_item(pamh, PAM_CONV, &item);
	conv = item;
	if (r != PAM_SUCCESS || conv == NULL || conv->conv == NULL)
		return PAM_CONV_ERR;
	r = conv->conv(1, &messages, &response, conv->appdata_ptr);
	if (r != PAM_SUCCESS)
		return r == PAM_CONV_AGAIN ? PAM_INCOMPLETE : PAM_CONV_ERR;
	if (response != NULL) {
		*ret = response->resp;
		free(response);
	}
	return PAM_SUCCESS;
}

static void
show(pam_handle_t *pamh, int style, bool silent, const char *text)
{
	char *answer;

	if (silent)
		return;
	/* Some applications answer everything, even with the typed PIN. */
	if (say(pamh, style, text, &answer) == PAM_SUCCESS && answer != NULL) {
		explicit_bzero(answer, strlen(answer));
		free(answer);
	}
}

void
jk_talk_info(pam_handle_t *pamh, bool silent, const char *text)
{
	show(pamh, PAM_TEXT_INFO, silent, text);
}

/*
 * lightdm's GTK greeter puts a sentence of its own in the place of an error
 * ("incorrect password"), and leaves information as it is.
 */
void
jk_talk_error(pam_handle_t *pamh, bool silent, const char *text)
{
	show(pamh, is_for(pamh, "lightdm") ? PAM_TEXT_INFO : PAM_ERROR_MSG,
	    silent, text);
}

int
jk_talk_visible(pam_handle_t *pamh, const char *prompt, size_t size, char *ret)
{
	char *answer;
	size_t len;
	int r = say(pamh, PAM_PROMPT_ECHO_ON, prompt, &answer);

	if (r != PAM_SUCCESS)
		return r;
	if (answer == NULL)
		return PAM_CONV_ERR;
	len = strlen(answer);
	if (len >= size)
		ret[0] = '\0';
	else
		memcpy(ret, answer, len + 1);
	/* It may be a PIN that was typed into the wrong place. */
	explicit_bzero(answer, len);
	free(answer);
	return PAM_SUCCESS;
}

int
jk_talk_secret(pam_handle_t *pamh, const char *prompt, struct jk_secret *ret)
{
	const void *tty = NULL;
	char *answer;
	size_t len;
	enum jk_err e;
	int r;

	/* Typed for something else before: a card would lose a try for it. */
	if (pam_get_item(pamh, PAM_TTY, &tty) == PAM_SUCCESS)
		jk_terminal_discard(tty);
	r = say(pamh, PAM_PROMPT_ECHO_OFF, prompt, &answer);
	if (r != PAM_SUCCESS)
		return r;
	if (answer == NULL)
		return PAM_CONV_ERR;
	len = strlen(answer);
	e = len < JK_PIN_MAX ? jk_secret_set(ret, answer, len + 1)
	                     : jk_secret_set(ret, "", 1);
	explicit_bzero(answer, len);
	free(answer);
	return e == JK_OK ? PAM_SUCCESS : PAM_BUF_ERR;
}
