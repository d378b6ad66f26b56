/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <stdio.h>

#include "card_script.h"
#include "piv.h"
#include "secret.h"

/* ---- building BER, from the inside out ---- */

struct buf {
	size_t len;
	uint8_t at[8192];
};

static struct buf
bytes(const char *hex)
{
	struct buf b = { .len = strlen(hex) / 2 };

	assert_int_equal(jk_hex_decode(hex, b.at, b.len), JK_OK);
	return b;
}

static struct buf
join(struct buf a, struct buf b)
{
	assert_true(a.len + b.len <= sizeof(a.at));
	memcpy(a.at + a.len, b.at, b.len);
	a.len += b.len;
	return a;
}

static struct buf
wrap(uint8_t tag, struct buf value)
{
	struct buf head = { .at = { tag } };

	if (value.len < 0x80) {
		head.at[1] = (uint8_t)value.len;
		head.len = 2;
	} else if (value.len < 0x100) {
		head.at[1] = 0x81;
		head.at[2] = (uint8_t)value.len;
		head.len = 3;
	} else {
		head.at[1] = 0x82;
		head.at[2] = (uint8_t)(value.len >> 8);
		head.at[3] = (uint8_t)value.len;
		head.len = 4;
	}
	return join(head, value);
}

static struct buf
zeros(size_t n)
{
	struct buf b = { .len = n };

	return b;
}

static struct buf
ec_key(const char *curve)
{
	return wrap(0x30,
	    join(wrap(0x30, join(bytes("06072a8648ce3d0201"), bytes(curve))),
	        wrap(0x03, bytes("0004aabb"))));
}

#define P256 "06082a8648ce3d030107"
/* A certificate as far as a card process looks into it. */
static struct buf
certificate(struct buf key)
{
	struct buf before = bytes("a0030201020201013000300030003000");
	struct buf tbs = wrap(0x30, join(before, key));

	return wrap(0x30, join(tbs, bytes("3000030100")));
}

static struct buf
object(struct buf der, const char *info)
{
	return wrap(0x53,
	    join(join(wrap(0x70, der), bytes(info)), bytes("fe00")));
}

static struct jk_cur
cur_of(const struct buf *b)
{
	return (struct jk_cur){ b->at, b->len };
}

/* ---- the certificate's object ---- */

static void
test_piv_parse_object_plain(void **state)
{
	struct buf der = certificate(ec_key(P256)), o = object(der, "710100");
	struct jk_cur got;

	(void)state;
	assert_int_equal(jk_piv_parse_object(cur_of(&o), &got), JK_OK);
	assert_int_equal(got.left, der.len);
	assert_memory_equal(got.at, der.at, der.len);
	o = object(der, "");
	assert_int_equal(jk_piv_parse_object(cur_of(&o), &got), JK_OK);
	/* MSCUID and what comes in later editions are passed over. */
	o = object(der, "7101007202aabb");
	assert_int_equal(jk_piv_parse_object(cur_of(&o), &got), JK_OK);
}

static const struct {
	const char *name, *hex;
	enum jk_err err;
} lies[] = {
	{ "nothing", "", JK_ERR_TRUNCATED },
	{ "empty object", "5300", JK_ERR_NOT_FOUND },
	{ "no certificate in it", "5305710100fe00", JK_ERR_NOT_FOUND },
	{ "empty certificate", "53077000710100fe00", JK_ERR_NOT_FOUND },
	{ "other object", "540470023000", JK_ERR_FORMAT },
	{ "length short", "530370023000", JK_ERR_FORMAT },
	{ "length long", "530570023000", JK_ERR_TRUNCATED },
	{ "indefinite", "5380700230000000", JK_ERR_FORMAT },
	{ "2^31", "53848000000070023000", JK_ERR_FORMAT },
	{ "inner length short", "530470013000", JK_ERR_FORMAT },
	{ "inner length long", "530470033000", JK_ERR_TRUNCATED },
	{ "inner indefinite", "5306708030000000", JK_ERR_FORMAT },
	{ "two certificates", "53087002300070023000", JK_ERR_FORMAT },
	{ "two infos", "530a70023000710100710100", JK_ERR_FORMAT },
	{ "compressed", "530770023000710101", JK_ERR_UNSUPPORTED },
	{ "info of two bytes", "53087002300071020000", JK_ERR_UNSUPPORTED },
	{ "info of no byte", "5306700230007100", JK_ERR_UNSUPPORTED },
	{ "gzip in plain", "530870031f8b08710100", JK_ERR_FORMAT },
	{ "DER cut", "53077002300a710100", JK_ERR_TRUNCATED },
	{ "DER ends before", "53087003300000710100", JK_ERR_FORMAT },
	{ "one byte", "53", JK_ERR_TRUNCATED },
};

