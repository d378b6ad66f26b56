/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jukinetctl key request | import: the terminal's side. Its own key pair is
 * root's and never leaves it; what is exported to that is taken in as a whole,
 * and adds keys: none that is here is changed or removed by it.
 */
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "callerfile.h"
#include "config.h"
#include "file.h"
#include "format.h"
#include "key.h"
#include "keyact.h"
#include "keycms.h"
#include "output.h"
#include "secret.h"
#include "snapshot.h"

#define TEXT_SIZE ((size_t)JK_KEYS_MAX * JK_KEY_TEXT_MAX + 1)

/* JK_ERR_NOT_FOUND: there is none yet. */
static enum jk_err
read_pair(const struct jk_keyact *a, char ret[static JK_KEYCMS_PAIR],
    size_t *ret_len)
{
	JK_CLEANUP(jk_fd_close) int fd = -1;
	ssize_t n;
	size_t at = 0;
	enum jk_err e =
	    jk_file_open_in(a->dir, JK_KEYACT_TERMINAL, 0, &fd, NULL);

	if (e == JK_ERR_SYS && errno == ENOENT)
		return JK_ERR_NOT_FOUND;
	if (e != JK_OK)
		return e;
	while ((n = read(fd, ret + at, JK_KEYCMS_PAIR - 1 - at)) > 0)
		at += (size_t)n;
	ret[at] = '\0';
	*ret_len = at;
	return n == 0 ? JK_OK : JK_ERR_SYS;
}

/* As jukinet.conf names it, by way of the snapshot. */
static enum jk_err
own_name(const struct jk_call *call, char ret[static JK_ID_MAX + 1])
{
	JK_CLEANUP(jk_snapshot_close) struct jk_snapshot *snapshot = NULL;
	struct jk_settings settings = { 0 };
	char path[PATH_MAX];
	enum jk_err e;

	(void)snprintf(path, sizeof(path), "%s/" JK_SNAPSHOT_NAME,
	    call->global.state_dir);
	e = jk_snapshot_open(path, &snapshot);
	if (e == JK_OK)
		e = jk_snapshot_settings(snapshot, &settings);
	if (e == JK_OK)
		memcpy(ret, settings.terminal, sizeof(settings.terminal));
	return e;
}

static enum jk_err
make_pair(struct jk_keyact *a, const char *name,
    char pair[static JK_KEYCMS_PAIR], size_t *ret_len)
{
	enum jk_err e = jk_keycms_pair(name, a->change.now, pair);

	if (e == JK_OK)
		e = jk_newfile_sweep(a->dir, JK_KEYACT_TERMINAL);
	*ret_len = strlen(pair);
	return e == JK_OK ? jk_file_write_atomic(a->dir, JK_KEYACT_TERMINAL,
	                        0600, 0, 0, pair, *ret_len)
	                  : e;
}

static int
print_certificate(struct jk_keyact *a, const char *pair, size_t len)
{
	struct jk_recipient own = { 0 };
	const char *fault = jk_recipient_read(pair, len, a->change.now, &own);
	int status = EXIT_OK;

	if (fault != NULL)
		status = jk_change_refuse(&a->change, JK_WHY_ROW_BAD,
		    _("%s: %s: make a new pair with --new"), JK_KEYACT_TERMINAL,
		    _(fault));
	else if (!jk_keyact_record(a, own.digest))
		status = EXIT_LATER;
	else if (jk_recipient_print(&own) != JK_OK)
		status = EXIT_REFUSED;
	else
		fprintf(stderr,
		    _("the certificate of terminal \"%s\" has the SHA-256\n"
		      "%s\n"
		      "Send it to the officer who keeps the keys, and read "
		      "this out to him.\n"),
		    own.name, own.digest);
	jk_recipient_clear(&own);
	return status;
}

static int
request(struct jk_keyact *a, char pair[static JK_KEYCMS_PAIR])
{
	const struct jk_call *call = a->change.call;
	char name[JK_ID_MAX + 1] = "";
	size_t len = 0;
	enum jk_err e = own_name(call, name);

	if (e != JK_OK)
		return jk_change_refuse(&a->change, JK_WHY_POLICY_BAD, "%s",
		    _("this terminal has no snapshot that could name it: run "
		      "\"jukinetctl registry build\""));
	jk_keyact_set_object(a, "terminal", name);
	e = jk_call_has(call, "new") ? JK_ERR_NOT_FOUND
	                             : read_pair(a, pair, &len);
	if (e == JK_ERR_NOT_FOUND)
		e = make_pair(a, name, pair, &len);
	if (e != JK_OK)
		return jk_keyact_fail(a, JK_KEYACT_TERMINAL, e);
	return print_certificate(a, pair, len);
}

