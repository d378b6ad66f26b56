/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jukinetctl key create | rotate | list | expire: the keys by which a resident
 * is told again in the log, and an answer as ours (requirement 5.9).
 */
#include "key.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "hex.h"
#include "keyact.h"
#include "output.h"

#define NUMBER_MAX 9999
/* Of a key's check, as much as people compare. */
#define CHECK_SHOWN 16

const struct jk_rule jk_key_rule = { JK_OP_KEY, JK_FUNCTION_COUNT,
	{ .roles = (1u << JK_ROLE_SYSTEM_MANAGER) |
	           (1u << JK_ROLE_SECURITY_OFFICER) } };

/* What was asked for, before there are bytes. */
struct wanted {
	enum jk_key_use use;
	const char *id; /* NULL: the next number */
	int64_t from;   /* 0: now */
	unsigned keep_years;
};

/* Of at most four digits; -1: anything else. */
static int
read_number(const char *text)
{
	const size_t n = strlen(text);

	return n >= 1 && n <= 4 && strspn(text, "0123456789") == n
	           ? (int)strtol(text, NULL, 10)
	           : -1;
}

static int
read_years(const struct jk_call *call, unsigned *ret)
{
	const char *text = jk_call_get(call, "keep-years");
	const int n = text == NULL ? JK_KEY_YEARS : read_number(text);

	if (n < 1 || n > JK_KEY_YEARS_MAX)
		return jk_usage_error(_("\"%s\" is no number of years (1 to "
		                        "%d)"),
		    text, JK_KEY_YEARS_MAX);
	*ret = (unsigned)n;
	return EXIT_OK;
}

static int
read_from(const struct jk_call *call, int64_t *ret)
{
	const char *text = jk_call_get(call, "from");

	*ret = 0;
	if (text == NULL || jk_date_parse(text, ret) == JK_OK ||
	    jk_time_parse(text, ret) == JK_OK)
		return EXIT_OK;
	return jk_usage_error(
	    _("\"%s\" is no date (YYYY-MM-DD or \"YYYY-MM-DD HH:MM\")"), text);
}

static int
read_wanted(const struct jk_call *call, struct wanted *ret)
{
	int status;

	ret->use = jk_keyact_kind(call, &status);
	if (status == EXIT_OK)
		status = read_years(call, &ret->keep_years);
	if (status == EXIT_OK)
		status = read_from(call, &ret->from);
	if (status != EXIT_OK)
		return status;
	ret->id = jk_call_get(call, "id");
	if (ret->id != NULL && !jk_key_id_is_valid(ret->id, ret->use))
		return jk_usage_error(
		    _("\"%s\" is no id of a key: \"%c\" and a number up to %d"),
		    ret->id, ret->use == JK_KEY_SUBJECT ? 'k' : 'r',
		    NUMBER_MAX);
	return EXIT_OK;
}

/* The last of its kind, or NULL. */
static const struct jk_office_key *
newest(const struct jk_keyring *ring, enum jk_key_use use)
{
	const struct jk_office_key *found = NULL;

	for (size_t i = 0; i < jk_keyring_count(ring); i++)
		if (jk_keyring_at(ring, i)->use == use)
			found = jk_keyring_at(ring, i);
	return found;
}

static int
next_number(const struct jk_keyring *ring, enum jk_key_use use)
{
	int n, most = 0;

	for (size_t i = 0; i < jk_keyring_count(ring); i++) {
		const struct jk_office_key *key = jk_keyring_at(ring, i);

		n = read_number(key->id + 1);
		if (key->use == use && n > most)
			most = n;
	}
	return most + 1;
}

static int
name(struct jk_keyact *a, const struct wanted *w, struct jk_office_key *key)
{
	const int n = next_number(a->ring, w->use);

	if (w->id != NULL) {
		strcpy(key->id, w->id);
	} else if (n > NUMBER_MAX) {
		return jk_change_refuse(&a->change, JK_WHY_ROW_BAD, "%s",
		    _("there is no number left: choose an id with --id"));
	} else {
		(void)snprintf(key->id, sizeof(key->id), "%c%u",
		    w->use == JK_KEY_SUBJECT ? 'k' : 'r',
		    (unsigned)n % (NUMBER_MAX + 1));
	}
	jk_keyact_set_object(a, "key", key->id);
	if (jk_keyring_find(a->ring, key->id) == JK_KEYS_NONE)
		return EXIT_OK;
	return jk_change_refuse(&a->change, JK_WHY_ROW_EXISTS,
	    _("there is a key \"%s\" already"), key->id);
}

