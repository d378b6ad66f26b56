/* SPDX-License-Identifier: BSD-2-Clause */
/* What the snapshot knows of the holder of one card, and the decision. */
#ifndef JK_FACTS_H
#define JK_FACTS_H

#include "decide.h"
#include "session.h"

struct jk_worker;

struct jk_facts {
	bool has_card, has_person;
	uint8_t cert[JK_DIGEST_LEN];
	struct jk_card card;
	struct jk_person person;
	size_t n_opids;
	struct jk_opid opids[JK_OPIDS_MAX];
	struct jk_type types[JK_OPIDS_MAX];
};

/*
 * Looks a certificate up. One that is not registered is no error: has_card is
 * then false.
 */
enum jk_err jk_facts_load(struct jk_worker *worker,
    const uint8_t cert_sha256[static JK_DIGEST_LEN], struct jk_facts *ret);

/* `session` NULL or ended: there is none. */
struct jk_verdict jk_facts_decide(const struct jk_worker *worker,
    const struct jk_facts *facts, bool unlock, const struct jk_session *session,
    const struct jk_evidence *evidence);

/*
 * Decides once more what was granted before, with the snapshot of now. The
 * facts are filled for the record of a refusal.
 */
struct jk_verdict jk_facts_decide_again(struct jk_worker *worker,
    const struct jk_grant *grant, bool unlock, const struct jk_session *session,
    struct jk_facts *ret_facts);

/* What was decided, as something that can be kept. */
void jk_facts_grant(const struct jk_worker *worker,
    const struct jk_facts *facts, const struct jk_verdict *verdict,
    const struct jk_evidence *evidence, struct jk_grant *ret);

#endif
