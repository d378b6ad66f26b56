/* SPDX-License-Identifier: BSD-2-Clause */
/* GET DATA and the objects it gives (SP 800-73-4 part 1, 3 and 4). */
#include "piv.h"

#include "card.h"
#include "chuid.h"
#include "fault.h"
#include "tlv.h"

#define OBJECT_CHUID     0x5fc102
#define OBJECT_CCC       0x5fc107
#define OBJECT_DISCOVERY 0x7e
#define TAG_LIST         0x5c
#define TAG_OBJECT       0x53

/* As vcard-make signed it, or with an empty signature. */
static void
add_chuid(const struct vc_card *card, struct vc_bytes *ret)
{
	if (card->chuid_len > 0) {
		vc_bytes_add(ret, card->chuid, card->chuid_len);
		return;
	}
	vc_chuid_add_body(ret, card->state.guid);
	vc_chuid_add_end(ret, NULL, 0);
}

/* Capability container: the identifier, three numbers, empty elements. */
static void
add_ccc(const struct vc_card *card, struct vc_bytes *ret)
{
	static const uint8_t issuer[] = { 0xa0, 0, 0, 1, 0x16, 0xff, 0x02 };
	static const unsigned empty[] = { 0xf3, 0xf6, 0xf7, 0xfa, 0xfb, 0xfc,
		0xfd, 0xfe };

	vc_tlv_add_header(ret, 0xf0, 21);
	vc_bytes_add(ret, issuer, sizeof(issuer));
	vc_bytes_add(ret, card->state.guid, 21 - sizeof(issuer));
	vc_tlv_add(ret, 0xf1, "\x21", 1);
	vc_tlv_add(ret, 0xf2, "\x21", 1);
	vc_tlv_add(ret, 0xf4, "\x00", 1);
	vc_tlv_add(ret, 0xf5, "\x10", 1);
	for (size_t i = 0; i < VC_COUNT(empty); i++)
		vc_tlv_add(ret, empty[i], NULL, 0);
}

/* Not wrapped in 53. The policy: the card's own PIN, no other. */
static void
add_discovery(struct vc_bytes *ret)
{
	static const uint8_t policy[] = { 0x40, 0x00 };
	struct vc_bytes body = { 0 };

	vc_tlv_add(&body, 0x4f, vc_piv_aid, VC_AID_LEN);
	vc_tlv_add(&body, 0x5f2f, policy, sizeof(policy));
	vc_tlv_add(ret, OBJECT_DISCOVERY, body.data, body.len);
}

static bool
add_certificate(struct vc_chip *chip, uint32_t object, struct vc_bytes *ret)
{
	const struct vc_fault *f;
	const struct vc_slot_kind *kinds = vc_slot_kinds(VC_KIND_PIV);
	const struct vc_slot *slot;

	for (size_t i = 0; i < VC_SLOTS; i++) {
		slot = &chip->card->slots[i];
		if (kinds[i].object != object || slot->key == NULL)
			continue;
		f = vc_faults_use(chip->faults, VC_STAGE_CERT);
		if (f != NULL)
			return vc_mangle_certificate(f, slot, i, ret);
		vc_bytes_add(ret, slot->object, slot->object_len);
		return true;
	}
	return false;
}

/* The tag list holds one tag, up to three bytes. */
static uint16_t
read_object_name(const struct vc_apdu *a, uint32_t *ret)
{
	struct vc_view view = { a->data, a->lc };
	struct vc_tlv list;
	uint32_t object = 0;

	if (a->p1 != 0x3f || a->p2 != 0xff)
		return VC_SW_PARAMETERS;
	if (vc_tlv_next(&view, &list) != VC_OK || list.tag != TAG_LIST ||
	    list.value.left < 1 || list.value.left > 3)
		return VC_SW_DATA;
	for (size_t i = 0; i < list.value.left; i++)
		object = object << 8 | list.value.at[i];
	*ret = object;
	return VC_SW_OK;
}

uint16_t
vc_piv_get_data(struct vc_chip *chip, const struct vc_apdu *a)
{
	struct vc_bytes body = { 0 };
	uint32_t object;
	uint16_t sw;

	sw = read_object_name(a, &object);
	if (sw != VC_SW_OK)
		return sw;
	if (object == OBJECT_DISCOVERY) {
		add_discovery(&chip->reply);
		return VC_SW_OK;
	}
	if (object == OBJECT_CHUID)
		add_chuid(chip->card, &body);
	else if (object == OBJECT_CCC)
		add_ccc(chip->card, &body);
	else if (!add_certificate(chip, object, &body))
		return VC_SW_NOT_FOUND;
	vc_tlv_add(&chip->reply, TAG_OBJECT, body.data, body.len);
	return VC_SW_OK;
}
