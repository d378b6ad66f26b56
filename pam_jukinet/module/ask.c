/* SPDX-License-Identifier: BSD-2-Clause */
#include "ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include <security/pam_ext.h>

#include "choice.h"
#include "ids.h"
#include "look.h"
#include "talk.h"
#include "text.h"

#define CODE_MAX 64

/* One conversation. */
struct ask {
	pam_handle_t *pamh;
	const struct jk_request *request;
	enum jk_phase phase;
	bool silent;
	bool told;      /* something stands on the screen */
	unsigned asked; /* how often for a PIN */
	/* Under which operator ID to work was asked, and could not be. */
	bool chose, unasked;
	struct jk_option taken; /* the one that is taken then */
	struct jk_client client;
	struct jk_look look; /* of every text */
};

static const char *
item(const pam_handle_t *pamh, int type)
{
	const void *value = NULL;

	return pam_get_item(pamh, type, &value) == PAM_SUCCESS ? value : NULL;
}

bool
jk_ask_has_name(const pam_handle_t *pamh)
{
	const char *user = item(pamh, PAM_USER);

	return user != NULL && user[0] != '\0';
}

int
jk_ask_name(pam_handle_t *pamh, struct jk_request *request)
{
	const char *user = NULL;
	int r = pam_get_user(pamh, &user, NULL);

	if (r != PAM_SUCCESS)
		return r == PAM_CONV_AGAIN ? PAM_INCOMPLETE : r;
	if (user == NULL || user[0] == '\0')
		return PAM_USER_UNKNOWN;
	request->account = user;
	return PAM_SUCCESS;
}

/*
 * sudo wants silence whoever sits before it: nobody would be told how many tries
 * are left, nor to insert a card.
 */
static bool
wants_silence(const struct jk_request *request, int flags)
{
	return ((unsigned)flags & PAM_SILENT) != 0 &&
	       (request->service == NULL ||
	           (strcmp(request->service, "sudo") != 0 &&
	               strcmp(request->service, "sudo-i") != 0));
}

/*
 * sddm has taken name and PIN before it begins, and gives the PIN as the answer
 * to each question, whatever it is; nobody sees one.
 */
static bool
answers_by_itself(const struct jk_request *request)
{
	return request->service != NULL &&
	       strcmp(request->service, "sddm") == 0;
}

void
jk_ask_describe(pam_handle_t *pamh, int flags, int argc, const char **argv,
    struct jk_request *request)
{
	for (int i = 0; i < argc; i++)
		pam_syslog(pamh, LOG_ERR, "unknown argument: %s", argv[i]);
	request->service = item(pamh, PAM_SERVICE);
	request->tty = item(pamh, PAM_TTY);
	request->host = item(pamh, PAM_RHOST);
	request->flags = (wants_silence(request, flags) ? JK_FLAG_SILENT : 0) |
	                 (answers_by_itself(request) ? JK_FLAG_UNSEEN : 0);
}

int
jk_ask_prepare(pam_handle_t *pamh, int flags, int argc, const char **argv,
    struct jk_request *request)
{
	jk_ask_describe(pamh, flags, argc, argv, request);
	return jk_ask_name(pamh, request);
}

static void
erase_and_free(pam_handle_t *pamh, void *data, int status)
{
	(void)pamh;
	(void)status;
	if (data == NULL)
		return;
	explicit_bzero(data, strlen(data));
	free(data);
}

int
jk_ask_keep(pam_handle_t *pamh, const char *key, const char *value)
{
	char *copy = value != NULL ? strdup(value) : NULL;
	int r;

	if (value != NULL && copy == NULL)
		return PAM_BUF_ERR;
	r = pam_set_data(pamh, key, copy, erase_and_free);
	if (r != PAM_SUCCESS)
		erase_and_free(pamh, copy, 0);
	return r;
}

