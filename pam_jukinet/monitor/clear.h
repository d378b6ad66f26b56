/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef JK_CLEAR_H
#define JK_CLEAR_H

#include <sys/types.h>

/*
 * Has all processes of an account killed, and waits for nothing: a file is left
 * where jukinet-clear.path sees it. Neither logind nor a bus has a part in it.
 */
void jk_clear_user(uid_t uid);

#endif
