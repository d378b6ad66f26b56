/* SPDX-License-Identifier: BSD-2-Clause */
/* Asking jukinet-witness for receipts. */
#ifndef JK_WITNESS_H
#define JK_WITNESS_H

#include <stdint.h>

#include "err.h"
#include "frame.h"

struct jk_witness {
	int fd; /* -1: not connected */
	struct jk_frame *frame;
};

struct jk_receipt {
	int64_t ms; /* the record's time, since the epoch */
	uint64_t serial;
	char text[8192]; /* as it stands between msg=' and its quote */
};

/* Connects, once; the path is that of the service. */
enum jk_err jk_witness_open(int64_t until, struct jk_witness *ret);
void jk_witness_close(struct jk_witness *witness);
/*
 * To be called before the record with this id is written. JK_OK: the log can
 * be followed at this moment.
 */
enum jk_err jk_witness_watch(struct jk_witness *witness, const char *id,
    bool durable, const struct jk_cancel *cancel, int64_t until);
/* Waits for the receipt of this id. */
enum jk_err jk_witness_receipt(struct jk_witness *witness, const char *id,
    const struct jk_cancel *cancel, int64_t until, struct jk_receipt *ret);

#endif
