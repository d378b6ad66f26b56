/* SPDX-License-Identifier: BSD-2-Clause */
#include "change.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "format.h"
#include "jukinetctl.h"
#include "officelog.h"

#define LOCK_WAIT_MS 5000
/* The largest import takes some seconds; who reads our words may take for ever. */
#define LOCK_HOLD_S 60

static int
fail(const char *what, enum jk_err e)
{
	fprintf(stderr, "jukinetctl: %s: %s\n", what,
	    e == JK_ERR_SYS ? strerror(errno) : _(jk_err_text(e)));
	return e == JK_ERR_BUSY || e == JK_ERR_TIMEOUT ? EXIT_LATER
	                                               : EXIT_REFUSED;
}

/* Those that have ended stay in the registry, and take nobody's place. */
static void
add_roles(const struct jk_rowset *set, int64_t now, struct jk_actor *actor)
{
	for (size_t i = 0; i < set->role.n; i++) {
		const struct jk_role *role = jk_list_at(&set->role, i);

		if (actor->n_roles < JK_ROLES_MAX &&
		    jk_period_counts(&role->valid, now) &&
		    strcmp(role->person, actor->person) == 0)
			actor->roles[actor->n_roles++] = *role;
	}
}

/* Without the function the session alone is asked about. */
static int
find_actor(struct jk_change *c)
{
	enum jk_reason why =
	    jk_actor_find(c->call, c->rule->function, &c->actor);

	if (why != JK_WHY_GRANTED)
		return jk_change_refuse(c, why, "%s", jk_actor_explain(why));
	if (!c->actor.console && c->call->elsewhere)
		return jk_change_refuse(c, JK_WHY_CALLER_FOREIGN, "%s",
		    _("an officer changes this machine's own registry: leave "
		      "out the options that name directories"));
	if (c->actor.console)
		fputs(_("note: you act as root@console, because root has no "
		        "session here; this stands in the ledger and is "
		        "listed as a finding\n"),
		    stderr);
	return EXIT_OK;
}

/*
 * The others wait for whoever holds the lock: neither ^Z nor a pipe that nobody
 * reads may make that long. To end at any moment is safe.
 */
static void
limit_hold(void)
{
	sigset_t set;

	(void)signal(SIGTSTP, SIG_IGN);
	(void)signal(SIGTTIN, SIG_IGN);
	(void)signal(SIGTTOU, SIG_IGN);
	/* Whoever started us may have had it ignored, or blocked. */
	(void)signal(SIGALRM, SIG_DFL);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGALRM);
	(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
	(void)alarm(LOCK_HOLD_S);
}

static int
open_store(struct jk_change *c, enum jk_store_mode mode)
{
	struct jk_store_fault fault = { "" };
	enum jk_err e = jk_store_open(c->call->global.state_dir, 0, mode,
	    jk_boot_ms() + LOCK_WAIT_MS, &c->store, &fault);

	if (e == JK_OK && mode == JK_STORE_WRITE)
		limit_hold();
	if (e == JK_OK)
		return EXIT_OK;
	if (e == JK_ERR_BUSY)
		return fail(_("somebody else is changing the registry: try "
		              "again in a moment"),
		    e);
	return fail(fault.text[0] != '\0' ? fault.text
	                                  : c->call->global.state_dir,
	    e);
}

/* With --dry-run and in questions nobody has to be root. */
static int
read_rows(struct jk_change *c)
{
	enum jk_err e = jk_build_read(&c->build, &c->set, &c->report);

	if (e == JK_OK)
		return EXIT_OK;
	jk_print_report(&c->report);
	fputs(_("jukinetctl: the registry as it stands is not good: see "
	        "above, mend it first\n"),
	    stderr);
	return EXIT_REFUSED;
}

static int
begin(const struct jk_call *call, const struct jk_rule *rule,
    enum jk_store_mode mode, struct jk_change *ret)
{
	int status;

	*ret = (struct jk_change){
		.call = call,
		.rule = rule,
		.build = jk_build_for(call),
		.now = jk_real_s(),
	};
	jk_rowset_init(&ret->set);
	status = find_actor(ret);
	if (status == EXIT_OK)
		status = open_store(ret, mode);
	if (status != EXIT_OK)
		return status;
	ret->build.store = ret->store;
	if (mode == JK_STORE_WRITE)
		jk_officelog_catch_up(ret->store);
	status = read_rows(ret);
	if (status == EXIT_OK)
		add_roles(&ret->set, ret->now, &ret->actor);
	return status;
}