const char *
jk_ask_kept(const pam_handle_t *pamh, const char *key)
{
	const void *value = NULL;

	return pam_get_data(pamh, key, &value) == PAM_SUCCESS ? value : NULL;
}

/*
 * Had anybody looked for the account? A name that nobody knows may be a
 * password typed too early.
 */
static bool
is_known(enum jk_reason why)
{
	return why != JK_WHY_ACCOUNT_UNKNOWN && why != JK_WHY_SERVICE_DOWN &&
	       why != JK_WHY_SERVICE_BUSY && why != JK_WHY_POLICY_BAD &&
	       why != JK_WHY_INTERNAL;
}

/* The same form as pam_unix's, so that log readers know it. */
static void
log_refusal(const struct ask *a, enum jk_reason why)
{
	static const char *const phase[] = {
		[JK_PHASE_AUTH] = "authentication",
		[JK_PHASE_ACCOUNT] = "account",
		[JK_PHASE_SESSION] = "session",
		[JK_PHASE_PRELIM] = "password",
		[JK_PHASE_CHANGE] = "password",
	};
	pam_syslog(a->pamh, LOG_NOTICE,
	    "%s failure; reason=%s tty=%s rhost=%s user=%s", phase[a->phase],
	    jk_reason_code(why), a->request->tty != NULL ? a->request->tty : "",
	    a->request->host != NULL ? a->request->host : "",
	    a->request->account != NULL && is_known(why) ? a->request->account
	                                                 : "?");
}

/*
 * lightdm copies the name of whom a card was refused to, and crashes where there
 * is none: its greeter never shows why.
 */
static int
name_nobody(const struct ask *a, int code)
{
	if (code == PAM_AUTH_ERR && a->phase == JK_PHASE_AUTH &&
	    !jk_ask_has_name(a->pamh))
		(void)pam_set_item(a->pamh, PAM_USER, "");
	return code;
}

static int
refuse(const struct ask *a, enum jk_reason why, const struct jk_frame *params)
{
	char text[JK_TEXT_MAX];

	log_refusal(a, why);
	jk_text(jk_reason_code(why), &a->look, params, text);
	jk_talk_error(a->pamh, a->silent, text);
	return name_nobody(a, jk_pam_code(why, a->phase));
}

static void
show_note(struct ask *a)
{
	char code[CODE_MAX], text[JK_TEXT_MAX];

	if (jk_frame_get_str(a->client.frame, JK_FIELD_MESSAGE, code,
	        sizeof(code)) != JK_OK)
		return;
	jk_text(code, &a->look, a->client.frame, text);
	jk_talk_info(a->pamh, a->silent, text);
	a->told = !a->silent;
}

/* What can be a PIN at all: a card loses a try for each other thing. */
static bool
is_well_formed(const struct jk_secret *pin, uint64_t min, uint64_t max)
{
	size_t len = pin->len - 1; /* its NUL */

	if (len < min || len > max || len == 0)
		return false;
	for (size_t i = 0; i < len; i++)
		if (pin->data[i] <= 0x20 || pin->data[i] >= 0x7f)
			return false;
	return true;
}

/*
 * Once to log in; the present PIN or the PUK, the new one and the new one again
 * where it is changed. Many programs can ask no more.
 */
static unsigned
prompts_of(enum jk_phase phase)
{
	switch (phase) {
	case JK_PHASE_AUTH:
		return 1;
	case JK_PHASE_CHANGE:
		return 3;
	case JK_PHASE_ACCOUNT:
	case JK_PHASE_SESSION:
	case JK_PHASE_PRELIM:
		break;
	}
	return 0;
}

