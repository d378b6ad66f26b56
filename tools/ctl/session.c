/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jukinetctl session show | switch | lock | wait: the user's own session. One
 * person of a small office holds several operator IDs and changes between them
 * without a new login (別紙1 項番2備考). What starts a screen locker locks the
 * session too, and what shows records waits for that.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "actor.h"
#include "because.h"
#include "clock.h"
#include "inside.h"
#include "names.h"
#include "noticed.h"

static int
refuse(enum jk_reason why)
{
	const char *text;

	switch ((int)why) {
	case JK_WHY_ACCOUNT_UNKNOWN:
	case JK_WHY_SESS_NONE:
	case JK_WHY_SESS_LOCKED:
	case JK_WHY_SERVICE_DOWN:
	case JK_WHY_AUDIT_DOWN:
		text = jk_actor_explain(why);
		break;
	case JK_WHY_CALLER_FOREIGN:
		text = _("this is about your own session: run it as yourself, "
		         "without sudo");
		break;
	default:
		text = jk_because_text(why);
		text = text != NULL ? _(text)
		                    : _("your session does not "
		                        "allow this");
		break;
	}
	fprintf(stderr, "jukinetctl: %s (%s)\n", text, jk_reason_code(why));
	return why == JK_WHY_SERVICE_DOWN || why == JK_WHY_SERVICE_BUSY ||
	               why == JK_WHY_AUDIT_DOWN
	           ? EXIT_LATER
	           : EXIT_REFUSED;
}

/* jukinetd would say so as well; the hint is worth not asking it. */
static int
look(struct jk_inside *ret)
{
	enum jk_reason why =
	    geteuid() == 0 ? JK_WHY_CALLER_FOREIGN : jk_client_look(ret);

	return why == JK_WHY_GRANTED ? EXIT_OK : refuse(why);
}

static int
print_json(const struct jk_inside *in)
{
	json_t *list = json_array(), *top;
	int r;

	for (size_t i = 0; i < in->n_options; i++)
		json_array_append_new(list,
		    json_pack("{s:s, s:s}", "operator-id", in->option[i].opid,
		        "type", in->option[i].type));
	top = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:o, s:s}",
	    "session", in->holder.session, "terminal", in->holder.terminal,
	    "person", in->holder.person, "operator-id", in->holder.opid, "type",
	    in->holder.type, "department", in->holder.department, "locked",
	    in->locked, "choices", list, "none-because",
	    in->n_options > 0 ? "" : jk_reason_code(in->why_none));
	r = json_dumpf(top, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(top);
	return r == 0 ? EXIT_OK : EXIT_REFUSED;
}

static void
print_choices(const struct jk_inside *in)
{
	for (size_t i = 0; i < in->n_options; i++)
		printf("%s %s  %s\n",
		    strcmp(in->option[i].opid, in->holder.opid) == 0 ? "*"
		                                                     : " ",
		    in->option[i].opid, jk_name_type_id(in->option[i].type));
	if (in->n_options == 0)
		printf(_("no operator ID can be used now: %s\n"),
		    jk_because_text(in->why_none) != NULL
		        ? _(jk_because_text(in->why_none))
		        : jk_reason_code(in->why_none));
}

static int
run_show(const struct jk_call *call)
{
	struct jk_inside in = { 0 };
	int status = look(&in);

	if (status != EXIT_OK)
		return status;
	if (call->global.json)
		return print_json(&in);
	printf(_("session %s on terminal %s: %s\n"), in.holder.session,
	    in.holder.terminal, in.locked ? _("locked") : _("active"));
	printf(_("person %s, operator ID %s (%s)\n"), in.holder.person,
	    in.holder.opid, jk_name_type_id(in.holder.type));
	puts(_("these can be used here now (* is in use):"));
	print_choices(&in);
	return EXIT_OK;
}

