/* SPDX-License-Identifier: BSD-2-Clause */
/* Everything that goes into one snapshot, in memory, with where it stands. */
#ifndef JK_ROWSET_H
#define JK_ROWSET_H

#include "options.h"
#include "report.h"

#define JK_NO_ROW SIZE_MAX
/* In jk_account.uid: this machine has no such account. */
#define JK_NO_UID ((uid_t)-1)

/* Rows of one kind. Each begins with its id, a string. */
struct jk_list {
	size_t row_size;
	size_t n, room;
	uint8_t *rows;
	struct jk_place *places;
	size_t *order; /* by id, then by place; made by jk_list_sort() */
};

struct jk_rowset {
	struct jk_settings_draft settings;
	struct jk_place settings_place, trust_place;
	/* Of the old snapshot, from which rows of cards were taken. */
	uint8_t known_inputs[JK_DIGEST_LEN];
	struct jk_policy_draft policy;
	struct jk_place policy_place;
	uint64_t registry; /* its serial, where a source has one; else 0 */
	struct jk_list department, person, account, opid, role, approval, card,
	    terminal, type;
	char **files; /* what the places point at */
	size_t n_files;
};

/* Whether it counts, or still will. Only such approvals go into a snapshot. */
bool jk_period_counts(const struct jk_period *valid, int64_t now);

/* How long an approval of this kind may last, in seconds. */
int64_t jk_approval_longest(const struct jk_limits *limits,
    enum jk_approval_kind kind);
bool jk_period_is_longer(const struct jk_period *valid, int64_t seconds);

/* Of several sources the first that has a serial names the registry. */
void jk_rowset_name_registry(struct jk_rowset *set, uint64_t serial);
void jk_rowset_init(struct jk_rowset *set);
void jk_rowset_clear(struct jk_rowset *set);
/* A copy of the path that lives as long as the set; NULL: no memory. */
const char *jk_rowset_file(struct jk_rowset *set, const char *path);

enum jk_err jk_list_add(struct jk_list *list, struct jk_place place,
    const void *row);
void *jk_list_at(const struct jk_list *list, size_t i);
enum jk_err jk_list_sort(struct jk_list *list);
/* Of a sorted list: the first row with that id, or JK_NO_ROW. */
size_t jk_list_find(const struct jk_list *list, const char *id);

#endif
