/* SPDX-License-Identifier: BSD-2-Clause */
#include "p11token.h"

#include <assert.h>
#include <string.h>

#include "p11signature.h"
#include "secret.h"

/* Object identifiers of curves as CKA_EC_PARAMS has them. */
static const uint8_t p256[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03,
	0x01, 0x07 };
static const uint8_t p384[] = { 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22 };

#define OBJECTS_MAX 256 /* of one token, looked at */
#define KEYS_MAX    32

enum jk_err
jk_p11_slots(const struct jk_p11_module *module,
    CK_SLOT_ID ret[static JK_P11_TOKENS_MAX], size_t *ret_n)
{
	CK_SLOT_ID slots[4 * JK_P11_TOKENS_MAX];
	CK_ULONG n = JK_COUNT(slots);
	/* Asked once, as each call looks at all readers. */
	enum jk_err e =
	    jk_p11_err(module->call->C_GetSlotList(CK_TRUE, slots, &n));

	if (e != JK_OK)
		return e;
	if (n > JK_P11_TOKENS_MAX)
		n = JK_P11_TOKENS_MAX;
	memcpy(ret, slots, n * sizeof(*ret));
	*ret_n = n;
	return JK_OK;
}

enum jk_err
jk_p11_why_none(const struct jk_p11_module *module)
{
	CK_SLOT_ID slots[4 * JK_P11_TOKENS_MAX];
	CK_ULONG n = JK_COUNT(slots);
	CK_TOKEN_INFO info;
	enum jk_err e =
	    jk_p11_err(module->call->C_GetSlotList(CK_FALSE, slots, &n));

	for (CK_ULONG i = 0; e == JK_OK && i < n; i++) {
		e = jk_p11_err(module->call->C_GetTokenInfo(slots[i], &info));
		if (e == JK_ERR_CLOSED)
			e = JK_OK; /* an empty reader */
	}
	return e == JK_OK ? JK_ERR_NOT_FOUND : e;
}

/* PKCS#11 fills text up with blanks, and may have it without an end. */
static void
copy_text(const CK_UTF8CHAR *text, size_t len, char *ret)
{
	while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\0'))
		len--;
	memcpy(ret, text, len);
	ret[len] = '\0';
}

/* PIN and flags of a token; JK_ERR_NOT_FOUND: it would sign without one. */
static enum jk_err
read_pin(const CK_FUNCTION_LIST *call, CK_SLOT_ID slot, struct jk_p11_pin *ret)
{
	struct jk_p11_pin pin = { 0 };
	CK_TOKEN_INFO info;
	enum jk_err e = jk_p11_err(call->C_GetTokenInfo(slot, &info));

	if (e != JK_OK)
		return e;
	if ((info.flags & CKF_LOGIN_REQUIRED) == 0 ||
	    (info.flags & CKF_USER_PIN_INITIALIZED) == 0)
		return JK_ERR_NOT_FOUND;
	if ((info.flags & CKF_USER_PIN_LOCKED) != 0)
		pin.tries = (struct jk_tries){ .known = true, .left = 0 };
	else if ((info.flags & CKF_USER_PIN_FINAL_TRY) != 0)
		pin.tries = (struct jk_tries){ .known = true, .left = 1 };
	if (info.ulMinPinLen != CK_UNAVAILABLE_INFORMATION)
		pin.min = info.ulMinPinLen;
	if (info.ulMaxPinLen != CK_UNAVAILABLE_INFORMATION)
		pin.max = info.ulMaxPinLen;
	*ret = pin;
	return JK_OK;
}

static enum jk_err
look(struct jk_p11_token *t)
{
	CK_SLOT_INFO slot;
	enum jk_err e = jk_p11_err(t->call->C_GetSlotInfo(t->slot, &slot));

	if (e == JK_OK)
		e = read_pin(t->call, t->slot, &t->pin);
	if (e != JK_OK)
		return e;
	static_assert(sizeof(slot.slotDescription) <= JK_P11_READER_MAX);
	copy_text(slot.slotDescription, sizeof(slot.slotDescription),
	    t->reader);
	return JK_OK;
}

/* The size is asked first: no buffer of the card's choice. */
static enum jk_err
get(const struct jk_p11_token *t, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE_TYPE type, void *ret, size_t size, size_t *ret_len)
{
	CK_ATTRIBUTE a = { type, NULL, 0 };
	enum jk_err e =
	    jk_p11_err(t->call->C_GetAttributeValue(t->session, object, &a, 1));

	if (e != JK_OK)
		return e;
	if (a.ulValueLen == CK_UNAVAILABLE_INFORMATION)
		return JK_ERR_UNSUPPORTED;
	if (a.ulValueLen > size)
		return JK_ERR_TOO_BIG;
	a.pValue = ret;
	e = jk_p11_err(t->call->C_GetAttributeValue(t->session, object, &a, 1));
	if (e == JK_OK && a.ulValueLen > size)
		return JK_ERR_TOO_BIG;
	*ret_len = a.ulValueLen;
	return e;
}

