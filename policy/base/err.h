/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * "Could not": the one error type of the whole project. What was decided
 * ("no, and why") is a reason (reason.h); the two never share a channel.
 */
#ifndef JK_ERR_H
#define JK_ERR_H

#include "defs.h"

#define JK_ERR_TABLE(X)                                       \
	X(JK_OK, 0, "success")                                \
	X(JK_ERR_NOMEM, 1, "out of memory")                   \
	X(JK_ERR_SYS, 2, "system error") /* errno was kept */ \
	X(JK_ERR_FORMAT, 3, "malformed data")                 \
	X(JK_ERR_TRUNCATED, 4, "data ends early")             \
	X(JK_ERR_TOO_BIG, 5, "larger than allowed")           \
	X(JK_ERR_NOT_FOUND, 6, "not found")                   \
	X(JK_ERR_TIMEOUT, 7, "no answer in time")             \
	X(JK_ERR_CLOSED, 8, "the other side has gone")        \
	X(JK_ERR_REFUSED, 9, "not permitted")                 \
	X(JK_ERR_VERSION, 10, "unknown version")              \
	X(JK_ERR_UNSAFE, 11, "owner or mode is not safe")     \
	X(JK_ERR_BUSY, 12, "in use")                          \
	X(JK_ERR_CRYPTO, 13, "cryptographic library failed")  \
	X(JK_ERR_UNSUPPORTED, 14, "not supported")            \
	X(JK_ERR_EXISTS, 15, "exists already")

enum JK_NODISCARD jk_err {
#define X(name, number, text) name = (number),
	JK_ERR_TABLE(X)
#undef X
};

/* Never NULL; a static string in English. */
const char *jk_err_text(enum jk_err e);

#endif
