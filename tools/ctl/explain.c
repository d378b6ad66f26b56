/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jukinetctl policy explain: puts the question to jk_decide() that jukinetd
 * would put, with the rows as they stand, and shows on which lines the answer
 * stands. A card is taken as proven; no PIN and no reader is asked for.
 */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "change.h"
#include "clock.h"
#include "conffile.h"
#include "explainsay.h"
#include "format.h"
#include "jukinetctl.h"
#include "policy.h"
#include "snapshot.h"
#include "trust.h"
#include "where.h"

/* Where it was read; a row's place knows its section, the file its keys. */
static struct jk_place
place_of(const struct jk_view *v, const struct jk_because *b)
{
	const struct jk_list *list =
	    jk_list_of(&v->set, b->policy ? "type" : b->section);
	size_t i = list == NULL ? JK_NO_ROW : jk_list_find(list, b->id);

	if (i != JK_NO_ROW && (!b->policy || strcmp(b->section, "type") == 0))
		return list->places[i];
	if (b->policy)
		return (struct jk_place){ v->set.policy_place.file, 0 };
	return (struct jk_place){ "-", 0 };
}

static void
describe(const struct jk_because *b, const struct jk_found *found, char *ret,
    size_t size)
{
	char section[160], value[256] = "";

	(void)snprintf(section, sizeof(section), "[%s%s%s]", b->section,
	    b->id[0] != '\0' ? " " : "", b->id);
	if (b->key == NULL) {
		(void)snprintf(ret, size, "%s", section);
		return;
	}
	if (b->value != NULL || found->has_key)
		(void)snprintf(value, sizeof(value), " = %s",
		    found->has_key ? found->value : b->value);
	if (found->has_key)
		(void)snprintf(ret, size, "%s %s%s", section, b->key, value);
	else if (b->missing)
		(void)snprintf(ret, size, _("%s does not say \"%s%s\""),
		    section, b->key, value);
	else
		(void)snprintf(ret, size, _("%s says nothing of \"%s\""),
		    section, b->key);
}

static struct jk_reason_line
find_line(const struct jk_view *v, const struct jk_because *b)
{
	const struct jk_where where = { b->section, b->id, b->key, b->value };
	const struct jk_place place = place_of(v, b);
	struct jk_reason_line line = { .file = place.file, .line = place.line };
	struct jk_found found;

	jk_where(place.file, &where, &found);
	if (found.line != 0)
		line.line = found.line;
	describe(b, &found, line.text, sizeof(line.text));
	return line;
}

static const char *
ask(const struct jk_view *v, const struct jk_about *about,
    struct jk_answer *ret)
{
	struct jk_because because[JK_BECAUSE_MAX];
	const char *unknown = jk_asking_fill(&v->set, about, &ret->asking);
	const struct jk_question *q = &ret->asking.q;

	if (unknown != NULL)
		return unknown;
	ret->verdict = jk_decide(q);
	ret->opid = ret->verdict.opid < q->n_opids &&
	                    ret->verdict.why != JK_WHY_OPID_NONE
	                ? &q->opids[ret->verdict.opid]
	                : NULL;
	ret->n = jk_because(q, &ret->verdict, because);
	for (size_t i = 0; i < ret->n; i++)
		ret->line[i] = find_line(v, &because[i]);
	return NULL;
}

/* Said before anything is read. */

static bool
read_word(const struct jk_call *call, const char *name,
    const struct jk_words *words, unsigned *ret)
{
	const char *id = jk_call_get(call, name);

	*ret = (unsigned)words->n;
	if (id != NULL)
		*ret = (unsigned)jk_word_find(words, id);
	if (id == NULL || *ret < words->n)
		return true;
	(void)jk_usage_error(_("\"%s\" is no id of --%s"), id, name);
	return false;
}

static bool
read_time(const struct jk_call *call, int64_t now, int64_t *ret)
{
	const char *text = jk_call_get(call, "at");

	*ret = now;
	if (text == NULL || jk_time_parse(text, ret) == JK_OK ||
	    jk_date_parse(text, ret) == JK_OK)
		return true;
	(void)jk_usage_error(_("\"--at %s\" is no time (YYYY-MM-DD HH:MM)"),
	    text);
	return false;
}

static int
read_about(const struct jk_call *call, struct jk_about *ret)
{
	unsigned business, function, action;

	*ret = (struct jk_about){
		.person = jk_call_get(call, "person"),
		.terminal = jk_call_get(call, "terminal"),
		.account = jk_call_get(call, "account"),
		.card = jk_call_get(call, "card"),
		.opid = jk_call_get(call, "operator-id"),
		.confirmer = jk_call_get(call, "confirmer"),
		.permission = jk_call_get(call, "permission"),
	};
	if (jk_call_has(call, "business") + jk_call_has(call, "function") +
	        jk_call_has(call, "login") >
	    1)
		return jk_usage_error(
		    _("only one of --business, --function and --login"));
	if (!read_word(call, "business", &jk_businesses, &business) ||
	    !read_word(call, "function", &jk_functions, &function) ||
	    !read_word(call, "action", &jk_actions, &action) ||
	    !read_time(call, jk_real_s(), &ret->at))
		return EXIT_USAGE;
	ret->ask = jk_call_has(call, "business")   ? JK_ASK_LOOKUP
	           : jk_call_has(call, "function") ? JK_ASK_MANAGE
	                                           : JK_ASK_LOGIN;
	ret->business = (enum jk_business)business;
	ret->function = (enum jk_function)function;
	ret->action = jk_call_has(call, "action") ? (enum jk_action)action
	                                          : JK_ACTION_VIEW;
	return EXIT_OK;
}

