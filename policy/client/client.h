/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The caller's side of jukinet.sock. It lives inside login programs, so it
 * needs libc only, waits never longer than it is told and leaves signals,
 * locale and environment alone. What comes back is parsed as if it came from
 * an enemy.
 */
#ifndef JK_CLIENT_H
#define JK_CLIENT_H

#include <stdint.h>

#include "err.h"
#include "frame.h"
#include "inside.h" /* IWYU pragma: export */
#include "protocol.h"
#include "reason.h"

/* Strings are borrowed; NULL is left out. */
struct jk_request {
	enum jk_frame_type
	    type; /* AUTH, ACCOUNT, OPEN, CLOSE, MANAGE, SWITCH, CHANGE,
	          * USE */
	const char *account; /* AUTH of root may leave it out */
	const char *service;
	const char *tty;
	const char *host;
	const char *ticket;
	const char *session;
	const char *command;                       /* of MANAGE */
	const char *function;                      /* of MANAGE */
	const char *opid;                          /* of SWITCH */
	const char *purpose, *reception, *grounds; /* of USE */
	uint64_t flags;
};

struct jk_client {
	int fd;
	int64_t until;          /* boot ms: nothing is waited for after this */
	uint64_t style;         /* JK_STYLE_*, of the greeting */
	struct jk_frame *frame; /* the one that came last */
};

/* Connects and sends. On failure nothing is left open. */
enum jk_err jk_client_ask(const struct jk_request *request,
    struct jk_client *ret);
/* The next frame of the service, in client->frame. */
enum jk_err jk_client_next(struct jk_client *client);
/* Sends the PIN; an empty one says that it was ill-formed. Erases frames. */
enum jk_err jk_client_send_pin(struct jk_client *client, const char *pin);
/* Answers a choice; "" for the account where that was no question, and for both
 * where nobody could be asked. */
enum jk_err jk_client_send_choice(struct jk_client *client, const char *account,
    const char *opid);
void jk_client_close(struct jk_client *client);

/* What a failure to get an answer means to the user. */
enum jk_reason jk_client_reason(enum jk_err e);

#endif
