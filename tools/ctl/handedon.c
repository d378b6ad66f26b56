/* SPDX-License-Identifier: BSD-2-Clause */
#include "handedon.h"

#include <stdio.h>
#include <string.h>

#include "grantrule.h"
#include "names.h"

static bool
is_same_right(const struct jk_opid *a, const struct jk_opid *b)
{
	return strcmp(a->type, b->type) == 0 &&
	       strcmp(a->department, b->department) == 0;
}

static struct jk_grant
ask(const struct jk_change *c, const struct jk_opid *from)
{
	return (struct jk_grant){
		.department = from->department,
		.now = c->now,
		.n_roles = c->set.role.n,
		.roles = jk_list_at(&c->set.role, 0),
	};
}

/* Of an access manager, the only one there who holds this type. */
static bool
is_only_source(const struct jk_change *c, const struct jk_opid *from)
{
	const struct jk_grant g = ask(c, from);

	if (!jk_grant_is_manager(&g, from->person))
		return false;
	for (size_t i = 0; i < c->set.opid.n; i++) {
		const struct jk_opid *o = jk_list_at(&c->set.opid, i);

		if (is_same_right(o, from) && strcmp(o->id, from->id) != 0 &&
		    jk_opid_is_live(o, c->now) &&
		    jk_grant_is_manager(&g, o->person))
			return false;
	}
	return true;
}

/* Would it outlast the one that it came from? */
static bool
outlasts(const struct jk_change *c, const struct jk_opid *o, int64_t until)
{
	if (!o->enabled || (o->valid.until != 0 && o->valid.until <= c->now))
		return false;
	return until == 0 || o->valid.until == 0 || o->valid.until > until;
}

static void
name_it(const struct jk_opid *o, size_t n)
{
	if (n == 0)
		fprintf(stderr,
		    _("note: these were handed on in department \"%s\" and "
		      "last longer; end them too with --handed-on, or grant "
		      "the type to its access manager anew:\n"),
		    o->department);
	fprintf(stderr, "  %s %s %s\n", o->id, o->person,
	    jk_name_type_id(o->type));
}

int
jk_handed_on(struct jk_change *c, const struct jk_opid *from,
    jk_handed_on_fn *act, const char *value)
{
	const bool wanted = jk_call_has(c->call, "handed-on");
	int status = EXIT_OK;
	size_t n = 0;

	if (!is_only_source(c, from))
		return EXIT_OK;
	for (size_t i = 0; i < c->set.opid.n && status == EXIT_OK; i++) {
		const struct jk_opid *o = jk_list_at(&c->set.opid, i);

		if (!is_same_right(o, from) ||
		    strcmp(o->person, from->person) == 0 ||
		    !outlasts(c, o, value == NULL ? 0 : from->valid.until))
			continue;
		if (wanted)
			status = act(c, o, value);
		else
			name_it(o, n++);
	}
	return status;
}