int
jk_change_begin(const struct jk_call *call, const struct jk_rule *rule,
    struct jk_change *ret)
{
	return begin(call, rule,
	    call->global.dry_run ? JK_STORE_READ : JK_STORE_WRITE, ret);
}

int
jk_change_look(const struct jk_call *call, const struct jk_rule *rule,
    struct jk_change *ret)
{
	return begin(call, rule, JK_STORE_READ, ret);
}

void
jk_change_end(struct jk_change *change)
{
	jk_ledger_entry_clear(&change->entry);
	jk_rowset_clear(&change->set);
	jk_report_clear(&change->report);
	jk_store_close(&change->store);
}

static int
say_permitted(struct jk_change *c, enum jk_reason why, const char *department)
{
	if (why == JK_WHY_GRANTED)
		return EXIT_OK;
	if (why == JK_WHY_ROLE_DEPT && department[0] == '\0')
		return jk_change_refuse(c, why, "%s",
		    _("this concerns the whole office, and your role is for "
		      "one department: ask an officer of the whole office"));
	if (why == JK_WHY_ROLE_DEPT)
		return jk_change_refuse(c, why,
		    _("your role is for another department than \"%s\""),
		    department);
	return jk_change_refuse(c, why, "%s",
	    _("none of your roles may do this: ask the officer in charge"));
}

int
jk_change_permit(struct jk_change *c, const char *subject,
    const char *department)
{
	return say_permitted(c,
	    jk_duty_check(&c->rule->duty, &c->actor, subject, department,
	        c->now),
	    department);
}

enum jk_reason
jk_change_may_end(const struct jk_change *c, const struct jk_duty *duty,
    const char *person, const char **ret_department)
{
	for (size_t i = 0; i < c->set.role.n; i++) {
		const struct jk_role *role = jk_list_at(&c->set.role, i);
		enum jk_reason why;

		if (strcmp(role->person, person) != 0 ||
		    !jk_period_counts(&role->valid, c->now))
			continue;
		why = jk_duty_check(duty, &c->actor, "", role->department,
		    c->now);
		*ret_department = role->department;
		if (why != JK_WHY_GRANTED)
			return why;
	}
	return JK_WHY_GRANTED;
}

int
jk_change_permit_end(struct jk_change *c, const char *person)
{
	const char *department = "";
	const enum jk_reason why =
	    jk_change_may_end(c, &c->rule->duty, person, &department);

	return say_permitted(c, why, department);
}

