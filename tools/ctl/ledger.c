/* SPDX-License-Identifier: BSD-2-Clause */
/* jukinetctl ledger verify | print */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <jukinet/policy.h>

#include "book.h"
#include "clock.h"
#include "conffile.h"
#include "format.h"
#include "jukinetctl.h"
#include "ledgercheck.h"
#include "order.h"
#include "snapshot.h"

/* "18:0123456789abcdef", as jled of an audit record says it. */
static bool
read_head(const char *text, struct jk_ledger_head *ret)
{
	static const char hex[] = "0123456789abcdef";
	char *end;
	size_t len;

	*ret = (struct jk_ledger_head){ 0 };
	errno = 0;
	ret->number = strtoull(text, &end, 10);
	if (errno != 0 || text[0] < '1' || text[0] > '9' || *end != ':')
		return false;
	end++;
	len = strlen(end);
	if (len < 16 || len > JK_LEDGER_HASH_LEN || strspn(end, hex) != len)
		return false;
	strcpy(ret->hash, end);
	return true;
}

static json_t *
faults_json(const struct jk_ledgercheck *check)
{
	json_t *list = json_array();

	for (size_t i = 0; i < check->n_faults && i < JK_LEDGERCHECK_MAX; i++)
		json_array_append_new(list,
		    json_pack("{s:I, s:I, s:s}", "entry",
		        (json_int_t)check->fault[i].number, "line",
		        (json_int_t)check->fault[i].line, "text",
		        check->fault[i].text));
	return list;
}

static void
print_json(const struct jk_ledgercheck *check)
{
	json_t *top = json_pack("{s:b, s:I, s:s, s:I, s:o, s:b}", "whole",
	    check->n_faults == 0, "entries", (json_int_t)check->head.number,
	    "head", check->head.hash, "faults", (json_int_t)check->n_faults,
	    "fault", faults_json(check), "unfinished", check->unfinished);

	(void)json_dumpf(top, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(top);
}

/* As other messages name a place, where there is one. */
static void
print_fault(const char *dir, const struct jk_ledgercheck *check, size_t i)
{
	const uint64_t number = check->fault[i].number;

	if (number == 0)
		printf("%s: %s\n", dir, check->fault[i].text);
	else
		printf(_("%s/ledger:%" PRIu64 ": entry %" PRIu64 ": %s\n"), dir,
		    check->fault[i].line, number, check->fault[i].text);
}

static void
print_check(const char *dir, const struct jk_ledgercheck *check)
{
	for (size_t i = 0; i < check->n_faults && i < JK_LEDGERCHECK_MAX; i++)
		print_fault(dir, check, i);
	if (check->n_faults > JK_LEDGERCHECK_MAX)
		printf(_("and %zu more faults\n"),
		    check->n_faults - JK_LEDGERCHECK_MAX);
	if (check->unfinished)
		puts(_("note: the last line is half written; it never "
		       "happened"));
	if (check->n_faults == 0)
		printf(_("whole: %" PRIu64 " entries, the last one is "
		         "%" PRIu64 ":%.16s\n"),
		    check->head.number, check->head.number, check->head.hash);
	else
		puts(_("the ledger does not hold: keep these files as they "
		       "are, and call the auditor"));
}

/* Where another source is asked first, the registry's number may be its. */
static bool
is_numbered_here(const struct jk_call *call)
{
	JK_CLEANUP(jk_report_clear) struct jk_report report = { 0 };
	JK_CLEANUP(jk_rowset_clear) struct jk_rowset set;
	struct jk_build build = jk_build_for(call);
	struct jk_order order;

	jk_rowset_init(&set);
	if (jk_conffile_settings(&build, &set, &report) != JK_OK ||
	    set.settings.sources[0] == '\0' ||
	    jk_order_parse(set.settings.sources, &order) != NULL)
		return true;
	return strcmp(order.step[0].name, "files") == 0 &&
	       (order.n == 1 || !order.step[0].goes_on[JUKINET_POLICY_SUCCESS]);
}

/* Of the ledger's entry from which this machine's snapshot was made; 0: none. */
static uint64_t
snapshot_number(const struct jk_call *call)
{
	JK_CLEANUP(jk_snapshot_close) struct jk_snapshot *snapshot = NULL;
	struct jk_edition edition = { 0 };
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/" JK_SNAPSHOT_NAME,
	    call->global.state_dir);
	if (jk_snapshot_open(path, &snapshot) != JK_OK ||
	    jk_snapshot_edition(snapshot, &edition) != JK_OK ||
	    !is_numbered_here(call))
		return 0;
	return edition.registry;
}

