/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * "Could not": the one error type of the whole project. What was decided
 * ("no, and why") is a reason (reason.h); the two never share a channel.
 */
#ifndef JK_ERR_H
#define JK_ERR_H

#include "defs.h"

#define JK_ERR_TABLE(X)                                           \
	X(JK_OK, 0, N_("success"))                                \
	X(JK_ERR_NOMEM, 1, N_("out of memory"))                   \
	X(JK_ERR_SYS, 2, N_("system error")) /* errno was kept */ \
	X(JK_ERR_FORMAT, 3, N_("malformed data"))                 \
	X(JK_ERR_TRUNCATED, 4, N_("data ends early"))             \
	X(JK_ERR_TOO_BIG, 5, N_("larger than allowed"))           \
	X(JK_ERR_NOT_FOUND, 6, N_("not found"))                   \
	X(JK_ERR_TIMEOUT, 7, N_("no answer in time"))             \
	X(JK_ERR_CLOSED, 8, N_("the other side has gone"))        \
	X(JK_ERR_REFUSED, 9, N_("not permitted"))                 \
	X(JK_ERR_VERSION, 10, N_("unknown version"))              \
	X(JK_ERR_UNSAFE, 11, N_("owner or mode is not safe"))     \
	X(JK_ERR_BUSY, 12, N_("in use"))                          \
	X(JK_ERR_CRYPTO, 13, N_("cryptographic library failed"))  \
	X(JK_ERR_UNSUPPORTED, 14, N_("not supported"))            \
	X(JK_ERR_EXISTS, 15, N_("exists already"))

enum JK_NODISCARD jk_err {
#define X(name, number, text) name = (number),
	JK_ERR_TABLE(X)
#undef X
};

/* Never NULL; a static string in English, marked for translation. */
const char *jk_err_text(enum jk_err e);

#endif
