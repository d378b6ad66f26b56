/* SPDX-License-Identifier: BSD-2-Clause */
/* From a worker to the other services of ours. */
#ifndef JK_LINK_H
#define JK_LINK_H

#include <stdint.h>

#include "err.h"

/*
 * Connects to a SOCK_SEQPACKET socket. Does not block: a service whose queue
 * is full is tried again until `until` (boot ms).
 */
enum jk_err jk_link_connect(const char *path, int64_t until, int *ret_fd);

#endif
