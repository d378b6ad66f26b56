/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ids of records to come, announced to the witness ahead: a query then waits for
 * its receipt alone. Where nothing proves a record (recording = kernel) they are
 * drawn when they are needed.
 */
#ifndef JK_POOL_H
#define JK_POOL_H

#include "recorder.h"

#define JK_POOL_MAX 16 /* announced ahead */

struct jk_pool {
	const struct jk_recorder
	    *recorder; /* what proves a record, and how long
	                                     * it may take */
	struct jk_witness witness;
	size_t n;
	struct {
		char id[JK_ID_LEN + 1];
		bool ready; /* the log can be followed */
	} entry[JK_POOL_MAX];
	size_t given_up;  /* ids that the witness still looks out for */
	int64_t until;    /* boot ms: for one to be ready, when none is */
	int64_t retry_at; /* boot ms: after it failed; 0: it has not */
};

void jk_pool_open(const struct jk_recorder *recorder, struct jk_pool *ret);
void jk_pool_close(struct jk_pool *pool);

/* Announces more when few are left; `idle`: nothing is waited for. */
void jk_pool_fill(struct jk_pool *pool, bool idle);
/*
 * Begins anew and waits until one is ready, for a receipt's time at most: nobody
 * has listened to the witness for so long that it may be another by now. Nothing
 * may be in flight. `cancel`: whoever hangs up is waited for no longer.
 */
void jk_pool_renew(struct jk_pool *pool, const struct jk_cancel *cancel);
/* A moment ago it could not be done: nobody has to wait to hear so. */
bool jk_pool_has_failed(const struct jk_pool *pool);
/* The witness does not answer, or what it has seen cannot be so. */
void jk_pool_fail(struct jk_pool *pool);
bool jk_pool_is_ready(const struct jk_pool *pool);
/* The witness has something to say of ids that were not taken, or given up. */
bool jk_pool_waits(const struct jk_pool *pool);
/* JK_ERR_NOT_FOUND: none is ready. */
enum jk_err jk_pool_take(struct jk_pool *pool, char ret[static JK_ID_LEN + 1]);
/* Nobody waits for this one any more. */
void jk_pool_give_up(struct jk_pool *pool);

/*
 * After the witness's socket became readable: a receipt, of the id in ret_id.
 * JK_ERR_REFUSED: there will be none for that id, which is no longer one of
 * these; JK_ERR_TIMEOUT: no more for now; else it has failed.
 */
enum jk_err jk_pool_receive(struct jk_pool *pool,
    char ret_id[static JK_ID_LEN + 1], struct jk_receipt *ret);

#endif
