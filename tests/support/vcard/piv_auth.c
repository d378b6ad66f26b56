/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GENERAL AUTHENTICATE: the raw RSA operation, ECDSA over a hash that the
 * host made, and ECDH. Only the last part of a chain comes here, with the
 * data of all of them.
 */
#include "piv.h"

#include <openssl/evp.h>

#include "card.h"
#include "key.h"
#include "sign.h"
#include "tlv.h"

#define TAG_TEMPLATE  0x7c
#define TAG_CHALLENGE 0x81
#define TAG_RESPONSE  0x82
#define TAG_POINT     0x85
#define RANDOM_LEN    8

static void
free_context(EVP_PKEY_CTX **ctx)
{
	EVP_PKEY_CTX_free(*ctx);
	*ctx = NULL;
}

static void
free_key(EVP_PKEY **key)
{
	EVP_PKEY_free(*key);
	*key = NULL;
}

/* ECDH with the other side's uncompressed point (SP 800-73-4 part 2, A.5). */
static enum vc_err
derive(EVP_PKEY *key, struct vc_view point, struct vc_signature *ret)
{
	JK_CLEANUP(free_context) EVP_PKEY_CTX *ctx = NULL;
	JK_CLEANUP(free_key) EVP_PKEY *peer = EVP_PKEY_new();
	struct vc_signature z = { .len = sizeof(z.data) };

	if (peer == NULL || EVP_PKEY_copy_parameters(peer, key) != 1 ||
	    EVP_PKEY_set1_encoded_public_key(peer, point.at, point.left) != 1)
		return VC_ERR_CRYPTO;
	ctx = EVP_PKEY_CTX_new(key, NULL);
	if (ctx == NULL || EVP_PKEY_derive_init(ctx) != 1 ||
	    EVP_PKEY_derive_set_peer(ctx, peer) != 1 ||
	    EVP_PKEY_derive(ctx, z.data, &z.len) != 1)
		return VC_ERR_CRYPTO;
	*ret = z;
	return VC_OK;
}

static bool
is_allowed(const struct vc_chip *chip, unsigned reference)
{
	const struct vc_slot_kind *kinds = vc_slot_kinds(VC_KIND_PIV);

	for (size_t i = 0; i < VC_SLOTS; i++) {
		if (kinds[i].key != reference)
			continue;
		switch (kinds[i].access) {
		case VC_ACCESS_FREE:
			return true;
		case VC_ACCESS_ALWAYS:
			return chip->verified && chip->fresh;
		case VC_ACCESS_PIN:
			return chip->verified;
		case VC_ACCESS_SIGN_PIN:
			return false;
		}
	}
	return false;
}

static uint16_t
use_key(struct vc_chip *chip, EVP_PKEY *key, struct vc_view body,
    struct vc_signature *ret)
{
	const struct vc_key_kind *kind = vc_key_kind_of(key);
	struct vc_view input;
	enum vc_err e;

	if (vc_tlv_find(body, TAG_CHALLENGE, &input) == VC_OK) {
		if (input.left != kind->input)
			return VC_SW_DATA;
		e = vc_sign(chip, key, input, false, ret);
	} else if (!vc_key_is_rsa(key) &&
	           vc_tlv_find(body, TAG_POINT, &input) == VC_OK &&
	           input.left == vc_key_point_len(kind)) {
		e = derive(key, input, ret);
	} else {
		return VC_SW_DATA;
	}
	return e == VC_OK ? VC_SW_OK : VC_SW_DATA;
}

static void
add_template(const struct vc_signature *sig, struct vc_bytes *ret)
{
	struct vc_bytes body = { 0 };

	vc_tlv_add(&body, TAG_RESPONSE, sig->data, sig->len);
	vc_tlv_add(ret, TAG_TEMPLATE, body.data, body.len);
}

/*
 * The first half of an authentication of the host by the administration
 * key: random bytes. There is no such key, so a second half always fails.
 */
static uint16_t
give_random(const struct vc_apdu *a, struct vc_bytes *ret)
{
	struct vc_view all = { a->data, a->lc }, body, witness;

	if (vc_tlv_find(all, TAG_TEMPLATE, &body) != VC_OK ||
	    vc_tlv_find(body, TAG_CHALLENGE, &witness) != VC_OK ||
	    witness.left != 0)
		return VC_SW_DATA;
	vc_tlv_add_header(ret, TAG_TEMPLATE, RANDOM_LEN + 2);
	vc_tlv_add_header(ret, TAG_CHALLENGE, RANDOM_LEN);
	vc_bytes_add_random(ret, RANDOM_LEN);
	return VC_SW_OK;
}

uint16_t
vc_piv_authenticate(struct vc_chip *chip, const struct vc_apdu *a)
{
	struct vc_slot *slot = vc_card_slot(chip->card, a->p2);
	struct vc_view all = { a->data, a->lc }, body;
	struct vc_signature sig;
	uint16_t sw;

	if (a->p2 == VC_KEY_ADMIN)
		return give_random(a, &chip->reply);
	if (slot == NULL || a->p1 != vc_key_kind_of(slot->key)->algorithm)
		return VC_SW_PARAMETERS;
	if (!is_allowed(chip, a->p2))
		return VC_SW_NOT_ALLOWED;
	if (vc_tlv_find(all, TAG_TEMPLATE, &body) != VC_OK)
		return VC_SW_DATA;
	sw = use_key(chip, slot->key, body, &sig);
	if (sw != VC_SW_OK)
		return sw;
	vc_sign_note(chip, &sig);
	add_template(&sig, &chip->reply);
	return VC_SW_OK;
}
