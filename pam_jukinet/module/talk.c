/* SPDX-License-Identifier: BSD-2-Clause */
#include "talk.h"

#include <stdio.h>
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
 * Programs that break no lines, or at blanks only, and cut off the rest: how many
 * columns they have for a text, and for a question; 0: that is left alone.
 */
static const struct dialog {
	const char *service;
	unsigned columns, label;
	enum {
		LINES,          /* it shows texts of several */
		QUESTION_APART, /* not the first hidden question: what that
		                   says beside asking is information */
		LINE_BY_LINE,   /* the same, and each line is a text */
	} manner;
} dialogs[] = {
	/* GNOME's greeter and lock screen: a question has one line. */
	{ "gdm-password", 0, 0, QUESTION_APART },
	{ "gdm-smartcard", 0, 0, QUESTION_APART },
	{ "lightdm", 60, 60, QUESTION_APART },
	{ "xscreensaver", 40, 18, LINES },
	{ "xsecurelock", 76, 0, LINE_BY_LINE },
};

static const struct dialog *
find_dialog(const pam_handle_t *pamh)
{
	for (size_t i = 0; i < JK_COUNT(dialogs); i++)
		if (is_for(pamh, dialogs[i].service))
			return &dialogs[i];
	return NULL;
}

static bool
asks(int style)
{
	return style == PAM_PROMPT_ECHO_OFF || style == PAM_PROMPT_ECHO_ON;
}

static int
say_line(pam_handle_t *pamh, int style, const char *text, char **ret)
{
	const struct pam_message message = { .msg_style = style, .msg = text };
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
drop(char *answer)
{
	if (answer == NULL)
		return;
	/* Some applications answer everything, even with the typed PIN. */
	explicit_bzero(answer, strlen(answer));
	free(answer);
}

static int
say_each_line(pam_handle_t *pamh, int style, char *text, char **ret)
{
	char *end;

	while ((end = strchr(text, '\n')) != NULL) {
		int r;

		*end = '\0';
		r = say_line(pamh, style, text, ret);
		drop(*ret);
		*ret = NULL;
		if (r != PAM_SUCCESS)
			return r;
		text = end + 1;
	}
	return say_line(pamh, style, text, ret);
}

/* What a question asks in the end; all of it where it says nothing before. */
static const char *
last_sentence(const char *text)
{
	static const char *const ends[] = { "。", ". " };
	const char *last = text;

	for (size_t i = 0; i < JK_COUNT(ends); i++) {
		const char *at = text;

		while ((at = strstr(at, ends[i])) != NULL) {
			at += strlen(ends[i]);
			if (*at != '\0' && at > last)
				last = at;
		}
	}
	return last;
}

/* Of a text that is shorter than JK_TEXT_MAX. */
static int
say_in(pam_handle_t *pamh, const struct dialog *d, int style, const char *text,
    char **ret)
{
	const unsigned columns = asks(style) ? d->label : d->columns;
	char lines[JK_TEXT_MAX];

	if (columns == 0)
		return say_line(pamh, style, text, ret);
	jk_fold(text, columns, sizeof(lines), lines);
	return d->manner == LINE_BY_LINE
	           ? say_each_line(pamh, style, lines, ret)
	           : say_line(pamh, style, lines, ret);
}

/* *ret is NULL unless PAM_SUCCESS, and may be NULL even then. */
static int
say(pam_handle_t *pamh, int style, const char *text, char **ret)
{
	const struct dialog *d = find_dialog(pamh);
	char before[JK_TEXT_MAX];
	size_t n;
	int r;

	if (d == NULL || strlen(text) >= sizeof(before))
		return say_line(pamh, style, text, ret);
	n = (size_t)(last_sentence(text) - text);
	if (style != PAM_PROMPT_ECHO_OFF || d->manner == LINES || n == 0)
		return say_in(pamh, d, style, text, ret);
	(void)snprintf(before, sizeof(before), "%.*s", (int)n, text);
	r = say_in(pamh, d, PAM_TEXT_INFO, before, ret);
	if (r != PAM_SUCCESS)
		return r;
	drop(*ret);
	return say_in(pamh, d, style, text + n, ret);
}

static void
show(pam_handle_t *pamh, int style, bool silent, const char *text)
{
	char *answer;

	if (silent)
		return;
	if (say(pamh, style, text, &answer) == PAM_SUCCESS)
		drop(answer);
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

/* Such a greeter would leave "insert your card" above the place for the PIN. */
static void
replace(pam_handle_t *pamh, const char *prompt)
{
	const struct dialog *d = find_dialog(pamh);
	char text[JK_TEXT_MAX];
	size_t n = strlen(prompt);

	if (d == NULL || d->manner != QUESTION_APART ||
	    last_sentence(prompt) != prompt)
		return;
	while (n > 0 && strchr(": ", prompt[n - 1]) != NULL)
		n--;
	(void)snprintf(text, sizeof(text), "%.*s", (int)n, prompt);
	show(pamh, PAM_TEXT_INFO, false, text);
}

int
jk_talk_secret(pam_handle_t *pamh, bool told, const char *prompt,
    struct jk_secret *ret)
{
	const void *tty = NULL;
	char *answer;
	size_t len;
	enum jk_err e;
	int r;

	/* Typed for something else before: a card would lose a try for it. */
	if (pam_get_item(pamh, PAM_TTY, &tty) == PAM_SUCCESS)
		jk_terminal_discard(tty);
	if (told)
		replace(pamh, prompt);
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
