/* SPDX-License-Identifier: BSD-2-Clause */
#include "keys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "file.h"
#include "hex.h"
#include "log.h"
#include "residentcode.h"

/* So often, at most, the log is told of keys that cannot be loaded. */
#define RETRY_MS 2000

struct jk_keys {
	struct jk_keyring *ring;
};

enum jk_err
jk_keys_load(int keep_dir, struct jk_keys **ret)
{
	struct jk_keyring_fault fault;
	struct jk_keys *keys = calloc(1, sizeof(*keys));
	enum jk_err e;

	if (keys == NULL)
		return JK_ERR_NOMEM;
	e = jk_keyring_load(keep_dir, geteuid(), &keys->ring, &fault);
	if (e == JK_OK) {
		*ret = keys;
		return JK_OK;
	}
	jk_log(JK_LOG_ERR, "%s/%s: %s", JK_KEYS_DIR, fault.file,
	    e == JK_ERR_SYS ? strerror(errno) : jk_err_text(e));
	free(keys);
	return e;
}

void
jk_keys_free(struct jk_keys **keys)
{
	if (*keys == NULL)
		return;
	jk_keyring_free(&(*keys)->ring);
	free(*keys);
	*keys = NULL;
}

/*
 * Linux before 6.13 stamps files by its tick: what changes within the one of the
 * last change has the same time. Not so when that one was over before anything
 * was loaded, nor when it is far ahead because the clock was set back.
 */
static bool
is_over(const struct timespec *tick, const struct timespec *now)
{
	return tick->tv_sec < now->tv_sec || tick->tv_sec > now->tv_sec + 1 ||
	       (tick->tv_sec == now->tv_sec && tick->tv_nsec < now->tv_nsec);
}

static bool
are_known(const struct jk_keys *keys, const struct jk_keys_seen *seen,
    const struct stat *dir)
{
	return seen->is_known && seen->is_settled &&
	       jk_file_is_same(dir, &seen->dir) &&
	       (keys != NULL || jk_boot_ms() < seen->retry_at);
}

void
jk_keys_look(int keep_dir, struct jk_keys **keys, struct jk_keys_seen *seen)
{
	struct timespec now = { 0 };
	struct stat st = { 0 };

	/* The clock that stamps them, and before they are looked at. */
	(void)clock_gettime(CLOCK_REALTIME_COARSE, &now);
	if (fstatat(keep_dir, JK_KEYS_DIR, &st, AT_SYMLINK_NOFOLLOW) != 0)
		st = (struct stat){ 0 };
	if (are_known(*keys, seen, &st))
		return;
	jk_keys_free(keys);
	/* It says which is bad; then nobody is found by code. */
	if (jk_keys_load(keep_dir, keys) != JK_OK)
		*keys = NULL;
	*seen = (struct jk_keys_seen){
		.is_known = true,
		.is_settled = is_over(&st.st_ctim, &now),
		.dir = st,
		.retry_at = jk_boot_ms() + RETRY_MS,
	};
}

/* Read every time: a conversation may see the hour at which a key begins. */
static size_t
current(const struct jk_keys *keys, enum jk_key_use use)
{
	return jk_keyring_current(keys->ring, use, jk_real_s());
}

enum jk_err
jk_keys_subject(const struct jk_keys *keys, const char *code, size_t len,
    char ret[static JK_SUBJECT_MAX + 1])
{
	char digits[JK_RESIDENTCODE_LEN + 1];
	size_t key;
	enum jk_err e = JK_ERR_NOT_FOUND;

	switch (jk_residentcode_read(code, len, digits)) {
	case JK_RESIDENTCODE_GOOD:
	case JK_RESIDENTCODE_ODD:
		break;
	case JK_RESIDENTCODE_INDIVIDUAL:
		return JK_ERR_REFUSED;
	case JK_RESIDENTCODE_NONE:
	default:
		return JK_ERR_FORMAT;
	}
	key = current(keys, JK_KEY_SUBJECT);
	if (key != JK_KEYS_NONE)
		e = jk_keyring_subject(keys->ring, key, digits, ret);
	explicit_bzero(digits, sizeof(digits));
	return e;
}

enum jk_err
jk_keys_mac(const struct jk_keys *keys, const struct jk_mac_of *of,
    char ret[static 65], char ret_key[static JK_ID_MAX + 1])
{
	const size_t key = current(keys, JK_KEY_RECEIPT);
	char text[JK_MAC_TEXT_MAX];
	uint8_t mac[JK_KEYMAC_LEN];
	enum jk_err e;

	if (key == JK_KEYS_NONE)
		return JK_ERR_NOT_FOUND;
	e = jk_mac_text(keys->ring, key, of, text);
	if (e == JK_OK)
		e = jk_keyring_mac(keys->ring, key, text, strlen(text), mac);
	if (e != JK_OK)
		return e;
	jk_hex_encode(mac, sizeof(mac), ret);
	strcpy(ret_key, jk_keyring_at(keys->ring, key)->id);
	return JK_OK;
}
