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

#include "cause.h"
#include "err.h"
#include "frame.h"
#include "inside.h" /* IWYU pragma: export */
#include "protocol.h"
#include "reason.h"

/* Strings are borrowed; NULL is left out. */
struct jk_request {
	enum jk_frame_type type; /* any that starts a conversation */
	const char *account;     /* AUTH of root may leave it out */
	const char *service;
	const char *tty;
	const char *host;
	const char *ticket;
	const char *session;
	const char *command;                       /* of MANAGE */
	const char *function;                      /* of MANAGE */
	const char *opid;                          /* of SWITCH */
	const char *purpose, *reception, *grounds; /* of USE */
	const char *reader;                        /* of SEEN */
	enum jk_cause cause;                       /* of LOCK, END, SEEN */
	uint64_t seconds;                          /* of SEEN; 0: left out */
	uint64_t flags;
	int64_t until; /* boot ms, of all waiting; 0: as the service says */
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

/*
 * For who may not wait: the pieces of jk_client_ask(). A non-blocking socket;
 * the service speaks first. In a crowd a patient caller waits for his place,
 * up to two seconds, and another is told JK_ERR_BUSY.
 */
enum jk_err jk_client_connect(bool patient, int *ret_fd);
/* What the first frame says. JK_ERR_FORMAT: it is no such greeting. */
enum jk_err jk_client_hello(const struct jk_frame *frame,
    uint8_t ret_nonce[static JK_NONCE_LEN], int64_t *ret_ms);
/* The request as its frame. */
enum jk_err jk_client_encode(const struct jk_request *request,
    const uint8_t nonce[static JK_NONCE_LEN], struct jk_frame *frame);

/* What a failure to get an answer means to the user. */
enum jk_reason jk_client_reason(enum jk_err e);

#endif
