/* SPDX-License-Identifier: BSD-2-Clause */
/* Against a module that says what a hostile card could have it say. */
#include "test.h"

#include <string.h>

#include "p11token.h"
#include "secret.h"

struct object {
	CK_OBJECT_CLASS class;
	size_t id_len, value_len;
	uint8_t id[128], value[JK_CERT_MAX + 1];
	CK_KEY_TYPE type;
	const char *params;
	size_t params_len;
	CK_BBOOL private, always;
	bool grows; /* larger than it said when it was asked */
};

static struct fake {
	CK_FLAGS flags;
	size_t n, at;
	struct object object[4];
	size_t n_more; /* of no class that is looked for */
	CK_RV login, sign;
	unsigned logins, signs, finds;
	CK_MECHANISM_TYPE mechanism;
	size_t signed_len, signature_len;
	uint8_t input[128];
} fake;

static CK_RV
slot_info(CK_SLOT_ID slot, CK_SLOT_INFO *ret)
{
	(void)slot;
	memset(ret, 0, sizeof(*ret));
	memset(ret->slotDescription, ' ', sizeof(ret->slotDescription));
	memcpy(ret->slotDescription, "Reader 1", 8);
	return CKR_OK;
}

static CK_RV
token_info(CK_SLOT_ID slot, CK_TOKEN_INFO *ret)
{
	(void)slot;
	memset(ret, 0, sizeof(*ret));
	ret->flags = fake.flags;
	ret->ulMinPinLen = 4;
	ret->ulMaxPinLen = 8;
	return CKR_OK;
}

static CK_RV
open_session(CK_SLOT_ID slot, CK_FLAGS flags, void *app, CK_NOTIFY notify,
    CK_SESSION_HANDLE *ret)
{
	(void)slot;
	(void)app;
	(void)notify;
	assert_int_equal(flags, CKF_SERIAL_SESSION);
	*ret = 7;
	return CKR_OK;
}

static CK_RV
close_session(CK_SESSION_HANDLE session)
{
	assert_int_equal(session, 7);
	return CKR_OK;
}

static CK_RV
find_init(CK_SESSION_HANDLE session, CK_ATTRIBUTE *attributes, CK_ULONG n)
{
	(void)session;
	(void)attributes;
	assert_int_equal(n, 0);
	fake.at = 0;
	fake.finds++;
	return CKR_OK;
}

static CK_RV
find_next(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *ret, CK_ULONG max,
    CK_ULONG *ret_n)
{
	CK_ULONG n = 0;

	(void)session;
	while (n < max && fake.at < fake.n + fake.n_more)
		ret[n++] = fake.at++;
	*ret_n = n;
	return CKR_OK;
}

static CK_RV
find_final(CK_SESSION_HANDLE session)
{
	(void)session;
	return CKR_OK;
}

static CK_RV
give(CK_ATTRIBUTE *a, const void *data, size_t len, size_t say)
{
	if (a->pValue == NULL) {
		a->ulValueLen = say;
		return CKR_OK;
	}
	if (a->ulValueLen < len) {
		a->ulValueLen = CK_UNAVAILABLE_INFORMATION;
		return CKR_BUFFER_TOO_SMALL;
	}
	memcpy(a->pValue, data, len);
	a->ulValueLen = len;
	return CKR_OK;
}

static CK_RV
get_attribute(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE *a, CK_ULONG n)
{
	static const CK_OBJECT_CLASS data = CKO_DATA;
	const struct object *o;

	(void)session;
	assert_int_equal(n, 1);
	if (object >= fake.n)
		return give(a, &data, sizeof(data), sizeof(data));
	o = &fake.object[object];
	switch (a->type) {
	case CKA_CLASS:
		return give(a, &o->class, sizeof(o->class), sizeof(o->class));
	case CKA_ID:
		return give(a, o->id, o->id_len, o->id_len);
	case CKA_VALUE:
		return give(a, o->value, o->value_len,
		    o->grows ? 1 : o->value_len);
	case CKA_KEY_TYPE:
		return give(a, &o->type, sizeof(o->type), sizeof(o->type));
	case CKA_EC_PARAMS:
		return give(a, o->params, o->params_len, o->params_len);
	case CKA_PRIVATE:
		return give(a, &o->private, 1, 1);
	case CKA_ALWAYS_AUTHENTICATE:
		return give(a, &o->always, 1, 1);
	default:
		return CKR_ATTRIBUTE_TYPE_INVALID;
	}
}

