/* SPDX-License-Identifier: BSD-2-Clause */
/* Acts with keys that stand in files of their own. */
#ifndef JK_KEY_H
#define JK_KEY_H

#include "change.h"

/* Who makes keys, hands them out and takes them in. */
extern const struct jk_rule jk_key_rule;

int jk_key_export(const struct jk_call *call);
int jk_key_request(const struct jk_call *call);
int jk_key_import(const struct jk_call *call);

#endif