/* What a search has found, so far. */
struct found {
	CK_OBJECT_CLASS class;
	CK_OBJECT_HANDLE *object;
	size_t n, max;
};

/* More than `max` are left out, as are more than OBJECTS_MAX of any class. */
static enum jk_err
sift(const struct jk_p11_token *t, struct found *f)
{
	CK_OBJECT_HANDLE objects[16];
	CK_ULONG n = JK_COUNT(objects);

	for (size_t seen = 0; seen < OBJECTS_MAX && n > 0; seen += n) {
		enum jk_err e = jk_p11_err(t->call->C_FindObjects(t->session,
		    objects, JK_COUNT(objects), &n));

		if (e != JK_OK)
			return e;
		if (n > JK_COUNT(objects))
			return JK_ERR_FORMAT;
		for (CK_ULONG i = 0; i < n && f->n < f->max; i++) {
			CK_OBJECT_CLASS class;
			size_t len = 0;

			e = get(t, objects[i], CKA_CLASS, &class, sizeof(class),
			    &len);
			if (e == JK_OK && len == sizeof(class) &&
			    class == f->class)
				f->object[f->n++] = objects[i];
		}
	}
	return JK_OK;
}

/*
 * All objects are looked for and ours taken out, as OpenSC reads each data
 * object from the card when it is to be compared with a template.
 */
static enum jk_err
find(const struct jk_p11_token *t, struct found *f)
{
	enum jk_err e =
	    jk_p11_err(t->call->C_FindObjectsInit(t->session, NULL, 0));

	if (e != JK_OK)
		return e;
	e = sift(t, f);
	(void)t->call->C_FindObjectsFinal(t->session);
	return e;
}

static enum jk_err
find_certificates(struct jk_p11_token *t)
{
	struct found f = {
		.class = CKO_CERTIFICATE,
		.object = t->certificate,
		.max = JK_COUNT(t->certificate),
	};
	enum jk_err e = find(t, &f);

	t->n = f.n;
	return e == JK_OK && f.n == 0 ? JK_ERR_NOT_FOUND : e;
}

enum jk_err
jk_p11_token_open(const struct jk_p11_module *module, CK_SLOT_ID slot,
    struct jk_p11_token *ret)
{
	struct jk_p11_token t = { .call = module->call, .slot = slot };
	enum jk_err e = look(&t);

	if (e != JK_OK)
		return e;
	e = jk_p11_err(t.call->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL,
	    NULL, &t.session));
	if (e != JK_OK)
		return e;
	e = find_certificates(&t);
	if (e != JK_OK) {
		jk_p11_token_close(&t);
		return e;
	}
	*ret = t;
	return JK_OK;
}

void
jk_p11_token_close(struct jk_p11_token *token)
{
	(void)token->call->C_CloseSession(token->session);
}

enum jk_err
jk_p11_read_certificate(const struct jk_p11_token *token, size_t number,
    struct jk_p11_certificate *ret)
{
	CK_OBJECT_HANDLE object = token->certificate[number];
	enum jk_err e =
	    get(token, object, CKA_ID, ret->id, sizeof(ret->id), &ret->id_len);

	if (e != JK_OK)
		return e;
	/* Without one its key cannot be told from others. */
	if (ret->id_len == 0)
		return JK_ERR_NOT_FOUND;
	e = get(token, object, CKA_VALUE, ret->der, sizeof(ret->der),
	    &ret->len);
	return e == JK_OK && ret->len == 0 ? JK_ERR_NOT_FOUND : e;
}

enum jk_err
jk_p11_read_pin(struct jk_p11_token *token)
{
	return read_pin(token->call, token->slot, &token->pin);
}

enum jk_err
jk_p11_login(const struct jk_p11_token *token, const struct jk_secret *pin)
{
	CK_RV code =
	    token->call->C_Login(token->session, CKU_USER, pin->data, pin->len);

	switch (code) {
	case CKR_PIN_INCORRECT:
	case CKR_PIN_LOCKED:
		return JK_ERR_REFUSED;
	case CKR_PIN_LEN_RANGE:
	case CKR_PIN_INVALID:
		return JK_ERR_FORMAT;
	default:
		return jk_p11_err(code);
	}
}

void
jk_p11_logout(const struct jk_p11_token *token)
{
	(void)token->call->C_Logout(token->session);
}

static bool
get_flag(const struct jk_p11_token *t, CK_OBJECT_HANDLE key,
    CK_ATTRIBUTE_TYPE type, bool otherwise)
{
	CK_BBOOL value = CK_FALSE;
	size_t len = 0;

	if (get(t, key, type, &value, sizeof(value), &len) != JK_OK ||
	    len != sizeof(value))
		return otherwise;
	return value != CK_FALSE;
}

