/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Why TLS was refused. With some TLS libraries the directory's library keeps
 * the reason to its debug output; this listens there while a connection is
 * being made, and nowhere else: later a password passes by.
 */
#ifndef JK_LDAP_TLSWORDS_H
#define JK_LDAP_TLSWORDS_H

#include "defs.h"

void jk_tlswords_listen(bool on);
/* The last reason since listening began; "" when there was none. */
const char *jk_tlswords_reason(void);

/* One line of debug output. */
void jk_tlswords_hear(const char *line);

#endif
