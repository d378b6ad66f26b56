/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One conversation of one caller, in a process of its own. It begins with the
 * proof of who the caller is, reads one request and gives one verdict.
 */
#ifndef JK_WORKER_H
#define JK_WORKER_H

#include "claim.h"
#include "frame.h"
#include "peer.h"
#include "place.h"
#include "protocol.h"
#include "recorder.h"
#include "session.h"
#include "uses.h"

struct jk_worker {
	int fd;        /* the caller */
	int64_t until; /* boot ms: the whole attempt */
	struct jk_cancel cancel;
	struct jk_peer peer;
	struct jk_frame *frame;
	struct jk_claim claim;
	struct jk_place place;
	struct jk_account account; /* name "" until it is known */
	int run_dir;               /* /run/jukinet/state */
	int keep_dir;              /* /var/lib/jukinet */
	struct jk_recorder recorder;
	struct jk_uses uses; /* what this conversation has used up */
};

/*
 * Fills worker->account with the row of the account that was named, and sees
 * whether this caller may ask about it (design rule 6). JK_WHY_GRANTED: yes.
 */
enum jk_reason jk_worker_find_account(struct jk_worker *worker);
/*
 * The same for the account of this uid, and its live session: for callers who
 * act inside of one. JK_WHY_ACCOUNT_UNKNOWN: no operator's; JK_WHY_SESS_NONE:
 * none is live.
 */
enum jk_reason jk_worker_find_session(struct jk_worker *worker, uid_t uid,
    struct jk_session *ret);
/*
 * Is the caller, who has the uid of this session, in it? Nobody is whom another
 * account's login began: a set-user-ID program that somebody has left makes him
 * who runs it one of ours by the uid. Where the session itself began behind
 * that login, by su, he is.
 */
bool jk_worker_is_in(const struct jk_worker *worker,
    const struct jk_session *session);
/*
 * The snapshot that stands now: a conversation in which a person typed may have
 * begun with an older one. What was taken from that is looked up again.
 */
enum jk_reason jk_worker_renew(struct jk_worker *worker);
/* Is the service that was named one that needs a session of ours? */
bool jk_worker_is_enforced(const struct jk_worker *worker);

#endif
