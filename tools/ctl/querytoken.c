/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jukinetctl query-token: who looked this person up? The auditor types
 * the resident record code where the keys are, and takes away what stands for it
 * in the log under every key; he needs no key for that, and the code goes
 * nowhere.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "keyact.h"
#include "officelog.h"
#include "output.h"
#include "plaintext.h"
#include "residentcode.h"
#include "secret.h"
#include "typedline.h"

#define REQUEST_MAX 64

static const struct jk_rule rule = { JK_OP_QUERY, JK_FUNCTION_COUNT,
	{ .roles =
	        (1u << JK_ROLE_AUDITOR) | (1u << JK_ROLE_SECURITY_OFFICER) } };

struct query {
	struct jk_keyact act;
	const char *request;
	size_t n;
	size_t which[JK_KEYS_MAX];
	char token[JK_KEYS_MAX][JK_SUBJECT_MAX + 1];
};

static int
check_request(const char *request)
{
	const size_t n = strlen(request);

	if (!jk_plaintext_says(request) || n > REQUEST_MAX ||
	    jk_plaintext_fault(request, n) != NULL)
		return jk_usage_error(
		    _("\"%s\" is no number of a request (plain text of at "
		      "most %d bytes)"),
		    request, REQUEST_MAX);
	/* It is recorded in clear. */
	if (jk_residentcode_run(request) >= JK_RESIDENTCODE_LEN)
		return jk_usage_error(
		    _("--request is recorded, and this may be a resident "
		      "record code: divide a long number by a hyphen, not "
		      "into 4-4-3 or 4-4-4 digits"));
	return EXIT_OK;
}

static int
read_code(struct query *q, char *line, char digits[static 12])
{
	struct jk_change *c = &q->act.change;
	enum jk_err e =
	    jk_typedline_read(_("Resident record code (not shown): "), true,
	        line, JK_RESIDENTCODE_INPUT);

	if (e != JK_OK)
		return jk_change_refuse(c, JK_WHY_CANCELLED,
		    _("no code was entered: %s"),
		    e == JK_ERR_SYS ? strerror(errno) : _(jk_err_text(e)));
	switch (jk_residentcode_read(line, strlen(line), digits)) {
	case JK_RESIDENTCODE_GOOD:
		return EXIT_OK;
	case JK_RESIDENTCODE_ODD:
		fputs(_("note: the check digit of this code does not fit: was "
		        "it typed well?\n"),
		    stderr);
		return EXIT_OK;
	case JK_RESIDENTCODE_INDIVIDUAL:
		return jk_change_refuse(c, JK_WHY_ROW_BAD, "%s",
		    _("this has twelve digits, as an individual number: the "
		      "log knows nobody by that"));
	case JK_RESIDENTCODE_NONE:
		break;
	}
	return jk_change_refuse(c, JK_WHY_ROW_BAD, "%s",
	    _("this is no resident record code of eleven digits"));
}

static int
make_tokens(struct query *q, const char *digits)
{
	struct jk_keyring *ring = q->act.ring;

	for (size_t i = 0; i < jk_keyring_count(ring); i++) {
		enum jk_err e;

		if (jk_keyring_at(ring, i)->use != JK_KEY_SUBJECT)
			continue;
		e = jk_keyring_subject(ring, i, digits, q->token[q->n]);
		if (e != JK_OK)
			return jk_keyact_fail(&q->act,
			    jk_keyring_at(ring, i)->id, e);
		q->which[q->n++] = i;
	}
	if (q->n > 0)
		return EXIT_OK;
	return jk_change_refuse(&q->act.change, JK_WHY_ROW_NONE, "%s",
	    _("this machine has no key for residents: see \"jukinetctl key "
	      "list\""));
}

static int
ask(struct query *q)
{
	char digits[JK_RESIDENTCODE_LEN + 1] = "";
	void *line;
	int status;

	if (jk_locked_new(JK_RESIDENTCODE_INPUT, &line) != JK_OK)
		return jk_keyact_fail(&q->act, "memory", JK_ERR_NOMEM);
	status = read_code(q, line, digits);
	jk_locked_free(line, JK_RESIDENTCODE_INPUT);
	if (status == EXIT_OK)
		status = make_tokens(q, digits);
	explicit_bzero(digits, sizeof(digits));
	return status;
}

/* That it was asked, for which request; not about whom. */
static bool
record(const struct query *q)
{
	char count[24];
	const struct jk_fact facts[] = {
		{ JK_REC_RECEPTION, q->request },
		{ JK_REC_NUMBER, count },
	};

	(void)snprintf(count, sizeof(count), "%zu", q->n);
	return jk_officelog_act(&q->act.change, facts, JK_COUNT(facts));
}

static int
print_json(const struct query *q)
{
	json_t *list = json_array();
	int r;

	for (size_t i = 0; i < q->n; i++) {
		const struct jk_office_key *key =
		    jk_keyring_at(q->act.ring, q->which[i]);

		json_array_append_new(list,
		    json_pack("{s:s, s:s, s:s}", "key", key->id, "from",
		        jk_show_from(key->from), "subject", q->token[i]));
	}
	r = json_dumpf(list, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(list);
	return r == 0 ? EXIT_OK : EXIT_REFUSED;
}

static int
print(const struct query *q)
{
	if (q->act.change.call->global.json)
		return print_json(q);
	for (size_t i = 0; i < q->n; i++)
		puts(q->token[i]);
	puts(_("\nWho asked for this person's record:"));
	printf("ausearch --raw -m TRUSTED_APP | grep -F");
	for (size_t i = 0; i < q->n; i++)
		printf(" -e 'jsub=\"%s\"'", q->token[i]);
	puts(" | ausearch -i");
	return EXIT_OK;
}

static int
run(const struct jk_call *call)
{
	static struct query q;
	int status;

	q = (struct query){ .request = jk_call_get(call, "request") };
	if (call->global.dry_run)
		return jk_usage_error(_("this cannot be tried"));
	status = check_request(q.request);
	if (status != EXIT_OK)
		return status;
	status = jk_keyact_begin(call, &rule, JK_KEYACT_LOOK, &q.act);
	strcpy(q.act.change.object, "query:-");
	if (status == EXIT_OK)
		status = ask(&q);
	if (status == EXIT_OK)
		status = record(&q) ? print(&q) : EXIT_LATER;
	jk_keyact_end(&q.act);
	return status;
}

const struct jk_command jk_query_commands[] = {
	{ "query-token", "", run,
	    N_("what stands for a resident in the log, to ask who looked"),
	    { { JK_PARAM_NEEDED, "request", "NUMBER",
	        N_("of the request that this answers: it is recorded") } } },
	{ 0 },
};
