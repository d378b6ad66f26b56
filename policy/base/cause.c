/* SPDX-License-Identifier: BSD-2-Clause */
#include "cause.h"

const char *
jk_cause_word(enum jk_cause cause)
{
	switch (cause) {
#define X(name, number, word) \
	case name:            \
		return word;
		JK_CAUSE_TABLE(X)
#undef X
	}
	return "none";
}

enum jk_cause
jk_cause_from_number(unsigned long number)
{
	switch (number) {
#define X(name, n, word) \
	case n:          \
		return name;
		JK_CAUSE_TABLE(X)
#undef X
	default:
		return JK_CAUSE_NONE;
	}
}
