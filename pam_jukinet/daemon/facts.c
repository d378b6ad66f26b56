/* SPDX-License-Identifier: BSD-2-Clause */
#include "facts.h"

#include <string.h>

#include "clock.h"
#include "times.h"
#include "worker.h"

static enum jk_err
load_opids(struct jk_snapshot *snapshot, struct jk_facts *f)
{
	size_t n = 0;
	enum jk_err e = jk_snapshot_opids(snapshot, f->person.id, f->opids, &n);

	if (e == JK_ERR_NOT_FOUND)
		return JK_OK;
	for (size_t i = 0; e == JK_OK && i < n; i++)
		e = jk_snapshot_type(snapshot, f->opids[i].type, &f->types[i]);
	if (e == JK_OK)
		f->n_opids = n;
	return e;
}

enum jk_err
jk_facts_load(struct jk_worker *worker,
    const uint8_t cert_sha256[static JK_DIGEST_LEN], struct jk_facts *ret)
{
	struct jk_snapshot *snapshot = worker->place.snapshot;
	enum jk_err e;

	*ret = (struct jk_facts){ 0 };
	memcpy(ret->cert, cert_sha256, JK_DIGEST_LEN);
	e = jk_snapshot_card_by_cert(snapshot, cert_sha256, &ret->card);
	if (e == JK_ERR_NOT_FOUND)
		return JK_OK;
	if (e != JK_OK)
		return e;
	ret->has_card = true;
	e = jk_snapshot_person(snapshot, ret->card.person, &ret->person);
	if (e != JK_OK)
		return e;
	ret->has_person = true;
	return load_opids(snapshot, ret);
}

static struct jk_live_session
live(const struct jk_session *session)
{
	struct jk_live_session l = { 0 };

	if (session == NULL || session->state == JK_SESSION_ENDED)
		return l;
	memcpy(l.person, session->grant.person, sizeof(l.person));
	memcpy(l.key, session->grant.key, sizeof(l.key));
	memcpy(l.opid, session->grant.opid, sizeof(l.opid));
	return l;
}

struct jk_verdict
jk_facts_decide(const struct jk_worker *worker, const struct jk_facts *facts,
    bool unlock, const struct jk_session *session,
    const struct jk_evidence *evidence)
{
	const struct jk_live_session l = live(session);
	const struct jk_question q = {
		.unlock = unlock,
		.now = jk_real_s(),
		.last_record = jk_times_last_record(worker->keep_dir),
		.edition = &worker->place.edition,
		.account = &worker->account,
		.card = facts->has_card ? &facts->card : NULL,
		.person = facts->has_person ? &facts->person : NULL,
		.terminal = &worker->place.terminal,
		.opids = facts->opids,
		.n_opids = facts->n_opids,
		.types = facts->types,
		.session = &l,
		.evidence = evidence,
	};

	return jk_decide(&q);
}

struct jk_verdict
jk_facts_decide_again(struct jk_worker *worker, const struct jk_grant *grant,
    bool unlock, const struct jk_session *session, struct jk_facts *ret_facts)
{
	struct jk_evidence evidence = { .method = grant->method };

	memcpy(evidence.key, grant->key, sizeof(evidence.key));
	if (jk_facts_load(worker, grant->cert, ret_facts) != JK_OK)
		return (struct jk_verdict){ .why = JK_WHY_POLICY_BAD };
	return jk_facts_decide(worker, ret_facts, unlock, session, &evidence);
}

void
jk_facts_grant(const struct jk_worker *worker, const struct jk_facts *facts,
    const struct jk_verdict *verdict, const struct jk_evidence *evidence,
    struct jk_grant *ret)
{
	const struct jk_opid *opid = &facts->opids[verdict->opid];

	*ret = (struct jk_grant){
		.uid = worker->account.uid,
		.method = evidence->method,
	};
	/* Same sizes on both sides. */
	memcpy(ret->account, worker->account.name, sizeof(ret->account));
	memcpy(ret->person, facts->person.id, sizeof(ret->person));
	memcpy(ret->opid, opid->id, sizeof(ret->opid));
	memcpy(ret->type, opid->type, sizeof(ret->type));
	memcpy(ret->department, opid->department, sizeof(ret->department));
	memcpy(ret->card, facts->card.id, sizeof(ret->card));
	memcpy(ret->cert, facts->cert, sizeof(ret->cert));
	memcpy(ret->key, evidence->key, sizeof(ret->key));
	memcpy(ret->terminal, worker->place.terminal.id, sizeof(ret->terminal));
}