static void
test_piv_parse_object_lies(void **state)
{
	(void)state;
	for (size_t i = 0; i < JK_COUNT(lies); i++) {
		struct buf o = bytes(lies[i].hex);
		struct jk_cur got = { 0 };

		print_message("# %s\n", lies[i].name);
		assert_int_equal(jk_piv_parse_object(cur_of(&o), &got),
		    lies[i].err);
		assert_null(got.at);
	}
}

static void
test_piv_parse_object_too_big(void **state)
{
	struct buf fits = object(wrap(0x30, zeros(JK_CERT_MAX - 4)), "710100");
	struct buf big = object(wrap(0x30, zeros(JK_CERT_MAX - 3)), "710100");
	struct jk_cur got = { 0 };

	(void)state;
	assert_int_equal(jk_piv_parse_object(cur_of(&big), &got),
	    JK_ERR_TOO_BIG);
	assert_null(got.at);
	assert_int_equal(jk_piv_parse_object(cur_of(&fits), &got), JK_OK);
	assert_int_equal(got.left, JK_CERT_MAX);
}

/* ---- commands ---- */

static void
test_piv_select(void **state)
{
	static const struct {
		const char *answer;
		enum jk_err err;
	} rows[] = {
		{ "61009000", JK_OK },
		{ "9000", JK_OK },
		{ "6a82", JK_ERR_NOT_FOUND },
		{ "6a86", JK_ERR_NOT_FOUND },
		{ "6d00", JK_ERR_NOT_FOUND },
		{ "6e00", JK_ERR_NOT_FOUND },
		{ "6999", JK_ERR_NOT_FOUND },
		{ "6f00", JK_ERR_FORMAT },
		{ "0000", JK_ERR_FORMAT },
		{ "", JK_ERR_TRUNCATED },
		{ "90", JK_ERR_TRUNCATED },
		{ "6100", JK_ERR_TOO_BIG },
	};

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		const char *const answers[] = { rows[i].answer, NULL };
		struct script s = { .answers = answers };
		const struct jk_channel channel = script_channel(&s);

		assert_int_equal(jk_piv.select(&channel), rows[i].err);
		assert_command(&s, 0, "00a4040009a0000003080000100000");
	}
}