static CK_RV
login(CK_SESSION_HANDLE session, CK_USER_TYPE user, unsigned char *pin,
    CK_ULONG len)
{
	(void)session;
	assert_int_equal(user, CKU_USER);
	assert_int_equal(len, 6);
	assert_memory_equal(pin, "123456", 6);
	fake.logins++;
	return fake.login;
}

static CK_RV
sign_init(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism,
    CK_OBJECT_HANDLE key)
{
	(void)session;
	(void)key;
	fake.mechanism = mechanism->mechanism;
	return CKR_OK;
}

static CK_RV
sign(CK_SESSION_HANDLE session, unsigned char *data, CK_ULONG len,
    unsigned char *ret, CK_ULONG *ret_len)
{
	(void)session;
	fake.signs++;
	fake.signed_len = len;
	memcpy(fake.input, data, len);
	if (fake.signature_len > *ret_len)
		return CKR_BUFFER_TOO_SMALL;
	memset(ret, 0x11, fake.signature_len);
	*ret_len = fake.signature_len;
	return fake.sign;
}

static CK_FUNCTION_LIST list = {
	.C_GetSlotInfo = slot_info,
	.C_GetTokenInfo = token_info,
	.C_OpenSession = open_session,
	.C_CloseSession = close_session,
	.C_FindObjectsInit = find_init,
	.C_FindObjects = find_next,
	.C_FindObjectsFinal = find_final,
	.C_GetAttributeValue = get_attribute,
	.C_Login = login,
	.C_SignInit = sign_init,
	.C_Sign = sign,
};

static const struct jk_p11_module module = { .call = &list };

/* A certificate, and the key of the same id. */
static int
setup(void **state)
{
	(void)state;
	fake = (struct fake){
		.flags = CKF_LOGIN_REQUIRED | CKF_USER_PIN_INITIALIZED |
		         CKF_TOKEN_INITIALIZED,
		.n = 2,
		.object = {
			{
				.class = CKO_CERTIFICATE,
				.id = { 1 },
				.id_len = 1,
				.value_len = 900,
			},
			{
				.class = CKO_PRIVATE_KEY,
				.id = { 1 },
				.id_len = 1,
				.type = CKK_RSA,
				.params = "",
				.private = CK_TRUE,
			},
		},
		.signature_len = 256,
	};
	return 0;
}

static enum jk_err
open_token(struct jk_p11_token *ret)
{
	return jk_p11_token_open(&module, 3, ret);
}

static void
test_open(void **state)
{
	struct jk_p11_token t;

	(void)state;
	assert_int_equal(open_token(&t), JK_OK);
	assert_string_equal(t.reader, "Reader 1");
	assert_int_equal(t.n, 1);
	assert_false(t.pin.tries.known);
	assert_int_equal(t.pin.min, 4);
	assert_int_equal(t.pin.max, 8);
	jk_p11_token_close(&t);
}

/* Something that signs without being asked for a PIN proves nobody. */
static void
test_open_without_pin_refused(void **state)
{
	struct jk_p11_token t;

	(void)state;
	fake.flags = CKF_USER_PIN_INITIALIZED;
	assert_int_equal(open_token(&t), JK_ERR_NOT_FOUND);
	fake.flags = CKF_LOGIN_REQUIRED;
	assert_int_equal(open_token(&t), JK_ERR_NOT_FOUND);
}

static void
test_flags_are_tries(void **state)
{
	static const struct {
		CK_FLAGS flags;
		bool known;
		unsigned left;
	} rows[] = {
		{ CKF_USER_PIN_COUNT_LOW, false, 0 },
		{ CKF_USER_PIN_FINAL_TRY, true, 1 },
		{ CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY, true, 1 },
		{ CKF_USER_PIN_LOCKED, true, 0 },
		{ CKF_USER_PIN_LOCKED | CKF_USER_PIN_FINAL_TRY, true, 0 },
	};
	struct jk_p11_token t;

	(void)state;
	assert_int_equal(open_token(&t), JK_OK);
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		fake.flags = rows[i].flags | CKF_LOGIN_REQUIRED |
		             CKF_USER_PIN_INITIALIZED;
		assert_int_equal(jk_p11_read_pin(&t), JK_OK);
		assert_int_equal(t.pin.tries.known, rows[i].known);
		assert_int_equal(t.pin.tries.left, rows[i].left);
	}
}