/* PAM_SUCCESS: the service has it, and goes on. */
static int
give_pin(struct ask *a)
{
	JK_CLEANUP(jk_secret_clear) struct jk_secret pin = { 0 };
	char code[CODE_MAX], prompt[JK_TEXT_MAX];
	const struct jk_frame *f = a->client.frame;
	uint64_t min, max;
	enum jk_err e;
	int r;

	if (a->asked >= prompts_of(a->phase) ||
	    jk_frame_get_str(f, JK_FIELD_MESSAGE, code, sizeof(code)) !=
	        JK_OK ||
	    jk_frame_get_u64(f, JK_FIELD_PIN_MIN, &min) != JK_OK ||
	    jk_frame_get_u64(f, JK_FIELD_PIN_MAX, &max) != JK_OK)
		return refuse(a, JK_WHY_INTERNAL, NULL);
	a->asked++;
	jk_text(code, &a->look, f, prompt);
	r = jk_talk_secret(a->pamh, a->told, prompt, &pin);
	if (r != PAM_SUCCESS)
		return r;
	e = jk_client_send_pin(&a->client,
	    is_well_formed(&pin, min, max) ? (const char *)pin.data : "");
	/* Typed too late: the verdict that ended it lies there to be read. */
	if (e == JK_OK || e == JK_ERR_CLOSED)
		return PAM_SUCCESS;
	return refuse(a, jk_client_reason(e), NULL);
}

/* An answer that is none of them is asked for once more; then *ret is NULL. */
static int
ask_choice(const struct ask *a, const struct jk_choice *c,
    const struct jk_option **ret)
{
	char prompt[JK_TEXT_MAX], answer[JK_TEXT_MAX];
	const char *code = c->accounts ? "account.select" : "opid.select";
	int r = PAM_SUCCESS;

	*ret = NULL;
	for (int try = 0; try < 2 && *ret == NULL && r == PAM_SUCCESS; try++) {
		jk_choice_prompt(c, &a->look, code, prompt);
		r = jk_talk_visible(a->pamh, prompt, sizeof(answer), answer);
		if (r == PAM_SUCCESS)
			*ret = jk_choice_find(c, answer);
		else if (r == PAM_CONV_ERR && try > 0)
			return PAM_SUCCESS; /* it can ask, and got no answer */
		explicit_bzero(answer, sizeof(answer));
		code = c->accounts ? "account.again" : "opid.again";
	}
	return r;
}

/* PAM_SUCCESS: the service has it, and goes on. */
static int
give_choice(struct ask *a)
{
	/* No id: the service refuses, and has it on record. */
	static const char none[] = "?";
	struct jk_choice choice;
	const struct jk_option *option = NULL;
	enum jk_err e;
	int r = PAM_CONV_ERR;

	if (a->phase != JK_PHASE_AUTH || a->chose ||
	    jk_choice_read(a->client.frame, &choice) != JK_OK)
		return refuse(a, JK_WHY_INTERNAL, NULL);
	a->chose = true;
	/* Who asked for silence gets no question, nor does who sees none. */
	if ((a->request->flags & (JK_FLAG_SILENT | JK_FLAG_UNSEEN)) == 0)
		r = ask_choice(a, &choice, &option);
	if (r != PAM_SUCCESS && r != PAM_CONV_ERR)
		return r;
	a->unasked = r == PAM_CONV_ERR;
	a->taken = choice.option[0];
	e = jk_client_send_choice(&a->client,
	    a->unasked || option == NULL ? "" : option->account,
	    a->unasked       ? ""
	    : option != NULL ? option->opid
	                     : none);
	if (e == JK_OK || e == JK_ERR_CLOSED)
		return PAM_SUCCESS;
	return refuse(a, jk_client_reason(e), NULL);
}

