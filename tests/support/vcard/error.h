/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VC_ERROR_H
#define VC_ERROR_H

#include "defs.h"

/* VC_ERR_SYS means that errno is set and was kept. */
#define VC_ERR_TABLE(X)                              \
	X(VC_OK, "success")                          \
	X(VC_ERR_NOMEM, "out of memory")             \
	X(VC_ERR_SYS, "system error")                \
	X(VC_ERR_FORMAT, "malformed data")           \
	X(VC_ERR_TRUNCATED, "data ends early")       \
	X(VC_ERR_TOO_LONG, "too long")               \
	X(VC_ERR_NOT_FOUND, "not found")             \
	X(VC_ERR_CRYPTO, "OpenSSL refused")          \
	X(VC_ERR_RANGE, "number out of range")       \
	X(VC_ERR_FULL, "no room for another")        \
	X(VC_ERR_UNKNOWN, "unknown word")            \
	X(VC_ERR_ARGUMENTS, "wrong number of words") \
	X(VC_ERR_NO_CARD, "no card named yet")       \
	X(VC_ERR_KIND, "a card of another kind")

enum JK_NODISCARD vc_err {
#define X(name, text) name,
	VC_ERR_TABLE(X)
#undef X
};

const char *vc_err_text(enum vc_err e);

#endif