static void
test_piv_tries(void **state)
{
	static const struct {
		const char *answer;
		enum jk_err err;
		bool known;
		unsigned left;
	} rows[] = {
		{ "63c3", JK_OK, true, 3 },
		{ "63cf", JK_OK, true, 15 },
		{ "63c1", JK_OK, true, 1 },
		{ "63c0", JK_OK, true, 0 },
		{ "6983", JK_OK, true, 0 },
		{ "9000", JK_OK, false, 0 },
		{ "6300", JK_ERR_FORMAT, false, 0 },
		{ "63d3", JK_ERR_FORMAT, false, 0 },
		{ "6982", JK_ERR_FORMAT, false, 0 },
		{ "6a88", JK_ERR_FORMAT, false, 0 },
		{ "", JK_ERR_TRUNCATED, false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		const char *const answers[] = { rows[i].answer, NULL };
		struct script s = { .answers = answers };
		const struct jk_channel channel = script_channel(&s);
		struct jk_tries tries = { .known = true, .left = 99 };

		assert_int_equal(jk_piv.count_tries(&channel, &tries),
		    rows[i].err);
		assert_command(&s, 0, "00200080");
		if (rows[i].err != JK_OK) {
			assert_int_equal(tries.left, 99);
			continue;
		}
		assert_int_equal(tries.known, rows[i].known);
		assert_int_equal(tries.left, rows[i].left);
	}
}

static void
test_piv_pad_pin(void **state)
{
	struct jk_secret pin = { 0 };

	(void)state;
	assert_int_equal(jk_piv.fit((struct jk_cur){ (const uint8_t *)"123456",
	                                6 },
	                     &pin),
	    JK_OK);
	assert_int_equal(pin.len, 8);
	assert_memory_equal(pin.data, "123456\xff\xff", 8);
	assert_int_equal(jk_piv
	                     .fit((struct jk_cur){ (const uint8_t *)"123456789",
	                              9 },
	                         &pin),
	    JK_ERR_FORMAT);
	assert_int_equal(jk_piv.fit((struct jk_cur){ (const uint8_t *)"", 0 },
	                     &pin),
	    JK_ERR_FORMAT);
	assert_memory_equal(pin.data, "123456\xff\xff", 8);
	jk_secret_clear(&pin);
}

static void
test_piv_verify(void **state)
{
	static const struct {
		const char *answer;
		enum jk_err err;
		unsigned left;
	} rows[] = {
		{ "9000", JK_OK, 99 },
		{ "aabb9000", JK_OK, 99 }, /* data that nobody asked for */
		{ "63c2", JK_ERR_REFUSED, 2 },
		{ "63c0", JK_ERR_REFUSED, 0 },
		{ "6983", JK_ERR_REFUSED, 0 },
		{ "6982", JK_ERR_FORMAT, 99 },
		{ "6a80", JK_ERR_FORMAT, 99 },
		{ "", JK_ERR_TRUNCATED, 99 },
		{ "6100", JK_ERR_TOO_BIG, 99 },
	};
	struct jk_secret pin = { 0 };

	(void)state;
	assert_int_equal(jk_piv.fit((struct jk_cur){ (const uint8_t *)"123456",
	                                6 },
	                     &pin),
	    JK_OK);
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		const char *const answers[] = { rows[i].answer, NULL };
		struct script s = { .answers = answers };
		const struct jk_channel channel = script_channel(&s);
		unsigned left = 99;

		assert_int_equal(jk_piv.verify(&channel, &pin, &left),
		    rows[i].err);
		assert_int_equal(left, rows[i].left);
		assert_command(&s, 0, "0020008008313233343536ffff");
	}
	jk_secret_clear(&pin);
}

/* ---- a new PIN ---- */

static struct jk_secret
fitted(const struct jk_applet *applet, const char *pin)
{
	const struct jk_cur cur = { (const uint8_t *)pin, strlen(pin) };
	struct jk_secret s = { 0 };

	assert_int_equal(applet->fit(cur, &s), JK_OK);
	return s;
}

static const struct {
	const char *answer;
	enum jk_err err;
	unsigned left;
} changes[] = {
	{ "9000", JK_OK, 99 },
	{ "63c2", JK_ERR_REFUSED, 2 },
	{ "63c0", JK_ERR_REFUSED, 0 },
	{ "6983", JK_ERR_REFUSED, 0 },
	{ "6a80", JK_ERR_UNSAFE, 99 },
	{ "6700", JK_ERR_UNSAFE, 99 },
	{ "6982", JK_ERR_FORMAT, 99 },
	{ "6f00", JK_ERR_FORMAT, 99 },
	{ "", JK_ERR_TRUNCATED, 99 },
};

static void
test_piv_change_and_unblock(void **state)
{
	struct jk_secret old = fitted(&jk_piv, "123456");
	struct jk_secret fresh = fitted(&jk_piv, "25804691");

	(void)state;
	for (size_t i = 0; i < JK_COUNT(changes); i++) {
		const char *const answers[] = { changes[i].answer, NULL };
		struct script s = { .answers = answers };
		const struct jk_channel channel = script_channel(&s);
		unsigned left = 99;

		assert_int_equal(jk_piv.change(&channel, &old, &fresh, &left),
		    changes[i].err);
		assert_int_equal(left, changes[i].left);
		left = 99;
		assert_int_equal(jk_piv.unblock(&channel, &old, &fresh, &left),
		    changes[i].err);
		assert_int_equal(left, changes[i].left);
		assert_int_equal(s.n, 2);
		assert_command(&s, 0,
		    "0024008010313233343536ffff3235383034363931");
		assert_command(&s, 1,
		    "002c008010313233343536ffff3235383034363931");
	}
	jk_secret_clear(&old);
	jk_secret_clear(&fresh);
}

