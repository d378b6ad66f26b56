/* SPDX-License-Identifier: BSD-2-Clause */
#include "snapshot.h"

#include <cdb.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "codec.h"
#include "file.h"
#include "format.h"

struct jk_snapshot {
	struct cdb cdb;
	bool mapped;
};

void
jk_snapshot_close(struct jk_snapshot **snapshot)
{
	if (*snapshot == NULL)
		return;
	if ((*snapshot)->mapped)
		cdb_free(&(*snapshot)->cdb);
	free(*snapshot);
	*snapshot = NULL;
}

/* The value of the record that was found last. */
static enum jk_err
found(const struct jk_snapshot *s, struct jk_cur *ret)
{
	const void *data;

	if (cdb_datalen(&s->cdb) > JK_ROW_MAX)
		return JK_ERR_FORMAT;
	data = cdb_getdata(&s->cdb);
	if (data == NULL)
		return JK_ERR_FORMAT;
	*ret = (struct jk_cur){ .at = data, .left = cdb_datalen(&s->cdb) };
	return JK_OK;
}

static bool
cur_equals(struct jk_cur cur, const char *text)
{
	return cur.left == strlen(text) && memcmp(cur.at, text, cur.left) == 0;
}

/* Looks at the first record, wherever the index points. */
static enum jk_err
check_format(struct jk_snapshot *s)
{
	const unsigned char *key;
	struct jk_cur value;
	unsigned at;
	enum jk_err e;

	cdb_seqinit(&at, &s->cdb);
	if (cdb_seqnext(&at, &s->cdb) <= 0 || cdb_keylen(&s->cdb) != 1)
		return JK_ERR_FORMAT;
	key = cdb_getkey(&s->cdb);
	if (key == NULL || key[0] != JK_KEY_FORMAT)
		return JK_ERR_FORMAT;
	e = found(s, &value);
	if (e != JK_OK)
		return e;
	return cur_equals(value, JK_SNAPSHOT_FORMAT) ? JK_OK : JK_ERR_VERSION;
}

/* Too small, too large or no regular file: before anything is mapped. */
static enum jk_err
check_size(int fd)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return JK_ERR_SYS;
	if (!S_ISREG(st.st_mode) || st.st_size < 2048)
		return JK_ERR_FORMAT;
	return st.st_size > JK_SNAPSHOT_MAX ? JK_ERR_TOO_BIG : JK_OK;
}

enum jk_err
jk_snapshot_open_fd(int fd, struct jk_snapshot **ret)
{
	JK_CLEANUP(jk_snapshot_close) struct jk_snapshot *s = NULL;
	enum jk_err e = check_size(fd);

	if (e != JK_OK)
		return e;
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return JK_ERR_NOMEM;
	if (cdb_init(&s->cdb, fd) != 0)
		return JK_ERR_SYS;
	s->mapped = true;
	s->cdb.cdb_fd = -1; /* the mapping is all that is used */
	e = check_format(s);
	if (e != JK_OK)
		return e;
	*ret = JK_TAKE(s);
	return JK_OK;
}

