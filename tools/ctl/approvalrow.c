/* SPDX-License-Identifier: BSD-2-Clause */
#include "approvalrow.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "ids.h"
#include "output.h"

/* Clocks differ, and typing takes a while. */
#define GRACE_S 300
#define DAY_S   86400

/* The end of a day or of a minute, as the registry reads it. */
static bool
read_until(const char *text, int64_t *ret)
{
	if (jk_date_parse(text, ret) == JK_OK) {
		*ret = jk_next_day(*ret);
		return true;
	}
	return jk_time_parse(text, ret) == JK_OK;
}

static int
date_error(const char *text)
{
	return jk_usage_error(_("\"%s\" is no date (YYYY-MM-DD or "
	                        "\"YYYY-MM-DD HH:MM\")"),
	    text);
}

int
jk_approvalrow_usage(const struct jk_call *call)
{
	const char *terminal = jk_call_get(call, "terminal");
	const char *from = jk_call_get(call, "from");
	const char *until = jk_call_get(call, "until");
	int64_t begin = 0, end = INT64_MAX;

	if (call->global.why[0] == '\0')
		return jk_usage_error("%s",
		    _("why? --reason TEXT: it stands in the ledger"));
	if (jk_call_has(call, "once") && strcmp(terminal, "*") == 0)
		return jk_usage_error("%s",
		    _("an approval for one use names one terminal"));
	if (from != NULL && !read_until(from, &begin))
		return date_error(from);
	if (until != NULL && !read_until(until, &end))
		return date_error(until);
	if (end <= jk_real_s())
		return jk_usage_error(_("it would have ended already: %s"),
		    until);
	return EXIT_OK;
}

/* Until there is an approval a refusal is about the person. */
static void
name_object(struct jk_change *c, const char *kind, const char *id)
{
	(void)snprintf(c->object, sizeof(c->object), "%s:%s", kind,
	    jk_row_id_is_valid(id) ? id : "?");
}

int
jk_approvalrow_parties(struct jk_change *c)
{
	const char *person = jk_call_get(c->call, "PERSON");

	name_object(c, "person", person);
	if (jk_find_person(&c->set, person) == NULL)
		return jk_change_refuse(c, JK_WHY_ROW_NONE,
		    _("there is no person \"%s\""), person);
	if (c->actor.console)
		return jk_change_refuse(c, JK_WHY_ROLE_NONE, "%s",
		    _("an approval names the person who answers for it, and "
		      "the console is nobody: an officer gives it"));
	return EXIT_OK;
}

int
jk_approvalrow_other(struct jk_change *c)
{
	if (!jk_duty_is_self(&c->actor, jk_call_get(c->call, "PERSON")))
		return EXIT_OK;
	return jk_change_refuse(c, JK_WHY_SELF_APPROVAL, "%s",
	    _("nobody approves for himself: ask another officer"));
}

int
jk_approvalrow_terminal(struct jk_change *c)
{
	const char *terminal = jk_call_get(c->call, "terminal");

	if (strcmp(terminal, "*") == 0 ||
	    jk_find_terminal(&c->set, terminal) != NULL)
		return EXIT_OK;
	return jk_change_refuse(c, JK_WHY_ROW_NONE,
	    _("there is no terminal \"%s\""), terminal);
}

int64_t
jk_approvalrow_from(const struct jk_change *c)
{
	const char *from = jk_call_get(c->call, "from");
	int64_t s = c->now;

	if (from == NULL)
		return s;
	if (jk_date_parse(from, &s) != JK_OK)
		(void)jk_time_parse(from, &s);
	else if (s < c->now && c->now < jk_next_day(s))
		return c->now;
	return s;
}

/*
 * What was done without an approval stays so: none begins before it was given.
 * No rule says how long one may last, so the policy does (S-25, S-65).
 */
static int
check_period(struct jk_change *c, const struct jk_period *valid,
    enum jk_approval_kind kind)
{
	const int64_t longest =
	    jk_approval_longest(&c->set.policy.limits, kind);