/* OpenSC's way: the file of the PIN, then the new one alone. */
static void
test_jpki_change(void **state)
{
	static const struct {
		const char *answer;
		enum jk_err err;
	} rows[] = {
		{ "9000", JK_OK },
		{ "6a80", JK_ERR_UNSAFE },
		{ "6700", JK_ERR_UNSAFE },
		{ "6982", JK_ERR_FORMAT },
		{ "63c2", JK_ERR_FORMAT },
	};
	struct jk_secret old = fitted(&jk_jpki, "1234");
	struct jk_secret fresh = fitted(&jk_jpki, "8305");

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		const char *const answers[] = { "9000", rows[i].answer, NULL };
		struct script s = { .answers = answers };
		const struct jk_channel channel = script_channel(&s);
		unsigned left = 99;

		assert_int_equal(jk_jpki.change(&channel, &old, &fresh, &left),
		    rows[i].err);
		assert_int_equal(left, 99);
		assert_int_equal(s.n, 2);
		assert_command(&s, 0, "00a4020c020018");
		assert_command(&s, 1, "002401800438333035");
	}
	assert_null(jk_jpki.unblock);
	jk_secret_clear(&old);
	jk_secret_clear(&fresh);
}

/* ---- signatures ---- */

static const struct jk_challenge challenge = {
	.len = 32,
	.digest = { 0xd1, 0x6e, 0x57 },
};

static enum jk_err
sign(struct buf answer, enum jk_key_kind key, struct script *s,
    struct jk_signature *ret)
{
	char hex[2 * sizeof(answer.at) + 1];
	const char *const answers[] = { hex, NULL };
	const struct jk_channel channel = script_channel(s);

	jk_hex_encode(answer.at, answer.len, hex);
	s->answers = answers;
	s->n = 0;
	return jk_piv.sign(&channel, key, &challenge, ret);
}

static struct buf template(struct buf signature)
{
	return join(wrap(0x7c, wrap(0x82, signature)), bytes("9000"));
}

#define ECDSA "3006020101020102"

static void
test_piv_sign_p256(void **state)
{
	struct jk_signature signature;
	struct script s = { 0 };

	(void)state;
	assert_int_equal(sign(template(bytes(ECDSA)), JK_KEY_P256, &s,
	                     &signature),
	    JK_OK);
	assert_int_equal(s.n, 1);
	assert_memory_equal(s.command[0],
	    "\x00\x87\x11\x9a\x26\x7c\x24\x82\x00\x81\x20\xd1\x6e\x57", 14);
	assert_int_equal(s.len[0], 5 + 38 + 1);
	assert_int_equal(signature.len, 8);
}

/* The block that is signed, as RFC 8017 has it. */
static void
test_piv_sign_rsa_pads(void **state)
{
	static const char *const answers[] = { "9000", "6982", NULL };
	struct script s = { .answers = answers };
	const struct jk_channel channel = script_channel(&s);
	struct jk_signature signature;
	uint8_t data[266];

	(void)state;
	assert_int_equal(jk_piv.sign(&channel, JK_KEY_RSA2048, &challenge,
	                     &signature),
	    JK_ERR_FORMAT);
	assert_int_equal(s.n, 2);
	memcpy(data, s.command[0] + 5, 255);
	memcpy(data + 255, s.command[1] + 5, 11);
	assert_memory_equal(data, "\x7c\x82\x01\x06\x82\x00\x81\x82\x01\x00",
	    10);
	assert_memory_equal(data + 10, "\x00\x01\xff", 3);
	for (size_t i = 12; i < 10 + 204; i++)
		assert_int_equal(data[i], 0xff);
	assert_memory_equal(data + 10 + 204,
	    "\x00\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01"
	    "\x05\x00\x04\x20",
	    20);
	assert_memory_equal(data + 10 + 224, challenge.digest, 32);
}

