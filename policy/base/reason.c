/* SPDX-License-Identifier: BSD-2-Clause */
#include "reason.h"

const char *
jk_reason_code(enum jk_reason why)
{
	switch (why) {
#define X(name, number, code) \
	case name:            \
		return code;
		JK_REASON_TABLE(X)
#undef X
	}
	return "internal";
}

enum jk_reason
jk_reason_from_number(unsigned long number)
{
	switch (number) {
#define X(name, n, code) \
	case n:          \
		return name;
		JK_REASON_TABLE(X)
#undef X
	default:
		return JK_WHY_INTERNAL;
	}
}