static bool
has_id(const struct jk_p11_token *t, CK_OBJECT_HANDLE object,
    const struct jk_p11_certificate *c)
{
	uint8_t id[JK_P11_ID_MAX];
	size_t len = 0;

	return get(t, object, CKA_ID, id, sizeof(id), &len) == JK_OK &&
	       len == c->id_len && memcmp(id, c->id, len) == 0;
}

/* A key that the login just now is needed and enough for. */
static enum jk_err
find_key(const struct jk_p11_token *t, const struct jk_p11_certificate *c,
    CK_OBJECT_HANDLE *ret)
{
	CK_OBJECT_HANDLE keys[KEYS_MAX];
	struct found f = {
		.class = CKO_PRIVATE_KEY,
		.object = keys,
		.max = JK_COUNT(keys),
	};
	enum jk_err e = find(t, &f);

	if (e != JK_OK)
		return e;
	for (size_t i = 0; i < f.n; i++) {
		if (!has_id(t, keys[i], c))
			continue;
		if (!get_flag(t, keys[i], CKA_PRIVATE, false) ||
		    get_flag(t, keys[i], CKA_ALWAYS_AUTHENTICATE, false))
			return JK_ERR_UNSUPPORTED;
		*ret = keys[i];
		return JK_OK;
	}
	return JK_ERR_UNSUPPORTED;
}

static enum jk_err
run_sign(const struct jk_p11_token *t, CK_OBJECT_HANDLE key,
    CK_MECHANISM_TYPE type, const uint8_t *data, size_t len,
    struct jk_signature *ret)
{
	CK_MECHANISM mechanism = { type, NULL, 0 };
	uint8_t input[JK_DIGEST_INFO_MAX];
	CK_ULONG n = sizeof(ret->data);
	enum jk_err e =
	    jk_p11_err(t->call->C_SignInit(t->session, &mechanism, key));

	if (e != JK_OK)
		return e;
	memcpy(input, data, len);
	e = jk_p11_err(t->call->C_Sign(t->session, input, len, ret->data, &n));
	if (e == JK_OK && n > sizeof(ret->data))
		return JK_ERR_TOO_BIG;
	ret->len = n;
	return e;
}

static enum jk_err
sign_rsa(const struct jk_p11_token *t, CK_OBJECT_HANDLE key,
    enum jk_key_kind kind, const struct jk_challenge *challenge,
    struct jk_signature *ret)
{
	uint8_t info[JK_DIGEST_INFO_MAX];
	size_t len = jk_digest_info(challenge, info);
	enum jk_err e = run_sign(t, key, CKM_RSA_PKCS, info, len, ret);

	return e == JK_OK && ret->len != jk_rsa_len(kind) ? JK_ERR_UNSUPPORTED
	                                                  : e;
}

/* Whether the key is on this curve. */
static bool
is_on_curve(const struct jk_p11_token *t, CK_OBJECT_HANDLE key,
    const uint8_t *curve, size_t curve_len)
{
	uint8_t params[32];
	size_t len = 0;

	return get(t, key, CKA_EC_PARAMS, params, sizeof(params), &len) ==
	           JK_OK &&
	       len == curve_len && memcmp(params, curve, len) == 0;
}

static enum jk_err
sign_ec(const struct jk_p11_token *t, CK_OBJECT_HANDLE key,
    enum jk_key_kind kind, const struct jk_challenge *challenge,
    struct jk_signature *ret)
{
	const bool small = kind == JK_KEY_P256;
	struct jk_signature raw;
	enum jk_err e;

	if (!is_on_curve(t, key, small ? p256 : p384,
	        small ? sizeof(p256) : sizeof(p384)))
		return JK_ERR_UNSUPPORTED;
	e = run_sign(t, key, CKM_ECDSA, challenge->digest, challenge->len,
	    &raw);
	if (e != JK_OK)
		return e;
	/* Each half is as long as the digest that goes with the curve. */
	if (raw.len != 2 * challenge->len)
		return JK_ERR_FORMAT;
	static_assert(sizeof(ret->data) >= JK_P11_DER_MAX);
	return jk_p11_ecdsa_der((struct jk_cur){ raw.data, raw.len }, ret->data,
	    &ret->len);
}

enum jk_err
jk_p11_sign(const struct jk_p11_token *token,
    const struct jk_p11_certificate *certificate, enum jk_key_kind kind,
    const struct jk_challenge *challenge, struct jk_signature *ret)
{
	const bool rsa = jk_rsa_len(kind) > 0;
	CK_OBJECT_HANDLE key;
	CK_KEY_TYPE type = CK_UNAVAILABLE_INFORMATION;
	size_t len = 0;
	enum jk_err e = find_key(token, certificate, &key);

	if (e == JK_OK)
		e = get(token, key, CKA_KEY_TYPE, &type, sizeof(type), &len);
	if (e != JK_OK)
		return e;
	if (len != sizeof(type) || type != (rsa ? CKK_RSA : CKK_EC))
		return JK_ERR_UNSUPPORTED;
	return rsa ? sign_rsa(token, key, kind, challenge, ret)
	           : sign_ec(token, key, kind, challenge, ret);
}
