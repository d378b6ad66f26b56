/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What systemd is told: READY=1 and WATCHDOG=1. The environment that names the
 * socket is emptied at the start (jk_service_harden()), so it is read before.
 */
#ifndef JK_NOTIFY_H
#define JK_NOTIFY_H

#include <stdint.h>
#include <sys/un.h>

struct jk_notify {
	struct sockaddr_un address; /* family 0: nobody waits for it */
	unsigned len;
	uint64_t watchdog_usec; /* 0: none */
};

void jk_notify_init(struct jk_notify *notify);
void jk_notify_tell(const struct jk_notify *notify, const char *what);

#endif
