/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jukinetctl delegate: a holder of operator management lets a site manager do
 * some of it for a time (S-65). No officer's role is asked here; what counts is
 * the type under which the delegator's session runs.
 */
#include <string.h>

#include "approvalrow.h"
#include "approve.h"
#include "names.h"

static const struct jk_rule rule = { JK_OP_DELEGATE, JK_FUNCTION_COUNT,
	{ .roles = 0 } };

/* The first function of the mask, for messages. */
static const char *
first_of(uint32_t mask)
{
	unsigned number = 0;

	while (number < JK_FUNCTION_COUNT && (mask & jk_bit(number)) == 0)
		number++;
	return jk_name_here(&jk_functions, number);
}

/* Only what one may do without anybody's leave. */
static int
check_delegator(struct jk_change *c, uint32_t functions)
{
	const struct jk_type *type = jk_find_type(&c->set, c->actor.type);
	uint32_t held = type == NULL ? 0 : type->functions & ~type->delegated;

	if (held == 0)
		return jk_change_refuse(c, JK_WHY_FUNC_DENIED, "%s",
		    _("your operator ID manages no operators of itself, so "
		      "there is nothing to delegate: switch to one of type "
		      "operator-management with \"jukinetctl session "
		      "switch\""));
	if ((functions & ~held) != 0)
		return jk_change_refuse(c, JK_WHY_GRANT_BEYOND,
		    _("\"%s\" is beyond what you hold yourself"),
		    first_of(functions & ~held));
	return EXIT_OK;
}

static bool
is_live(const struct jk_opid *opid, int64_t now)
{
	return opid->enabled &&
	       (opid->valid.from == 0 || now >= opid->valid.from) &&
	       (opid->valid.until == 0 || now < opid->valid.until);
}

/* One of his types takes all of them; else the functions that none takes. */
static uint32_t
missing_for(const struct jk_change *c, const char *person, uint32_t functions)
{
	uint32_t missing = functions;

	for (size_t i = 0; i < c->set.opid.n && missing != 0; i++) {
		const struct jk_opid *opid = jk_list_at(&c->set.opid, i);
		const struct jk_type *type = jk_find_type(&c->set, opid->type);

		if (strcmp(opid->person, person) == 0 && type != NULL &&
		    type->enabled && is_live(opid, c->now))
			missing = functions & ~type->delegated;
	}
	return missing;
}

static int
check_delegate(struct jk_change *c, const char *person, uint32_t functions)
{
	const uint32_t missing = missing_for(c, person, functions);

	if (missing == 0)
		return EXIT_OK;
	return jk_change_refuse(c, JK_WHY_GRANT_NONE,
	    _("%s holds no live operator ID to which \"%s\" can be delegated "
	      "(type site-management)"),
	    person, first_of(missing));
}

static int
delegate(struct jk_change *c, uint32_t functions)
{
	JK_CLEANUP(jk_textrow_clear) struct jk_textrow row = { 0 };
	const char *person = jk_call_get(c->call, "PERSON");
	int status;

	if ((status = jk_approvalrow_parties(c)) != EXIT_OK ||
	    (status = check_delegator(c, functions)) != EXIT_OK ||
	    (status = jk_approvalrow_other(c)) != EXIT_OK ||
	    (status = check_delegate(c, person, functions)) != EXIT_OK ||
	    (status = jk_approvalrow_terminal(c)) != EXIT_OK ||
	    (status = jk_approvalrow_begin(c, JK_APPROVAL_DELEGATION, 0,
	         &row)) != EXIT_OK ||
	    (status = jk_approvalrow_words(c->call, &row, "function",
	         &jk_functions, &functions)) != EXIT_OK ||
	    (status = jk_change_put(c, &row)) != EXIT_OK)
		return status;
	return jk_change_commit(c,
	    _("delegated: number %s, to %s %s, at %s, until %s"), row.id,
	    person, jk_find_person(&c->set, person)->name,
	    jk_textrow_get(&row, "terminal"),
	    jk_textrow_get(&row, "valid-until"));
}

int
jk_delegate_run(const struct jk_call *call)
{
	struct jk_change c;
	uint32_t functions;
	int status = jk_approvalrow_usage(call);

	if (status == EXIT_OK)
		status = jk_approvalrow_words(call, NULL, "function",
		    &jk_functions, &functions);
	if (status != EXIT_OK)
		return status;
	if (functions == 0)
		return jk_usage_error("%s",
		    _("what is delegated? --function FUNCTION"));
	status = jk_change_begin(call, &rule, &c);
	if (status == EXIT_OK)
		status = delegate(&c, functions);
	jk_change_end(&c);
	return status;
}
