/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Each PIN is a file; commands are for the one that is selected. The tries
 * left are told in any state, also after a good VERIFY. A blocked PIN is
 * restored at the town's counter, not by any command that is known.
 */
#include "jpki.h"

#include "card.h"
#include "form.h"
#include "pin.h"

#define REFERENCE  0x80
#define P1_CHECK   0x00
#define P1_REPLACE 0x01 /* only the new value is sent */

struct pin {
	struct vc_secret *secret;
	const struct vc_form *form;
	bool *verified;
};

/* false: no PIN is selected. */
static bool
find_pin(struct vc_chip *chip, struct pin *ret)
{
	bool login = chip->file == VC_JPKI_AUTH_PIN;
	enum vc_secret_name name = login ? VC_PIN : VC_SIGN_PIN;

	if (!login && chip->file != VC_JPKI_SIGN_PIN)
		return false;
	*ret = (struct pin){
		.secret = &chip->card->state.secrets[name],
		.form = vc_form(VC_KIND_JPKI, name),
		.verified = login ? &chip->verified : &chip->sign_verified,
	};
	return true;
}

static uint16_t
check_form(const struct pin *pin, const struct vc_apdu *a)
{
	enum vc_err e = vc_form_check(pin->form, a->data, a->lc);

	if (e == VC_OK)
		return VC_SW_OK;
	return e == VC_ERR_RANGE ? VC_SW_LENGTH : VC_SW_DATA;
}

uint16_t
vc_jpki_verify(struct vc_chip *chip, const struct vc_apdu *a)
{
	struct pin pin;
	uint16_t sw;

	if (a->p1 != P1_CHECK || a->p2 != REFERENCE)
		return VC_SW_PARAMETERS;
	if (!find_pin(chip, &pin))
		return VC_SW_CONDITIONS;
	if (a->lc == 0)
		return vc_pin_tries(pin.secret);
	sw = check_form(&pin, a);
	if (sw != VC_SW_OK)
		return sw;
	sw = vc_pin_verify(chip, pin.secret, a->data, a->lc, pin.verified);
	return sw == VC_SW_BLOCKED ? VC_SW_UNUSABLE : sw;
}

/* Whoever has verified the PIN gives a new one. */
uint16_t
vc_jpki_change(struct vc_chip *chip, const struct vc_apdu *a)
{
	struct pin pin;
	uint16_t sw;

	if (a->p1 != P1_REPLACE || a->p2 != REFERENCE)
		return VC_SW_PARAMETERS;
	if (!find_pin(chip, &pin))
		return VC_SW_CONDITIONS;
	if (!*pin.verified)
		return VC_SW_NOT_ALLOWED;
	sw = check_form(&pin, a);
	if (sw == VC_SW_OK)
		vc_pin_replace(chip, pin.secret, a->data, a->lc);
	return sw;
}
