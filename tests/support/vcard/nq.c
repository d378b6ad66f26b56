/* SPDX-License-Identifier: BSD-2-Clause */
#include "nq.h"

#include <string.h>

#include "card.h"
#include "fault.h"
#include "form.h"
#include "pin.h"
#include "sign.h"

#define REFERENCE_PIN 0x01
#define SERIAL_LEN    8
#define KEY_AUTH      0x01
#define KEY_ENCR      0x02
#define SIGN_P1P2     0x9e9a
#define DECIPHER_P1P2 0x8086

static const uint8_t aid[] = { 0xd2, 0x76, 0x00, 0x01, 0x80, 0xba, 0x01, 0x44,
	0x02, 0x01, 0x00 };

/* Version, kind of memory, serial number. Forgets the PIN. */
static uint16_t
run_select(struct vc_chip *chip, const struct vc_apdu *a)
{
	static const uint8_t version[] = { 0x01, 0x00, 0x00 };

	if (a->p1 != 0x04 || (a->p2 != 0x00 && a->p2 != 0x0c))
		return VC_SW_PARAMETERS;
	if (a->lc != sizeof(aid) || memcmp(a->data, aid, sizeof(aid)) != 0)
		return VC_SW_NOT_FOUND;
	chip->selected = true;
	chip->verified = false;
	if (a->p2 == 0x00) {
		vc_bytes_add(&chip->reply, version, sizeof(version));
		vc_bytes_add(&chip->reply, chip->card->state.guid, SERIAL_LEN);
	}
	return VC_SW_OK;
}

/* A certificate by its number; all of it, by way of GET RESPONSE. */
static uint16_t
run_get_data(struct vc_chip *chip, const struct vc_apdu *a)
{
	const struct vc_slot_kind *kinds = vc_slot_kinds(VC_KIND_NQ);
	const struct vc_slot *slot;
	const struct vc_fault *f;
	size_t i = 0;

	while (
	    i < VC_SLOTS && (kinds[i].name == NULL || kinds[i].object != a->p2))
		i++;
	if (a->p1 != 0 || i == VC_SLOTS || chip->card->slots[i].key == NULL)
		return VC_SW_NOT_FOUND;
	slot = &chip->card->slots[i];
	f = vc_faults_use(chip->faults, VC_STAGE_CERT);
	if (f == NULL)
		vc_bytes_add(&chip->reply, slot->object, slot->object_len);
	else if (!vc_mangle_certificate(f, slot, i, &chip->reply))
		return VC_SW_NOT_FOUND;
	return VC_SW_OK;
}

static uint16_t
check_form(const uint8_t *value, size_t len)
{
	enum vc_err e = vc_form_check(vc_form(VC_KIND_NQ, VC_PIN), value, len);

	if (e == VC_OK)
		return VC_SW_OK;
	return e == VC_ERR_RANGE ? VC_SW_LENGTH : VC_SW_DATA;
}

static uint16_t
run_verify(struct vc_chip *chip, const struct vc_apdu *a)
{
	struct vc_secret *pin = &chip->card->state.secrets[VC_PIN];
	uint16_t sw;

	if (a->p1 != 0)
		return VC_SW_PARAMETERS;
	if (a->p2 != REFERENCE_PIN)
		return VC_SW_NO_REFERENCE;
	if (a->lc == 0 && chip->verified)
		return VC_SW_OK;
	if (a->lc == 0)
		return pin->tries == 0 ? VC_SW_BLOCKED : vc_pin_tries(pin);
	sw = check_form(a->data, a->lc);
	if (sw != VC_SW_OK)
		return sw;
	return vc_pin_verify(chip, pin, a->data, a->lc, &chip->verified);
}

/* data: the old PIN, then the new one, of the same length. */
static uint16_t
run_change(struct vc_chip *chip, const struct vc_apdu *a)
{
	struct vc_secret *pin = &chip->card->state.secrets[VC_PIN];
	size_t len = a->lc / 2;
	uint16_t sw;

	if (a->p1 != 0)
		return VC_SW_PARAMETERS;
	if (a->p2 != REFERENCE_PIN)
		return VC_SW_NO_REFERENCE;
	if (a->lc % 2 != 0)
		return VC_SW_LENGTH;
	sw = check_form(a->data, len);
	if (sw == VC_SW_OK)
		sw = check_form(a->data + len, len);
	if (sw != VC_SW_OK)
		return sw;
	sw = vc_pin_compare(chip, pin, a->data, len);
	chip->verified = sw == VC_SW_OK;
	if (sw == VC_SW_OK)
		vc_pin_replace(chip, pin, a->data + len, len);
	return sw;
}

/* The raw RSA operation, whether it is called signing or deciphering. */
static uint16_t
run_operation(struct vc_chip *chip, const struct vc_apdu *a)
{
	unsigned which = (unsigned)a->p1 << 8 | a->p2;
	struct vc_view input = { a->data, a->lc };
	struct vc_signature sig;
	struct vc_slot *slot;

	if (which != SIGN_P1P2 && which != DECIPHER_P1P2)
		return VC_SW_PARAMETERS;
	slot =
	    vc_card_slot(chip->card, which == SIGN_P1P2 ? KEY_AUTH : KEY_ENCR);
	if (slot == NULL)
		return VC_SW_NO_REFERENCE;
	if (!chip->verified)
		return VC_SW_NOT_ALLOWED;
	if (vc_sign(chip, slot->key, input, false, &sig) != VC_OK)
		return VC_SW_DATA;
	vc_sign_note(chip, &sig);
	vc_bytes_add(&chip->reply, sig.data, sig.len);
	return VC_SW_OK;
}

static uint16_t
run_challenge(struct vc_chip *chip, const struct vc_apdu *a)
{
	if (a->p1 != 0 || a->p2 != 0)
		return VC_SW_PARAMETERS;
	vc_bytes_add_random(&chip->reply, a->le);
	return VC_SW_OK;
}

static const struct vc_handler handlers[] = {
	{ 0x00, VC_INS_SELECT, false, false, run_select },
	{ 0x80, VC_INS_READ, false, true, run_get_data },
	{ 0x00, VC_INS_VERIFY, false, false, run_verify },
	{ 0x00, VC_INS_CHANGE, false, false, run_change },
	{ 0x00, VC_INS_CHALLENGE, false, false, run_challenge },
	{ 0x80, VC_INS_SIGN, true, false, run_operation },
};

/* OpenSC knows the card by this alone. */
static const uint8_t atr[] = { 0x3b, 0xd5, 0x18, 0xff, 0x81, 0x91, 0xfe, 0x1f,
	0xc3, 0x80, 0x73, 0xc8, 0x21, 0x10 };

const struct vc_application vc_nq = {
	.atr = atr,
	.atr_len = sizeof(atr),
	.handlers = handlers,
	.handlers_n = VC_COUNT(handlers),
	.more_cla = 0x80,
};
