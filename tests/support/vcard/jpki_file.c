/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The elementary files. A certificate is copied when it is selected, so that
 * what a fault does to it holds for every part that is then read.
 */
#include "jpki.h"

#include "card.h"
#include "fault.h"

#define OFFSET_MAX 0x7fff

static const char token[] = "JPKIAPICCTOKEN2                 ";

/* The slot whose certificate this file is, VC_SLOTS when it is none. */
static size_t
slot_of_certificate(const struct vc_card *card, unsigned file)
{
	const struct vc_slot_kind *kinds = vc_slot_kinds(VC_KIND_JPKI);

	for (size_t i = 0; i < VC_SLOTS; i++)
		if (kinds[i].object == file && card->slots[i].object_len > 0)
			return i;
	return VC_SLOTS;
}

static bool
exists(struct vc_card *card, unsigned file)
{
	return file == VC_JPKI_TOKEN || file == VC_JPKI_AUTH_PIN ||
	       file == VC_JPKI_SIGN_PIN || vc_card_slot(card, file) != NULL ||
	       slot_of_certificate(card, file) < VC_SLOTS;
}

/* Does the certificate fault of this command. false: there is no such file. */
static bool
spoil_certificate(struct vc_chip *chip, size_t i)
{
	const struct vc_fault *f;

	if (chip->content_spoiled)
		return true;
	f = vc_faults_use(chip->faults, VC_STAGE_CERT);
	if (f == NULL)
		return true;
	if (!vc_mangle_certificate(f, &chip->card->slots[i], i, &chip->content))
		return false;
	chip->content_spoiled = true;
	return true;
}

uint16_t
vc_jpki_select_file(struct vc_chip *chip, const struct vc_apdu *a)
{
	const struct vc_slot *slot;
	unsigned file;
	size_t i;

	if (a->lc != 2)
		return VC_SW_LENGTH;
	file = (unsigned)a->data[0] << 8 | a->data[1];
	if (!chip->selected || !exists(chip->card, file))
		return VC_SW_NOT_FOUND;
	i = slot_of_certificate(chip->card, file);
	vc_bytes_reset(&chip->content);
	chip->content_spoiled = false;
	if (file == VC_JPKI_TOKEN) {
		vc_bytes_add(&chip->content, token, sizeof(token) - 1);
	} else if (i < VC_SLOTS) {
		slot = &chip->card->slots[i];
		vc_bytes_add(&chip->content, slot->object, slot->object_len);
		if (!spoil_certificate(chip, i))
			return VC_SW_NOT_FOUND;
	}
	chip->file = (uint16_t)file;
	return VC_SW_OK;
}

/* Before its first part is read: the lengths at the front of a certificate. */
static void
spoil_lengths(struct vc_chip *chip)
{
	const struct vc_fault *f = vc_faults_use(chip->faults, VC_STAGE_LENGTH);

	if (f != NULL)
		vc_mangle_lengths(f, &chip->content);
}

static uint16_t
give_part(struct vc_chip *chip, size_t offset, size_t le)
{
	size_t left;

	if (offset >= chip->content.len)
		return VC_SW_OFFSET;
	left = chip->content.len - offset;
	vc_bytes_add(&chip->reply, chip->content.data + offset,
	    le < left ? le : left);
	return VC_SW_OK;
}

/* The certificate of the signing key is behind its PIN. */
uint16_t
vc_jpki_read(struct vc_chip *chip, const struct vc_apdu *a)
{
	size_t offset = (size_t)a->p1 << 8 | a->p2;
	size_t i = slot_of_certificate(chip->card, chip->file);

	if (chip->file == 0)
		return VC_SW_NO_FILE;
	if (i == VC_SLOTS && chip->file != VC_JPKI_TOKEN)
		return VC_SW_NO_FILE_BODY;
	if (offset > OFFSET_MAX)
		return VC_SW_PARAMETERS;
	if (a->lc != 0 || a->le == 0)
		return VC_SW_LENGTH;
	if (i == 1 && !chip->sign_verified)
		return VC_SW_NOT_ALLOWED;
	if (i < VC_SLOTS && !spoil_certificate(chip, i))
		return VC_SW_NOT_FOUND;
	if (i < VC_SLOTS && offset == 0)
		spoil_lengths(chip);
	return give_part(chip, offset, a->le);
}
