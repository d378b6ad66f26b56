/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The read side: one constant database (tinycdb), made by the builder
 * (policy/sources) and renamed into place. Values are bounded and every byte
 * is checked; a snapshot of another format version is refused.
 *
 * Calls return JK_ERR_NOT_FOUND when there is no such row and JK_ERR_FORMAT
 * when the row is damaged; *ret is then unchanged. Not thread-safe.
 */
#ifndef JK_SNAPSHOT_H
#define JK_SNAPSHOT_H

#include "err.h"
#include "rows.h"

struct jk_snapshot;

/*
 * Opens a regular file that no one but root can write (JK_ERR_UNSAFE
 * otherwise). *ret is released by jk_snapshot_close(), which takes NULL.
 */
enum jk_err jk_snapshot_open(const char *path, struct jk_snapshot **ret);
void jk_snapshot_close(struct jk_snapshot **snapshot);

enum jk_err jk_snapshot_edition(struct jk_snapshot *snapshot,
    struct jk_edition *ret);
enum jk_err jk_snapshot_settings(struct jk_snapshot *snapshot,
    struct jk_settings *ret);
enum jk_err jk_snapshot_policy(struct jk_snapshot *snapshot,
    struct jk_policy *ret);
enum jk_err jk_snapshot_department(struct jk_snapshot *snapshot, const char *id,
    struct jk_department *ret);
enum jk_err jk_snapshot_person(struct jk_snapshot *snapshot, const char *id,
    struct jk_person *ret);
enum jk_err jk_snapshot_account(struct jk_snapshot *snapshot, const char *name,
    struct jk_account *ret);
enum jk_err jk_snapshot_account_by_uid(struct jk_snapshot *snapshot, uid_t uid,
    struct jk_account *ret);
/* The names of all accounts that a person may use on this machine, in the order
 * of the registry; those of uid 0 are not among them. */
enum jk_err jk_snapshot_accounts_of(struct jk_snapshot *snapshot,
    const char *person, char ret[static JK_ACCOUNTS_MAX][JK_ACCOUNT_MAX + 1],
    size_t *ret_n);
/* All operator IDs of a person, in the order of the registry. */
enum jk_err jk_snapshot_opids(struct jk_snapshot *snapshot, const char *person,
    struct jk_opid ret[static JK_OPIDS_MAX], size_t *ret_n);
/* All approvals for a person. */
enum jk_err jk_snapshot_approvals(struct jk_snapshot *snapshot,
    const char *person, struct jk_approval ret[static JK_APPROVALS_MAX],
    size_t *ret_n);
enum jk_err jk_snapshot_card_by_cert(struct jk_snapshot *snapshot,
    const uint8_t sha256[static JK_DIGEST_LEN], struct jk_card *ret);
enum jk_err jk_snapshot_terminal(struct jk_snapshot *snapshot, const char *id,
    struct jk_terminal *ret);
enum jk_err jk_snapshot_type(struct jk_snapshot *snapshot, const char *id,
    struct jk_type *ret);

#endif
