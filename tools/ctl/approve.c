/* SPDX-License-Identifier: BSD-2-Clause */
#include "approve.h"

#include <string.h>

#include "approvalrow.h"
#include "clock.h"

struct jk_duty
jk_approve_duty(enum jk_approval_kind kind)
{
	switch (kind) {
	case JK_APPROVAL_FALLBACK_PIN: /* S-25 */
		return (
		    struct jk_duty){ .roles = 1u << JK_ROLE_ACCESS_MANAGER };
	case JK_APPROVAL_AFTER_HOURS:
		return (struct jk_duty){
			.roles = (1u << JK_ROLE_ACCESS_MANAGER) |
			         (1u << JK_ROLE_SECURITY_MANAGER),
		};
	case JK_APPROVAL_IDENTITY_INFO: /* S-34, S-41, S-46 */
		return (
		    struct jk_duty){ .roles = 1u << JK_ROLE_IDENTITY_OFFICER };
	case JK_APPROVAL_DELEGATION:
	case JK_APPROVAL_COUNT:
		break;
	}
	return (struct jk_duty){ .roles = 0 };
}

static bool
may_act_for(const struct jk_change *c, const char *department)
{
	return jk_duty_check(&c->rule->duty, &c->actor, "", department,
	           c->now) == JK_WHY_GRANTED;
}

/*
 * S-05: an access manager acts for terminals of his own department outside of
 * the machine room. What holds on every terminal holds on those of the others
 * too, so it takes a role for the whole office.
 */
static int
permit_terminal(struct jk_change *c)
{
	const char *id = jk_call_get(c->call, "terminal");
	const struct jk_terminal *t = jk_find_terminal(&c->set, id);
	bool may = may_act_for(c, "");

	if (t != NULL && t->class != JK_CLASS_CS) {
		may |= t->n_departments == 0;
		for (size_t i = 0; i < t->n_departments; i++)
			may |= may_act_for(c, t->department[i]);
	}
	if (may)
		return EXIT_OK;
	return jk_change_refuse(c, JK_WHY_ROLE_DEPT,
	    _("your role is for one department, and terminal \"%s\" is not "
	      "that department's: name one of its own"),
	    id);
}

static int64_t
default_until(const struct jk_change *c, enum jk_approval_kind kind)
{
	const int64_t from = jk_approvalrow_from(c);

	switch (kind) {
	case JK_APPROVAL_FALLBACK_PIN:
		return from + c->set.policy.limits.fallback_s;
	case JK_APPROVAL_AFTER_HOURS:
		return jk_next_day(from);
	case JK_APPROVAL_IDENTITY_INFO:
	case JK_APPROVAL_DELEGATION:
	case JK_APPROVAL_COUNT:
		break;
	}
	return jk_fiscal_end(from);
}

static int
permit(struct jk_change *c)
{
	const char *id = jk_call_get(c->call, "PERSON");
	int status;

	if ((status = jk_approvalrow_parties(c)) != EXIT_OK ||
	    (status = jk_approvalrow_terminal(c)) != EXIT_OK ||
	    (status = jk_change_permit(c, id,
	         jk_find_person(&c->set, id)->department)) != EXIT_OK ||
	    (status = jk_approvalrow_other(c)) != EXIT_OK)
		return status;
	return permit_terminal(c);
}

static int
approve(struct jk_change *c, enum jk_approval_kind kind)
{
	JK_CLEANUP(jk_textrow_clear) struct jk_textrow row = { 0 };
	uint32_t businesses;
	int status;

	if ((status = permit(c)) != EXIT_OK ||
	    (status = jk_approvalrow_begin(c, kind, default_until(c, kind),
	         &row)) != EXIT_OK ||
	    (status = jk_approvalrow_words(c->call, &row, "business",
	         &jk_businesses, &businesses)) != EXIT_OK ||
	    (status = jk_change_put(c, &row)) != EXIT_OK)
		return status;
	return jk_change_commit(c,
	    _("approved: number %s, for %s %s, at %s, from %s until %s"),
	    row.id, jk_textrow_get(&row, "person"),
	    jk_find_person(&c->set, jk_textrow_get(&row, "person"))->name,
	    jk_textrow_get(&row, "terminal"),
	    jk_textrow_get(&row, "valid-from"),
	    jk_textrow_get(&row, "valid-until"));
}

int
jk_approve_run(const struct jk_call *call)
{
	const enum jk_approval_kind kind =
	    (enum jk_approval_kind)jk_word_find(&jk_approval_kinds,
	        call->command->verb);
	const struct jk_rule rule = { JK_OP_APPROVE, JK_FUNCTION_COUNT,
		jk_approve_duty(kind) };
	struct jk_change c;
	uint32_t businesses;
	int status = jk_approvalrow_usage(call);

	if (status == EXIT_OK)
		status = jk_approvalrow_words(call, NULL, "business",
		    &jk_businesses, &businesses);
	if (status != EXIT_OK)
		return status;
	status = jk_change_begin(call, &rule, &c);
	if (status == EXIT_OK)
		status = approve(&c, kind);
	jk_change_end(&c);
	return status;
}
