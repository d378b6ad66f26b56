/* SPDX-License-Identifier: BSD-2-Clause */
/* What the caller is told: codes and parameters, never prose. */
#ifndef JK_REPLY_H
#define JK_REPLY_H

#include <stdint.h>

#include "reason.h"

struct jk_worker;

#define JK_PARAMS_MAX  4
#define JK_PARAM_VALUE 256

/* Zeroed: none. */
struct jk_params {
	size_t n;
	struct {
		const char *name;
		char value[JK_PARAM_VALUE];
	} param[JK_PARAMS_MAX];
};

void jk_params_add(struct jk_params *params, const char *name,
    const char *value);
void jk_params_add_number(struct jk_params *params, const char *name,
    uint64_t value);
void jk_params_add_date(struct jk_params *params, const char *name, int64_t s);

enum jk_err jk_reply_note(struct jk_worker *worker, const char *message,
    const struct jk_params *params);
enum jk_err jk_reply_ask_pin(struct jk_worker *worker, const char *message);
/* Params may be NULL. `ticket` and `session` may be NULL. */
enum jk_err jk_reply_verdict(struct jk_worker *worker, enum jk_reason why,
    const struct jk_params *params, const char *ticket, const char *session);

#endif
