/* SPDX-License-Identifier: BSD-2-Clause */
/* One line for each event. No caller has a digit to give. */
#ifndef PP_LOG_H
#define PP_LOG_H

#include "defs.h"

void pp_log(int fd, const char *format, ...) JK_PRINTF(2, 3);

#endif
