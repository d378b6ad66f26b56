/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CONFIRM: somebody else proves himself with his card before a record is changed
 * (S-39). Nobody can so far: whoever has to be confirmed stays refused.
 */
#include "use.h"
#include "worker.h"

enum jk_reason
jk_use_confirm(struct jk_use *use, const struct jk_query *pending,
    char ret[static JK_ID_MAX + 1])
{
	(void)use;
	(void)pending;
	ret[0] = '\0';
	return JK_WHY_CONFIRM_NONE;
}
