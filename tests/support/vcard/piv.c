/* SPDX-License-Identifier: BSD-2-Clause */
#include "piv.h"

#include <string.h>

#include <openssl/evp.h>

#include "fault.h"
#include "tlv.h"

#define AID_SHORTEST 5
#define RID_LEN      5
#define SHORT_LE     256
#define CHAIN_MAX    4096

const uint8_t vc_piv_aid[VC_AID_LEN] = { 0xa0, 0x00, 0x00, 0x03,
	0x08, /* NIST */
	0x00, 0x00, 0x10, 0x00, 0x01, 0x00 };

void
vc_piv_reset(struct vc_piv *piv)
{
	piv->selected = false;
	piv->verified = false;
	piv->fresh = false;
	piv->endless = false;
	piv->chain.open = false;
	vc_bytes_reset(&piv->reply);
	piv->reply_at = 0;
}

void
vc_piv_clear(struct vc_piv *piv)
{
	EVP_PKEY_free(piv->foreign);
	piv->foreign = NULL;
	vc_piv_reset(piv);
}

/* The application property template of SP 800-73-4 part 2, table 3. */
static void
add_property_template(struct vc_bytes *ret)
{
	static const char label[] = "Virtual PIV card";
	struct vc_bytes authority = { 0 }, body = { 0 };

	vc_tlv_add(&authority, 0x4f, vc_piv_aid, RID_LEN);
	vc_tlv_add(&body, 0x4f, vc_piv_aid + RID_LEN, VC_AID_LEN - RID_LEN);
	vc_tlv_add(&body, 0x79, authority.data, authority.len);
	vc_tlv_add(&body, 0x50, label, sizeof(label) - 1);
	vc_tlv_add(ret, 0x61, body.data, body.len);
}

/*
 * By full or right-truncated AID. An unknown application leaves things as
 * they are, and selecting PIV again keeps what was verified (part 2, 3.1.1).
 */
static uint16_t
select_application(struct vc_piv *piv, const struct vc_apdu *a)
{
	if (a->p1 != 0x04 || (a->p2 != 0x00 && a->p2 != 0x0c))
		return VC_SW_PARAMETERS;
	if (a->lc < AID_SHORTEST || a->lc > VC_AID_LEN ||
	    memcmp(a->data, vc_piv_aid, a->lc) != 0)
		return VC_SW_NOT_FOUND;
	piv->selected = true;
	if (a->p2 == 0x00)
		add_property_template(&piv->reply);
	return VC_SW_OK;
}

static const struct {
	uint8_t ins;
	bool chains;
	uint16_t (*run)(struct vc_piv *piv, const struct vc_apdu *a);
} handlers[] = {
	{ VC_INS_SELECT, false, select_application },
	{ VC_INS_GET_DATA, false, vc_piv_get_data },
	{ VC_INS_VERIFY, false, vc_piv_verify },
	{ VC_INS_CHANGE, false, vc_piv_change },
	{ VC_INS_UNBLOCK, false, vc_piv_unblock },
	{ VC_INS_AUTHENTICATE, true, vc_piv_authenticate },
};

static uint16_t
add_to_chain(struct vc_chain *chain, const struct vc_apdu *a)
{
	if (!chain->open || chain->ins != a->ins || chain->p1 != a->p1 ||
	    chain->p2 != a->p2)
		vc_bytes_reset(&chain->data);
	chain->open = chain->data.len + a->lc <= CHAIN_MAX;
	if (!chain->open)
		return VC_SW_LENGTH;
	chain->ins = a->ins;
	chain->p1 = a->p1;
	chain->p2 = a->p2;
	vc_bytes_add(&chain->data, a->data, a->lc);
	return VC_SW_OK;
}

/* Puts what the chain gathered before the data of its last command. */
static uint16_t
close_chain(struct vc_chain *chain, struct vc_apdu *a)
{
	uint16_t sw;

	if (!chain->open)
		return VC_SW_OK;
	if (chain->ins != a->ins || chain->p1 != a->p1 || chain->p2 != a->p2) {
		chain->open = false;
		return VC_SW_OK;
	}
	sw = add_to_chain(chain, a);
	chain->open = false;
	a->data = chain->data.data;
	a->lc = chain->data.len;
	return sw;
}

