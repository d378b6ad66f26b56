/* SPDX-License-Identifier: BSD-2-Clause */
#include "box.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

#include "bytes.h"
#include "form.h"
#include "issue.h"
#include "key.h"
#include "part.h"
#include "slot.h"
#include "state.h"
#include "tlv.h"

#define DAY          (24 * 3600L)
#define REVOKED_MAX  64
#define NAME_LETTERS "abcdefghijklmnopqrstuvwxyz0123456789_-"

/* twin bears the name of main, but has a key of its own. */
static const struct {
	const char *name;
	const char *cn;
} issuers[] = {
	{ "main", "Virtual Town CA" },
	{ "other", "Another Town CA" },
	{ "twin", "Virtual Town CA" },
};

static void
free_key(EVP_PKEY **key)
{
	EVP_PKEY_free(*key);
	*key = NULL;
}

static void
free_cert(X509 **cert)
{
	X509_free(*cert);
	*cert = NULL;
}

static void
free_crl(X509_CRL **crl)
{
	X509_CRL_free(*crl);
	*crl = NULL;
}

static enum vc_err
join(const char *a, const char *b, char ret[PATH_MAX])
{
	int n = snprintf(ret, PATH_MAX, "%s/%s", a, b);

	return n < 0 || n >= PATH_MAX ? VC_ERR_TOO_LONG : VC_OK;
}

static enum vc_err
read_ca(const char *box, const char *name, struct vc_ca *ret)
{
	char dir[PATH_MAX];
	enum vc_err e;

	e = join(box, "ca", dir);
	if (e != VC_OK)
		return e;
	e = vc_part_read_key(dir, name, &ret->key);
	if (e != VC_OK)
		return e;
	return vc_part_read_cert(dir, name, &ret->cert);
}

/* For openssl, and as served: as it is, or as a PIV object's content. */
static enum vc_err
write_certificate(const char *dir, const char *name, enum vc_kind kind,
    X509 *cert)
{
	struct vc_bytes object = { 0 };
	unsigned char *der = NULL;
	int len = i2d_X509(cert, &der);
	enum vc_err e;

	if (len < 0)
		return VC_ERR_CRYPTO;
	if (kind == VC_KIND_PIV) {
		vc_tlv_add(&object, 0x70, der, (size_t)len);
		vc_tlv_add(&object, 0x71, "\x00", 1);
		vc_tlv_add(&object, 0xfe, NULL, 0);
	} else {
		vc_bytes_add(&object, der, (size_t)len);
	}
	OPENSSL_free(der);
	e = vc_part_write_cert(dir, name, cert);
	if (e != VC_OK)
		return e;
	return vc_part_write_object(dir, name, &object);
}

static enum vc_err
make_folder(const char *path, bool may_exist)
{
	if (mkdir(path, 0700) == 0 || (may_exist && errno == EEXIST))
		return VC_OK;
	return VC_ERR_SYS;
}

static enum vc_err
make_key(const char *word, EVP_PKEY **ret)
{
	const struct vc_key_kind *kind = vc_key_kind_named(word);

	return kind == NULL ? VC_ERR_UNKNOWN : vc_key_make(kind, ret);
}

static enum vc_err
make_ca(const char *dir, const char *name, const char *cn, const char *kind)
{
	JK_CLEANUP(vc_ca_clear) struct vc_ca ca = { 0 };
	JK_CLEANUP(free_key) EVP_PKEY *key = NULL;
	enum vc_err e;

	e = make_key(kind, &key);
	if (e != VC_OK)
		return e;
	e = vc_issue_ca(cn, &key, &ca);
	if (e != VC_OK)
		return e;
	e = vc_part_write_key(dir, name, ca.key);
	if (e != VC_OK)
		return e;
	return vc_part_write_cert(dir, name, ca.cert);
}

enum vc_err
vc_box_make_cas(const char *box, const char *key)
{
	char dir[PATH_MAX];
	enum vc_err e;

	e = join(box, "ca", dir);
	if (e != VC_OK)
		return e;
	e = make_folder(box, true);
	if (e != VC_OK)
		return e;
	e = make_folder(dir, false);
	for (size_t i = 0; i < VC_COUNT(issuers) && e == VC_OK; i++)
		e = make_ca(dir, issuers[i].name, issuers[i].cn, key);
	return e;
}

