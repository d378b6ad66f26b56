/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The INI files of desktops: dconf's keyfiles, KDE's configuration, .desktop
 * entries. Ours are stricter (initext.h); these are others' and are read as
 * those read them.
 */
#ifndef JK_KEYFILE_H
#define JK_KEYFILE_H

#include "setting.h"

/* Bytes of a line. */
#define JK_KEYFILE_LINE_MAX 1023

/*
 * Says each "key=value" with its group; entries in front of the first group
 * have the group "". `locked` by KDE's "[$i]" behind the key, behind the group,
 * or as a line in front of all groups. JK_ERR_TOO_BIG: a line is longer, and
 * nothing behind it was read.
 */
enum jk_err jk_keyfile_each(const char *text, jk_setting_fn *fn, void *ctx);

#endif
