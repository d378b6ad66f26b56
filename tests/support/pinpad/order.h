/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PP_ORDER_H
#define PP_ORDER_H

#define PP_REPLY_MAX 256

struct pp_pad;

/* Runs one line, which it cuts up; the reply ends with a line feed. */
void pp_order_run(struct pp_pad *pad, char *line, char reply[PP_REPLY_MAX]);

#endif