static int
with_pair(const struct jk_call *call,
    int (*run)(struct jk_keyact *, char pair[static JK_KEYCMS_PAIR]))
{
	struct jk_keyact a;
	void *pair = NULL;
	int status = jk_keyact_begin(call, &jk_key_rule, JK_KEYACT_CHANGE, &a);

	if (status == EXIT_OK && jk_locked_new(JK_KEYCMS_PAIR, &pair) != JK_OK)
		status = jk_keyact_fail(&a, JK_KEYACT_TERMINAL, JK_ERR_NOMEM);
	if (status == EXIT_OK)
		status = run(&a, pair);
	jk_locked_free(pair, JK_KEYCMS_PAIR);
	jk_keyact_end(&a);
	return status;
}

int
jk_key_request(const struct jk_call *call)
{
	if (call->global.dry_run)
		return jk_usage_error(_("this cannot be tried"));
	return with_pair(call, request);
}

struct import {
	struct jk_keyact *act;
	const char *path;
	struct jk_keyring *given;
	int64_t used[JK_KEY_USES]; /* since when the one in use here; 0: none */
	bool is_new[JK_KEYS_MAX];
	size_t n_new;
};

static int refuse(struct import *m, const char *format, ...) JK_PRINTF(2, 3);

static int
refuse(struct import *m, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return jk_change_refuse(&m->act->change, JK_WHY_ROW_BAD, "%s: %s",
	    m->path, text);
}

static int
say_unopened(struct import *m, enum jk_err e)
{
	if (e == JK_ERR_REFUSED)
		return refuse(m, "%s",
		    _("this was not exported for this terminal, or it was "
		      "damaged on the way"));
	return refuse(m, "%s",
	    e == JK_ERR_SYS ? strerror(errno) : _(jk_err_text(e)));
}

/* What is in it, still apart from what is here. */
static int
take_given(struct import *m, const char *pair)
{
	JK_CLEANUP(jk_file_text_free) char *sealed = NULL;
	size_t sealed_len = 0, len = 0;
	void *text;
	enum jk_err e =
	    jk_callerfile_read(m->path, JK_KEYCMS_FILE, &sealed, &sealed_len);

	if (e != JK_OK)
		return say_unopened(m, e);
	if (jk_locked_new(TEXT_SIZE, &text) != JK_OK)
		return jk_keyact_fail(m->act, m->path, JK_ERR_NOMEM);
	e = jk_keycms_open(pair, sealed, sealed_len, text, TEXT_SIZE, &len);
	if (e == JK_OK)
		e = jk_keyring_new(&m->given);
	if (e == JK_OK)
		e = jk_keyring_add_text(m->given, text, len);
	if (e == JK_OK && jk_keyring_count(m->given) == 0)
		e = JK_ERR_FORMAT;
	jk_locked_free(text, TEXT_SIZE);
	return e == JK_OK ? EXIT_OK : say_unopened(m, e);
}

/*
 * Anybody can seal something for this terminal: its certificate travels in the
 * open. What the officer has read on his screen nobody else can make fit.
 */
static int
check_given(struct import *m, const char *wanted)
{
	char check[JK_KEYACT_CHECK + 1];

	if (wanted == NULL)
		return EXIT_OK;
	if (jk_keyact_check(m->given, NULL, jk_keyring_count(m->given),
	        check) != JK_OK)
		return say_unopened(m, JK_ERR_CRYPTO);
	if (strcmp(check, wanted) == 0)
		return EXIT_OK;
	return refuse(m,
	    _("these are not the keys that were exported: their check is %s, "
	      "not %s: nothing was taken in"),
	    check, wanted);
}