/* Nobody chose it, so somebody should be told. */
static void
show_taken(const struct ask *a)
{
	JK_CLEANUP(jk_frame_free) struct jk_frame *f = NULL;
	char param[80], text[JK_TEXT_MAX];

	if (jk_frame_new(&f) != JK_OK)
		return;
	jk_frame_start(f, JK_FRAME_NOTE);
	(void)snprintf(param, sizeof(param), "opid=%s", a->taken.opid);
	if (jk_frame_put_str(f, JK_FIELD_PARAM, param) != JK_OK)
		return;
	(void)snprintf(param, sizeof(param), "type=%s", a->taken.type);
	if (jk_frame_put_str(f, JK_FIELD_PARAM, param) != JK_OK)
		return;
	(void)snprintf(param, sizeof(param), "account=%s", a->taken.account);
	if (jk_frame_put_str(f, JK_FIELD_PARAM, param) != JK_OK)
		return;
	jk_text(a->taken.account[0] != '\0' ? "account.taken" : "opid.taken",
	    &a->look, f, text);
	jk_talk_info(a->pamh, a->silent, text);
}

/* The card has said who it is. */
static int
set_name(const struct ask *a)
{
	char name[JK_ACCOUNT_MAX + 1];

	if (jk_frame_get_str(a->client.frame, JK_FIELD_ACCOUNT, name,
	        sizeof(name)) != JK_OK ||
	    !jk_account_name_is_valid(name))
		return refuse(a, JK_WHY_INTERNAL, NULL);
	return pam_set_item(a->pamh, PAM_USER, name);
}

static int
finish(const struct ask *a, enum jk_field field, const char *key)
{
	const struct jk_frame *f = a->client.frame;
	char value[CODE_MAX];
	uint64_t number;
	enum jk_reason why = JK_WHY_INTERNAL;
	int r = PAM_SUCCESS;

	if (jk_frame_get_u64(f, JK_FIELD_REASON, &number) == JK_OK)
		why = jk_reason_from_number(number);
	if (why == JK_WHY_ACCOUNT_NEEDED && a->request->account == NULL &&
	    !a->asked && !a->chose)
		return JK_ASK_NAME;
	if (why != JK_WHY_GRANTED)
		return refuse(a, why, f);
	if (a->request->account == NULL)
		r = set_name(a);
	if (r != PAM_SUCCESS)
		return r;
	if (a->unasked)
		show_taken(a);
	if (key == NULL ||
	    jk_frame_get_str(f, (uint8_t)field, value, sizeof(value)) != JK_OK)
		return PAM_SUCCESS;
	return jk_ask_keep(a->pamh, key, value);
}

static int
converse(struct ask *a, enum jk_field field, const char *key)
{
	for (;;) {
		enum jk_err e = jk_client_next(&a->client);
		int r;

		if (e != JK_OK)
			return refuse(a, jk_client_reason(e), NULL);
		switch (jk_frame_type(a->client.frame)) {
		case JK_FRAME_NOTE:
			show_note(a);
			break;
		case JK_FRAME_ASK_PIN:
			r = give_pin(a);
			if (r != PAM_SUCCESS)
				return r;
			break;
		case JK_FRAME_ASK_CHOICE:
			r = give_choice(a);
			if (r != PAM_SUCCESS)
				return r;
			break;
		case JK_FRAME_VERDICT:
			return finish(a, field, key);
		default:
			return refuse(a, JK_WHY_INTERNAL, NULL);
		}
	}
}

int
jk_ask(pam_handle_t *pamh, const struct jk_request *request,
    enum jk_phase phase, enum jk_field field, const char *key)
{
	struct ask a = {
		.pamh = pamh,
		.request = request,
		.phase = phase,
		.silent = (request->flags & JK_FLAG_SILENT) != 0,
		.client = { .fd = -1 },
	};
	enum jk_err e = jk_client_ask(request, &a.client);
	int r;

	/* Whether it wants a name nobody can say: then one is asked for. */
	if (e != JK_OK && request->account == NULL)
		return JK_ASK_NAME;
	jk_look_make(a.client.style, request->tty, &a.look);
	if (e != JK_OK)
		return refuse(&a, jk_client_reason(e), NULL);
	r = converse(&a, field, key);
	jk_client_close(&a.client);
	return r;
}
