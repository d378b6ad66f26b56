/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How the session of an account stands, as jukinetd posts it for whoever waits
 * (sessions/UID). A hint: what one asks is decided when one asks.
 */
#ifndef JK_NOTICED_H
#define JK_NOTICED_H

#include <stdint.h>
#include <sys/types.h>

#include "err.h"

enum jk_noticed {
	JK_NOTICED_ENDED = 0, /* or there was none */
	JK_NOTICED_ACTIVE,
	JK_NOTICED_LOCKED, /* or otherwise not to be used */
};

enum jk_err jk_noticed_read(uid_t uid, enum jk_noticed *ret);
/*
 * Waits until it stands so, or boot time `until` (JK_ERR_TIMEOUT). JK_ERR_SYS:
 * it cannot be watched.
 */
enum jk_err jk_noticed_wait(uid_t uid, enum jk_noticed state, int64_t until);

#endif
