/* SPDX-License-Identifier: BSD-2-Clause */
#include "keyring.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "file.h"
#include "hex.h"
#include "residentcode.h"
#include "secret.h"

/* Each with its NUL. */
#define CODE_DOMAIN  "jukinet/resident-code/1"
#define TYPED_DOMAIN "jukinet/typed/1"
/* Longer than anything that is typed. */
#define TYPED_MAX 1024

struct jk_keyring {
	size_t n;
	struct jk_office_key key[JK_KEYS_MAX];
	EVP_MAC_CTX *mac[JK_KEYS_MAX]; /* keyed, made when first needed */
};

enum jk_err
jk_keyring_new(struct jk_keyring **ret)
{
	void *p;
	enum jk_err e = jk_locked_new(sizeof(**ret), &p);

	if (e == JK_OK)
		*ret = p;
	return e;
}

void
jk_keyring_free(struct jk_keyring **ring)
{
	if (*ring == NULL)
		return;
	for (size_t i = 0; i < (*ring)->n; i++)
		EVP_MAC_CTX_free((*ring)->mac[i]);
	jk_locked_free(*ring, sizeof(**ring));
	*ring = NULL;
}

static bool
is_before(const struct jk_office_key *a, const struct jk_office_key *b)
{
	return a->use != b->use ? a->use < b->use : a->from < b->from;
}

static bool
collides(const struct jk_office_key *a, const struct jk_office_key *b)
{
	return strcmp(a->id, b->id) == 0 ||
	       memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0 ||
	       (a->use == b->use && a->from == b->from);
}

enum jk_err
jk_keyring_add(struct jk_keyring *ring, const struct jk_office_key *key)
{
	size_t at = ring->n;

	for (size_t i = 0; i < ring->n; i++)
		if (collides(&ring->key[i], key))
			return JK_ERR_EXISTS;
	if (ring->n == JK_KEYS_MAX)
		return JK_ERR_TOO_BIG;
	for (; at > 0 && is_before(key, &ring->key[at - 1]); at--) {
		ring->key[at] = ring->key[at - 1];
		ring->mac[at] = ring->mac[at - 1];
	}
	ring->key[at] = *key;
	ring->mac[at] = NULL;
	ring->n++;
	return JK_OK;
}

static enum jk_err
add_next(struct jk_keyring *ring, struct jk_cur *text)
{
	struct jk_office_key key;
	enum jk_err e = jk_key_read(text, &key);

	if (e == JK_OK)
		e = jk_keyring_add(ring, &key);
	explicit_bzero(&key, sizeof(key));
	return e;
}

enum jk_err
jk_keyring_add_text(struct jk_keyring *ring, const void *text, size_t len)
{
	struct jk_cur at = { .at = text, .left = len };
	enum jk_err e = JK_OK;

	while (e == JK_OK && at.left > 0)
		e = add_next(ring, &at);
	return e;
}

/* Nobody but its owner may have written or may read it. */
static bool
is_safe(const struct stat *st, uid_t owner)
{
	return st->st_uid == owner && (st->st_mode & 077) == 0;
}

static enum jk_err
read_file(int fd, uid_t owner, char ret[static JK_KEY_TEXT_MAX],
    size_t *ret_len)
{
	struct stat st;
	size_t at = 0;
	ssize_t n;

	if (fstat(fd, &st) != 0)
		return JK_ERR_SYS;
	if (!S_ISREG(st.st_mode) || st.st_nlink != 1 || !is_safe(&st, owner))
		return JK_ERR_UNSAFE;
	while ((n = read(fd, ret + at, JK_KEY_TEXT_MAX - at)) > 0)
		at += (size_t)n;
	if (n < 0)
		return JK_ERR_SYS;
	*ret_len = at;
	return at < JK_KEY_TEXT_MAX ? JK_OK : JK_ERR_FORMAT;
}

