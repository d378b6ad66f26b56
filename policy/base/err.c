/* SPDX-License-Identifier: BSD-2-Clause */
#include "err.h"

/* Marks a text that is translated where it is shown. */
#define N_(text) text

const char *
jk_err_text(enum jk_err e)
{
	switch (e) {
#define X(name, number, text) \
	case name:            \
		return text;
		JK_ERR_TABLE(X)
#undef X
	}
	return N_("unknown error");
}
