/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The directories that only jukinetd writes: /run/jukinet/state, which a
 * reboot empties, and /var/lib/jukinet. One file, one fact; written beside
 * and renamed into place, in the coding of frames.
 */
#ifndef JK_STATE_H
#define JK_STATE_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"

struct jk_frame;

/* Refuses (JK_ERR_UNSAFE) a directory that others own or may enter. */
enum jk_err jk_state_open(const char *path, int *ret_dir);
/* `name` is ours, never text from outside. */
enum jk_err jk_state_read(int dir, const char *name, struct jk_frame *ret);
enum jk_err jk_state_write(int dir, const char *name,
    const struct jk_frame *frame);
/* The same, and with JK_OK it outlives a power cut. */
enum jk_err jk_state_keep(int dir, const char *name,
    const struct jk_frame *frame);
/* The same, in another directory that anybody may read. */
enum jk_err jk_state_publish(int dir, const char *name,
    const struct jk_frame *frame);
/*
 * Where there is no room for a file beside: in place, of one that stands there
 * and is no shorter. A field that is as long as it was is read as it was or as
 * it is. Its time of change is later than before, each time.
 */
enum jk_err jk_state_overwrite(int dir, const char *name,
    const struct jk_frame *frame);
/*
 * A new file, whole and durable when it appears: of all who try, exactly one
 * gets JK_OK, the others JK_ERR_EXISTS.
 */
enum jk_err jk_state_create(int dir, const char *name,
    const struct jk_frame *frame);
/*
 * Memory that all who open the file share, zeroed when it is new; it is taken
 * now, so that a full disk does not show at a later store. The caller unmaps
 * *ret and closes *ret_fd, which may be locked meanwhile.
 */
enum jk_err jk_state_map(int dir, const char *name, size_t size, int *ret_fd,
    void **ret);
/* JK_ERR_NOT_FOUND when somebody else has removed it already. */
enum jk_err jk_state_remove(int dir, const char *name);
/*
 * Of a file whose owner keeps it locked (lock.h) while he lives, and removes it: the
 * lock when he has died without. JK_ERR_BUSY: he lives; JK_ERR_NOT_FOUND: it
 * is gone. Makes no file.
 */
enum jk_err jk_state_lock_left(int dir, const char *name, int *ret_fd);

#endif
