/* SPDX-License-Identifier: BSD-2-Clause */
/* ask: one question, for scripts. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lookup.h"
#include "question.h"
#include "say.h"
#include "secret.h"
#include "typedline.h"

static bool
read_count(const char *text, uint64_t *ret)
{
	char *end;

	*ret = JUKINET_COUNT_UNKNOWN;
	if (text == NULL)
		return true;
	if (text[0] == '\0' || strspn(text, "0123456789") != strlen(text) ||
	    strlen(text) > 10)
		return false;
	*ret = strtoull(text, &end, 10);
	return *ret <= JK_QUESTION_COUNT;
}

/* The option that stands for it. */
static int
complain_of(const char *member)
{
	if (strcmp(member, "code") == 0)
		return jk_complain("%s", _("the code on standard input is "
		                           "missing or too long"));
	if (strcmp(member, "grounds") == 0 ||
	    strcmp(member, "requirement") == 0)
		return jk_complain(_("the line of --%s on standard input is "
		                     "missing, too long or no plain text"),
		    member);
	return jk_complain(_("--%s is missing or not what it has to be"),
	    member);
}

static void
print_json(const struct jukinet_answer *answer, int error)
{
	static const struct jk_asking asking = { .what = JK_DO_QUERY };
	json_t *o = jk_say_head(&asking);

	if (error == JUKINET_OK)
		jk_say_put_answer(o, answer);
	else
		jk_say_put_error(o, error);
	(void)json_dumpf(o, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(o);
}

static void
print_answer(const struct jukinet_answer *a)
{
	char text[JK_SAY_MAX];

	if (a->allowed == 1) {
		printf(_("allowed: record %s, event %s\n"), a->id, a->receipt);
		if (a->mac[0] != '\0')
			printf("MAC %s (%s)\n", a->mac, a->mac_key);
		return;
	}
	jk_say_text(a->why, a->parameters, text);
	fprintf(stderr, "jukinet-lookup: %s (%s)\n", text, a->why);
}

static int
tell(const struct jk_order *order, const struct jukinet_answer *answer, int e)
{
	if (e == JUKINET_E_REFUSED)
		e = JUKINET_OK;
	if (order->json)
		print_json(answer, e);
	else if (e == JUKINET_OK)
		print_answer(answer);
	else
		fprintf(stderr, "jukinet-lookup: %s\n",
		    _("jukinetd does not answer or has gone. Nothing is "
		      "allowed: begin again."));
	if (e == JUKINET_E_ARGUMENT)
		return EXIT_USAGE;
	if (e != JUKINET_OK)
		return EXIT_LATER;
	return answer->allowed == 1 ? EXIT_ALLOWED : jk_exit_of(answer->why);
}

static int
ask(const struct jk_order *order, const struct jukinet_purpose *purpose,
    const struct jukinet_query *query)
{
	struct jukinet_answer answer = JUKINET_INIT(struct jukinet_answer);
	struct jukinet *use;
	int e = jukinet_begin(purpose, JK_ANSWER_MS, &use, &answer);

	if (e == JUKINET_OK) {
		e = jukinet_ask(use, query, JK_ANSWER_MS, &answer);
		jukinet_end(&use);
	}
	return tell(order, &answer, e);
}

/* In this order; "" where nothing is asked for. Too long by one is seen. */
struct typed {
	char grounds[JUKINET_TEXT + 2];
	char requirement[JUKINET_TEXT + 2];
	char code[JK_QUESTION_CODE + 2];
};

/* False: he has given up, or it is empty or too long. */
static bool
read_text(bool wanted, const char *prompt, char ret[static JUKINET_TEXT + 2])
{
	return !wanted || (jk_typedline_read(prompt, false, ret,
	                       JUKINET_TEXT + 2) == JK_OK &&
	                      ret[0] != '\0');
}

/* NULL, or what is missing or wrong. */
static const char *
read_texts(const struct jk_order *o, struct typed *t,
    struct jukinet_purpose *purpose, struct jukinet_query *query)
{
	const char *wrong;

	if (!read_text(o->grounds, _("Grounds: "), t->grounds))
		return "grounds";
	if (!read_text(o->requirement, _("Requirement: "), t->requirement))
		return "requirement";
	purpose->grounds = t->grounds;
	query->requirement = t->requirement;
	wrong = jk_question_purpose_fault(purpose);
	return wrong != NULL ? wrong : jk_question_query_fault(query);
}

/* The search comes with the code: not before all else is right. */
static const char *
read_code(const struct jk_order *o, struct typed *t,
    struct jukinet_query *query)
{
	const bool wanted = o->search == NULL || strcmp(o->search, "code") == 0;

	if (wanted && jk_typedline_read(_("Resident record code (not shown): "),
	                  true, t->code, sizeof(t->code)) != JK_OK)
		return "code";
	query->search = o->search;
	query->code = t->code;
	return jk_question_query_fault(query);
}

static int
ask_typed(const struct jk_order *order, struct jukinet_purpose *purpose,
    struct jukinet_query *query, struct typed *typed)
{
	const char *wrong = jk_question_purpose_fault(purpose);

	if (wrong == NULL)
		wrong = jk_question_query_fault(query);
	if (wrong == NULL)
		wrong = read_texts(order, typed, purpose, query);
	if (wrong == NULL)
		wrong = read_code(order, typed, query);
	return wrong != NULL ? complain_of(wrong) : ask(order, purpose, query);
}

int
jk_run_ask(const struct jk_order *order)
{
	struct jukinet_purpose purpose = JUKINET_INIT(struct jukinet_purpose);
	struct jukinet_query query = JUKINET_INIT(struct jukinet_query);
	void *typed;
	int status;

	purpose.purpose = order->purpose;
	purpose.reception = order->reception;
	query.action = order->action;
	query.business = order->business;
	query.permission = order->permission;
	query.object = order->object;
	if (!read_count(order->count, &query.count))
		return complain_of("count");
	if (jk_locked_new(sizeof(struct typed), &typed) != JK_OK)
		return EXIT_LATER;
	status = ask_typed(order, &purpose, &query, typed);
	jk_locked_free(typed, sizeof(struct typed));
	return status;
}
