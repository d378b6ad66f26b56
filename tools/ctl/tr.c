/* SPDX-License-Identifier: BSD-2-Clause */
#include "tr.h"

#include <libintl.h>

const char *
jk_tr(const char *english)
{
	return dgettext("jukinet", english);
}