static int
date(struct jk_keyact *a, const struct wanted *w, struct jk_office_key *key)
{
	const struct jk_office_key *last = newest(a->ring, w->use);

	key->from = w->from != 0 ? w->from : a->change.now;
	if (key->from < a->change.now)
		return jk_change_refuse(&a->change, JK_WHY_ROW_BAD, "%s",
		    _("a key is used from now on or later: what was recorded "
		      "before was not recorded with it"));
	if (last != NULL && key->from <= last->from)
		return jk_change_refuse(&a->change, JK_WHY_ROW_BAD,
		    _("key \"%s\" is used from %s on: the next one begins "
		      "after it"),
		    last->id, jk_show_from(last->from));
	return EXIT_OK;
}

static int
make(struct jk_keyact *a, const struct wanted *w)
{
	struct jk_office_key key = { .use = w->use,
		.keep_years = w->keep_years };
	int status = name(a, w, &key);
	enum jk_err e;

	if (status == EXIT_OK)
		status = date(a, w, &key);
	if (status != EXIT_OK)
		return status;
	e = jk_random(key.bytes, sizeof(key.bytes));
	if (e == JK_OK)
		e = jk_key_seal(&key);
	if (e == JK_OK)
		e = jk_keyring_add(a->ring, &key);
	if (e != JK_OK)
		status = jk_keyact_fail(a, key.id, e);
	else if (!a->change.call->global.dry_run)
		status = jk_keyact_put(a, &key);
	if (status == EXIT_OK && a->change.call->global.dry_run)
		printf(_("key %s would be made, and used from %s on\n"), key.id,
		    jk_show_from(key.from));
	else if (status == EXIT_OK)
		printf(_("key %s is made, and used from %s on; its check is "
		         "%.*s\n"),
		    key.id, jk_show_from(key.from), CHECK_SHOWN, key.check);
	explicit_bzero(&key, sizeof(key));
	return status;
}

static int
run_make(const struct jk_call *call, bool first)
{
	struct wanted wanted;
	struct jk_keyact a;
	int status = read_wanted(call, &wanted);

	if (status != EXIT_OK)
		return status;
	status = jk_keyact_begin(call, &jk_key_rule, JK_KEYACT_CHANGE, &a);
	if (status == EXIT_OK && first && newest(a.ring, wanted.use) != NULL)
		status = jk_change_refuse(&a.change, JK_WHY_ROW_EXISTS, "%s",
		    _("there is a key of this kind already: replace it with "
		      "\"jukinetctl key rotate\""));
	else if (status == EXIT_OK && !first &&
	         newest(a.ring, wanted.use) == NULL)
		status = jk_change_refuse(&a.change, JK_WHY_ROW_NONE, "%s",
		    _("there is no key of this kind: make the first with "
		      "\"jukinetctl key create\""));
	else if (status == EXIT_OK)
		status = make(&a, &wanted);
	jk_keyact_end(&a);
	return status;
}

static int
run_create(const struct jk_call *call)
{
	return run_make(call, true);
}

static int
run_rotate(const struct jk_call *call)
{
	return run_make(call, false);
}

static const char *
state_of(const struct jk_keyact *a, size_t i)
{
	const struct jk_office_key *key = jk_keyring_at(a->ring, i);

	if (key->from > a->change.now)
		return N_("to come");
	return jk_keyring_current(a->ring, key->use, a->change.now) == i
	           ? N_("in use")
	           : N_("replaced");
}

