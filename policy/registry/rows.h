/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The facts that decisions stand on, as the snapshot holds them. Three
 * identities stay apart: the Unix account, the person (照合ID) and the
 * operator ID (操作者ID: a right of one of the nine types of 別紙1).
 *
 * Dates are seconds since the epoch; `from` is the first second that counts,
 * `until` the first that no longer does (the registry's valid-until day is
 * the last good day). 0 means no bound.
 */
#ifndef JK_ROWS_H
#define JK_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define JK_ID_MAX       64  /* bytes of an id of a row */
#define JK_NAME_MAX     192 /* bytes of a person's name, UTF-8 */
#define JK_ACCOUNT_MAX  64
#define JK_CERT_MAX     4096 /* bytes of a certificate, DER */
#define JK_PERSONS_MAX  16   /* of one account */
#define JK_OPIDS_MAX    16   /* of one person */
#define JK_CLASSES_MAX  3
#define JK_SERVICES_MAX 32 /* enforced ones */
#define JK_DIGEST_LEN   32 /* SHA-256 */

struct jk_period {
	int64_t from, until;
};

struct jk_person {
	char id[JK_ID_MAX + 1];
	char name[JK_NAME_MAX + 1];
	char department[JK_ID_MAX + 1];
	struct jk_period valid;
	bool enabled;
};

struct jk_account {
	char name[JK_ACCOUNT_MAX + 1];
	uid_t uid; /* as the machine knew it when the snapshot was made */
	size_t n_persons;
	char person[JK_PERSONS_MAX][JK_ID_MAX + 1];
};

struct jk_opid {
	char id[JK_ID_MAX + 1];
	char person[JK_ID_MAX + 1];
	char type[JK_ID_MAX + 1];
	char department[JK_ID_MAX + 1];
	struct jk_period valid;
	bool enabled;
};

enum jk_card_state {
	JK_CARD_REVOKED = 0,
	JK_CARD_ACTIVE = 1,
};

struct jk_card {
	char id[JK_ID_MAX + 1];
	char person[JK_ID_MAX + 1];
	enum jk_card_state state;
	uint8_t key[JK_DIGEST_LEN]; /* SHA-256 of the SubjectPublicKeyInfo */
	struct jk_period valid;     /* of the certificate */
	size_t cert_len;
	uint8_t cert[JK_CERT_MAX]; /* DER */
};

struct jk_terminal {
	char id[JK_ID_MAX + 1];
	char class[JK_ID_MAX + 1];
	char department[JK_ID_MAX + 1];
};

struct jk_type {
	char id[JK_ID_MAX + 1];
	unsigned number; /* 1 to 9, as in 別紙1 */
	bool enabled;
	size_t n_classes;
	char class[JK_CLASSES_MAX][JK_ID_MAX + 1];
};

enum jk_recording {
	JK_RECORDING_WITNESSED = 0,
	JK_RECORDING_DURABLE,
	JK_RECORDING_KERNEL,
};

/* jukinet.conf, as this terminal's snapshot carries it. */
struct jk_settings {
	char terminal[JK_ID_MAX + 1];
	enum jk_recording recording;
	int64_t deadline_ms;       /* of a whole attempt, default 45 s */
	int64_t card_wait_ms;      /* for a card to be inserted, default 20 s */
	int64_t receipt_ms;        /* for the witness, default 2 s */
	unsigned pin_min, pin_max; /* characters, default 4 to 16 */
	char contact[JK_NAME_MAX + 1]; /* whom to call, shown in messages */
	size_t n_enforced;
	char enforced[JK_SERVICES_MAX][JK_ID_MAX + 1]; /* PAM services */
};

/* What the snapshot says of itself. */
struct jk_edition {
	uint64_t serial;
	int64_t made_at, valid_until;  /* seconds since the epoch */
	char policy[JK_ID_MAX + 1];    /* version of policy.conf */
	uint8_t digest[JK_DIGEST_LEN]; /* of policy.conf as it was read */
};

#endif