static void
test_certificate_bounds(void **state)
{
	static struct jk_p11_certificate c;
	struct jk_p11_token t;

	(void)state;
	assert_int_equal(open_token(&t), JK_OK);
	assert_int_equal(jk_p11_read_certificate(&t, 0, &c), JK_OK);
	assert_int_equal(c.len, 900);
	fake.object[0].value_len = JK_CERT_MAX;
	assert_int_equal(jk_p11_read_certificate(&t, 0, &c), JK_OK);
	fake.object[0].value_len = JK_CERT_MAX + 1;
	assert_int_equal(jk_p11_read_certificate(&t, 0, &c), JK_ERR_TOO_BIG);
	/* One that says it is small. */
	fake.object[0].grows = true;
	assert_int_not_equal(jk_p11_read_certificate(&t, 0, &c), JK_OK);
	fake.object[0].grows = false;
	fake.object[0].value_len = 0;
	assert_int_equal(jk_p11_read_certificate(&t, 0, &c), JK_ERR_NOT_FOUND);
	fake.object[0].value_len = 900;
	fake.object[0].id_len = JK_P11_ID_MAX + 1;
	assert_int_equal(jk_p11_read_certificate(&t, 0, &c), JK_ERR_TOO_BIG);
	fake.object[0].id_len = 0;
	assert_int_equal(jk_p11_read_certificate(&t, 0, &c), JK_ERR_NOT_FOUND);
}

/* However many objects a card claims to have, looking has an end. */
static void
test_objects_without_end(void **state)
{
	struct jk_p11_token t;

	(void)state;
	fake.n_more = (size_t)-1 / 2;
	assert_int_equal(open_token(&t), JK_OK);
	assert_int_equal(t.n, 1);
	assert_true(fake.at <= 256);
}

static void
test_no_certificate(void **state)
{
	struct jk_p11_token t;

	(void)state;
	fake.object[0].class = CKO_DATA;
	assert_int_equal(open_token(&t), JK_ERR_NOT_FOUND);
}

static enum jk_err
sign_with(enum jk_key_kind kind, struct jk_signature *ret)
{
	static struct jk_p11_certificate c;
	struct jk_challenge challenge = {
		.len = kind == JK_KEY_P384 ? 48 : 32,
	};
	struct jk_p11_token t;

	memset(challenge.digest, 0xab, challenge.len);
	assert_int_equal(open_token(&t), JK_OK);
	assert_int_equal(jk_p11_read_certificate(&t, 0, &c), JK_OK);
	return jk_p11_sign(&t, &c, kind, &challenge, ret);
}

/* A signature of another length is by another key than the registered one. */
static void
test_sign_rsa(void **state)
{
	static const enum jk_key_kind kinds[] = { JK_KEY_RSA2048,
		JK_KEY_RSA3072, JK_KEY_RSA4096 };
	struct jk_signature s;

	(void)state;
	for (size_t i = 0; i < JK_COUNT(kinds); i++) {
		for (size_t len = 0; len <= 512; len += 128) {
			fake.signature_len = len;
			if (len != 256 + 128 * i) {
				assert_int_not_equal(sign_with(kinds[i], &s),
				    JK_OK);
				continue;
			}
			assert_int_equal(sign_with(kinds[i], &s), JK_OK);
			assert_int_equal(s.len, len);
			assert_int_equal(fake.mechanism, CKM_RSA_PKCS);
			assert_int_equal(fake.signed_len, 19 + 32);
			assert_int_equal(fake.input[19], 0xab);
		}
	}
}

#define P256 "\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"
#define P384 "\x06\x05\x2b\x81\x04\x00\x22"

static void
set_curve(const char *params, size_t len)
{
	fake.object[1].type = CKK_EC;
	fake.object[1].params = params;
	fake.object[1].params_len = len;
}

