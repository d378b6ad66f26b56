/* SPDX-License-Identifier: BSD-2-Clause */
#include "call.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "ledger.h"
#include "plaintext.h"

static const struct jk_command *const tables[] = {
	jk_department_commands,
	jk_person_commands,
	jk_account_commands,
	jk_opid_commands,
	jk_role_commands,
	jk_card_commands,
	jk_terminal_commands,
	jk_approval_commands,
	jk_review_commands,
	jk_policy_commands,
	jk_ledger_commands,
	jk_registry_commands,
	jk_import_commands,
	jk_key_commands,
	jk_query_commands,
	jk_session_commands,
	jk_doctor_commands,
};

static const struct jk_param globals[] = {
	{ JK_PARAM_VALUE, "reason", "TEXT",
	    N_("why: it stands in the ledger") },
	{ JK_PARAM_FLAG, "dry-run", NULL,
	    N_("say what would be changed, and change nothing") },
	{ JK_PARAM_FLAG, "json", NULL, N_("answer in JSON") },
	{ JK_PARAM_VALUE, "config-dir", "DIR",
	    N_("instead of the system's configuration") },
	{ JK_PARAM_VALUE, "vendor-dir", "DIR",
	    N_("instead of the shipped defaults") },
	{ JK_PARAM_VALUE, "state-dir", "DIR",
	    N_("instead of the system's registry and snapshot") },
	{ JK_PARAM_VALUE, "policy-dir", "DIR",
	    N_("where the sources' modules are") },
	{ JK_PARAM_FLAG, "help", NULL, N_("show this") },
};

int
jk_usage_error(const char *format, ...)
{
	va_list args;

	fputs("jukinetctl: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "\n%s\n", _("Try \"jukinetctl --help\"."));
	return EXIT_USAGE;
}

int
jk_id_error(const char *id)
{
	return jk_usage_error(_("\"%s\" is no id (1 to 64 of a-z, 0-9 "
	                        "and '-')"),
	    id);
}

/* Of an option with its value, before what it does; longer ones stand alone. */
#define LEFT_WIDTH 24

static bool
is_word(const struct jk_param *p)
{
	return p->kind == JK_PARAM_WORD || p->kind == JK_PARAM_WORD_OPT;
}

static void
print_synopsis(FILE *out, const struct jk_command *c)
{
	fprintf(out, "jukinetctl %s%s%s", c->noun,
	    c->verb[0] != '\0' ? " " : "", c->verb);
	for (const struct jk_param *p = c->param; p->name != NULL; p++)
		if (p->kind == JK_PARAM_WORD)
			fprintf(out, " %s", p->name);
		else if (p->kind == JK_PARAM_WORD_OPT)
			fprintf(out, " [%s]", p->name);
		else if (p->kind == JK_PARAM_NEEDED)
			fprintf(out, " --%s %s", p->name, p->value);
	fputs(_(" [OPTION...]\n"), out);
}

static void
print_param(FILE *out, const struct jk_param *p)
{
	char left[96];

	if (is_word(p))
		(void)snprintf(left, sizeof(left), "%s", p->name);
	else
		(void)snprintf(left, sizeof(left), "--%s%s%s", p->name,
		    p->value != NULL ? " " : "",
		    p->value != NULL ? p->value : "");
	fprintf(out, "  %-*s", LEFT_WIDTH, left);
	if (strlen(left) > LEFT_WIDTH)
		fprintf(out, "\n  %*s", LEFT_WIDTH, "");
	fprintf(out, "  %s%s\n", _(p->help),
	    p->kind == JK_PARAM_LIST ? _(" (repeats)") : "");
}

static void
print_command_help(const struct jk_command *c)
{
	fputs(_("usage: "), stdout);
	print_synopsis(stdout, c);
	printf("\n%s\n\n", _(c->help));
	for (const struct jk_param *p = c->param; p->name != NULL; p++)
		print_param(stdout, p);
	for (size_t i = 0; i < JK_COUNT(globals); i++)
		print_param(stdout, &globals[i]);
	fputs(_("\nSee jukinetctl(8).\n"), stdout);
}

static void
print_help(const char *noun)
{
	fputs(_("usage: jukinetctl NOUN VERB [OPTION...]\n\n"), stdout);
	for (size_t t = 0; t < JK_COUNT(tables); t++)
		for (const struct jk_command *c = tables[t]; c->noun != NULL;
		     c++)
			if (noun == NULL || strcmp(noun, c->noun) == 0)
				printf("  %-12s %-16s %s\n", c->noun, c->verb,
				    _(c->help));
	fputs(_("\n\"jukinetctl NOUN VERB --help\" shows the options of one. "
	        "See jukinetctl(8).\n"),
	    stdout);
}

