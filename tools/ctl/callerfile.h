/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A file that an officer names. jukinetctl runs as root for people who may not
 * read everything on this machine, and what is wrong with a file is said with
 * words from it: so it is opened as the one whose login this is.
 */
#ifndef JK_CALLERFILE_H
#define JK_CALLERFILE_H

#include "err.h"

/*
 * Reads a whole regular file of at most `max` bytes. JK_ERR_SYS: errno says
 * why, EACCES also where only root may read it. *ret is released by
 * jk_file_text_free().
 */
enum jk_err jk_callerfile_read(const char *path, size_t max, char **ret,
    size_t *ret_len);

#endif
