/* SPDX-License-Identifier: BSD-2-Clause */
#include "sign.h"

#include <string.h>

#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "fault.h"
#include "key.h"

static void
free_context(EVP_PKEY_CTX **ctx)
{
	EVP_PKEY_CTX_free(*ctx);
	*ctx = NULL;
}

static enum vc_err
sign(EVP_PKEY *key, struct vc_view input, bool pads, struct vc_signature *ret)
{
	JK_CLEANUP(free_context) EVP_PKEY_CTX *ctx = NULL;
	struct vc_signature sig = { .len = sizeof(sig.data) };
	int padding = pads ? RSA_PKCS1_PADDING : RSA_NO_PADDING;

	ctx = EVP_PKEY_CTX_new(key, NULL);
	if (ctx == NULL || EVP_PKEY_sign_init(ctx) != 1)
		return VC_ERR_CRYPTO;
	if (vc_key_is_rsa(key) &&
	    EVP_PKEY_CTX_set_rsa_padding(ctx, padding) != 1)
		return VC_ERR_CRYPTO;
	if (EVP_PKEY_sign(ctx, sig.data, &sig.len, input.at, input.left) != 1)
		return VC_ERR_CRYPTO;
	*ret = sig;
	return VC_OK;
}

/* Another key of the same kind; the one made last is kept. */
static EVP_PKEY *
foreign_key(struct vc_chip *chip, EVP_PKEY *like)
{
	const struct vc_key_kind *kind = vc_key_kind_of(like);

	if (chip->foreign != NULL && vc_key_kind_of(chip->foreign) == kind)
		return chip->foreign;
	EVP_PKEY_free(chip->foreign);
	chip->foreign = NULL;
	if (vc_key_make(kind, &chip->foreign) != VC_OK)
		return NULL;
	return chip->foreign;
}

enum vc_err
vc_sign(struct vc_chip *chip, EVP_PKEY *key, struct vc_view input, bool pads,
    struct vc_signature *ret)
{
	const struct vc_fault *f;
	EVP_PKEY *by = key;
	uint8_t data[VC_SIGNATURE_MAX];
	enum vc_err e;

	if (input.left < 1 || input.left > sizeof(data))
		return VC_ERR_RANGE;
	f = vc_faults_use(chip->faults, VC_STAGE_SIGN);
	memcpy(data, input.at, input.left);
	if (f != NULL &&
	    (f->kind == VC_FAULT_SIG_OTHERDATA ||
	        (f->kind == VC_FAULT_SIG_REPLAYED && chip->last.len == 0)))
		data[input.left - 1] ^= 0x01;
	if (f != NULL && f->kind == VC_FAULT_SIG_FOREIGN)
		by = foreign_key(chip, key);
	if (by == NULL)
		return VC_ERR_CRYPTO;
	e = sign(by, (struct vc_view){ data, input.left }, pads, ret);
	if (e == VC_OK && f != NULL)
		vc_mangle_signature(f, key, &chip->last, ret);
	return e;
}

void
vc_sign_note(struct vc_chip *chip, const struct vc_signature *sig)
{
	chip->signatures++;
	chip->signed_now = true;
	chip->last = *sig;
}