/* One word a line, separated by tabs: for completion and for tests. */
static void
print_table(void)
{
	for (size_t t = 0; t < JK_COUNT(tables); t++)
		for (const struct jk_command *c = tables[t]; c->noun != NULL;
		     c++) {
			printf("%s\t%s", c->noun, c->verb);
			for (const struct jk_param *p = c->param;
			     p->name != NULL; p++)
				printf("\t%s%s", is_word(p) ? "" : "--",
				    p->name);
			for (size_t i = 0; i < JK_COUNT(globals); i++)
				printf("\t--%s", globals[i].name);
			putchar('\n');
		}
}

/* Takes the longest: "delegate" alone, or "card approve". */
static const struct jk_command *
find(int argc, char **argv, int *ret_words)
{
	for (size_t t = 0; t < JK_COUNT(tables); t++)
		for (const struct jk_command *c = tables[t]; c->noun != NULL;
		     c++) {
			if (strcmp(argv[1], c->noun) != 0)
				continue;
			if (c->verb[0] != '\0' &&
			    (argc < 3 || strcmp(argv[2], c->verb) != 0))
				continue;
			*ret_words = c->verb[0] != '\0' ? 2 : 1;
			return c;
		}
	return NULL;
}

/* The options of a command and those of all, as getopt_long(3) wants them. */
struct options {
	size_t n;
	const struct jk_param *param[JK_PARAMS_MAX + JK_COUNT(globals)];
	struct option table[JK_PARAMS_MAX + JK_COUNT(globals) + 1];
};

static void
add_option(struct options *o, const struct jk_param *p)
{
	o->table[o->n] = (struct option){
		.name = p->name,
		.has_arg =
		    p->kind == JK_PARAM_FLAG ? no_argument : required_argument,
	};
	o->param[o->n++] = p;
}

static struct options
make_options(const struct jk_command *c)
{
	struct options o = { 0 };

	for (const struct jk_param *p = c->param; p->name != NULL; p++)
		if (!is_word(p))
			add_option(&o, p);
	for (size_t i = 0; i < JK_COUNT(globals); i++)
		add_option(&o, &globals[i]);
	return o;
}

static int
add_value(struct jk_call *call, const struct jk_param *p, const char *text)
{
	if (p->kind != JK_PARAM_LIST && jk_call_has(call, p->name))
		return jk_usage_error(_("\"%s\" is given twice"), p->name);
	if (call->n == JK_VALUES_MAX)
		return jk_usage_error(_("too many options"));
	call->value[call->n].param = p;
	call->value[call->n++].text = text;
	return EXIT_OK;
}

/* It stands in the ledger, whole and as it was typed, or not at all. */
static int
check_reason(const struct jk_call *call)
{
	const char *why = jk_call_get(call, "reason");

	if (why == NULL)
		return EXIT_OK;
	if (strlen(why) > JK_LEDGER_TEXT_MAX)
		return jk_usage_error(_("the reason is longer than %d bytes"),
		    JK_LEDGER_TEXT_MAX);
	if (jk_plaintext_fault(why, strlen(why)) != NULL)
		return jk_usage_error(
		    _("the reason is not plain text in UTF-8"));
	return EXIT_OK;
}

static int
take_options(int argc, char **argv, struct jk_call *call)
{
	const struct options o = make_options(call->command);
	int index, status, c;

	opterr = 0;
	optind = 0;
	while ((c = getopt_long(argc, argv, "", o.table, &index)) == 0) {
		status = add_value(call, o.param[index],
		    optarg != NULL ? optarg : "yes");
		if (status != EXIT_OK)
			return status;
	}
	if (c != -1)
		return jk_usage_error(_("option \"%s\" is not understood"),
		    argv[optind - 1]);
	return EXIT_OK;
}

static int
take_words(int argc, char **argv, struct jk_call *call)
{
	int status, at = optind;

	for (const struct jk_param *p = call->command->param; p->name != NULL;
	     p++) {
		if (p->kind == JK_PARAM_NEEDED && !jk_call_has(call, p->name))
			return jk_usage_error(_("\"--%s %s\" is needed"),
			    p->name, p->value);
		if (!is_word(p))
			continue;
		if (at >= argc && p->kind == JK_PARAM_WORD_OPT)
			continue;
		if (at >= argc)
			return jk_usage_error(_("%s is needed"), p->name);
		status = add_value(call, p, argv[at++]);
		if (status != EXIT_OK)
			return status;
	}
	if (at < argc)
		return jk_usage_error(_("\"%s\" is too much"), argv[at]);
	return EXIT_OK;
}

static const char *
either(const char *given, const char *otherwise)
{
	return given != NULL ? given : otherwise;
}

