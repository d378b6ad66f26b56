/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whole snapshots: whatever the file holds, each question is answered by a
 * sound row, by "none", or by an error that leaves the output alone.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "codec.h"
#include "file.h"
#include "format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct jk_rowbuf buf;

static void
need(bool condition)
{
	if (!condition)
		abort();
}

/* A row that came out could go in. */
#define ASK(noun, call, row)                                                   \
	do {                                                                   \
		memset(&(row), 0x5a, sizeof(row));                             \
		enum jk_err e_ = call;                                         \
		if (e_ == JK_OK)                                               \
			need(jk_##noun##_encode(&(row), &buf) == JK_OK);       \
		else                                                           \
			need(((const uint8_t *)&(row))[0] == 0x5a &&           \
			     (e_ == JK_ERR_FORMAT || e_ == JK_ERR_NOT_FOUND)); \
	} while (0)

static enum jk_err
ask_accounts(struct jk_snapshot *s, struct jk_accounts_of *ret)
{
	enum jk_err e = jk_snapshot_accounts_of(s, "p0123", ret->name, &ret->n);

	if (e == JK_OK)
		strcpy(ret->person, "p0123");
	return e;
}

static void
ask_everything(struct jk_snapshot *s)
{
	/* Of the certificate of the snapshots in the corpus. */
	static const uint8_t digest[JK_DIGEST_LEN] = { 0xf3, 0x4d, 0xb2, 0xea,
		0xa5, 0xc6, 0xed, 0xf3, 0x44, 0x50, 0x23, 0x29, 0x14, 0x85,
		0x72, 0x62, 0x4e, 0xb9, 0xe9, 0x1a, 0xd5, 0xe4, 0xaf, 0x2d,
		0xf4, 0x8d, 0xb3, 0xc8, 0x95, 0x48, 0x2c, 0x8a };
	struct jk_settings settings;
	struct jk_terminal terminal;
	struct jk_account account;
	struct jk_edition edition;
	struct jk_department department;
	struct jk_approvals approvals;
	struct jk_person person;
	struct jk_policy policy;
	struct jk_accounts_of accounts;
	struct jk_opids opids;
	struct jk_card card;
	struct jk_type type;

	ASK(edition, jk_snapshot_edition(s, &edition), edition);
	ASK(settings, jk_snapshot_settings(s, &settings), settings);
	ASK(policy, jk_snapshot_policy(s, &policy), policy);
	ASK(department, jk_snapshot_department(s, "shimin", &department),
	    department);
	ASK(approvals,
	    jk_snapshot_approvals(s, "p0123", approvals.approval, &approvals.n),
	    approvals);
	ASK(person, jk_snapshot_person(s, "p0123", &person), person);
	ASK(account, jk_snapshot_account(s, "hanako", &account), account);
	ASK(account, jk_snapshot_account_by_uid(s, 5001, &account), account);
	ASK(accounts_of, ask_accounts(s, &accounts), accounts);
	ASK(opids, jk_snapshot_opids(s, "p0123", opids.opid, &opids.n), opids);
	ASK(card, jk_snapshot_card_by_cert(s, digest, &card), card);
	ASK(terminal, jk_snapshot_terminal(s, "shimin-03", &terminal),
	    terminal);
	ASK(type, jk_snapshot_type(s, "moving-desk", &type), type);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct jk_snapshot *s = NULL;
	int fd = memfd_create("snapshot", MFD_CLOEXEC);

	need(fd >= 0 && jk_file_write(fd, data, len) == JK_OK);
	if (jk_snapshot_open_fd(fd, &s) == JK_OK)
		ask_everything(s);
	else
		need(s == NULL);
	jk_snapshot_close(&s);
	close(fd);
	return 0;
}
