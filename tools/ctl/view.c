/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows as they stand, found and read. */
#include <stdio.h>
#include <string.h>

#include "change.h"
#include "clock.h"
#include "jukinetctl.h"

int
jk_view_open(const struct jk_call *call, struct jk_view *ret)
{
	struct jk_store_fault fault = { "" };
	enum jk_err e;

	*ret = (struct jk_view){
		.call = call,
		.build = jk_build_for(call),
		.now = jk_real_s(),
	};
	jk_rowset_init(&ret->set);
	e = jk_store_open(call->global.state_dir, 0, JK_STORE_READ, 0,
	    &ret->store, &fault);
	if (e != JK_OK) {
		fprintf(stderr, "jukinetctl: %s\n",
		    fault.text[0] != '\0' ? fault.text : _(jk_err_text(e)));
		return EXIT_REFUSED;
	}
	ret->build.store = ret->store;
	e = jk_build_read(&ret->build, &ret->set, &ret->report);
	jk_print_report(&ret->report);
	return e == JK_OK ? EXIT_OK : EXIT_REFUSED;
}

void
jk_view_close(struct jk_view *view)
{
	jk_rowset_clear(&view->set);
	jk_report_clear(&view->report);
	jk_store_close(&view->store);
}

const char *
jk_view_kept(const struct jk_view *view, const char *kind, const char *id,
    const char *key)
{
	const struct jk_textrow *row = jk_store_find(view->store, kind, id);
	const char *value = row == NULL ? NULL : jk_textrow_get(row, key);

	return value == NULL ? "" : value;
}

static const void *
find(const struct jk_list *list, const char *id)
{
	size_t i = list->order == NULL ? JK_NO_ROW : jk_list_find(list, id);

	return i == JK_NO_ROW ? NULL : jk_list_at(list, i);
}

const struct jk_person *
jk_find_person(const struct jk_rowset *set, const char *id)
{
	return find(&set->person, id);
}

const struct jk_opid *
jk_find_opid(const struct jk_rowset *set, const char *id)
{
	return find(&set->opid, id);
}

const struct jk_card *
jk_find_card(const struct jk_rowset *set, const char *id)
{
	return find(&set->card, id);
}

const struct jk_terminal *
jk_find_terminal(const struct jk_rowset *set, const char *id)
{
	return find(&set->terminal, id);
}

const struct jk_type *
jk_find_type(const struct jk_rowset *set, const char *id)
{
	return find(&set->type, id);
}

const struct jk_approval *
jk_find_approval(const struct jk_rowset *set, const char *id)
{
	return find(&set->approval, id);
}