static void
set_globals(struct jk_call *call)
{
	const char *why = either(jk_call_get(call, "reason"), "");

	call->global = (struct jk_globals){
		.config_dir =
		    either(jk_call_get(call, "config-dir"), JK_CONFIG_DIR),
		.vendor_dir =
		    either(jk_call_get(call, "vendor-dir"), JK_VENDOR_DIR),
		.state_dir =
		    either(jk_call_get(call, "state-dir"), JK_SNAPSHOT_DIR),
		.policy_dir =
		    either(jk_call_get(call, "policy-dir"), JK_POLICY_DIR),
		.json = jk_call_has(call, "json"),
		.dry_run = jk_call_has(call, "dry-run"),
		.why = jk_plaintext_says(why) ? why : "",
	};
}

static bool
is_elsewhere(const struct jk_call *call)
{
	static const char *const places[] = { "config-dir", "vendor-dir",
		"state-dir", "policy-dir", "snapshot" };

	for (size_t i = 0; i < JK_COUNT(places); i++)
		if (jk_call_has(call, places[i]))
			return true;
	return false;
}

/* Root for one command, as sudoers allows it: set by the program that lends
 * it, so that whoever is lent it cannot take it off. */
static bool
is_lent_root(void)
{
	static const char *const names[] = { "SUDO_UID", "PKEXEC_UID",
		"DOAS_USER" };

	for (size_t i = 0; geteuid() == 0 && i < JK_COUNT(names); i++) {
		const char *who = secure_getenv(names[i]);

		if (who != NULL && strcmp(who, "0") != 0 &&
		    strcmp(who, "root") != 0)
			return true;
	}
	return false;
}

static int
check_places(struct jk_call *call)
{
	call->elsewhere = is_elsewhere(call);
	if (!call->elsewhere || !is_lent_root())
		return EXIT_OK;
	fputs(_("jukinetctl: with sudo it works on this machine's own "
	        "registry: leave out the options that name directories\n"),
	    stderr);
	return EXIT_REFUSED;
}

/* Has it verbs to be listed? */
static bool
has_verbs(const char *noun)
{
	for (size_t t = 0; t < JK_COUNT(tables); t++)
		for (const struct jk_command *c = tables[t]; c->noun != NULL;
		     c++)
			if (strcmp(noun, c->noun) == 0 && c->verb[0] != '\0')
				return true;
	return false;
}

/* What is not a command: help, version, the table. */
static bool
answer(int argc, char **argv)
{
	if (argc >= 2 && strcmp(argv[1], "--help") == 0)
		print_help(NULL);
	else if (argc == 2 && strcmp(argv[1], "--version") == 0)
		puts("jukinetctl " JK_VERSION);
	else if (argc == 2 && strcmp(argv[1], "commands") == 0)
		print_table();
	else if (argc == 3 && has_verbs(argv[1]) &&
	         strcmp(argv[2], "--help") == 0)
		print_help(argv[1]);
	else
		return false;
	return true;
}

int
jk_call_parse(int argc, char **argv, struct jk_call *ret, bool *ret_done)
{
	int status, words = 0;

	*ret_done = answer(argc, argv);
	if (*ret_done)
		return EXIT_OK;
	if (argc < 2)
		return jk_usage_error(_("a noun and a verb are needed"));
	ret->command = find(argc, argv, &words);
	if (ret->command == NULL)
		return jk_usage_error(_("unknown command \"%s%s%s\""), argv[1],
		    argc > 2 ? " " : "", argc > 2 ? argv[2] : "");
	status = take_options(argc - words, argv + words, ret);
	if (status == EXIT_OK && jk_call_has(ret, "help")) {
		print_command_help(ret->command);
		*ret_done = true;
		return EXIT_OK;
	}
	if (status == EXIT_OK)
		status = take_words(argc - words, argv + words, ret);
	if (status == EXIT_OK)
		status = check_reason(ret);
	if (status != EXIT_OK)
		return status;
	set_globals(ret);
	return check_places(ret);
}

const char *
jk_call_get_nth(const struct jk_call *call, const char *name, size_t n)
{
	for (size_t i = 0; i < call->n; i++)
		if (strcmp(call->value[i].param->name, name) == 0 && n-- == 0)
			return call->value[i].text;
	return NULL;
}

const char *
jk_call_get(const struct jk_call *call, const char *name)
{
	return jk_call_get_nth(call, name, 0);
}

bool
jk_call_has(const struct jk_call *call, const char *name)
{
	return jk_call_get(call, name) != NULL;
}

const char *
jk_call_name(const struct jk_call *call)
{
	static char name[64];

	(void)snprintf(name, sizeof(name), "%s%s%s", call->command->noun,
	    call->command->verb[0] != '\0' ? "." : "", call->command->verb);
	return name;
}
