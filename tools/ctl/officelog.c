/* SPDX-License-Identifier: BSD-2-Clause */
#include "officelog.h"

#include <errno.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <libaudit.h>

#include "hex.h"
#include "record.h"
#include "write.h"

/* Of a hash, as much as a record shows. */
#define HASH_SHOWN 16

/* The account that the kernel stamps as auid, by name. */
static void
set_account(struct jk_record *r)
{
	const uid_t loginuid = audit_getloginuid();
	const struct passwd *entry =
	    loginuid == (uid_t)-1 ? NULL : getpwuid(loginuid);

	(void)jk_record_set(r, JK_REC_ACCT,
	    entry != NULL ? entry->pw_name : "root");
}

static enum jk_err
send_record(struct jk_record *record)
{
	char id[JK_ID_LEN + 1];
	int fd = audit_open();
	enum jk_err e;

	if (fd < 0)
		return JK_ERR_SYS;
	set_account(record);
	e = jk_id_new(id);
	if (e == JK_OK)
		e = jk_record_set(record, JK_REC_ID, id);
	if (e == JK_OK)
		e = jk_record_send(fd, record);
	audit_close(fd);
	return e;
}

/* A record holds no id as long as a row's may be. A change is named by the
 * ledger's entry, and the record names that; a refusal must not go unrecorded
 * because of what it was about. */
static enum jk_err
set_object(struct jk_record *record, const char *object)
{
	char kind[JK_ID_MAX];

	if (jk_record_set(record, JK_REC_OBJECT, object) == JK_OK)
		return JK_OK;
	(void)snprintf(kind, sizeof(kind), "%.*s:-", (int)strcspn(object, ":"),
	    object);
	return jk_record_set(record, JK_REC_OBJECT, kind);
}

static bool
complain(enum jk_err e)
{
	if (e == JK_OK)
		return true;
	fprintf(stderr,
	    _("jukinetctl: the change stands in the ledger, but its audit "
	      "record could not be written (%s): the next command writes it\n"),
	    e == JK_ERR_SYS ? strerror(errno) : _(jk_err_text(e)));
	return false;
}

static const char *
note_of(const struct jk_ledger_entry *entry, const char *key)
{
	for (size_t i = 0; i < entry->n_notes; i++)
		if (strcmp(entry->note[i].key, key) == 0)
			return entry->note[i].value;
	return "";
}

static enum jk_op
find_op(const char *name)
{
	for (enum jk_op op = 0; op < JK_OP_COUNT; op++)
		if (strcmp(jk_op_name(op), name) == 0)
			return op;
	return JK_OP_CONFIG;
}

static enum jk_err
make_record(const struct jk_ledger_entry *entry,
    const struct jk_ledger_head *head, struct jk_record *ret)
{
	char ledger[24 + HASH_SHOWN];
	enum jk_err e;

	*ret = (struct jk_record){
		.op = find_op(note_of(entry, "op")),
		.success = true,
	};
	(void)snprintf(ledger, sizeof(ledger), "%" PRIu64 ":%.*s",
	    entry->number, HASH_SHOWN, head->hash);
	if ((e = jk_record_set(ret, JK_REC_FOR, entry->command)) != JK_OK ||
	    (e = jk_record_set(ret, JK_REC_PERSON, entry->by)) != JK_OK ||
	    (e = jk_record_set(ret, JK_REC_RIGHT, entry->opid)) != JK_OK ||
	    (e = jk_record_set(ret, JK_REC_SESSION, entry->session)) != JK_OK ||
	    (e = jk_record_set(ret, JK_REC_TERM, entry->terminal)) != JK_OK ||
	    (e = set_object(ret, note_of(entry, "object"))) != JK_OK)
		return e;
	return jk_record_set(ret, JK_REC_LEDGER, ledger);
}

static enum jk_err
record_entry(struct jk_store *store, const struct jk_ledger_entry *entry,
    const struct jk_ledger_head *head)
{
	struct jk_record record;
	enum jk_err e = make_record(entry, head, &record);

	if (e == JK_OK)
		e = send_record(&record);
	return e == JK_OK ? jk_store_set_recorded(store, entry->number) : e;
}

bool
jk_officelog_change(struct jk_store *store, const struct jk_ledger_entry *entry,
    const struct jk_ledger_head *head)
{
	return complain(record_entry(store, entry, head));
}

static enum jk_err
catch_up(void *ctx, const struct jk_ledger_entry *entry,
    const struct jk_ledger_head *head)
{
	struct jk_store *store = ctx;

	if (entry->number <= jk_store_recorded(store))
		return JK_OK;
	return record_entry(store, entry, head);
}

void
jk_officelog_catch_up(struct jk_store *store)
{
	struct jk_ledger_fault fault;

	if (jk_store_recorded(store) < jk_store_head(store)->number)
		(void)complain(
		    jk_store_entries(store, catch_up, store, &fault));
}

/* Who, from where, with which command. */
static enum jk_err
set_actor(struct jk_record *record, const struct jk_change *c)
{
	enum jk_err e =
	    jk_record_set(record, JK_REC_FOR, jk_call_name(c->call));

	if (e == JK_OK)
		e = jk_record_set(record, JK_REC_PERSON,
		    c->actor.console ? JK_LEDGER_CONSOLE : c->actor.person);
	if (e == JK_OK)
		e = jk_record_set(record, JK_REC_SESSION, c->actor.session);
	if (e == JK_OK)
		e = jk_record_set(record, JK_REC_TERM, c->actor.terminal);
	return e;
}

bool
jk_officelog_act(const struct jk_change *c, const struct jk_fact *facts,
    size_t n)
{
	struct jk_record record = { .op = c->rule->op, .success = true };
	enum jk_err e = set_actor(&record, c);

	if (e == JK_OK)
		e = jk_record_set(&record, JK_REC_RIGHT, c->actor.opid);
	for (size_t i = 0; i < n && e == JK_OK; i++)
		e = jk_record_set(&record, facts[i].field, facts[i].value);
	if (e == JK_OK)
		e = send_record(&record);
	if (e == JK_OK)
		return true;
	fprintf(stderr,
	    _("jukinetctl: the audit record could not be written (%s), so "
	      "nothing was done\n"),
	    e == JK_ERR_SYS ? strerror(errno) : _(jk_err_text(e)));
	return false;
}

void
jk_officelog_refusal(const struct jk_change *c, enum jk_reason why)
{
	struct jk_record record = { .op = c->rule->op };
	enum jk_err e;

	if ((e = set_actor(&record, c)) != JK_OK ||
	    (e = jk_record_set(&record, JK_REC_WHY, jk_reason_code(why))) !=
	        JK_OK ||
	    (e = set_object(&record, c->object)) != JK_OK ||
	    (e = send_record(&record)) != JK_OK)
		fprintf(stderr,
		    _("jukinetctl: the refusal could not be recorded: %s\n"),
		    _(jk_err_text(e)));
}
