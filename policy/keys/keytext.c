/* SPDX-License-Identifier: BSD-2-Clause */
#include "keytext.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "hex.h"

#define HEAD   "jukinet-key 1\n"
#define DOMAIN "jukinet/key-file/1" /* with its NUL */

#define LINE_MAX_LEN 80
/* 9999-12-31: no calendar of ours goes further. */
#define FROM_MAX INT64_C(253402300799)

static const char letters[JK_KEY_USES] = { 'k', 'r' };
static const char *const names[JK_KEY_USES] = { "subject", "receipt" };

const char *
jk_key_use_name(enum jk_key_use use)
{
	return (unsigned)use < JK_KEY_USES ? names[use] : "?";
}

enum jk_key_use
jk_key_use_find(const char *name)
{
	for (size_t i = 0; i < JK_KEY_USES; i++)
		if (strcmp(names[i], name) == 0)
			return (enum jk_key_use)i;
	return JK_KEY_USES;
}

bool
jk_key_id_is_valid(const char *id, enum jk_key_use use)
{
	const size_t n = strnlen(id, JK_KEY_ID_MAX + 1);

	return (unsigned)use < JK_KEY_USES && n >= 2 && n <= JK_KEY_ID_MAX &&
	       id[0] == letters[use] && id[1] != '0' &&
	       strspn(id + 1, "0123456789") == n - 1;
}

enum jk_key_use
jk_key_id_use(const char *id)
{
	for (size_t i = 0; i < JK_KEY_USES; i++)
		if (jk_key_id_is_valid(id, (enum jk_key_use)i))
			return (enum jk_key_use)i;
	return JK_KEY_USES;
}

static bool
is_good(const struct jk_office_key *key)
{
	return jk_key_id_is_valid(key->id, key->use) && key->from > 0 &&
	       key->from <= FROM_MAX && key->keep_years >= 1 &&
	       key->keep_years <= JK_KEY_YEARS_MAX;
}

/* Written in one way only. */
static enum jk_err
read_bytes(const char *text, uint8_t ret[static JK_KEY_LEN])
{
	return strspn(text, "0123456789abcdef") == 2 * JK_KEY_LEN
	           ? jk_hex_decode(text, ret, JK_KEY_LEN)
	           : JK_ERR_FORMAT;
}

/* All but the check; its length. */
static size_t
write_body(const struct jk_office_key *key, char ret[static JK_KEY_TEXT_MAX])
{
	char hex[2 * JK_KEY_LEN + 1];
	int n;

	jk_hex_encode(key->bytes, JK_KEY_LEN, hex);
	n = snprintf(ret, JK_KEY_TEXT_MAX,
	    HEAD "id %s\nkind %s\nfrom %" PRId64 "\nkeep-years %u\nkey %s\n",
	    key->id, names[key->use], key->from, key->keep_years, hex);
	explicit_bzero(hex, sizeof(hex));
	return (size_t)n;
}

static enum jk_err
make_check(const struct jk_office_key *key, char ret[static 2 * JK_KEY_LEN + 1])
{
	char text[sizeof(DOMAIN) + JK_KEY_TEXT_MAX] = DOMAIN;
	const size_t n = write_body(key, text + sizeof(DOMAIN));
	uint8_t mac[JK_KEY_LEN];
	const bool made = HMAC(EVP_sha256(), key->bytes, JK_KEY_LEN,
	                      (const unsigned char *)text, sizeof(DOMAIN) + n,
	                      mac, NULL) != NULL;

	explicit_bzero(text, sizeof(text));
	if (!made)
		return JK_ERR_CRYPTO;
	jk_hex_encode(mac, sizeof(mac), ret);
	return JK_OK;
}

enum jk_err
jk_key_seal(struct jk_office_key *key)
{
	return is_good(key) ? make_check(key, key->check) : JK_ERR_FORMAT;
}

