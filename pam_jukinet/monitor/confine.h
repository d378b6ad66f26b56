/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef JK_CONFINE_H
#define JK_CONFINE_H

#include "err.h"

/* From now on the monitor and its children can do what they have to, and no
 * more: no capability, no program, sockets of the Unix family only. */
enum jk_err jk_monitor_confine(void);

#endif