enum jk_err
jk_snapshot_open(const char *path, struct jk_snapshot **ret)
{
	JK_CLEANUP(jk_fd_close) int fd = -1;
	struct stat st;

	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		if (errno == ELOOP)
			return JK_ERR_UNSAFE;
		return errno == ENOENT ? JK_ERR_NOT_FOUND : JK_ERR_SYS;
	}
	if (fstat(fd, &st) != 0)
		return JK_ERR_SYS;
	if (!S_ISREG(st.st_mode) || st.st_uid != 0 ||
	    (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return JK_ERR_UNSAFE;
	return jk_snapshot_open_fd(fd, ret);
}

static enum jk_err
get(struct jk_snapshot *s, enum jk_key kind, const void *key, size_t len,
    struct jk_cur *ret)
{
	uint8_t bytes[1 + JK_KEY_MAX];
	int r;

	if (len > JK_KEY_MAX)
		return JK_ERR_NOT_FOUND;
	bytes[0] = (uint8_t)kind;
	if (len > 0)
		memcpy(bytes + 1, key, len);
	r = cdb_find(&s->cdb, bytes, (unsigned)len + 1);
	if (r == 0)
		return JK_ERR_NOT_FOUND;
	return r < 0 ? JK_ERR_FORMAT : found(s, ret);
}

static enum jk_err
get_text(struct jk_snapshot *s, enum jk_key kind, const char *key,
    struct jk_cur *ret)
{
	return get(s, kind, key, strlen(key), ret);
}

enum jk_err
jk_snapshot_edition(struct jk_snapshot *snapshot, struct jk_edition *ret)
{
	struct jk_cur value;
	enum jk_err e = get(snapshot, JK_KEY_EDITION, NULL, 0, &value);

	return e != JK_OK ? e : jk_edition_decode(value, ret);
}

enum jk_err
jk_snapshot_settings(struct jk_snapshot *snapshot, struct jk_settings *ret)
{
	struct jk_cur value;
	enum jk_err e = get(snapshot, JK_KEY_SETTINGS, NULL, 0, &value);

	return e != JK_OK ? e : jk_settings_decode(value, ret);
}

enum jk_err
jk_snapshot_policy(struct jk_snapshot *snapshot, struct jk_policy *ret)
{
	struct jk_cur value;
	enum jk_err e = get(snapshot, JK_KEY_POLICY, NULL, 0, &value);

	return e != JK_OK ? e : jk_policy_decode(value, ret);
}

/* A row that stands under another row's key is damaged. */
#define NAMED(noun, type, kind, name)                                 \
	enum jk_err jk_snapshot_##noun(struct jk_snapshot *snapshot,  \
	    const char *id, type *ret)                                \
	{                                                             \
		type row;                                             \
		struct jk_cur value;                                  \
		enum jk_err e = get_text(snapshot, kind, id, &value); \
                                                                      \
		if (e != JK_OK ||                                     \
		    (e = jk_##noun##_decode(value, &row)) != JK_OK)   \
			return e;                                     \
		if (strcmp(row.name, id) != 0)                        \
			return JK_ERR_FORMAT;                         \
		*ret = row;                                           \
		return JK_OK;                                         \
	}
NAMED(department, struct jk_department, JK_KEY_DEPARTMENT, id)
NAMED(person, struct jk_person, JK_KEY_PERSON, id)
NAMED(account, struct jk_account, JK_KEY_ACCOUNT, name)
NAMED(terminal, struct jk_terminal, JK_KEY_TERMINAL, id)
NAMED(type, struct jk_type, JK_KEY_TYPE, id)
#undef NAMED

enum jk_err
jk_snapshot_account_by_uid(struct jk_snapshot *snapshot, uid_t uid,
    struct jk_account *ret)
{
	const uint8_t key[4] = { (uint8_t)(uid >> 24), (uint8_t)(uid >> 16),
		(uint8_t)(uid >> 8), (uint8_t)uid };
	char name[JK_ACCOUNT_MAX + 1];
	struct jk_account row;
	struct jk_cur value;
	enum jk_err e = get(snapshot, JK_KEY_UID, key, sizeof(key), &value);

	if (e != JK_OK)
		return e;
	if (value.left >= sizeof(name) ||
	    memchr(value.at, '\0', value.left) != NULL)
		return JK_ERR_FORMAT;
	memcpy(name, value.at, value.left);
	name[value.left] = '\0';
	e = jk_snapshot_account(snapshot, name, &row);
	if (e != JK_OK || row.uid != uid)
		return JK_ERR_FORMAT; /* the index points into the void */
	*ret = row;
	return JK_OK;
}

enum jk_err
jk_snapshot_accounts_of(struct jk_snapshot *snapshot, const char *person,
    char ret[static JK_ACCOUNTS_MAX][JK_ACCOUNT_MAX + 1], size_t *ret_n)
{
	struct jk_accounts_of row;
	struct jk_cur value;
	enum jk_err e = get_text(snapshot, JK_KEY_ACCOUNTS_OF, person, &value);

	if (e != JK_OK || (e = jk_accounts_of_decode(value, &row)) != JK_OK)
		return e;
	if (strcmp(row.person, person) != 0)
		return JK_ERR_FORMAT;
	memcpy(ret, row.name, row.n * sizeof(row.name[0]));
	*ret_n = row.n;
	return JK_OK;
}

static bool
all_belong_to(const struct jk_opids *row, const char *person)
{
	for (size_t i = 0; i < row->n; i++)
		if (strcmp(row->opid[i].person, person) != 0)
			return false;
	return true;
}

enum jk_err
jk_snapshot_opids(struct jk_snapshot *snapshot, const char *person,
    struct jk_opid ret[static JK_OPIDS_MAX], size_t *ret_n)
{
	struct jk_opids row;
	struct jk_cur value;
	enum jk_err e = get_text(snapshot, JK_KEY_OPIDS, person, &value);

	if (e != JK_OK || (e = jk_opids_decode(value, &row)) != JK_OK)
		return e;
	if (!all_belong_to(&row, person))
		return JK_ERR_FORMAT;
	memcpy(ret, row.opid, row.n * sizeof(row.opid[0]));
	*ret_n = row.n;
	return JK_OK;
}

static bool
all_are_for(const struct jk_approvals *row, const char *person)
{
	for (size_t i = 0; i < row->n; i++)
		if (strcmp(row->approval[i].person, person) != 0)
			return false;
	return true;
}

enum jk_err
jk_snapshot_approvals(struct jk_snapshot *snapshot, const char *person,
    struct jk_approval ret[static JK_APPROVALS_MAX], size_t *ret_n)
{
	struct jk_approvals row;
	struct jk_cur value;
	enum jk_err e = get_text(snapshot, JK_KEY_APPROVALS, person, &value);

	if (e != JK_OK || (e = jk_approvals_decode(value, &row)) != JK_OK)
		return e;
	if (!all_are_for(&row, person))
		return JK_ERR_FORMAT;
	memcpy(ret, row.approval, row.n * sizeof(row.approval[0]));
	*ret_n = row.n;
	return JK_OK;
}

enum jk_err
jk_snapshot_card_by_cert(struct jk_snapshot *snapshot,
    const uint8_t sha256[static JK_DIGEST_LEN], struct jk_card *ret)
{
	struct jk_cur value;
	enum jk_err e =
	    get(snapshot, JK_KEY_CARD, sha256, JK_DIGEST_LEN, &value);

	return e != JK_OK ? e : jk_card_decode(value, ret);
}
