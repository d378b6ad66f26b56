/* SPDX-License-Identifier: BSD-2-Clause */
#include "explainsay.h"

#include <inttypes.h>
#include <stdio.h>

#include <jansson.h>

#include "change.h"
#include "clock.h"
#include "names.h"
#include "trustrule.h"

bool
jk_answers_allow(const struct jk_answers *answers)
{
	for (size_t i = 0; i < answers->n; i++)
		if (answers->answer[i].verdict.allowed)
			return true;
	return false;
}

static const char *
word_of(const struct jk_answer *a)
{
	return a->verdict.allowed ? _("allowed") : _("refused");
}

/* Of a login: which else could be chosen. */
static void
print_choices(const struct jk_answer *a)
{
	const struct jk_question *q = &a->asking.q;

	if (q->ask != JK_ASK_LOGIN)
		return;
	for (size_t i = 0; i < q->n_opids; i++)
		if ((a->verdict.choices & jk_bit((unsigned)i)) != 0 &&
		    i != a->verdict.opid)
			printf(_("  could be chosen as well: %s (%s)\n"),
			    q->opids[i].id, jk_name_type_id(q->opids[i].type));
}

static void
print_answer(const struct jk_answer *a)
{
	if (a->opid != NULL)
		printf(_("operator ID %s (%s): "), a->opid->id,
		    jk_name_type_id(a->opid->type));
	if (a->verdict.allowed)
		puts(word_of(a));
	else
		printf("%s: %s\n", word_of(a), jk_reason_code(a->verdict.why));
	printf("  %s\n", _(jk_because_text(a->verdict.why)));
	for (size_t i = 0; i < a->n; i++)
		printf("  %s:%u: %s\n", a->line[i].file, a->line[i].line,
		    a->line[i].text);
	print_choices(a);
}

static const char *
or_dash(const char *text)
{
	return text != NULL && text[0] != '\0' ? text : "-";
}

static void
print_given(const struct jk_view *v, const struct jk_answer *a,
    const struct jk_about *about)
{
	const struct jk_question *q = &a->asking.q;
	char at[17], trust[JK_TRUST_TEXT_MAX + 1];

	jk_time_format(about->at, at);
	if (q->card != NULL)
		printf(_("taken as given: card %s proven with its PIN, account "
		         "%s, terminal %s, %s\n"),
		    q->card->id, or_dash(q->account->name), about->terminal,
		    at);
	else
		printf(_("taken as given: no card, terminal %s, %s\n"),
		    about->terminal, at);
	if (about->judge != NULL && q->card != NULL) {
		jk_trust_describe(&q->card->trust, about->at, trust);
		printf(_("trust of this terminal: %s\n"), trust);
	}
	printf(_("registry: as it stands, entry %" PRIu64 "; policy: %s\n"),
	    jk_store_head(v->store)->number, v->set.policy.policy.version);
}

static json_t *
answer_json(const struct jk_answer *a)
{
	const struct jk_question *q = &a->asking.q;
	json_t *lines = json_array(), *choices = json_array();

	for (size_t i = 0; i < a->n; i++)
		json_array_append_new(lines,
		    json_pack("{s:s, s:i, s:s}", "file", a->line[i].file,
		        "line", (int)a->line[i].line, "text", a->line[i].text));
	for (size_t i = 0; i < q->n_opids; i++)
		if ((a->verdict.choices & jk_bit((unsigned)i)) != 0)
			json_array_append_new(choices,
			    json_string(q->opids[i].id));
	return json_pack("{s:b, s:s, s:s, s:s, s:s, s:o, s:o}", "allowed",
	    a->verdict.allowed, "reason", jk_reason_code(a->verdict.why),
	    "text", _(jk_because_text(a->verdict.why)), "operator-id",
	    a->opid != NULL ? a->opid->id : "", "type",
	    a->opid != NULL ? a->opid->type : "", "because", lines, "choices",
	    choices);
}

static json_t *
given_json(const struct jk_view *v, const struct jk_answer *a,
    const struct jk_about *about)
{
	const struct jk_question *q = &a->asking.q;
	char at[17], trust[JK_TRUST_TEXT_MAX + 1] = "";

	jk_time_format(about->at, at);
	if (about->judge != NULL && q->card != NULL)
		jk_trust_describe(&q->card->trust, about->at, trust);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:s}",
	    "trust", trust, "person", about->person, "terminal",
	    about->terminal, "account", q->account->name, "card",
	    q->card != NULL ? q->card->id : "", "method",
	    jk_word_id(&jk_methods, q->evidence->method), "at", at, "registry",
	    (json_int_t)jk_store_head(v->store)->number, "policy",
	    v->set.policy.policy.version);
}

void
jk_answers_print(const struct jk_view *view, const struct jk_answers *answers,
    const struct jk_about *about)
{
	for (size_t i = 0; i < answers->n; i++)
		print_answer(&answers->answer[i]);
	print_given(view, &answers->answer[0], about);
}

void
jk_answers_print_json(const struct jk_view *view,
    const struct jk_answers *answers, const struct jk_about *about)
{
	json_t *list = json_array(), *top;

	for (size_t i = 0; i < answers->n; i++)
		json_array_append_new(list, answer_json(&answers->answer[i]));
	top = json_pack("{s:b, s:o, s:o}", "allowed", jk_answers_allow(answers),
	    "answers", list, "given",
	    given_json(view, &answers->answer[0], about));
	(void)json_dumpf(top, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(top);
}
