/* SPDX-License-Identifier: BSD-2-Clause */
/* jukinetctl policy check | matrix | diff | explain */
#include "policy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "clock.h"
#include "conffile.h"
#include "diff.h"
#include "file.h"
#include "hex.h"
#include "jukinetctl.h"
#include "names.h"

/* Of the digest, as much as a record shows (jpol). */
#define DIGEST_SHOWN 4

/* Whoever may read a draft may have it checked: it is not taken from there. */
static enum jk_err
read_file(const char *file, struct jk_rowset *set, struct jk_report *report)
{
	JK_CLEANUP(jk_fd_close) int fd = -1;
	const char *kept = jk_rowset_file(set, file);

	if (kept == NULL)
		return JK_ERR_NOMEM;
	fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0) {
		jk_report_error(report, (struct jk_place){ kept, 0 }, "%s",
		    strerror(errno));
		return JK_ERR_REFUSED;
	}
	return jk_conffile_policy_at(kept, fd, set, report);
}

int
jk_policy_load(const struct jk_call *call, const char *file,
    struct jk_rowset *ret)
{
	JK_CLEANUP(jk_report_clear) struct jk_report report = { 0 };
	const struct jk_build build = jk_build_for(call);
	enum jk_err e;

	jk_rowset_init(ret);
	e = file != NULL ? read_file(file, ret, &report)
	                 : jk_conffile_policy(&build, ret, &report);
	jk_print_report(&report);
	if (e == JK_OK && report.n_errors == 0)
		return EXIT_OK;
	if (report.n_errors == 0)
		fprintf(stderr, "jukinetctl: %s\n", _(jk_err_text(e)));
	fprintf(stderr, "jukinetctl: %s\n",
	    _("this policy is not good: mend it, then check it again"));
	return EXIT_REFUSED;
}

static void
format_day(int64_t s, char ret[static 11])
{
	ret[0] = '\0';
	if (s != 0)
		jk_date_format(s, ret);
}

static json_t *
types_json(const struct jk_rowset *set)
{
	json_t *list = json_array();

	for (size_t i = 0; i < set->type.n; i++) {
		const struct jk_type *t = jk_list_at(&set->type, i);

		json_array_append_new(list,
		    json_pack("{s:s, s:i, s:b}", "id", t->id, "number",
		        (int)t->number, "enabled", t->enabled));
	}
	return list;
}

static int
print_json(const struct jk_rowset *set, const char *day, const char *digest)
{
	json_t *top = json_pack("{s:s, s:s, s:s, s:s, s:o}", "file",
	    set->policy_place.file, "version", set->policy.policy.version,
	    "effective-from", day, "digest", digest, "types", types_json(set));
	int r = top == NULL ? -1 : json_dumpf(top, stdout, JSON_INDENT(2));

	putchar('\n');
	json_decref(top);
	return r == 0 ? EXIT_OK : EXIT_REFUSED;
}

/* "other-department, counter-identity-desk" */
static void
join_switched_off(const struct jk_rowset *set, bool japanese, char *ret,
    size_t size)
{
	size_t at = 0;

	ret[0] = '\0';
	for (size_t i = 0; i < set->type.n; i++) {
		const struct jk_type *t = jk_list_at(&set->type, i);

		if (!t->enabled && at < size)
			at += (size_t)snprintf(ret + at, size - at, "%s%s",
			    at > 0 ? ", " : "", jk_name_type(t, japanese));
	}
}

static void
print_plain(const struct jk_rowset *set, const char *day, const char *digest,
    bool japanese)
{
	char off[1024];

	join_switched_off(set, japanese, off, sizeof(off));
	printf(_("good: %s\n"), set->policy_place.file);
	printf(_("version: %s\n"), set->policy.policy.version);
	printf(_("effective from: %s\n"), day[0] != '\0' ? day : _("at once"));
	printf(_("digest: %s (records say %.8s)\n"), digest, digest);
	if (off[0] == '\0')
		printf(_("types: %zu\n"), set->type.n);
	else
		printf(_("types: %zu, switched off: %s\n"), set->type.n, off);
}

static bool
is_japanese(const struct jk_call *call)
{
	return jk_call_has(call, "ja") || jk_names_are_japanese();
}

static int
run_check(const struct jk_call *call)
{
	JK_CLEANUP(jk_rowset_clear) struct jk_rowset set;
	char digest[2 * JK_DIGEST_LEN + 1], day[11];
	int status = jk_policy_load(call, jk_call_get(call, "FILE"), &set);

	if (status != EXIT_OK)
		return status;
	jk_hex_encode(set.policy.policy.digest, JK_DIGEST_LEN, digest);
	format_day(set.policy.policy.effective_from, day);
	if (call->global.json)
		return print_json(&set, day, digest);
	print_plain(&set, day, digest, is_japanese(call));
	return EXIT_OK;
}

