/* SPDX-License-Identifier: BSD-2-Clause */
/* A certificate's file on its way into the store. */
#ifndef JK_PEMFILE_H
#define JK_PEMFILE_H

#include "change.h"

/*
 * Reads the file, refuses what jukinetd could not verify with and what has
 * expired, and keeps a copy; *ret_name is for the card's "certificate =", and
 * empty with --dry-run, which keeps nothing.
 * EXIT_OK, or it was said why not.
 */
int jk_pemfile_take(struct jk_change *change, const char *path,
    char ret_name[static 80]);

#endif