static int
print_list(const struct jk_keyact *a)
{
	static const struct jk_column columns[] = {
		{ "id", N_("Key") },
		{ "kind", N_("Kind") },
		{ "state", N_("State") },
		{ "from", N_("Used from") },
		{ "kept-until", N_("Kept until") },
		{ "check", N_("Check") },
		{ NULL, NULL },
	};
	const bool json = a->change.call->global.json;
	struct jk_table *table = jk_table_new(columns, json);

	for (size_t i = 0; i < jk_keyring_count(a->ring); i++) {
		const struct jk_office_key *key = jk_keyring_at(a->ring, i);
		const int64_t until = jk_keyring_kept_until(a->ring, i);
		const char *state = state_of(a, i);
		char check[CHECK_SHOWN + 1];

		(void)snprintf(check, sizeof(check), "%.*s", CHECK_SHOWN,
		    key->check);
		jk_table_add(table,
		    (const char *[]){ key->id, jk_key_use_name(key->use),
		        json ? state : _(state), jk_show_from(key->from),
		        until != 0 ? jk_show_from(until) : "", check });
	}
	return jk_table_print(&table);
}

static int
run_list(const struct jk_call *call)
{
	struct jk_keyact a;
	int status = jk_keyact_list(call, &a);

	if (status == EXIT_OK)
		status = print_list(&a);
	jk_keyact_end(&a);
	return status;
}

static int
remove_key(struct jk_keyact *a, const char *id)
{
	jk_keyact_set_object(a, "key", id);
	if (a->change.call->global.dry_run) {
		printf(_("key %s would be removed\n"), id);
		return EXIT_OK;
	}
	if (!jk_keyact_record(a, NULL))
		return EXIT_LATER;
	if (unlinkat(a->dir, id, 0) != 0 || fsync(a->dir) != 0)
		return jk_keyact_fail(a, id, JK_ERR_SYS);
	printf(_("key %s is removed\n"), id);
	return EXIT_OK;
}

static int
run_expire(const struct jk_call *call)
{
	struct jk_keyact a;
	size_t removed = 0;
	int status = jk_keyact_begin(call, &jk_key_rule, JK_KEYACT_CHANGE, &a);

	for (size_t i = 0; status == EXIT_OK && i < jk_keyring_count(a.ring);
	     i++) {
		const int64_t until = jk_keyring_kept_until(a.ring, i);

		if (until == 0 || until > a.change.now)
			continue;
		status = remove_key(&a, jk_keyring_at(a.ring, i)->id);
		removed++;
	}
	if (status == EXIT_OK && removed == 0)
		puts(_("every key is still kept"));
	jk_keyact_end(&a);
	return status;
}

#define KIND                                                           \
	{                                                              \
		JK_PARAM_VALUE, "kind", "subject|receipt",             \
		    N_("for residents (the default), or for receipts") \
	}
#define MAKE                                                                 \
	{ JK_PARAM_VALUE, "id", "ID",                                        \
		N_("instead of the next number: k2027") },                   \
	    { JK_PARAM_VALUE, "from", "DATE",                                \
		    N_("when it is used first; else now") },                 \
	{                                                                    \
		JK_PARAM_VALUE, "keep-years", "NUMBER",                      \
		    N_("how long it is kept after the next one replaced it") \
	}

const struct jk_command jk_key_commands[] = {
	{ "key", "create", run_create, N_("make the first key of a kind"),
	    { KIND, MAKE } },
	{ "key", "rotate", run_rotate, N_("make the next one"),
	    { KIND, MAKE } },
	{ "key", "list", run_list, N_("list the keys of this machine"),
	    { { 0 } } },
	{ "key", "request", jk_key_request,
	    N_("print this terminal's certificate, to which keys are exported"),
	    { { JK_PARAM_FLAG, "new", NULL,
	        N_("with a new key pair: the old one was lost or seen") } } },
	{ "key", "export", jk_key_export,
	    N_("print the keys, readable to one terminal only"),
	    { { JK_PARAM_VALUE, "for", "FILE",
	          N_("certificate that \"key request\" printed there") },
	        { JK_PARAM_VALUE, "receipt-for", "FILE",
	            N_("certificate of a business server: the receipt keys "
	               "alone") },
	        { JK_PARAM_VALUE, "kind", "subject|receipt",
	            N_("of this kind only") } } },
	{ "key", "import", jk_key_import,
	    N_("take in what was exported for this terminal"),
	    { { JK_PARAM_WORD, "FILE", NULL,
	          N_("what \"key export\" printed") },
	        { JK_PARAM_VALUE, "check", "CHECK",
	            N_("that \"key export\" said: nothing else is taken "
	               "in") } } },
	{ "key", "expire", run_expire,
	    N_("remove the keys whose time of keeping is over"), { { 0 } } },
	{ 0 },
};