static enum vc_err
choose_times(const char *validity, time_t *from, time_t *until)
{
	time_t now = time(NULL);

	if (strcmp(validity, "valid") == 0) {
		*from = now - DAY;
		*until = now + 730 * DAY;
	} else if (strcmp(validity, "expired") == 0) {
		*from = now - 730 * DAY;
		*until = now - DAY;
	} else if (strcmp(validity, "future") == 0) {
		*from = now + DAY;
		*until = now + 730 * DAY;
	} else {
		return VC_ERR_UNKNOWN;
	}
	return VC_OK;
}

static enum vc_err
make_slot(const char *dir, const struct vc_slot_kind *slot,
    const struct vc_wish *wish, struct vc_request *q)
{
	JK_CLEANUP(free_key) EVP_PKEY *key = NULL;
	JK_CLEANUP(free_cert) X509 *cert = NULL;
	enum vc_err e;

	e = make_key(wish->key, &key);
	if (e != VC_OK)
		return e;
	q->key = key;
	q->slot = slot;
	e = vc_issue_certificate(q, &cert);
	if (e != VC_OK)
		return e;
	e = vc_part_write_key(dir, slot->name, key);
	if (e != VC_OK)
		return e;
	return write_certificate(dir, slot->name, wish->kind, cert);
}

static enum vc_err
fill_slot(const char *dir, const struct vc_slot_kind *slot,
    const struct vc_wish *wish, struct vc_request *q)
{
	if (slot->name == NULL)
		return VC_OK;
	if (slot->purpose == VC_PURPOSE_ISSUER)
		return write_certificate(dir, slot->name, wish->kind,
		    q->ca->cert);
	return make_slot(dir, slot, wish, q);
}

static enum vc_err
sign_chuid(const char *dir, const struct vc_ca *ca,
    const struct vc_state *state)
{
	struct vc_bytes chuid = { 0 };
	enum vc_err e;

	e = vc_issue_chuid(ca, state->guid, &chuid);
	return e == VC_OK ? vc_part_write_object(dir, "chuid", &chuid) : e;
}

static enum vc_err
fill_card(const char *box, const char *dir, const char *name,
    const struct vc_wish *wish, const struct vc_state *state)
{
	JK_CLEANUP(vc_ca_clear) struct vc_ca ca = { 0 };
	const struct vc_slot_kind *slots = vc_slot_kinds(wish->kind);
	struct vc_request q = {
		.ca = &ca,
		.cn = wish->cn != NULL ? wish->cn : name,
		.email = name,
		.no_digital_signature = wish->no_digital_signature,
	};
	enum vc_err e;

	e = choose_times(wish->validity, &q.from, &q.until);
	if (e != VC_OK)
		return e;
	e = read_ca(box, wish->ca, &ca);
	for (size_t i = 0; i < wish->slots && e == VC_OK; i++)
		e = fill_slot(dir, &slots[i], wish, &q);
	if (e == VC_OK && wish->chuid_signed)
		e = sign_chuid(dir, &ca, state);
	return e;
}

/* The certificate of `from`, and a new key of the same kind. */
static enum vc_err
clone_slot(const char *dir, const char *from, const struct vc_slot_kind *slot,
    enum vc_kind kind)
{
	const char *name = slot->name;
	JK_CLEANUP(free_key) EVP_PKEY *key = NULL;
	JK_CLEANUP(free_cert) X509 *cert = NULL;
	enum vc_err e;

	if (name == NULL)
		return VC_OK;
	e = vc_part_read_cert(from, name, &cert);
	if (e == VC_ERR_SYS && errno == ENOENT)
		return VC_OK;
	if (e != VC_OK)
		return e;
	if (slot->purpose == VC_PURPOSE_ISSUER)
		return write_certificate(dir, name, kind, cert);
	e = vc_key_make(vc_key_kind_of(X509_get0_pubkey(cert)), &key);
	if (e != VC_OK)
		return e;
	e = vc_part_write_key(dir, name, key);
	if (e != VC_OK)
		return e;
	return write_certificate(dir, name, kind, cert);
}

/* A clone bears the identifier of the card it imitates. */
static enum vc_err
clone_card(const char *dir, const char *from, struct vc_state *state)
{
	const struct vc_slot_kind *slots;
	struct vc_state original;
	enum vc_err e;

	e = vc_state_load(from, &original);
	if (e != VC_OK)
		return e;
	if (original.kind != state->kind)
		return VC_ERR_KIND;
	memcpy(state->guid, original.guid, VC_GUID_LEN);
	slots = vc_slot_kinds(state->kind);
	for (size_t i = 0; i < VC_SLOTS && e == VC_OK; i++)
		e = clone_slot(dir, from, &slots[i], state->kind);
	return e;
}