static int
run_verify(const struct jk_call *call)
{
	const char *text = jk_call_get(call, "head");
	const char *dir = call->global.state_dir;
	struct jk_ledger_head head;
	struct jk_ledgercheck check = { 0 };
	enum jk_err e;

	if (text != NULL && !read_head(text, &head))
		return jk_usage_error(_("\"--head %s\" is no head "
		                        "(NUMBER:HASH, as jled says)"),
		    text);
	e = jk_ledger_check(dir, 0, text != NULL ? &head : NULL,
	    snapshot_number(call), &check);
	if (e != JK_OK) {
		fprintf(stderr, "jukinetctl: %s: %s\n", dir,
		    e == JK_ERR_SYS ? strerror(errno) : _(jk_err_text(e)));
		return e == JK_ERR_NOT_FOUND ? EXIT_NONE : EXIT_REFUSED;
	}
	if (call->global.json)
		print_json(&check);
	else
		print_check(dir, &check);
	return check.n_faults == 0 ? EXIT_OK : EXIT_REFUSED;
}

/* A day as midnight; `until` counts whole. */
static bool
read_day(const struct jk_call *call, const char *name, bool whole, int64_t *ret)
{
	const char *text = jk_call_get(call, name);

	*ret = 0;
	if (text == NULL)
		return true;
	if (jk_date_parse(text, ret) != JK_OK) {
		(void)jk_usage_error(_("\"--%s %s\" is no day (YYYY-MM-DD)"),
		    name, text);
		return false;
	}
	if (whole)
		*ret = jk_next_day(*ret);
	return true;
}

static int
read_wish(const struct jk_call *call, struct jk_book_wish *ret)
{
	*ret = (struct jk_book_wish){
		.name = jk_call_get(call, "ledger"),
		.kind = jk_call_get(call, "kind"),
		.now = jk_real_s(),
		.json = call->global.json,
	};
	if (!jk_book_exists(ret->name))
		return jk_usage_error(
		    _("there is no ledger \"%s\" (operator, card or review)"),
		    ret->name);
	if (ret->kind != NULL && ret->name != NULL)
		return jk_usage_error(
		    _("\"--kind\" is for the journal, without \"--ledger\""));
	if (jk_check_kind(ret->kind) != EXIT_OK)
		return EXIT_USAGE;
	if (ret->json && jk_call_has(call, "html"))
		return jk_usage_error(_("either --json or --html"));
	return read_day(call, "from", false, &ret->from) &&
	               read_day(call, "until", true, &ret->until)
	           ? EXIT_OK
	           : EXIT_USAGE;
}

static int
complain(const char *dir, enum jk_err e, const struct jk_ledger_fault *fault)
{
	if (e == JK_ERR_FORMAT)
		fprintf(stderr,
		    _("jukinetctl: the ledger does not hold (entry %" PRIu64
		      ": %s): see \"jukinetctl ledger verify\"\n"),
		    fault->number, fault->why);
	else
		fprintf(stderr, "jukinetctl: %s: %s\n", dir,
		    e == JK_ERR_SYS ? strerror(errno) : _(jk_err_text(e)));
	return e == JK_ERR_NOT_FOUND ? EXIT_NONE : EXIT_REFUSED;
}

static int
run_print(const struct jk_call *call)
{
	JK_CLEANUP(jk_book_clear) struct jk_book book = { 0 };
	const char *dir = call->global.state_dir;
	struct jk_ledger_fault fault = { 0 };
	struct jk_book_wish wish;
	int status = read_wish(call, &wish);
	enum jk_err e;

	if (status != EXIT_OK)
		return status;
	if (wish.json)
		/* Programs read it: the same words in every language. */
		(void)setlocale(LC_MESSAGES, "C");
	e = jk_book_read(dir, &wish, &book, &fault);
	if (e != JK_OK)
		return complain(dir, e, &fault);
	if (wish.json)
		return jk_table_print(&book.table);
	if (jk_call_has(call, "html"))
		jk_book_print_html(&book, stdout);
	else
		jk_book_print(&book, stdout);
	return EXIT_OK;
}

const struct jk_command jk_ledger_commands[] = {
	{ "ledger", "verify", run_verify,
	    N_("check that nothing in the ledger was changed or is missing"),
	    { { JK_PARAM_VALUE, "head", "NUMBER:HASH",
	        N_("an entry that it must hold, as jled of an audit record "
	           "says") } } },
	{ "ledger", "print", run_print,
	    N_("print the journal, or one of the office's ledgers"),
	    { { JK_PARAM_VALUE, "ledger", "operator|card|review",
	          N_("which ledger; default: the journal of all changes") },
	        { JK_PARAM_VALUE, "kind", "KIND",
	            N_("of the journal only rows of this kind") },
	        { JK_PARAM_VALUE, "from", "DATE", N_("first day") },
	        { JK_PARAM_VALUE, "until", "DATE",
	            N_("last day; default: today") },
	        { JK_PARAM_FLAG, "html", NULL,
	            N_("for a browser, which prints it on A4") } } },
	{ 0 },
};
