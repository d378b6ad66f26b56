/* SPDX-License-Identifier: BSD-2-Clause */
/* One reader with a PIN pad, from IFDHCreateChannelByName to its close. */
#ifndef PP_PAD_H
#define PP_PAD_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/un.h>

#include "driver.h"
#include "keys.h"

#define PP_FEATURE_VERIFY     1U
#define PP_FEATURE_MODIFY     2U
#define PP_FEATURE_PROPERTIES 4U
#define PP_FEATURE_TLV        8U
#define PP_FEATURE_ALL        15U

struct pp_pad {
	DWORD lun;
	struct pp_driver driver;
	struct pp_keys keys;
	atomic_uint features; /* PP_FEATURE_* that are offered */
	atomic_bool unplugged;
	atomic_ulong verifications, changes, refusals, host_pins;
	int log;
	int control; /* listens */
	int stop;    /* eventfd that ends the thread */
	pthread_t thread;
	struct sockaddr_un at;
};

#endif
