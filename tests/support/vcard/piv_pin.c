/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VERIFY, CHANGE REFERENCE DATA and RESET RETRY COUNTER. A try is written to
 * the card's state before the comparison: pulling the card gains nothing.
 */
#include "piv.h"

#include <string.h>

#include <openssl/crypto.h>

#include "card.h"
#include "fault.h"

#define REFERENCE_PIN 0x80
#define REFERENCE_PUK 0x81
#define P1_CHECK      0x00
#define P1_FORGET     0xff
#define FORM_MIN      4

static uint16_t
tries_left(const struct vc_secret *s)
{
	return (uint16_t)(VC_SW_TRIES | s->tries);
}

/* Some characters, then FF to the end. */
static bool
is_well_formed(const uint8_t *value)
{
	size_t len = 0;

	while (len < VC_PIN_LEN && value[len] != 0xff)
		len++;
	for (size_t i = len; i < VC_PIN_LEN; i++)
		if (value[i] != 0xff)
			return false;
	return len >= FORM_MIN;
}

static uint16_t
compare(struct vc_piv *piv, struct vc_secret *s, const uint8_t *value)
{
	if (s->tries == 0)
		return VC_SW_BLOCKED;
	s->tries--;
	vc_card_save(piv->card);
	if (CRYPTO_memcmp(value, s->value, VC_PIN_LEN) != 0)
		return tries_left(s);
	s->tries = s->max;
	vc_card_save(piv->card);
	return VC_SW_OK;
}

static uint16_t
report_status(const struct vc_piv *piv)
{
	if (piv->verified)
		return VC_SW_OK;
	if (piv->card->state.pin.tries == 0)
		return VC_SW_BLOCKED;
	return tries_left(&piv->card->state.pin);
}

static uint16_t
compare_pin(struct vc_piv *piv, const uint8_t *value)
{
	struct vc_secret *pin = &piv->card->state.pin;
	bool right = CRYPTO_memcmp(value, pin->value, VC_PIN_LEN) == 0;
	const struct vc_fault *f;
	uint16_t sw;

	f = right ? NULL : vc_faults_use(piv->faults, VC_STAGE_PIN);
	if (f != NULL) {
		piv->verified = f->kind == VC_FAULT_VERIFY_ANY;
		piv->fresh = piv->verified;
		return VC_SW_OK;
	}
	sw = compare(piv, pin, value);
	piv->verified = sw == VC_SW_OK;
	piv->fresh = piv->verified;
	return sw;
}

uint16_t
vc_piv_verify(struct vc_piv *piv, const struct vc_apdu *a)
{
	if (a->p2 != REFERENCE_PIN)
		return VC_SW_NO_REFERENCE;
	if (a->p1 == P1_FORGET && a->lc == 0) {
		piv->verified = false;
		piv->fresh = false;
		return VC_SW_OK;
	}
	if (a->p1 != P1_CHECK)
		return VC_SW_PARAMETERS;
	if (a->lc == 0)
		return report_status(piv);
	if (a->lc != VC_PIN_LEN)
		return VC_SW_LENGTH;
	if (!is_well_formed(a->data))
		return VC_SW_DATA;
	return compare_pin(piv, a->data);
}

/* data: the secret that allows it, then the new value of the other. */
static uint16_t
replace(struct vc_piv *piv, struct vc_secret *by, struct vc_secret *target,
    const struct vc_apdu *a)
{
	uint16_t sw;

	if (a->lc != (size_t)2 * VC_PIN_LEN)
		return VC_SW_LENGTH;
	if (!is_well_formed(a->data + VC_PIN_LEN))
		return VC_SW_DATA;
	sw = compare(piv, by, a->data);
	if (sw != VC_SW_OK)
		return sw;
	memcpy(target->value, a->data + VC_PIN_LEN, VC_PIN_LEN);
	target->tries = target->max;
	vc_card_save(piv->card);
	return VC_SW_OK;
}

uint16_t
vc_piv_change(struct vc_piv *piv, const struct vc_apdu *a)
{
	struct vc_state *state = &piv->card->state;
	uint16_t sw;

	if (a->p1 != 0)
		return VC_SW_PARAMETERS;
	if (a->p2 == REFERENCE_PUK)
		return replace(piv, &state->puk, &state->puk, a);
	if (a->p2 != REFERENCE_PIN)
		return VC_SW_NO_REFERENCE;
	sw = replace(piv, &state->pin, &state->pin, a);
	piv->verified = sw == VC_SW_OK;
	return sw;
}

uint16_t
vc_piv_unblock(struct vc_piv *piv, const struct vc_apdu *a)
{
	struct vc_state *state = &piv->card->state;

	if (a->p1 != 0)
		return VC_SW_PARAMETERS;
	if (a->p2 != REFERENCE_PIN)
		return VC_SW_NO_REFERENCE;
	return replace(piv, &state->puk, &state->pin, a);
}
