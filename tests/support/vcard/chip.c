/* SPDX-License-Identifier: BSD-2-Clause */
#include "chip.h"

#include <openssl/evp.h>

#include "card.h"
#include "fault.h"
#include "jpki.h"
#include "nq.h"
#include "piv.h"

#define SHORT_LE  256
#define CHAIN_MAX 4096

static const struct vc_application *const applications[VC_KINDS] = {
	[VC_KIND_PIV] = &vc_piv,
	[VC_KIND_JPKI] = &vc_jpki,
	[VC_KIND_NQ] = &vc_nq,
};

const struct vc_application *
vc_chip_application(const struct vc_chip *chip)
{
	return applications[chip->card->state.kind];
}

void
vc_chip_reset(struct vc_chip *chip)
{
	chip->selected = false;
	chip->verified = false;
	chip->sign_verified = false;
	chip->fresh = false;
	chip->file = 0;
	chip->endless = false;
	chip->chain.open = false;
	vc_bytes_reset(&chip->reply);
	chip->reply_at = 0;
}

void
vc_chip_clear(struct vc_chip *chip)
{
	EVP_PKEY_free(chip->foreign);
	chip->foreign = NULL;
	vc_chip_reset(chip);
}

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

static const struct vc_handler *
find_handler(const struct vc_application *app, uint8_t ins)
{
	for (size_t i = 0; i < app->handlers_n; i++)
		if (app->handlers[i].ins == ins)
			return &app->handlers[i];
	return NULL;
}

static uint16_t
dispatch(struct vc_chip *chip, const struct vc_handler *h, struct vc_apdu *a)
{
	uint16_t sw;

	if (!chip->selected && a->ins != VC_INS_SELECT)
		return VC_SW_INS;
	if (h == NULL)
		return VC_SW_INS;
	if (a->cla == (h->cla | VC_CLA_CHAIN))
		return h->chains ? add_to_chain(&chip->chain, a)
		                 : VC_SW_NO_CHAINING;
	if (a->cla != h->cla)
		return VC_SW_CLA;
	sw = close_chain(&chip->chain, a);
	return sw == VC_SW_OK ? h->run(chip, a) : sw;
}

/* As much of the reply as was asked for, and how much is left. */
static void
deliver(struct vc_chip *chip, size_t le, struct vc_bytes *answer)
{
	size_t left = chip->reply.len - chip->reply_at, n = left;

	if (n > le)
		n = le;
	if (n > VC_BYTES_MAX - 2)
		n = VC_BYTES_MAX - 2;
	vc_bytes_add(answer, chip->reply.data + chip->reply_at, n);
	chip->reply_at += n;
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
get_response(struct vc_chip *chip, const struct vc_apdu *a,
    struct vc_bytes *answer)
{
	if (chip->reply_at == chip->reply.len)
		vc_bytes_add_u16(answer, VC_SW_CONDITIONS);
	else
		deliver(chip, a->le == 0 ? SHORT_LE : a->le, answer);
}

/* Does the fault in place of the command; false when there is none. */
static bool
run_fault(struct vc_chip *chip, const struct vc_apdu *a,
    struct vc_bytes *answer)
{
	const struct vc_fault *f = vc_faults_use(chip->faults, VC_STAGE_RUN);

	if (f == NULL)
		return false;
	if (f->kind == VC_FAULT_ENDLESS) {
		chip->endless = true;
		deliver_endless(a, answer);
	} else {
		vc_bytes_add_u16(answer, f->sw);
	}
	return true;
}

static void
drop_reply(struct vc_chip *chip)
{
	vc_bytes_reset(&chip->reply);
	chip->reply_at = 0;
	chip->endless = false;
}

static void
run_command(struct vc_chip *chip, const struct vc_apdu *a, enum vc_err parsed,
    struct vc_bytes *answer)
{
	const struct vc_handler *h =
	    find_handler(vc_chip_application(chip), a->ins);
	const struct vc_fault *f = NULL;
	struct vc_apdu whole = *a;
	uint16_t sw = VC_SW_LENGTH;

	if (parsed == VC_OK)
		sw = dispatch(chip, h, &whole);
	if (sw != VC_SW_OK)
		vc_bytes_reset(&chip->reply);
	if (chip->reply.len > 0 && h->tlv)
		f = vc_faults_use(chip->faults, VC_STAGE_LENGTH);
	if (f != NULL)
		vc_mangle_lengths(f, &chip->reply);
	if (chip->reply.len == 0)
		vc_bytes_add_u16(answer, sw);
	else
		deliver(chip, a->le, answer);
}

/* A key of kind PIN ALWAYS wants its VERIFY right before. */
static void
keep_freshness(struct vc_chip *chip, const struct vc_apdu *a)
{
	if (a->command != VC_COMMAND_VERIFY && a->command != VC_COMMAND_CHAIN &&
	    a->command != VC_COMMAND_GET_RESPONSE)
		chip->fresh = false;
}

void
vc_chip_run(struct vc_chip *chip, const struct vc_apdu *a, enum vc_err parsed,
    struct vc_bytes *answer)
{
	bool more = a->command == VC_COMMAND_GET_RESPONSE && parsed == VC_OK &&
	            a->cla == vc_chip_application(chip)->more_cla;
	const struct vc_fault *f;

	vc_bytes_reset(answer);
	chip->signed_now = false;
	if (!more)
		drop_reply(chip);
	if (run_fault(chip, a, answer))
		vc_bytes_reset(&chip->reply);
	else if (more && chip->endless)
		deliver_endless(a, answer);
	else if (more)
		get_response(chip, a, answer);
	else
		run_command(chip, a, parsed, answer);
	if (chip->reply_at > chip->reply.len)
		chip->reply_at = chip->reply.len;
	keep_freshness(chip, a);
	f = vc_faults_use(chip->faults, VC_STAGE_FRAME);
	if (f != NULL)
		vc_mangle_frame(f, answer);
}