/* Two of one id are one key, or one of them is wrong. */
static int
compare(struct import *m, size_t i)
{
	struct jk_keyring *here = m->act->ring;
	const struct jk_office_key *key = jk_keyring_at(m->given, i);
	const size_t at = jk_keyring_find(here, key->id);
	enum jk_err e;

	jk_keyact_set_object(m->act, "key", key->id);
	/* The check is made with the key, over all of it. */
	if (at != JK_KEYS_NONE)
		return strcmp(jk_keyring_at(here, at)->check, key->check) == 0
		           ? EXIT_OK
		           : refuse(m,
		                 _("another key \"%s\" is here already: "
		                   "nothing was taken in"),
		                 key->id);
	e = jk_keyring_add(here, key);
	if (e == JK_ERR_EXISTS)
		return refuse(m,
		    _("key \"%s\" has the bytes or the time of another that is "
		      "here already: nothing was taken in"),
		    key->id);
	if (e != JK_OK)
		return say_unopened(m, e);
	m->is_new[i] = true;
	m->n_new++;
	return EXIT_OK;
}

static void
note_used(struct import *m)
{
	for (enum jk_key_use use = 0; use < JK_KEY_USES; use++) {
		const size_t at =
		    jk_keyring_current(m->act->ring, use, m->act->change.now);

		if (at != JK_KEYS_NONE)
			m->used[use] = jk_keyring_at(m->act->ring, at)->from;
	}
}

/* The one before was used here for longer than the dates say. */
static void
warn_of_late(const struct import *m, const struct jk_office_key *key)
{
	const int64_t used = m->used[key->use];

	if (used != 0 && key->from > used && key->from <= m->act->change.now)
		fprintf(stderr,
		    _("note: key %s is used elsewhere from %s on already: what "
		      "was recorded here since has the key before it\n"),
		    key->id, jk_show_from(key->from));
}

static int
install(struct import *m, size_t i)
{
	const struct jk_office_key *key = jk_keyring_at(m->given, i);
	const struct jk_change *c = &m->act->change;
	int status;

	if (c->call->global.dry_run) {
		printf(_("key %s would be taken in\n"), key->id);
		return EXIT_OK;
	}
	status = jk_keyact_put(m->act, key);
	if (status != EXIT_OK)
		return status;
	warn_of_late(m, key);
	printf(_("key %s is taken in: %s, from %s on, check %.16s\n"), key->id,
	    jk_key_use_name(key->use), jk_show_from(key->from), key->check);
	return EXIT_OK;
}

/* The newest first: whatever ends this half-way, an older key that was replaced
 * elsewhere is never in use here. */
static int
install_all(struct import *m)
{
	int status = EXIT_OK;

	if (m->n_new == 0)
		puts(_("every one of these keys is here already"));
	for (size_t i = jk_keyring_count(m->given); status == EXIT_OK && i > 0;
	     i--)
		if (m->is_new[i - 1])
			status = install(m, i - 1);
	return status;
}

static int
import(struct jk_keyact *a, char pair[static JK_KEYCMS_PAIR])
{
	struct import m = {
		.act = a,
		.path = jk_call_get(a->change.call, "FILE"),
	};
	size_t len = 0;
	enum jk_err e = read_pair(a, pair, &len);
	int status;

	if (e == JK_ERR_NOT_FOUND)
		return jk_change_refuse(&a->change, JK_WHY_ROW_NONE, "%s",
		    _("this terminal has no key pair yet: begin with "
		      "\"jukinetctl key request\""));
	if (e != JK_OK)
		return jk_keyact_fail(a, JK_KEYACT_TERMINAL, e);
	note_used(&m);
	status = take_given(&m, pair);
	if (status == EXIT_OK)
		status = check_given(&m, jk_call_get(a->change.call, "check"));
	for (size_t i = 0; status == EXIT_OK && i < jk_keyring_count(m.given);
	     i++)
		status = compare(&m, i);
	if (status == EXIT_OK)
		status = install_all(&m);
	jk_keyring_free(&m.given);
	return status;
}

int
jk_key_import(const struct jk_call *call)
{
	const char *check = jk_call_get(call, "check");

	if (check != NULL &&
	    (strlen(check) != JK_KEYACT_CHECK ||
	        strspn(check, "0123456789abcdef") != JK_KEYACT_CHECK))
		return jk_usage_error(
		    _("\"%s\" is no check of an export (%d digits)"), check,
		    JK_KEYACT_CHECK);
	return with_pair(call, import);
}