static void
test_sign_ec(void **state)
{
	struct jk_signature s;

	(void)state;
	set_curve(P256, sizeof(P256) - 1);
	fake.signature_len = 64;
	assert_int_equal(sign_with(JK_KEY_P256, &s), JK_OK);
	assert_int_equal(fake.mechanism, CKM_ECDSA);
	assert_int_equal(fake.signed_len, 32);
	assert_int_equal(s.len, 2 + 2 * 34);
	assert_int_equal(s.data[0], 0x30);
	assert_int_equal(sign_with(JK_KEY_P384, &s), JK_ERR_UNSUPPORTED);
	assert_int_equal(sign_with(JK_KEY_RSA2048, &s), JK_ERR_UNSUPPORTED);
	fake.signature_len = 63;
	assert_int_equal(sign_with(JK_KEY_P256, &s), JK_ERR_FORMAT);
	fake.signature_len = 96;
	assert_int_equal(sign_with(JK_KEY_P256, &s), JK_ERR_FORMAT);
	set_curve(P384, sizeof(P384) - 1);
	assert_int_equal(sign_with(JK_KEY_P256, &s), JK_ERR_UNSUPPORTED);
	assert_int_equal(sign_with(JK_KEY_P384, &s), JK_OK);
	assert_int_equal(fake.signed_len, 48);
	assert_int_equal(s.len, 2 + 2 * 50);
	fake.signature_len = 64;
	assert_int_equal(sign_with(JK_KEY_P384, &s), JK_ERR_FORMAT);
	set_curve("\x06\x05\x2b\x81\x04\x00\x0a", 7);
	assert_int_equal(sign_with(JK_KEY_P256, &s), JK_ERR_UNSUPPORTED);
}

static void
test_sign_refuses_keys(void **state)
{
	struct jk_signature s;

	(void)state;
	fake.object[1].private = CK_FALSE;
	assert_int_equal(sign_with(JK_KEY_RSA2048, &s), JK_ERR_UNSUPPORTED);
	fake.object[1].private = CK_TRUE;
	fake.object[1].always = CK_TRUE;
	assert_int_equal(sign_with(JK_KEY_RSA2048, &s), JK_ERR_UNSUPPORTED);
	fake.object[1].always = CK_FALSE;
	fake.object[1].id[0] = 2;
	assert_int_equal(sign_with(JK_KEY_RSA2048, &s), JK_ERR_UNSUPPORTED);
	fake.object[1].id[0] = 1;
	fake.object[1].type = CKK_DSA;
	assert_int_equal(sign_with(JK_KEY_RSA2048, &s), JK_ERR_UNSUPPORTED);
	assert_int_equal(fake.signs, 0);
	fake.object[1].type = CKK_RSA;
	fake.sign = CKR_DEVICE_REMOVED;
	assert_int_equal(sign_with(JK_KEY_RSA2048, &s), JK_ERR_CLOSED);
}

static void
test_login_codes(void **state)
{
	static const struct {
		CK_RV code;
		enum jk_err err;
	} rows[] = {
		{ CKR_OK, JK_OK },
		{ CKR_PIN_INCORRECT, JK_ERR_REFUSED },
		{ CKR_PIN_LOCKED, JK_ERR_REFUSED },
		{ CKR_PIN_LEN_RANGE, JK_ERR_FORMAT },
		{ CKR_TOKEN_NOT_PRESENT, JK_ERR_CLOSED },
		{ CKR_DEVICE_ERROR, JK_ERR_UNSUPPORTED },
		{ CKR_USER_ALREADY_LOGGED_IN, JK_ERR_UNSUPPORTED },
	};
	struct jk_secret pin = { 0 };
	struct jk_p11_token t;

	(void)state;
	assert_int_equal(jk_secret_set(&pin, "123456", 6), JK_OK);
	assert_int_equal(open_token(&t), JK_OK);
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		fake.login = rows[i].code;
		assert_int_equal(jk_p11_login(&t, &pin), rows[i].err);
		assert_int_equal(fake.logins, i + 1);
	}
	jk_secret_clear(&pin);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_open, setup),
		cmocka_unit_test_setup(test_open_without_pin_refused, setup),
		cmocka_unit_test_setup(test_flags_are_tries, setup),
		cmocka_unit_test_setup(test_certificate_bounds, setup),
		cmocka_unit_test_setup(test_objects_without_end, setup),
		cmocka_unit_test_setup(test_no_certificate, setup),
		cmocka_unit_test_setup(test_sign_rsa, setup),
		cmocka_unit_test_setup(test_sign_ec, setup),
		cmocka_unit_test_setup(test_sign_refuses_keys, setup),
		cmocka_unit_test_setup(test_login_codes, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
