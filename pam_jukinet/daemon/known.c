/* SPDX-License-Identifier: BSD-2-Clause */
#include "known.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "frame.h"
#include "hex.h"
#include "log.h"
#include "protocol.h"
#include "state.h"
#include "verify.h"

#define PREFIX   "card."
#define NAME_LEN (sizeof(PREFIX) + 2 * JK_DIGEST_LEN)
/* The kind, its NUL, and the identity. */
#define TEXT_MAX (JK_ID_MAX + 1 + 256)

/* The card's own words are nothing that a file should be called by. */
static enum jk_err
file_name(const char *kind, struct jk_cur identity, char ret[static NAME_LEN])
{
	uint8_t text[TEXT_MAX], digest[JK_DIGEST_LEN];
	char hex[2 * JK_DIGEST_LEN + 1];
	const size_t len = strlen(kind) + 1;
	enum jk_err e;

	if (len + identity.left > sizeof(text))
		return JK_ERR_TOO_BIG;
	memcpy(text, kind, len);
	memcpy(text + len, identity.at, identity.left);
	e = jk_verify_digest(text, len + identity.left, digest);
	if (e != JK_OK)
		return e;
	jk_hex_encode(digest, sizeof(digest), hex);
	(void)snprintf(ret, NAME_LEN, PREFIX "%s", hex);
	return JK_OK;
}

enum jk_err
jk_known_find(int dir, const char *kind, struct jk_cur identity,
    uint8_t ret_cert[static JK_DIGEST_LEN])
{
	JK_CLEANUP(jk_frame_free) struct jk_frame *f = NULL;
	char name[NAME_LEN];
	struct jk_cur cert;
	enum jk_err e;

	if ((e = file_name(kind, identity, name)) != JK_OK ||
	    (e = jk_frame_new(&f)) != JK_OK ||
	    (e = jk_state_read(dir, name, f)) != JK_OK)
		return e;
	if (jk_frame_type(f) != JK_FRAME_STATE_CARD)
		return JK_ERR_FORMAT;
	e = jk_frame_get(f, JK_FIELD_CERTIFICATE, &cert);
	if (e != JK_OK)
		return e;
	if (cert.left != JK_DIGEST_LEN)
		return JK_ERR_FORMAT;
	memcpy(ret_cert, cert.at, JK_DIGEST_LEN);
	return JK_OK;
}

static size_t
count_known(DIR *d)
{
	const struct dirent *entry;
	size_t n = 0;

	while ((entry = readdir(d)) != NULL)
		n += strncmp(entry->d_name, PREFIX, sizeof(PREFIX) - 1) == 0;
	return n;
}

/* Whether one more may be kept. What cannot be counted is full. */
static bool
has_room(int dir)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	bool room;

	if (d == NULL) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	room = count_known(d) < JK_KNOWN_MAX;
	(void)closedir(d);
	return room;
}

enum jk_err
jk_known_keep(int dir, const char *kind, struct jk_cur identity,
    const uint8_t cert[static JK_DIGEST_LEN])
{
	JK_CLEANUP(jk_frame_free) struct jk_frame *f = NULL;
	char name[NAME_LEN];
	enum jk_err e;

	if ((e = file_name(kind, identity, name)) != JK_OK ||
	    (e = jk_frame_new(&f)) != JK_OK)
		return e;
	if (!has_room(dir))
		return JK_ERR_TOO_BIG;
	jk_frame_start(f, JK_FRAME_STATE_CARD);
	e = jk_frame_put(f, JK_FIELD_CERTIFICATE, cert, JK_DIGEST_LEN);
	return e == JK_OK ? jk_state_write(dir, name, f) : e;
}

void
jk_known_forget(int dir, const char *kind, struct jk_cur identity)
{
	char name[NAME_LEN];
	enum jk_err e = file_name(kind, identity, name);

	if (e == JK_OK)
		e = jk_state_remove(dir, name);
	if (e != JK_OK && e != JK_ERR_NOT_FOUND)
		jk_log(JK_LOG_WARNING, "a known card is not forgotten: %s",
		    jk_err_text(e));
}
