/* SPDX-License-Identifier: BSD-2-Clause */
/* What jukinetd says in a use, as the application gets it. */
#ifndef JK_EVENT_H
#define JK_EVENT_H

#include "err.h"
#include "frame.h"
#include "jukinet/jukinet.h"

/* JK_ERR_FORMAT: nothing that may come in a use. */
enum jk_err jk_event_decode(const struct jk_frame *frame,
    struct jukinet_event *ret);
/*
 * A use of the session, and of which question. JK_ERR_FORMAT, JK_ERR_TOO_BIG,
 * JK_ERR_NOT_FOUND: it is none.
 */
enum jk_err jk_event_decode_use(const struct jk_frame *frame,
    struct jukinet_use *ret, uint64_t *ret_sequence);
/* REASON and PARAM of a verdict on the whole. */
enum jk_err jk_event_decode_answer(const struct jk_frame *frame,
    struct jukinet_answer *ret);

/*
 * Fills what the application knows of a struct: its first member says how large
 * it is. False: the size is none that this library ever had.
 */
bool jk_event_copy(void *ret, const void *from, size_t size, size_t smallest);

#endif
