/* SPDX-License-Identifier: BSD-2-Clause */
#include "pin.h"

#include <string.h>

#include <openssl/crypto.h>

#include "card.h"
#include "chip.h"
#include "fault.h"

uint16_t
vc_pin_tries(const struct vc_secret *s)
{
	return (uint16_t)(VC_SW_TRIES | s->tries);
}

static bool
is_right(const struct vc_secret *s, const uint8_t *value, size_t len)
{
	return len == s->len && CRYPTO_memcmp(value, s->value, len) == 0;
}

uint16_t
vc_pin_compare(struct vc_chip *chip, struct vc_secret *s, const uint8_t *value,
    size_t len)
{
	if (s->tries == 0)
		return VC_SW_BLOCKED;
	s->tries--;
	vc_card_save(chip->card);
	if (!is_right(s, value, len))
		return vc_pin_tries(s);
	s->tries = s->max;
	vc_card_save(chip->card);
	return VC_SW_OK;
}

uint16_t
vc_pin_verify(struct vc_chip *chip, struct vc_secret *s, const uint8_t *value,
    size_t len, bool *verified)
{
	const struct vc_fault *f = NULL;
	uint16_t sw;

	if (!is_right(s, value, len))
		f = vc_faults_use(chip->faults, VC_STAGE_PIN);
	if (f != NULL) {
		*verified = f->kind == VC_FAULT_VERIFY_ANY;
		return VC_SW_OK;
	}
	sw = vc_pin_compare(chip, s, value, len);
	*verified = sw == VC_SW_OK;
	return sw;
}

void
vc_pin_replace(struct vc_chip *chip, struct vc_secret *s, const uint8_t *value,
    size_t len)
{
	memset(s->value, 0, sizeof(s->value));
	memcpy(s->value, value, len);
	s->len = len;
	s->tries = s->max;
	vc_card_save(chip->card);
}