/* What run_diff() prints, one difference after the other. */
struct output {
	bool japanese;
	size_t n;
	json_t *json; /* NULL: text */
};

static void
print_difference(void *ctx, const struct jk_difference *d)
{
	char text[JK_DIFFERENCE_MAX];
	struct output *out = ctx;

	out->n++;
	jk_difference_words(d, out->japanese, text);
	if (out->json == NULL)
		puts(text);
	else
		json_array_append_new(out->json,
		    json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "section",
		        d->section, "id", d->id, "key", d->key, "item", d->item,
		        "from", d->from, "to", d->to, "text", text));
}

static int
print_differences(const struct jk_call *call, const struct jk_rowset *old,
    const struct jk_rowset *new)
{
	struct output out = {
		.japanese = is_japanese(call),
		.json = call->global.json ? json_array() : NULL,
	};
	int r = 0;

	jk_diff(old, new, print_difference, &out);
	if (out.json != NULL) {
		r = json_dumpf(out.json, stdout, JSON_INDENT(2));
		putchar('\n');
		json_decref(out.json);
	} else if (out.n == 0) {
		puts(_("no difference in what they say"));
	}
	return r == 0 ? EXIT_OK : EXIT_REFUSED;
}

static int
run_diff(const struct jk_call *call)
{
	JK_CLEANUP(jk_rowset_clear) struct jk_rowset old, new;
	int status;

	jk_rowset_init(&new);
	status = jk_policy_load(call, jk_call_get(call, "OLD"), &old);
	if (status == EXIT_OK)
		status = jk_policy_load(call, jk_call_get(call, "NEW"), &new);
	return status == EXIT_OK ? print_differences(call, &old, &new) : status;
}

#define FILE_WORD                                                          \
	{                                                                  \
		JK_PARAM_WORD_OPT, "FILE", NULL,                           \
		    N_("a policy file; without it the one that holds now") \
	}
#define JAPANESE                                                         \
	{                                                                \
		JK_PARAM_FLAG, "ja", NULL, N_("with the words of 別紙1") \
	}

const struct jk_command jk_policy_commands[] = {
	{ "policy", "check", run_check,
	    N_("check a policy file, and say which edition it is"),
	    { FILE_WORD, JAPANESE } },
	{ "policy", "matrix", jk_policy_matrix,
	    N_("print what each type may do, as a table"),
	    { FILE_WORD,
	        { JK_PARAM_FLAG, "functions", NULL,
	            N_("functions of types 8 and 9 instead of businesses") },
	        { JK_PARAM_FLAG, "terminals", NULL,
	            N_("classes of terminals instead of businesses") },
	        JAPANESE } },
	{ "policy", "diff", run_diff,
	    N_("say what differs between two policy files"),
	    { { JK_PARAM_WORD, "OLD", NULL, N_("the file that holds") },
	        { JK_PARAM_WORD, "NEW", NULL, N_("the file to be approved") },
	        JAPANESE } },
	{ "policy", "explain", jk_policy_explain,
	    N_("say what jukinetd would decide, and because of which line"),
	    { { JK_PARAM_NEEDED, "person", "ID", N_("who asks") },
	        { JK_PARAM_NEEDED, "terminal", "ID", N_("where") },
	        { JK_PARAM_VALUE, "business", "ID",
	            N_("to do this business in a session") },
	        { JK_PARAM_VALUE, "action", "ID",
	            N_("what is done in that business; default: view") },
	        { JK_PARAM_VALUE, "permission", "ID",
	            N_("with this permission by name") },
	        { JK_PARAM_VALUE, "function", "ID",
	            N_("to use this function of types 8 and 9 in a session") },
	        { JK_PARAM_FLAG, "login", NULL,
	            N_("to log in; the default without the two above") },
	        { JK_PARAM_VALUE, "at", "TIME", N_("when; default: now") },
	        { JK_PARAM_VALUE, "operator-id", "ID",
	            N_("under this one only") },
	        { JK_PARAM_VALUE, "card", "ID",
	            N_("with this card; default: the one in use") },
	        { JK_PARAM_VALUE, "account", "NAME",
	            N_("to this account; default: the first that the person "
	               "may use") },
	        { JK_PARAM_VALUE, "confirmer", "PERSON",
	            N_("the second person who confirms") } } },
	{ 0 },
};