static enum vc_err
choose_secret(const struct vc_wish *wish, enum vc_secret_name name,
    struct vc_secret *ret)
{
	const struct vc_form *form = vc_form(wish->kind, name);
	const char *word = wish->secrets[name];
	enum vc_err e;

	if (form->max == 0)
		return word == NULL ? VC_OK : VC_ERR_KIND;
	e = vc_state_set(ret, word != NULL ? word : form->usual);
	if (e != VC_OK)
		return e;
	ret->max = form->tries;
	if (wish->tries != 0 && name != VC_SIGN_PIN)
		ret->max = (unsigned)wish->tries;
	ret->tries = ret->max;
	return vc_form_check(form, ret->value, ret->len);
}

static enum vc_err
begin_state(const struct vc_wish *wish, struct vc_state *ret)
{
	struct vc_state state = { .kind = wish->kind };
	enum vc_err e;

	for (size_t i = 0; i < VC_SECRETS; i++) {
		e = choose_secret(wish, (enum vc_secret_name)i,
		    &state.secrets[i]);
		if (e != VC_OK)
			return e;
	}
	if (RAND_bytes(state.guid, VC_GUID_LEN) != 1)
		return VC_ERR_CRYPTO;
	*ret = state;
	return VC_OK;
}

/* What only some kinds of card have. */
static bool
is_possible(const struct vc_wish *wish)
{
	if (wish->kind == VC_KIND_PIV)
		return true;
	return strcmp(wish->key, vc_kind_key(wish->kind)) == 0 &&
	       wish->slots == VC_SLOTS && !wish->chuid_signed;
}

/* The state is written last: a folder without it is no card. */
enum vc_err
vc_box_make_card(const char *box, const char *name, const struct vc_wish *wish)
{
	char dir[PATH_MAX], from[PATH_MAX];
	struct vc_state state;
	enum vc_err e;

	if (*name == '\0' || strspn(name, NAME_LETTERS) != strlen(name) ||
	    strcmp(name, "ca") == 0)
		return VC_ERR_FORMAT;
	if (!is_possible(wish))
		return VC_ERR_KIND;
	e = begin_state(wish, &state);
	if (e != VC_OK)
		return e;
	e = join(box, name, dir);
	if (e != VC_OK)
		return e;
	e = make_folder(dir, false);
	if (e != VC_OK)
		return e;
	if (wish->clone_of == NULL)
		e = fill_card(box, dir, name, wish, &state);
	else if ((e = join(box, wish->clone_of, from)) == VC_OK)
		e = clone_card(dir, from, &state);
	if (e != VC_OK)
		return e;
	return vc_state_save(dir, &state);
}

/* The certificate for the login. */
static enum vc_err
read_revoked(const char *box, const char *card, X509 **ret)
{
	struct vc_state state;
	char dir[PATH_MAX];
	enum vc_err e;

	e = join(box, card, dir);
	if (e != VC_OK)
		return e;
	e = vc_state_load(dir, &state);
	if (e != VC_OK)
		return e;
	return vc_part_read_cert(dir, vc_slot_kinds(state.kind)[0].name, ret);
}

enum vc_err
vc_box_make_crl(const char *box, const char *name, char **cards, size_t n)
{
	JK_CLEANUP(vc_ca_clear) struct vc_ca ca = { 0 };
	JK_CLEANUP(free_crl) X509_CRL *crl = NULL;
	X509 *revoked[REVOKED_MAX] = { NULL };
	char dir[PATH_MAX];
	enum vc_err e;

	if (n > REVOKED_MAX)
		return VC_ERR_FULL;
	e = read_ca(box, name, &ca);
	for (size_t i = 0; i < n && e == VC_OK; i++)
		e = read_revoked(box, cards[i], &revoked[i]);
	if (e == VC_OK)
		e = vc_issue_crl(&ca, revoked, n, &crl);
	if (e == VC_OK)
		e = join(box, "ca", dir);
	if (e == VC_OK)
		e = vc_part_write_crl(dir, name, crl);
	for (size_t i = 0; i < n; i++)
		X509_free(revoked[i]);
	return e;
}