static int
run_switch(const struct jk_call *call)
{
	const char *opid = jk_call_get(call, "OPERATOR-ID");
	struct jk_inside in = { 0 };
	struct jk_holder holder;
	enum jk_reason why;
	int status = look(&in);

	if (status != EXIT_OK)
		return status;
	if (opid == NULL && call->global.json)
		return print_json(&in);
	if (opid == NULL) {
		print_choices(&in);
		puts(_(
		    "Switch with \"jukinetctl session switch OPERATOR-ID\"."));
		return EXIT_OK;
	}
	if (call->global.dry_run)
		return jk_usage_error(_("a switch cannot be tried: see "
		                        "\"jukinetctl session show\""));
	why = jk_client_switch(opid, &holder);
	if (why != JK_WHY_GRANTED)
		return refuse(why);
	printf(_("you now work under operator ID %s (%s)\n"), holder.opid,
	    jk_name_type_id(holder.type));
	return EXIT_OK;
}

static int
run_lock(const struct jk_call *call)
{
	enum jk_reason why =
	    geteuid() == 0 ? JK_WHY_CALLER_FOREIGN : JK_WHY_GRANTED;

	if (call->global.dry_run)
		return jk_usage_error(_("a lock cannot be tried"));
	if (why == JK_WHY_GRANTED)
		why = jk_client_lock();
	if (why != JK_WHY_GRANTED)
		return refuse(why);
	puts(_("your session is locked: your card and PIN open it again"));
	return EXIT_OK;
}

/* "active locked ended", in the order of the enum. */
static bool
read_state(const char *word, enum jk_noticed *ret)
{
	static const char *const words[] = {
		[JK_NOTICED_ENDED] = "ended",
		[JK_NOTICED_ACTIVE] = "active",
		[JK_NOTICED_LOCKED] = "locked",
	};

	for (size_t i = 0; i < JK_COUNT(words); i++)
		if (strcmp(word, words[i]) == 0) {
			*ret = (enum jk_noticed)i;
			return true;
		}
	return false;
}

static int
run_wait(const struct jk_call *call)
{
	const char *seconds = jk_call_get(call, "timeout");
	enum jk_noticed state;
	int64_t until = INT64_MAX;
	char *end;
	long n;
	enum jk_err e;

	if (!read_state(jk_call_get(call, "STATE"), &state))
		return jk_usage_error(
		    _("STATE is one of active, locked, ended"));
	if (seconds != NULL) {
		n = strtol(seconds, &end, 10);
		if (end == seconds || *end != '\0' || n < 0 || n > 604800)
			return jk_usage_error(
			    _("--timeout is a number of seconds up to 604800"));
		until = jk_boot_ms() + n * 1000;
	}
	e = jk_noticed_wait(getuid(), state, until);
	if (e == JK_ERR_TIMEOUT) {
		fprintf(stderr, _("jukinetctl: it has not become so\n"));
		return EXIT_REFUSED;
	}
	if (e != JK_OK) {
		fprintf(stderr,
		    _("jukinetctl: sessions cannot be watched here: %s\n"),
		    jk_err_text(e));
		return EXIT_LATER;
	}
	return EXIT_OK;
}

const struct jk_command jk_session_commands[] = {
	{ "session", "show", run_show,
	    N_("show your session and what it runs under"), { { 0 } } },
	{ "session", "switch", run_switch,
	    N_("go on under another of your operator IDs"),
	    { { JK_PARAM_WORD_OPT, "OPERATOR-ID", NULL,
	        N_("which one; without it the choices are listed") } } },
	{ "session", "lock", run_lock,
	    N_("nothing more is allowed until you have proven yourself again"),
	    { { 0 } } },
	{ "session", "wait", run_wait, N_("wait until your session stands so"),
	    { { JK_PARAM_WORD, "STATE", NULL, N_("active, locked or ended") },
	        { JK_PARAM_VALUE, "timeout", "SECONDS",
	            N_("no longer than that") } } },
	{ 0 },
};