static enum jk_err
add_file(struct jk_keyring *ring, int dir, const char *name, uid_t owner)
{
	JK_CLEANUP(jk_fd_close) int fd = -1;
	char text[JK_KEY_TEXT_MAX];
	size_t len = 0;
	enum jk_err e;

	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return errno == ELOOP ? JK_ERR_UNSAFE : JK_ERR_SYS;
	e = read_file(fd, owner, text, &len);
	if (e == JK_OK)
		e = len > 0 ? jk_keyring_add_text(ring, text, len)
		            : JK_ERR_FORMAT;
	explicit_bzero(text, sizeof(text));
	if (e == JK_ERR_EXISTS)
		return JK_ERR_FORMAT;
	/* One key, and that of its name. */
	if (e == JK_OK && jk_keyring_find(ring, name) == JK_KEYS_NONE)
		return JK_ERR_FORMAT;
	return e;
}

static enum jk_err
add_files(struct jk_keyring *ring, DIR *dir, uid_t owner,
    struct jk_keyring_fault *fault)
{
	struct dirent *entry;

	while ((entry = readdir(dir)) != NULL) {
		const size_t before = ring->n;
		enum jk_err e;

		if (jk_key_id_use(entry->d_name) == JK_KEY_USES)
			continue;
		e = add_file(ring, dirfd(dir), entry->d_name, owner);
		if (e == JK_OK && ring->n != before + 1)
			e = JK_ERR_FORMAT;
		if (e == JK_OK)
			continue;
		if (fault != NULL)
			strcpy(fault->file, entry->d_name);
		return e;
	}
	return JK_OK;
}

static enum jk_err
open_directory(int keep_dir, uid_t owner, DIR **ret)
{
	struct stat st;
	int fd = openat(keep_dir, JK_KEYS_DIR,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		return JK_ERR_NOT_FOUND;
	if (fd < 0)
		return errno == ELOOP || errno == ENOTDIR ? JK_ERR_UNSAFE
		                                          : JK_ERR_SYS;
	if (fstat(fd, &st) != 0 || !is_safe(&st, owner)) {
		jk_fd_close(&fd);
		return JK_ERR_UNSAFE;
	}
	*ret = fdopendir(fd);
	if (*ret != NULL)
		return JK_OK;
	jk_fd_close(&fd);
	return JK_ERR_NOMEM;
}

enum jk_err
jk_keyring_load(int keep_dir, uid_t owner, struct jk_keyring **ret,
    struct jk_keyring_fault *fault)
{
	JK_CLEANUP(jk_keyring_free) struct jk_keyring *ring = NULL;
	DIR *dir;
	enum jk_err e = jk_keyring_new(&ring);

	if (fault != NULL)
		fault->file[0] = '\0';
	if (e == JK_OK)
		e = open_directory(keep_dir, owner, &dir);
	if (e == JK_OK) {
		e = add_files(ring, dir, owner, fault);
		(void)closedir(dir);
	}
	if (e == JK_OK || e == JK_ERR_NOT_FOUND) {
		*ret = JK_TAKE(ring);
		return JK_OK;
	}
	return e;
}

size_t
jk_keyring_count(const struct jk_keyring *ring)
{
	return ring->n;
}

const struct jk_office_key *
jk_keyring_at(const struct jk_keyring *ring, size_t i)
{
	return &ring->key[i];
}

size_t
jk_keyring_find(const struct jk_keyring *ring, const char *id)
{
	for (size_t i = 0; i < ring->n; i++)
		if (strcmp(ring->key[i].id, id) == 0)
			return i;
	return JK_KEYS_NONE;
}

size_t
jk_keyring_current(const struct jk_keyring *ring, enum jk_key_use use,
    int64_t now)
{
	size_t found = JK_KEYS_NONE;

	for (size_t i = 0; i < ring->n; i++)
		if (ring->key[i].use == use && ring->key[i].from <= now)
			found = i;
	return found;
}

int64_t
jk_keyring_replaced(const struct jk_keyring *ring, size_t i)
{
	return i + 1 < ring->n && ring->key[i + 1].use == ring->key[i].use
	           ? ring->key[i + 1].from
	           : 0;
}

int64_t
jk_keyring_kept_until(const struct jk_keyring *ring, size_t i)
{
	const time_t replaced = (time_t)jk_keyring_replaced(ring, i);
	struct tm tm;

	if (replaced == 0 || gmtime_r(&replaced, &tm) == NULL)
		return 0;
	tm.tm_year += (int)ring->key[i].keep_years;
	return (int64_t)timegm(&tm);
}

/* A context is dear, and the same key is used for a whole day: it is kept. */
static enum jk_err
make_context(const struct jk_office_key *key, EVP_MAC_CTX **ret)
{
	EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *made = hmac == NULL ? NULL : EVP_MAC_CTX_new(hmac);
	char digest[] = "SHA256";
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest,
		    0),
		OSSL_PARAM_construct_end(),
	};

	EVP_MAC_free(hmac);
	if (made == NULL)
		return JK_ERR_CRYPTO;
	if (EVP_MAC_init(made, key->bytes, sizeof(key->bytes), params) != 1) {
		EVP_MAC_CTX_free(made);
		return JK_ERR_CRYPTO;
	}
	*ret = made;
	return JK_OK;
}