static uint16_t
dispatch(struct vc_piv *piv, struct vc_apdu *a)
{
	uint16_t sw;

	if (a->cla != 0 && a->cla != VC_CLA_CHAIN)
		return VC_SW_CLA;
	if (!piv->selected && a->ins != VC_INS_SELECT)
		return VC_SW_INS;
	for (size_t i = 0; i < VC_COUNT(handlers); i++) {
		if (handlers[i].ins != a->ins)
			continue;
		if (a->cla == VC_CLA_CHAIN)
			return handlers[i].chains ? add_to_chain(&piv->chain, a)
			                          : VC_SW_NO_CHAINING;
		sw = close_chain(&piv->chain, a);
		return sw == VC_SW_OK ? handlers[i].run(piv, a) : sw;
	}
	return VC_SW_INS;
}

/* As much of the reply as was asked for, and how much is left. */
static void
deliver(struct vc_piv *piv, size_t le, struct vc_bytes *answer)
{
	size_t left = piv->reply.len - piv->reply_at, n = left;

	if (n > le)
		n = le;
	if (n > VC_BYTES_MAX - 2)
		n = VC_BYTES_MAX - 2;
	vc_bytes_add(answer, piv->reply.data + piv->reply_at, n);
	piv->reply_at += n;
	left -= n;
	if (left == 0)
		vc_bytes_add_u16(answer, VC_SW_OK);
	else
		vc_bytes_add_u16(answer,
		    VC_SW_MORE | (left < 0x100 ? (unsigned)left : 0));
}

static void
deliver_endless(const struct vc_apdu *a, struct vc_bytes *answer)
{
	vc_bytes_add_random(answer,
	    a->le == 0 || a->le > SHORT_LE ? SHORT_LE : a->le);
	vc_bytes_add_u16(answer, VC_SW_MORE);
}

static void
get_response(struct vc_piv *piv, const struct vc_apdu *a,
    struct vc_bytes *answer)
{
	if (piv->reply_at == piv->reply.len)
		vc_bytes_add_u16(answer, VC_SW_CONDITIONS);
	else
		deliver(piv, a->le == 0 ? SHORT_LE : a->le, answer);
}

/* Does the fault in place of the command; false when there is none. */
static bool
run_fault(struct vc_piv *piv, const struct vc_apdu *a, struct vc_bytes *answer)
{
	const struct vc_fault *f = vc_faults_use(piv->faults, VC_STAGE_RUN);

	if (f == NULL)
		return false;
	if (f->kind == VC_FAULT_ENDLESS) {
		piv->endless = true;
		deliver_endless(a, answer);
	} else {
		vc_bytes_add_u16(answer, f->sw);
	}
	return true;
}

static void
drop_reply(struct vc_piv *piv)
{
	vc_bytes_reset(&piv->reply);
	piv->reply_at = 0;
	piv->endless = false;
}

static void
run_command(struct vc_piv *piv, const struct vc_apdu *a, enum vc_err parsed,
    struct vc_bytes *answer)
{
	const struct vc_fault *f;
	struct vc_apdu whole = *a;
	uint16_t sw = VC_SW_LENGTH;

	if (parsed == VC_OK)
		sw = dispatch(piv, &whole);
	if (sw != VC_SW_OK)
		vc_bytes_reset(&piv->reply);
	f = piv->reply.len == 0 ? NULL
	                        : vc_faults_use(piv->faults, VC_STAGE_LENGTH);
	if (f != NULL)
		vc_mangle_lengths(f, &piv->reply);
	if (piv->reply.len == 0)
		vc_bytes_add_u16(answer, sw);
	else
		deliver(piv, a->le, answer);
}

/* A key of kind PIN ALWAYS wants its VERIFY right before. */
static void
keep_freshness(struct vc_piv *piv, const struct vc_apdu *a)
{
	if (a->command != VC_COMMAND_VERIFY && a->command != VC_COMMAND_CHAIN &&
	    a->command != VC_COMMAND_GET_RESPONSE)
		piv->fresh = false;
}

void
vc_piv_run(struct vc_piv *piv, const struct vc_apdu *a, enum vc_err parsed,
    struct vc_bytes *answer)
{
	bool more = a->command == VC_COMMAND_GET_RESPONSE && parsed == VC_OK &&
	            a->cla == 0;
	const struct vc_fault *f;

	vc_bytes_reset(answer);
	piv->signed_now = false;
	if (!more)
		drop_reply(piv);
	if (run_fault(piv, a, answer))
		vc_bytes_reset(&piv->reply);
	else if (more && piv->endless)
		deliver_endless(a, answer);
	else if (more)
		get_response(piv, a, answer);
	else
		run_command(piv, a, parsed, answer);
	if (piv->reply_at > piv->reply.len)
		piv->reply_at = piv->reply.len;
	keep_freshness(piv, a);
	f = vc_faults_use(piv->faults, VC_STAGE_FRAME);
	if (f != NULL)
		vc_mangle_frame(f, answer);
}
