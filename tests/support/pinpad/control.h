/* SPDX-License-Identifier: BSD-2-Clause */
/* The socket at which tests press keys: a connection, a line, its answer. */
#ifndef PP_CONTROL_H
#define PP_CONTROL_H

#include <stdbool.h>

struct pp_pad;

/* Begins and ends with the pad; answers orders from a thread of its own. */
bool pp_control_start(struct pp_pad *pad, const char *path);
void pp_control_stop(struct pp_pad *pad);

#endif
