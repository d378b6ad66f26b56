/* SPDX-License-Identifier: BSD-2-Clause */
/* Asking jukinet-witness for receipts. */
#ifndef JK_WITNESS_H
#define JK_WITNESS_H

#include <stdint.h>

#include "err.h"
#include "frame.h"
#include "hex.h"

struct jk_witness {
	int fd; /* -1: not connected */
	struct jk_frame *frame;
};

struct jk_receipt {
	int64_t ms; /* the record's time, since the epoch */
	uint64_t serial;
	char text[8192]; /* as it stands between msg=' and its quote */
};

/* What the witness says unasked of ids that were announced ahead. */
enum jk_witness_word {
	JK_WITNESS_WATCHING,
	JK_WITNESS_RECEIPT,
	JK_WITNESS_FAILED, /* the log cannot be followed */
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
/* The same of `n` records, without waiting for the answer. */
enum jk_err jk_witness_announce(struct jk_witness *witness,
    const char *const id[], size_t n, bool durable);
/*
 * The next word that has come: JK_ERR_TIMEOUT when there is none. `ret` is
 * filled for a receipt. WATCHING may be of more ids than that one.
 */
enum jk_err jk_witness_hear(struct jk_witness *witness,
    enum jk_witness_word *ret_word, char ret_id[static JK_ID_LEN + 1],
    struct jk_receipt *ret);
/* The nth id, from 0, of the word heard last. JK_ERR_NOT_FOUND: of fewer. */
enum jk_err jk_witness_id(const struct jk_witness *witness, size_t n,
    char ret[static JK_ID_LEN + 1]);
/* Waits for the receipt of this id. */
enum jk_err jk_witness_receipt(struct jk_witness *witness, const char *id,
    const struct jk_cancel *cancel, int64_t until, struct jk_receipt *ret);

#endif
