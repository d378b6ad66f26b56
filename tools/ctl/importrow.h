/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One line of the table of the yearly personnel change, read without knowing
 * the registry: which columns there are, what a line wants, and whether it can
 * be wanted at all.
 */
#ifndef JK_IMPORTROW_H
#define JK_IMPORTROW_H

#include <stdint.h>

#include "csv.h"

/* X(identifier, "column", "its Japanese heading") */
#define JK_IMPORT_COLUMN_TABLE(X)                       \
	X(JK_IMPORT_ACTION, "action", "処理")           \
	X(JK_IMPORT_PERSON, "person", "照合ID")         \
	X(JK_IMPORT_NAME, "name", "氏名")               \
	X(JK_IMPORT_DEPARTMENT, "department", "所属")   \
	X(JK_IMPORT_AFFILIATION, "affiliation", "区分") \
	X(JK_IMPORT_APPROVAL, "approval", "承認")       \
	X(JK_IMPORT_ACCOUNT, "account", "ユーザID")     \
	X(JK_IMPORT_TYPE, "type", "種別")               \
	X(JK_IMPORT_OPID, "operator-id", "操作者ID")    \
	X(JK_IMPORT_FROM, "valid-from", "開始日")       \
	X(JK_IMPORT_UNTIL, "valid-until", "終了日")     \
	X(JK_IMPORT_BASIS, "basis", "根拠")

enum jk_import_column {
#define X(name, id, ja) name,
	JK_IMPORT_COLUMN_TABLE(X)
#undef X
	JK_IMPORT_COLUMN_COUNT,
};

/* X(identifier, "action", "in Japanese") */
#define JK_IMPORT_ACTION_TABLE(X)                                       \
	X(JK_IMPORT_ADD, "add", "登録")       /* a new person */        \
	X(JK_IMPORT_CHANGE, "change", "変更") /* of what is known */    \
	X(JK_IMPORT_RETIRE, "retire", "退職") /* and all that is his */ \
	X(JK_IMPORT_GRANT, "grant", "付与")   /* one more operator ID */

enum jk_import_action {
#define X(name, id, ja) name,
	JK_IMPORT_ACTION_TABLE(X)
#undef X
	JK_IMPORT_ACTION_COUNT,
};

/* Where each column stands: JK_CSV_COLUMNS_MAX: nowhere. */
struct jk_import_map {
	size_t at[JK_IMPORT_COLUMN_COUNT];
};

#define JK_IMPORT_TEXT_MAX (JK_CSV_CELL_MAX + 1)

struct jk_import_row {
	unsigned line;
	enum jk_import_action action;
	/* Without blanks around; "" where there is none. Dates as the registry
	 * writes them. */
	char text[JK_IMPORT_COLUMN_COUNT][JK_IMPORT_TEXT_MAX];
	/* First second that counts, and that no longer does; 0: not given. */
	int64_t from, until;
};

/* By the table's first record. JK_ERR_FORMAT: *fault says why. */
enum jk_err jk_import_head(const struct jk_csv *csv, struct jk_import_map *ret,
    struct jk_csv_fault *fault);
/* Record number `row`, from 1. The same. */
enum jk_err jk_import_read(const struct jk_csv *csv,
    const struct jk_import_map *map, size_t row, struct jk_import_row *ret,
    struct jk_csv_fault *fault);

const char *jk_import_column_name(enum jk_import_column column);
const char *jk_import_action_name(enum jk_import_action action);
/* "2027/4/1", as spreadsheets write it, becomes "2027-04-01". */
void jk_import_mend_date(char text[static JK_IMPORT_TEXT_MAX]);
/* Alike but for blanks, wide ones too: "佐藤 花子" is "佐藤　花子". */
bool jk_import_same_name(const char *a, const char *b);

#endif
