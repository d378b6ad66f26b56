/* SPDX-License-Identifier: BSD-2-Clause */
/* ask: one question, for scripts. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "code.h"
#include "lookup.h"
#include "question.h"
#include "say.h"
#include "secret.h"

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

int
jk_run_ask(const struct jk_order *order)
{
	struct jukinet_purpose purpose = JUKINET_INIT(struct jukinet_purpose);
	struct jukinet_query query = JUKINET_INIT(struct jukinet_query);
	const char *wrong;
	char *code = NULL;
	int status;

	purpose.purpose = order->purpose;
	purpose.reception = order->reception;
	purpose.grounds = order->grounds;
	query.action = order->action;
	query.business = order->business;
	query.requirement = order->requirement;
	query.permission = order->permission;
	query.object = order->object;
	if (!read_count(order->count, &query.count))
		return complain_of("count");
	/* The search comes with the code: not before all else is right. */
	wrong = jk_question_purpose_fault(&purpose);
	if (wrong == NULL)
		wrong = jk_question_query_fault(&query);
	if (wrong != NULL)
		return complain_of(wrong);
	query.search = order->search;
	if ((order->search == NULL || strcmp(order->search, "code") == 0) &&
	    jk_code_read(&code) != JK_OK)
		return complain_of("code");
	query.code = code;
	wrong = jk_question_query_fault(&query);
	status =
	    wrong != NULL ? complain_of(wrong) : ask(order, &purpose, &query);
	jk_locked_free(code, JK_CODE_MAX);
	return status;
}
