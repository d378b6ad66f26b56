/* SPDX-License-Identifier: BSD-2-Clause */
/* One message of an application: jukinet-lookup(1), BATCH. */
#ifndef JK_REQUEST_H
#define JK_REQUEST_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "defs.h"

enum jk_do {
	JK_DO_NONE = 0,
	JK_DO_BEGIN,
	JK_DO_QUERY,
	JK_DO_RESULT,
	JK_DO_CONFIRM,
	JK_DO_PIN,
	JK_DO_PROPOSE,
	JK_DO_DONE,
	JK_DO_END,
	JK_DO_WAIT,
};

/* Texts are the message's own, NULL where they are absent. */
struct jk_asking {
	enum jk_do what;
	json_t *json; /* NULL: none was read */
	json_t *id;   /* the application's own, or NULL */
	const char *purpose, *reception, *grounds;
	const char *action, *business, *search, *code;
	const char *requirement, *permission, *object;
	const char *record, *text, *pin;
	uint64_t count, ms;
	bool has_count;
};

/* What is wrong with a message. */
struct jk_fault {
	const char *error; /* "json", "argument", ... : a static string */
	char field[32];    /* "" for the message as a whole */
	const char *text;  /* English, N_() */
};

/* So that what is released has been erased before. Once, before all else. */
void jk_request_init(void);
/*
 * False: *fault says why not; what, and id, are set where they could be read.
 * Either way jk_request_clear() releases it.
 */
bool jk_request_read(const char *text, size_t len, struct jk_asking *ret,
    struct jk_fault *fault);
void jk_request_clear(struct jk_asking *asking);

/* "query"; "" for none. */
const char *jk_do_name(enum jk_do what);

#endif