	if (valid->from < c->now - GRACE_S)
		return jk_change_refuse(c, JK_WHY_ROW_BAD,
		    _("it would have begun before it was given: %s"),
		    jk_call_get(c->call, "from"));
	if (jk_period_is_longer(valid, longest))
		return jk_change_refuse(c, JK_WHY_ROW_BAD,
		    _("it would last longer than the %d days of policy.conf: "
		      "until %s at the latest"),
		    (int)(longest / DAY_S),
		    jk_show_until(valid->from + longest));
	return EXIT_OK;
}

/* `until`: when no end was given, which is no later than it may be. */
static struct jk_period
period_of(const struct jk_change *c, enum jk_approval_kind kind, int64_t until)
{
	const char *given = jk_call_get(c->call, "until");
	struct jk_period valid = { .from = jk_approvalrow_from(c) };
	const int64_t latest =
	    valid.from + jk_approval_longest(&c->set.policy.limits, kind);

	valid.until = until < latest ? until : latest;
	if (given != NULL)
		(void)read_until(given, &valid.until);
	return valid;
}

static enum jk_err
set_dates(const struct jk_change *c, const struct jk_period *valid,
    struct jk_textrow *row)
{
	const char *from_given = jk_call_get(c->call, "from");
	const char *until_given = jk_call_get(c->call, "until");
	enum jk_err e;
	char from[17];

	/* The minute that has begun, so that it holds at once. */
	jk_time_format(c->now, from);
	e = jk_textrow_set(row, "valid-from",
	    from_given != NULL && valid->from != c->now ? from_given : from);
	if (e != JK_OK)
		return e;
	return jk_textrow_set(row, "valid-until",
	    until_given != NULL ? until_given : jk_show_until(valid->until));
}

int
jk_approvalrow_begin(struct jk_change *c, enum jk_approval_kind kind,
    int64_t until, struct jk_textrow *ret)
{
	const char *prefix = kind == JK_APPROVAL_DELEGATION ? "d-" : "a-";
	const struct jk_period valid = period_of(c, kind, until);
	char id[JK_ID_MAX + 1];
	int status = check_period(c, &valid, kind);

	if (status != EXIT_OK)
		return status;

	jk_change_new_id(c, "approval", prefix, id);
	name_object(c, "approval", id);
	status = jk_change_is_new(c, "approval", id);
	if (status != EXIT_OK)
		return status;
	if (jk_textrow_init(ret, "approval", id) != JK_OK ||
	    jk_textrow_set(ret, "kind", jk_word_id(&jk_approval_kinds, kind)) !=
	        JK_OK ||
	    jk_textrow_set(ret, "person", jk_call_get(c->call, "PERSON")) !=
	        JK_OK ||
	    jk_textrow_set(ret, "by", c->actor.person) != JK_OK ||
	    jk_textrow_set(ret, "terminal", jk_call_get(c->call, "terminal")) !=
	        JK_OK ||
	    set_dates(c, &valid, ret) != JK_OK ||
	    (jk_call_has(c->call, "once") &&
	        jk_textrow_set(ret, "once", "yes") != JK_OK) ||
	    jk_textrow_set(ret, "reason", c->call->global.why) != JK_OK)
		return EXIT_REFUSED;
	return EXIT_OK;
}

int
jk_approvalrow_words(const struct jk_call *call, struct jk_textrow *row,
    const char *key, const struct jk_words *words, uint32_t *ret_mask)
{
	const char *word;

	*ret_mask = 0;
	for (size_t i = 0; (word = jk_call_get_nth(call, key, i)) != NULL;
	     i++) {
		const unsigned number = (unsigned)jk_word_find(words, word);

		if (number == words->n)
			return jk_usage_error(_("\"%s\" is no %s"), word, key);
		if ((*ret_mask & jk_bit(number)) == 0 && row != NULL &&
		    jk_textrow_add(row, key, word) != JK_OK)
			return EXIT_REFUSED;
		*ret_mask |= jk_bit(number);
	}
	return EXIT_OK;
}