static void
test_piv_sign_answers(void **state)
{
	struct jk_signature got = { 0 };
	const struct {
		const char *name;
		enum jk_key_kind key;
		struct buf answer;
		enum jk_err err;
	} rows[] = {
		{ "RSA", JK_KEY_RSA2048, template(zeros(256)), JK_OK },
		{ "RSA short", JK_KEY_RSA2048, template(zeros(255)),
		    JK_ERR_FORMAT },
		{ "RSA long", JK_KEY_RSA2048, template(zeros(257)),
		    JK_ERR_FORMAT },
		{ "RSA empty", JK_KEY_RSA2048, template(zeros(0)),
		    JK_ERR_FORMAT },
		{ "EC empty", JK_KEY_P256, template(zeros(0)),
		    JK_ERR_TRUNCATED },
		{ "EC of one number", JK_KEY_P256,
		    template(bytes("3003020101")), JK_ERR_TRUNCATED },
		{ "EC of three", JK_KEY_P256,
		    template(bytes("3009020101020101020101")), JK_ERR_FORMAT },
		{ "EC huge", JK_KEY_P256,
		    template(wrap(0x30,
		        join(bytes("020101"), wrap(0x02, zeros(600))))),
		    JK_ERR_TOO_BIG },
		{ "EC raw", JK_KEY_P256, template(zeros(64)), JK_ERR_FORMAT },
		{ "other template", JK_KEY_P256,
		    bytes("7d0a820830060201010201029000"), JK_ERR_FORMAT },
		{ "other tag", JK_KEY_P256,
		    bytes("7c0a810830060201010201029000"), JK_ERR_FORMAT },
		{ "behind it more", JK_KEY_P256,
		    bytes("7c0a82083006020101020102009000"), JK_ERR_FORMAT },
		{ "in it more", JK_KEY_P256,
		    bytes("7c0c8208300602010102010281009000"), JK_ERR_FORMAT },
		{ "nothing", JK_KEY_P256, bytes("9000"), JK_ERR_TRUNCATED },
		{ "not verified", JK_KEY_P256, bytes("6982"), JK_ERR_FORMAT },
	};

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		struct script s = { 0 };

		print_message("# %s\n", rows[i].name);
		/* Extended, so that one answer does for both kinds. */
		char hex[2 * sizeof(rows[i].answer.at) + 1];
		const char *const answers[] = { hex, NULL };
		struct jk_channel channel = script_channel(&s);

		channel.extended = true;
		s.answers = answers;
		jk_hex_encode(rows[i].answer.at, rows[i].answer.len, hex);
		assert_int_equal(jk_piv.sign(&channel, rows[i].key, &challenge,
		                     &got),
		    rows[i].err);
	}
}

static void
test_piv_read_certificate(void **state)
{
	static struct jk_certificate got;
	struct buf der = certificate(ec_key(P256));
	struct buf answer = join(object(der, "710100"), bytes("9000"));
	char hex[2 * sizeof(answer.at) + 1];
	const char *answers[] = { hex, NULL };
	struct script s = { .answers = answers };
	const struct jk_channel channel = script_channel(&s);

	(void)state;
	jk_hex_encode(answer.at, answer.len, hex);
	assert_int_equal(jk_piv.read(&channel, &got), JK_OK);
	assert_command(&s, 0, "00cb3fff055c035fc10500");
	assert_int_equal(got.len, der.len);
	assert_memory_equal(got.der, der.at, der.len);
	answers[0] = "6a82";
	assert_int_equal(jk_piv.read(&channel, &got), JK_ERR_NOT_FOUND);
	answers[0] = "6982";
	assert_int_equal(jk_piv.read(&channel, &got), JK_ERR_FORMAT);
	answers[0] = "53009000";
	assert_int_equal(jk_piv.read(&channel, &got), JK_ERR_NOT_FOUND);
	assert_int_equal(got.len, der.len);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_piv_parse_object_plain),
		cmocka_unit_test(test_piv_parse_object_lies),
		cmocka_unit_test(test_piv_parse_object_too_big),
		cmocka_unit_test(test_piv_select),
		cmocka_unit_test(test_piv_tries),
		cmocka_unit_test(test_piv_pad_pin),
		cmocka_unit_test(test_piv_verify),
		cmocka_unit_test(test_piv_change_and_unblock),
		cmocka_unit_test(test_jpki_change),
		cmocka_unit_test(test_piv_sign_p256),
		cmocka_unit_test(test_piv_sign_rsa_pads),
		cmocka_unit_test(test_piv_sign_answers),
		cmocka_unit_test(test_piv_read_certificate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
