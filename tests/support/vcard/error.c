/* SPDX-License-Identifier: BSD-2-Clause */
#include "error.h"

#include <errno.h>
#include <string.h>

const char *
vc_err_text(enum vc_err e)
{
	static const char *const texts[] = {
#define X(name, text) text,
		VC_ERR_TABLE(X)
#undef X
	};

	if (e == VC_ERR_SYS)
		return strerror(errno);
	return texts[e];
}
