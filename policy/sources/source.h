/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A source of registry rows. It yields rows, never decisions: what they mean
 * together is checked by the builder. Sources run in the builder only, never
 * in a login.
 */
#ifndef JK_SOURCE_H
#define JK_SOURCE_H

#include "report.h"
#include "rows.h"

enum jk_row_kind {
	JK_ROW_PERSON,
	JK_ROW_ACCOUNT,
	JK_ROW_OPID,
	JK_ROW_CARD,
	JK_ROW_TERMINAL,
};

/* Borrowed for the call that yields it. */
struct jk_source_row {
	enum jk_row_kind kind;
	struct jk_place place;
	union {
		const struct jk_person *person;
		const struct jk_account *account; /* without its uid */
		const struct jk_opid *opid;
		const struct jk_card *card;
		const struct jk_terminal *terminal;
	};
};

typedef enum jk_err jk_row_fn(void *ctx, const struct jk_source_row *row);

struct jk_source_config {
	const char *config_dir;
	uid_t owner; /* of the configuration, beside root */
};

struct jk_source {
	const char *name;
	/*
	 * Yields all rows, in the order of the registry. What is wrong with
	 * the data goes into the report; an error is returned only when the
	 * source could not be asked, or when `yield` returned one.
	 */
	enum jk_err (*run)(const struct jk_source_config *config,
	    struct jk_report *report, jk_row_fn *yield, void *ctx);
};

#endif
