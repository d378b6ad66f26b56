/* SPDX-License-Identifier: BSD-2-Clause */
/* VERIFY, CHANGE REFERENCE DATA and RESET RETRY COUNTER. */
#include "piv.h"

#include "card.h"
#include "pin.h"

#define REFERENCE_PIN 0x80
#define REFERENCE_PUK 0x81
#define P1_CHECK      0x00
#define P1_FORGET     0xff
#define FORM_MIN      4
#define NEW_MIN       6
#define PADDED_LEN    8

static size_t
length(const uint8_t *value)
{
	size_t len = 0;

	while (len < PADDED_LEN && value[len] != 0xff)
		len++;
	return len;
}

/* Some characters, then FF to the end. */
static bool
is_well_formed(const uint8_t *value)
{
	size_t len = length(value);

	for (size_t i = len; i < PADDED_LEN; i++)
		if (value[i] != 0xff)
			return false;
	return len >= FORM_MIN;
}

static uint16_t
report_status(const struct vc_chip *chip)
{
	const struct vc_secret *pin = &chip->card->state.secrets[VC_PIN];

	if (chip->verified)
		return VC_SW_OK;
	return pin->tries == 0 ? VC_SW_BLOCKED : vc_pin_tries(pin);
}

static uint16_t
compare_pin(struct vc_chip *chip, const uint8_t *value)
{
	uint16_t sw;

	sw = vc_pin_verify(chip, &chip->card->state.secrets[VC_PIN], value,
	    length(value), &chip->verified);
	chip->fresh = chip->verified;
	return sw;
}

uint16_t
vc_piv_verify(struct vc_chip *chip, const struct vc_apdu *a)
{
	if (a->p2 != REFERENCE_PIN)
		return VC_SW_NO_REFERENCE;
	if (a->p1 == P1_FORGET && a->lc == 0) {
		chip->verified = false;
		chip->fresh = false;
		return VC_SW_OK;
	}
	if (a->p1 != P1_CHECK)
		return VC_SW_PARAMETERS;
	if (a->lc == 0)
		return report_status(chip);
	if (a->lc != PADDED_LEN)
		return VC_SW_LENGTH;
	if (!is_well_formed(a->data))
		return VC_SW_DATA;
	return compare_pin(chip, a->data);
}

/* SP 800-73-4 part 2, 2.4.3: a PIN has 6 to 8 digits, a PUK 8 bytes. */
static bool
is_acceptable(const uint8_t *value, enum vc_secret_name name)
{
	size_t len = length(value);

	if (name == VC_PUK)
		return len == PADDED_LEN;
	for (size_t i = 0; i < len; i++)
		if (value[i] < '0' || value[i] > '9')
			return false;
	return len >= NEW_MIN;
}

/*
 * data: the secret that allows it, then the new value of the other. What is
 * wrong in form costs no try and changes nothing.
 */
static uint16_t
replace(struct vc_chip *chip, enum vc_secret_name by,
    enum vc_secret_name target, const struct vc_apdu *a)
{
	struct vc_secret *secrets = chip->card->state.secrets;
	const uint8_t *fresh = a->data + PADDED_LEN;
	uint16_t sw;

	if (a->lc != (size_t)2 * PADDED_LEN)
		return VC_SW_LENGTH;
	if (!is_well_formed(a->data) || !is_well_formed(fresh) ||
	    !is_acceptable(fresh, target))
		return VC_SW_DATA;
	sw = vc_pin_compare(chip, &secrets[by], a->data, length(a->data));
	if (by == VC_PIN)
		chip->verified = sw == VC_SW_OK;
	if (sw == VC_SW_OK)
		vc_pin_replace(chip, &secrets[target], fresh, length(fresh));
	return sw;
}

uint16_t
vc_piv_change(struct vc_chip *chip, const struct vc_apdu *a)
{
	if (a->p1 != 0)
		return VC_SW_PARAMETERS;
	if (a->p2 == REFERENCE_PUK)
		return replace(chip, VC_PUK, VC_PUK, a);
	if (a->p2 != REFERENCE_PIN)
		return VC_SW_NO_REFERENCE;
	return replace(chip, VC_PIN, VC_PIN, a);
}

uint16_t
vc_piv_unblock(struct vc_chip *chip, const struct vc_apdu *a)
{
	if (a->p1 != 0)
		return VC_SW_PARAMETERS;
	if (a->p2 != REFERENCE_PIN)
		return VC_SW_NO_REFERENCE;
	return replace(chip, VC_PUK, VC_PIN, a);
}
