/* SPDX-License-Identifier: BSD-2-Clause */
/* The lines of the control socket, carried out. See vcard.md. */
#ifndef VC_ORDER_H
#define VC_ORDER_H

#include <stddef.h>

struct vc_reader;

/* Changes line. The reply is one line without its newline. */
void vc_order_run(struct vc_reader *r, char *line, char *reply, size_t size);

#endif
