/* SPDX-License-Identifier: BSD-2-Clause */
/* Turns checked rows into the bytes of a snapshot. */
#ifndef JK_WRITER_H
#define JK_WRITER_H

#include "rowset.h"

/* Into an empty file open for reading and writing. */
enum jk_err jk_rowset_write(const struct jk_rowset *set,
    const struct jk_edition *edition, int fd);
/* Reads each row back as jukinetd will; JK_ERR_FORMAT when one differs. */
enum jk_err jk_rowset_verify(const struct jk_rowset *set,
    const struct jk_edition *edition, int fd);

#endif