static int
unknown_row(const struct jk_about *about, const char *kind)
{
	const char *id = strcmp(kind, "person") == 0     ? about->person
	                 : strcmp(kind, "terminal") == 0 ? about->terminal
	                 : strcmp(kind, "account") == 0  ? about->account
	                 : strcmp(kind, "card") == 0     ? about->card
	                                                 : about->opid;

	fprintf(stderr, _("jukinetctl: there is no %s \"%s\"\n"),
	    _(jk_noun(kind)), id);
	return EXIT_NONE;
}

static const char *
ask_each(const struct jk_view *v, struct jk_about *about,
    struct jk_answers *ret)
{
	struct jk_answer *first = &ret->answer[0];
	const char *unknown, *wanted = about->opid;
	size_t n;

	/* In a session of none: whose are there? */
	if (about->ask != JK_ASK_LOGIN && wanted == NULL)
		about->opid = "";
	ret->n = 1;
	unknown = ask(v, about, first);
	n = first->asking.q.n_opids;
	if (unknown != NULL || about->ask == JK_ASK_LOGIN || wanted != NULL ||
	    first->verdict.why != JK_WHY_OPID_NONE)
		return unknown;
	for (size_t i = 0; i < n; i++) {
		char opid[JK_ID_MAX + 1];

		strcpy(opid, first->asking.opids[i].id);
		about->opid = opid;
		(void)ask(v, about, &ret->answer[i]);
		ret->n = i + 1;
		about->opid = "";
	}
	return NULL;
}

/*
 * At this very terminal, now, the age of its snapshot counts as well; and when
 * it holds older rows, jukinetd goes by those.
 */
static void
take_age(const struct jk_view *v, struct jk_about *about)
{
	JK_CLEANUP(jk_snapshot_close) struct jk_snapshot *snapshot = NULL;
	const uint64_t number = jk_store_head(v->store)->number;
	static struct jk_edition edition;
	static struct jk_settings settings;
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/" JK_SNAPSHOT_NAME,
	    v->build.state_dir);
	if (jk_call_has(v->call, "at") ||
	    jk_snapshot_open(path, &snapshot) != JK_OK ||
	    jk_snapshot_edition(snapshot, &edition) != JK_OK ||
	    jk_snapshot_settings(snapshot, &settings) != JK_OK ||
	    strcmp(settings.terminal, about->terminal) != 0)
		return;
	about->edition = &edition;
	if (edition.registry < number)
		fprintf(stderr,
		    _("note: this terminal still decides by registry %" PRIu64
		      ", not by %" PRIu64 ": run \"jukinetctl registry "
		      "build\"\n"),
		    edition.registry, number);
}

/*
 * At this very terminal its own [trust] counts as well, with CAs and CRLs as
 * they lie there; what others ask for is theirs to know.
 */
static void
take_trust(struct jk_view *v, struct jk_about *about)
{
	JK_CLEANUP(jk_report_clear) struct jk_report report = { 0 };
	struct jk_judge *judge = NULL;

	if (jk_conffile_settings(&v->build, &v->set, &report) != JK_OK ||
	    report.n_errors > 0 ||
	    strcmp(v->set.settings.settings.terminal, about->terminal) != 0)
		return;
	if (jk_judge_open(&v->build, &v->set, &report, &judge) == JK_OK &&
	    report.n_errors == 0) {
		about->judge = judge;
		return;
	}
	jk_judge_close(&judge);
	jk_print_report(&report);
	fputs(_("note: what [trust] asks for could not be looked at\n"),
	    stderr);
}

static int
explain(const struct jk_view *v, struct jk_about *about)
{
	static struct jk_answers answers;
	const char *unknown;

	take_age(v, about);
	unknown = ask_each(v, about, &answers);
	if (unknown != NULL)
		return unknown_row(about, unknown);
	if (about->confirmer != NULL &&
	    jk_find_person(&v->set, about->confirmer) == NULL) {
		about->person = about->confirmer;
		return unknown_row(about, "person");
	}
	if (v->call->global.json)
		jk_answers_print_json(v, &answers, about);
	else
		jk_answers_print(v, &answers, about);
	return jk_answers_allow(&answers) ? EXIT_OK : EXIT_REFUSED;
}

int
jk_policy_explain(const struct jk_call *call)
{
	struct jk_about about;
	struct jk_view view;
	int status = read_about(call, &about);

	if (status != EXIT_OK)
		return status;
	status = jk_view_open(call, &view);
	if (status == EXIT_OK) {
		take_trust(&view, &about);
		status = explain(&view, &about);
	}
	jk_judge_close(&about.judge);
	jk_view_close(&view);
	return status;
}
