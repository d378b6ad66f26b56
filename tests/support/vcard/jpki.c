/* SPDX-License-Identifier: BSD-2-Clause */
#include "jpki.h"

#include <string.h>

#include "card.h"
#include "sign.h"

static const uint8_t aid[] = { 0xd3, 0x92, 0xf0, 0x00, 0x26, 0x01, 0x00, 0x00,
	0x00, 0x01 };

/* Selecting the application, also again, forgets the PINs. */
static uint16_t
select_application(struct vc_chip *chip, const struct vc_apdu *a)
{
	if (a->lc != sizeof(aid) || memcmp(a->data, aid, sizeof(aid)) != 0)
		return VC_SW_NOT_FOUND;
	chip->selected = true;
	chip->verified = false;
	chip->sign_verified = false;
	chip->file = 0;
	return VC_SW_OK;
}

static uint16_t
run_select(struct vc_chip *chip, const struct vc_apdu *a)
{
	if (a->p2 != 0x00 && a->p2 != 0x0c)
		return VC_SW_PARAMETERS;
	switch (a->p1) {
	case 0x04:
		return select_application(chip, a);
	case 0x02:
		return vc_jpki_select_file(chip, a);
	default:
		return VC_SW_PARAMETERS;
	}
}

static bool
is_allowed(const struct vc_chip *chip, const struct vc_slot *slot)
{
	return slot == &chip->card->slots[0] ? chip->verified
	                                     : chip->sign_verified;
}

/* COMPUTE DIGITAL SIGNATURE with the key that is selected. */
static uint16_t
run_sign(struct vc_chip *chip, const struct vc_apdu *a)
{
	struct vc_slot *slot = vc_card_slot(chip->card, chip->file);
	struct vc_view input = { a->data, a->lc };
	struct vc_signature sig;

	if (a->p1 != 0x00 || a->p2 != 0x80)
		return VC_SW_PARAMETERS;
	if (slot == NULL)
		return VC_SW_CONDITIONS;
	if (!is_allowed(chip, slot))
		return VC_SW_NOT_ALLOWED;
	if (a->lc == 0 || a->le == 0)
		return VC_SW_LENGTH;
	if (vc_sign(chip, slot->key, input, true, &sig) != VC_OK)
		return VC_SW_DATA;
	vc_sign_note(chip, &sig);
	vc_bytes_add(&chip->reply, sig.data, sig.len);
	return VC_SW_OK;
}

static const struct vc_handler handlers[] = {
	{ 0x00, VC_INS_SELECT, false, false, run_select },
	{ 0x00, VC_INS_READ, false, false, vc_jpki_read },
	{ 0x00, VC_INS_VERIFY, false, false, vc_jpki_verify },
	{ 0x00, VC_INS_CHANGE, false, false, vc_jpki_change },
	{ 0x80, VC_INS_SIGN, false, false, run_sign },
};

/* The one that OpenSC knows the card by; it has no historical bytes. */
static const uint8_t atr[] = { 0x3b, 0xe0, 0x00, 0xff, 0x81, 0x31, 0xfe, 0x45 };

const struct vc_application vc_jpki = {
	.atr = atr,
	.atr_len = sizeof(atr),
	.handlers = handlers,
	.handlers_n = VC_COUNT(handlers),
};
