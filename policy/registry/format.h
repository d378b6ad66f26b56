/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the writer (policy/sources) and the reader agree on. The first record
 * of the database is JK_KEY_FORMAT with the value JK_SNAPSHOT_FORMAT; every
 * other key is one letter for its kind and then the key itself.
 *
 * Certificates of an old snapshot are not checked again (cert.h): the number
 * of the format also changes when more is asked of them.
 */
#ifndef JK_FORMAT_H
#define JK_FORMAT_H

#include "snapshot.h"

#define JK_SNAPSHOT_FORMAT "jukinet snapshot 7"
#define JK_SNAPSHOT_NAME   "snapshot.cdb"
/* Bytes of a whole snapshot. */
#define JK_SNAPSHOT_MAX (1 << 30)

enum jk_key {
	JK_KEY_FORMAT = 'f',
	JK_KEY_EDITION = 'e',
	JK_KEY_SETTINGS = 's',
	JK_KEY_POLICY = 'l',
	JK_KEY_DEPARTMENT = 'd',  /* id */
	JK_KEY_PERSON = 'p',      /* id */
	JK_KEY_ACCOUNT = 'a',     /* name */
	JK_KEY_UID = 'u',         /* 4 bytes, big endian: the account's name */
	JK_KEY_ACCOUNTS_OF = 'n', /* the person's id */
	JK_KEY_OPIDS = 'o',       /* the person's id */
	JK_KEY_APPROVALS = 'v',   /* the person's id */
	JK_KEY_CARD = 'c',        /* SHA-256 of the certificate */
	JK_KEY_TERMINAL = 't',    /* id */
	JK_KEY_TYPE = 'y',        /* id */
};

/* Without the prefix: the longest key there is. */
#define JK_KEY_MAX JK_ID_MAX

/* Reads through `fd`, which stays the caller's and may be closed at once;
 * neither owner nor mode is looked at. */
enum jk_err jk_snapshot_open_fd(int fd, struct jk_snapshot **ret);

#endif
