/* SPDX-License-Identifier: BSD-2-Clause */
#include "card.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "key.h"

static void
close_file(FILE **f)
{
	if (*f != NULL)
		(void)fclose(*f);
	*f = NULL;
}

static enum vc_err
open_part(const char *dir, const char *name, const char *suffix, FILE **ret)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/%s.%s", dir, name, suffix);

	if (n < 0 || (size_t)n >= sizeof(path))
		return VC_ERR_TOO_LONG;
	*ret = fopen(path, "re");
	return *ret == NULL ? VC_ERR_SYS : VC_OK;
}

static enum vc_err
read_object(const char *dir, const char *name, uint8_t ret[VC_OBJECT_MAX],
    size_t *ret_len)
{
	JK_CLEANUP(close_file) FILE *f = NULL;
	enum vc_err e;

	e = open_part(dir, name, "obj", &f);
	if (e != VC_OK)
		return e;
	*ret_len = fread(ret, 1, VC_OBJECT_MAX, f);
	return ferror(f) ? VC_ERR_SYS : VC_OK;
}

static enum vc_err
read_key(const char *dir, const char *name, EVP_PKEY **ret)
{
	JK_CLEANUP(close_file) FILE *f = NULL;
	enum vc_err e;

	e = open_part(dir, name, "key", &f);
	if (e != VC_OK)
		return e;
	*ret = PEM_read_PrivateKey(f, NULL, NULL, NULL);
	if (*ret == NULL)
		return VC_ERR_CRYPTO;
	return vc_key_kind_of(*ret) == NULL ? VC_ERR_UNKNOWN : VC_OK;
}

/* A slot without files is an empty slot, not an error. */
static enum vc_err
read_slot(const char *dir, const struct vc_slot_kind *kind,
    struct vc_slot *slot)
{
	enum vc_err e = VC_OK;

	if (kind->name == NULL)
		return VC_OK;
	if (kind->purpose != VC_PURPOSE_ISSUER)
		e = read_key(dir, kind->name, &slot->key);
	if (e == VC_OK)
		e = read_object(dir, kind->name, slot->object,
		    &slot->object_len);
	return e == VC_ERR_SYS && errno == ENOENT && slot->key == NULL ? VC_OK
	                                                               : e;
}

/* Only a card whose identifier is signed has the file. */
static enum vc_err
read_chuid(struct vc_card *card)
{
	enum vc_err e;

	e = read_object(card->dir, "chuid", card->chuid, &card->chuid_len);
	return e == VC_ERR_SYS && errno == ENOENT ? VC_OK : e;
}

enum vc_err
vc_card_open(const char *dir, struct vc_card **ret)
{
	JK_CLEANUP(vc_card_close) struct vc_card *card = NULL;
	const struct vc_slot_kind *kinds;
	int n;
	enum vc_err e;

	card = calloc(1, sizeof(*card));
	if (card == NULL)
		return VC_ERR_NOMEM;
	n = snprintf(card->dir, sizeof(card->dir), "%s", dir);
	if (n < 0 || (size_t)n >= sizeof(card->dir))
		return VC_ERR_TOO_LONG;
	e = vc_state_load(dir, &card->state);
	if (e != VC_OK)
		return e;
	kinds = vc_slot_kinds(card->state.kind);
	for (size_t i = 0; i < VC_SLOTS; i++) {
		card->slots[i].bare = card->state.kind != VC_KIND_PIV;
		e = read_slot(dir, &kinds[i], &card->slots[i]);
		if (e != VC_OK)
			return e;
	}
	e = read_chuid(card);
	if (e != VC_OK)
		return e;
	*ret = card;
	card = NULL;
	return VC_OK;
}

void
vc_card_close(struct vc_card **card)
{
	if (*card == NULL)
		return;
	for (size_t i = 0; i < VC_SLOTS; i++)
		EVP_PKEY_free((*card)->slots[i].key);
	free(*card);
	*card = NULL;
}

struct vc_slot *
vc_card_slot(struct vc_card *card, unsigned key)
{
	const struct vc_slot_kind *kinds = vc_slot_kinds(card->state.kind);

	for (size_t i = 0; i < VC_SLOTS; i++)
		if (kinds[i].key == key && card->slots[i].key != NULL)
			return &card->slots[i];
	return NULL;
}

void
vc_card_save(const struct vc_card *card)
{
	enum vc_err e = vc_state_save(card->dir, &card->state);

	if (e != VC_OK)
		(void)fprintf(stderr, "vcard: %s: %s\n", card->dir,
		    vc_err_text(e));
}

enum vc_err
vc_slot_certificate(const struct vc_slot *slot, struct vc_view *ret)
{
	struct vc_view all = { slot->object, slot->object_len };

	if (slot->bare) {
		*ret = all;
		return VC_OK;
	}
	return vc_tlv_find(all, 0x70, ret);
}