enum jk_err
jk_key_write(const struct jk_office_key *key, char ret[static JK_KEY_TEXT_MAX])
{
	size_t n;

	if (!is_good(key))
		return JK_ERR_FORMAT;
	n = write_body(key, ret);
	(void)snprintf(ret + n, JK_KEY_TEXT_MAX - n, "check %s\n", key->check);
	return JK_OK;
}

/* The value of the next line, which must begin with this word. */
static enum jk_err
take_value(struct jk_cur *text, const char *word, char ret[static LINE_MAX_LEN])
{
	const size_t head = strlen(word);
	const uint8_t *end = memchr(text->at, '\n', text->left);
	struct jk_cur line;
	enum jk_err e;

	if (end == NULL)
		return JK_ERR_FORMAT;
	e = jk_cur_take(text, (size_t)(end - text->at) + 1, &line);
	if (e != JK_OK || line.left < head + 2 ||
	    line.left - head > LINE_MAX_LEN ||
	    memcmp(line.at, word, head) != 0 ||
	    memchr(line.at, '\0', line.left) != NULL)
		return JK_ERR_FORMAT;
	memcpy(ret, line.at + head, line.left - head);
	ret[line.left - head - 1] = '\0';
	return JK_OK;
}

/* Digits as they are written here: no sign, no zero in front. */
static enum jk_err
read_number(const char *text, int64_t max, int64_t *ret)
{
	const size_t n = strlen(text);

	if (n == 0 || n > 12 || text[0] == '0' ||
	    strspn(text, "0123456789") != n)
		return JK_ERR_FORMAT;
	*ret = strtoll(text, NULL, 10);
	return *ret <= max ? JK_OK : JK_ERR_FORMAT;
}

static enum jk_err
read_lines(struct jk_cur *text, char line[static LINE_MAX_LEN],
    struct jk_office_key *key)
{
	struct jk_cur head;
	int64_t years;
	enum jk_err e;

	if (jk_cur_take(text, strlen(HEAD), &head) != JK_OK ||
	    memcmp(head.at, HEAD, strlen(HEAD)) != 0)
		return JK_ERR_FORMAT;
	if ((e = take_value(text, "id ", line)) != JK_OK)
		return e;
	key->use = jk_key_id_use(line);
	if (key->use == JK_KEY_USES)
		return JK_ERR_FORMAT;
	strcpy(key->id, line);
	if ((e = take_value(text, "kind ", line)) != JK_OK)
		return e;
	if (jk_key_use_find(line) != key->use)
		return JK_ERR_FORMAT;
	if ((e = take_value(text, "from ", line)) != JK_OK ||
	    (e = read_number(line, FROM_MAX, &key->from)) != JK_OK ||
	    (e = take_value(text, "keep-years ", line)) != JK_OK ||
	    (e = read_number(line, JK_KEY_YEARS_MAX, &years)) != JK_OK ||
	    (e = take_value(text, "key ", line)) != JK_OK ||
	    (e = read_bytes(line, key->bytes)) != JK_OK)
		return e;
	key->keep_years = (unsigned)years;
	return take_value(text, "check ", line);
}

enum jk_err
jk_key_read(struct jk_cur *text, struct jk_office_key *ret)
{
	char line[LINE_MAX_LEN];
	struct jk_cur at = *text;
	struct jk_office_key key = { 0 };
	enum jk_err e = read_lines(&at, line, &key);

	if (e == JK_OK)
		e = jk_key_seal(&key);
	if (e == JK_OK &&
	    (strlen(line) != 2 * JK_KEY_LEN ||
	        CRYPTO_memcmp(line, key.check, 2 * JK_KEY_LEN) != 0))
		e = JK_ERR_FORMAT;
	if (e == JK_OK) {
		*ret = key;
		*text = at;
	}
	explicit_bzero(&key, sizeof(key));
	explicit_bzero(line, sizeof(line));
	return e;
}
