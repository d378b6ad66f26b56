/* SPDX-License-Identifier: BSD-2-Clause */
/* What the witness gives up once it has its socket. */
#ifndef JK_CONFINE_H
#define JK_CONFINE_H

#include "err.h"

/*
 * Keeps of the capabilities at most CAP_DAC_READ_SEARCH, and that only if the
 * directory of the log cannot be read without; then Landlock, where the
 * kernel has it (reading below that directory, nothing else), and seccomp.
 * JK_ERR_SYS also when the directory cannot be opened at all.
 */
enum jk_err jk_confine(const char *log_path);

#endif
