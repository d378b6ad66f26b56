/* SPDX-License-Identifier: BSD-2-Clause */
/* Under which right somebody works, and what proved him. */
#ifndef JK_GRANT_H
#define JK_GRANT_H

#include <stdint.h>
#include <sys/types.h>

#include "decide.h"
#include "rows.h"

struct jk_frame;
struct jk_record;

#define JK_RECEIPT_MAX 40 /* "1795298607.548:3" */
#define JK_READER_MAX  127
/* A verdict stands on three kinds at most; a record has room for no more. */
#define JK_GRANT_APPROVALS 3

struct jk_grant {
	char account[JK_ACCOUNT_MAX + 1];
	uid_t uid;
	char person[JK_ID_MAX + 1];
	char opid[JK_ID_MAX + 1];
	char type[JK_ID_MAX + 1];
	char department[JK_ID_MAX + 1];
	char card[JK_ID_MAX + 1];
	uint8_t cert[JK_DIGEST_LEN]; /* SHA-256 of the card's certificate */
	uint8_t key[JK_DIGEST_LEN];
	enum jk_method method;
	char terminal[JK_ID_MAX + 1];
	char
	    reader[JK_READER_MAX + 1]; /* where it was proven; "": by no card */
	int64_t proven_ms;  /* boot time before the PIN met the card */
	size_t n_approvals; /* that it stands on */
	char approval[JK_GRANT_APPROVALS][JK_ID_MAX + 1];
	char receipt[JK_RECEIPT_MAX + 1]; /* of the record that proves it */
};

bool jk_grant_has_approval(const struct jk_grant *grant, const char *id);
/* Once; when there are too many the oldest makes room. */
void jk_grant_add_approval(struct jk_grant *grant, const char *id);

/* Puts fields from ACCOUNT to TERMINAL; nothing may be put before. */
enum jk_err jk_grant_encode(const struct jk_grant *grant,
    struct jk_frame *frame);
enum jk_err jk_grant_decode(const struct jk_frame *frame, struct jk_grant *ret);
/* Sets what it says in a record. */
enum jk_err jk_grant_record(const struct jk_grant *grant,
    struct jk_record *record);

#endif