enum jk_err
jk_keyring_mac(struct jk_keyring *ring, size_t i, const void *text, size_t len,
    uint8_t ret[static JK_KEYMAC_LEN])
{
	EVP_MAC_CTX *ctx;
	size_t n = 0;
	enum jk_err e = JK_OK;

	if (ring->mac[i] == NULL)
		e = make_context(&ring->key[i], &ring->mac[i]);
	if (e != JK_OK)
		return e;
	ctx = ring->mac[i];
	/* Without a key: once more with the one it has. */
	return EVP_MAC_init(ctx, NULL, 0, NULL) == 1 &&
	               EVP_MAC_update(ctx, text, len) == 1 &&
	               EVP_MAC_final(ctx, ret, &n, JK_KEYMAC_LEN) == 1 &&
	               n == JK_KEYMAC_LEN
	           ? JK_OK
	           : JK_ERR_CRYPTO;
}

/* Its text begins with a domain and a NUL, which no text of a MAC has. */
static enum jk_err
hash(struct jk_keyring *ring, size_t i, const void *text, size_t len,
    char ret[static JK_SUBJECT_MAX + 1])
{
	uint8_t mac[JK_KEYMAC_LEN];
	char hex[JK_SUBJECT_BITS / 4 + 1];
	enum jk_err e = jk_keyring_mac(ring, i, text, len, mac);

	if (e != JK_OK)
		return e;
	jk_hex_encode(mac, JK_SUBJECT_BITS / 8, hex);
	(void)snprintf(ret, JK_SUBJECT_MAX + 1, "%s:%s", ring->key[i].id, hex);
	explicit_bzero(mac, sizeof(mac));
	return JK_OK;
}

enum jk_err
jk_keyring_subject(struct jk_keyring *ring, size_t i, const char *digits,
    char ret[static JK_SUBJECT_MAX + 1])
{
	char text[sizeof(CODE_DOMAIN) + JK_RESIDENTCODE_LEN] = CODE_DOMAIN;
	enum jk_err e;

	memcpy(text + sizeof(CODE_DOMAIN), digits, JK_RESIDENTCODE_LEN);
	e = hash(ring, i, text, sizeof(text), ret);
	explicit_bzero(text, sizeof(text));
	return e;
}

enum jk_err
jk_keyring_typed(struct jk_keyring *ring, size_t i, const char *typed,
    char ret[static JK_SUBJECT_MAX + 1])
{
	char text[sizeof(TYPED_DOMAIN) + TYPED_MAX] = TYPED_DOMAIN;
	const size_t len = strnlen(typed, TYPED_MAX + 1);
	enum jk_err e;

	if (len > TYPED_MAX)
		return JK_ERR_TOO_BIG;
	memcpy(text + sizeof(TYPED_DOMAIN), typed, len);
	e = hash(ring, i, text, sizeof(TYPED_DOMAIN) + len, ret);
	explicit_bzero(text, sizeof(text));
	return e;
}
