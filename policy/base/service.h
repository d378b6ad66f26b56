/* SPDX-License-Identifier: BSD-2-Clause */
/* What every service does at its start. */
#ifndef JK_SERVICE_H
#define JK_SERVICE_H

#include "err.h"

/*
 * The listening SOCK_SEQPACKET socket, none of the standard descriptors, which
 * are open from now on: handed over by systemd, or, with
 * `path`, made there (an older socket at that place is removed; mode 0666
 * less the umask).
 */
enum jk_err jk_service_listen(const char *path, int *ret_fd);

/*
 * Empties the environment, sets umask 077, forbids core files, new
 * privileges and ptrace, and refuses (JK_ERR_REFUSED) uid 0. Descriptors
 * above the listening socket are closed.
 */
enum jk_err jk_service_harden(int listen_fd);

#endif
