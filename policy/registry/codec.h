/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rows as bytes, and back. Each row is described once, by a table of fields
 * that both directions walk: text is a u16 length and bytes, numbers are big
 * endian, a list is a u16 count and its elements. Decoding takes exactly the
 * bytes given and checks every bound and alphabet; on failure *ret is as it
 * was. Encoding refuses (JK_ERR_FORMAT) what decoding would refuse.
 */
#ifndef JK_CODEC_H
#define JK_CODEC_H

#include "cursor.h"
#include "rows.h"

/* Largest row: one person's approvals, all full. */
#define JK_ROW_MAX 8192

struct jk_rowbuf {
	size_t len;
	uint8_t bytes[JK_ROW_MAX];
};

/* All operator IDs of one person are one row. */
struct jk_opids {
	size_t n;
	struct jk_opid opid[JK_OPIDS_MAX];
};

/* And all approvals for one person. */
struct jk_approvals {
	size_t n;
	struct jk_approval approval[JK_APPROVALS_MAX];
};

/* The accounts of this machine that one person may use, but for uid 0. */
struct jk_accounts_of {
	char person[JK_ID_MAX + 1];
	size_t n;
	char name[JK_ACCOUNTS_MAX][JK_ACCOUNT_MAX + 1];
};

#define JK_CODEC_TABLE(X)                     \
	X(edition, struct jk_edition)         \
	X(settings, struct jk_settings)       \
	X(policy, struct jk_policy)           \
	X(department, struct jk_department)   \
	X(person, struct jk_person)           \
	X(account, struct jk_account)         \
	X(accounts_of, struct jk_accounts_of) \
	X(opids, struct jk_opids)             \
	X(approvals, struct jk_approvals)     \
	X(card, struct jk_card)               \
	X(terminal, struct jk_terminal)       \
	X(type, struct jk_type)

#define X(noun, type)                                   \
	enum jk_err jk_##noun##_encode(const type *row, \
	    struct jk_rowbuf *ret);                     \
	enum jk_err jk_##noun##_decode(struct jk_cur bytes, type *ret);
JK_CODEC_TABLE(X)
#undef X

#endif