int
jk_change_refuse(struct jk_change *c, enum jk_reason why, const char *format,
    ...)
{
	va_list args;

	fputs("jukinetctl: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, " (%s)\n", jk_reason_code(why));
	if (!c->call->global.dry_run)
		jk_officelog_refusal(c, why);
	if (why == JK_WHY_ROW_NONE)
		return EXIT_NONE;
	return why == JK_WHY_SERVICE_DOWN || why == JK_WHY_SERVICE_BUSY ||
	               why == JK_WHY_AUDIT_DOWN
	           ? EXIT_LATER
	           : EXIT_REFUSED;
}

/* What a record cannot hold (an account in capitals) the ledger's entry names,
 * and the record names that. */
static void
set_object(struct jk_change *c, const char *kind, const char *id)
{
	struct jk_record record = { 0 };

	if (c->object[0] != '\0')
		return;
	if (snprintf(c->object, sizeof(c->object), "%s:%s", kind, id) >=
	        (int)sizeof(c->object) ||
	    jk_record_set(&record, JK_REC_OBJECT, c->object) != JK_OK)
		(void)snprintf(c->object, sizeof(c->object), "%s:-", kind);
}

const struct jk_list *
jk_list_of(const struct jk_rowset *set, const char *kind)
{
	const struct {
		const char *kind;
		const struct jk_list *list;
	} lists[] = {
		{ "department", &set->department },
		{ "person", &set->person },
		{ "account", &set->account },
		{ "operator-id", &set->opid },
		{ "role", &set->role },
		{ "approval", &set->approval },
		{ "card", &set->card },
		{ "terminal", &set->terminal },
	};

	for (size_t i = 0; i < JK_COUNT(lists); i++)
		if (strcmp(lists[i].kind, kind) == 0)
			return lists[i].list;
	return NULL;
}

static const void *
find_row(const struct jk_rowset *set, const char *kind, const char *id)
{
	const struct jk_list *list = jk_list_of(set, kind);
	size_t i = list == NULL || list->order == NULL ? JK_NO_ROW
	                                               : jk_list_find(list, id);

	return i == JK_NO_ROW ? NULL : jk_list_at(list, i);
}

int
jk_change_row(struct jk_change *c, const char *kind, const char *id,
    struct jk_textrow *ret)
{
	const struct jk_textrow *row = jk_store_find(c->store, kind, id);
	const struct jk_list *list = jk_list_of(&c->set, kind);
	enum jk_err e;
	size_t i;

	set_object(c, kind, id);
	if (row != NULL) {
		e = jk_textrow_copy(row, ret);
		return e == JK_OK ? EXIT_OK : fail(id, e);
	}
	i = find_row(&c->set, kind, id) == NULL ? JK_NO_ROW
	                                        : jk_list_find(list, id);
	if (i == JK_NO_ROW)
		return jk_change_refuse(c, JK_WHY_ROW_NONE,
		    _("there is no %s \"%s\""), _(jk_noun(kind)), id);
	return jk_change_refuse(c, JK_WHY_ROW_FOREIGN,
	    _("%s \"%s\" is written by hand in %s:%u: change it there, or "
	      "take that file over with \"jukinetctl registry adopt\""),
	    _(jk_noun(kind)), id, list->places[i].file, list->places[i].line);
}

int
jk_change_is_new(struct jk_change *c, const char *kind, const char *id)
{
	set_object(c, kind, id);
	if (find_row(&c->set, kind, id) == NULL &&
	    jk_store_find(c->store, kind, id) == NULL)
		return EXIT_OK;
	return jk_change_refuse(c, JK_WHY_ROW_EXISTS,
	    _("there is a %s \"%s\" already"), _(jk_noun(kind)), id);
}

int
jk_change_put(struct jk_change *c, const struct jk_textrow *row)
{
	const char *fault = jk_store_row_fault(row);
	enum jk_err e;

	if (fault != NULL)
		return jk_change_refuse(c, JK_WHY_ROW_BAD, "%s: %s", row->id,
		    fault);
	e = jk_store_put(c->store, row);
	return e == JK_OK ? EXIT_OK : fail(row->id, e);
}

int
jk_change_remove(struct jk_change *c, const char *kind, const char *id)
{
	enum jk_err e = jk_store_remove(c->store, kind, id);

	return e == JK_OK ? EXIT_OK : fail(id, e);
}

int
jk_change_note(struct jk_change *c, const char *key, const char *value)
{
	struct jk_pair *pair = &c->entry.note[c->entry.n_notes];

	if (value == NULL || value[0] == '\0')
		return EXIT_OK;
	if (c->entry.n_notes == JK_LEDGER_NOTES_MAX)
		return fail(key, JK_ERR_TOO_BIG);
	pair->key = strdup(key);
	pair->value = strdup(value);
	c->entry.n_notes++;
	return pair->key != NULL && pair->value != NULL
	           ? EXIT_OK
	           : fail(key, JK_ERR_NOMEM);
}

int
jk_change_take(struct jk_change *c, struct jk_textrow *row,
    const char *const *keys)
{
	for (; *keys != NULL; keys++) {
		const char *value = jk_call_get(c->call, *keys);
		enum jk_err e;

		if (value == NULL)
			continue;
		e = jk_textrow_set(row, *keys,
		    strcmp(value, "-") == 0 ? "" : value);
		for (size_t i = 1;
		     e == JK_OK &&
		     (value = jk_call_get_nth(c->call, *keys, i)) != NULL;
		     i++)
			e = jk_textrow_add(row, *keys, value);
		if (e != JK_OK)
			return fail(*keys, e);
	}
	return EXIT_OK;
}

void
jk_change_new_id(const struct jk_change *c, const char *kind,
    const char *prefix, char ret[static JK_ID_MAX + 1])
{
	unsigned long long n = jk_store_head(c->store)->number;

	do
		(void)snprintf(ret, JK_ID_MAX + 1, "%s%04llu", prefix, ++n);
	while (find_row(&c->set, kind, ret) != NULL ||
	       jk_store_find(c->store, kind, ret) != NULL);
}

/* The whole, as it would stand: an own set, so that rules still see the old. */
static int
check_whole(struct jk_change *c)
{
	JK_CLEANUP(jk_report_clear) struct jk_report report = { 0 };
	JK_CLEANUP(jk_rowset_clear) struct jk_rowset set;
	enum jk_err e;

	jk_rowset_init(&set);
	e = jk_build_read(&c->build, &set, &report);
	if (e == JK_OK)
		return EXIT_OK;
	jk_print_report(&report);
	return jk_change_refuse(c, JK_WHY_ROW_BAD, "%s",
	    _("refused as a whole, nothing was changed: see above"));
}

static int
build_snapshot(const struct jk_call *call)
{
	JK_CLEANUP(jk_report_clear) struct jk_report report = { 0 };
	struct jk_build build = jk_build_for(call);
	char path[PATH_MAX];
	struct jk_build_result result;

	(void)snprintf(path, sizeof(path), "%s/" JK_SNAPSHOT_NAME,
	    call->global.state_dir);
	build.snapshot = path;
	build.registry_only = false;
	if (jk_build_run(&build, &report, &result) == JK_OK)
		return EXIT_OK;
	jk_print_report(&report);
	fputs(_("jukinetctl: the change is made and stands in the ledger, but "
	        "this terminal's snapshot could not be built: mend that and "
	        "run \"jukinetctl registry build\"\n"),
	    stderr);
	return EXIT_PARTLY;
}

/* What would be changed, row by row. */
static void
print_row(const struct jk_textrow *row)
{
	printf("[%s %s]\n", row->kind, row->id);
	for (size_t i = 0; i < row->n; i++)
		printf("%s = %s\n", row->pair[i].key, row->pair[i].value);
	putchar('\n');
}

static int
preview(struct jk_change *c)
{
	int status = check_whole(c);
	size_t n = jk_store_changes(c->store);

	if (status != EXIT_OK)
		return status;
	for (size_t i = 0; i < n; i++) {
		const struct jk_ledger_change *change =
		    jk_store_change_at(c->store, i);

		if (change->removed)
			printf("- [%s %s]\n\n", change->row.kind,
			    change->row.id);
		else
			print_row(&change->row);
	}
	printf(_("%zu rows would be changed; nothing was changed\n"), n);
	return EXIT_OK;
}

static void
fill_entry(struct jk_change *c)
{
	struct jk_ledger_entry *entry = &c->entry;

	entry->at = c->now;
	(void)snprintf(entry->by, sizeof(entry->by), "%s",
	    c->actor.console ? JK_LEDGER_CONSOLE : c->actor.person);
	(void)snprintf(entry->session, sizeof(entry->session), "%s",
	    c->actor.session);
	(void)snprintf(entry->opid, sizeof(entry->opid), "%s", c->actor.opid);
	(void)snprintf(entry->terminal, sizeof(entry->terminal), "%s",
	    c->actor.terminal);
	(void)snprintf(entry->command, sizeof(entry->command), "%s",
	    jk_call_name(c->call));
	(void)snprintf(entry->why, sizeof(entry->why), "%s",
	    c->call->global.why);
}

static int
commit(struct jk_change *c)
{
	struct jk_ledger_head head;
	int status = check_whole(c), built;
	enum jk_err e;

	if (status != EXIT_OK)
		return status;
	/* For who catches up after a crash: which record belongs to it. */
	status = jk_change_note(c, "op", jk_op_name(c->rule->op));
	if (status == EXIT_OK)
		status = jk_change_note(c, "object", c->object);
	if (status != EXIT_OK)
		return status;
	fill_entry(c);
	e = jk_store_commit(c->store, &c->entry, &head);
	if (e == JK_ERR_TRUNCATED) {
		fputs(_("jukinetctl: the ledger's disk failed: \"jukinetctl "
		        "ledger verify\" and a listing show whether the "
		        "change was made\n"),
		    stderr);
		return EXIT_PARTLY;
	}
	if (e != JK_OK)
		return fail(_("nothing was changed"), e);
	c->entry.number = head.number;
	status = jk_officelog_change(c->store, &c->entry, &head) ? EXIT_OK
	                                                         : EXIT_PARTLY;
	jk_store_close(&c->store);
	if (c->then != NULL && c->then(c) != EXIT_OK)
		return EXIT_PARTLY;
	built = build_snapshot(c->call);
	return status != EXIT_OK ? status : built;
}

int
jk_change_commit(struct jk_change *c, const char *format, ...)
{
	va_list args;
	int status;

	if (jk_store_changes(c->store) == 0) {
		puts(_("nothing to change"));
		return EXIT_OK;
	}
	if (c->call->global.dry_run)
		return preview(c);
	status = commit(c);
	if (status != EXIT_OK && status != EXIT_PARTLY)
		return status;
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	/* It is made, and nobody is to take it for refused. */
	return fflush(stdout) == 0 && ferror(stdout) == 0 ? status
	                                                  : EXIT_PARTLY;
}
