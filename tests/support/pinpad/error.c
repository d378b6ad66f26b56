/* SPDX-License-Identifier: BSD-2-Clause */
#include "error.h"

const char *
pp_err_text(enum pp_err e)
{
	static const char *const texts[] = {
#define X(name, text) [name] = (text),
		PP_ERR_TABLE(X)
#undef X
	};

	return texts[e];
}

bool
pp_err_is_broken(enum pp_err e)
{
	return e == PP_ERR_SHORT || e == PP_ERR_DATA_LENGTH;
}
