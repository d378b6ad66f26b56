/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jukinetctl key export: the keys that are still kept, for one terminal, or the
 * receipt keys for a business server. Sealed, recorded, and only then printed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "callerfile.h"
#include "file.h"
#include "key.h"
#include "keyact.h"
#include "keycms.h"
#include "secret.h"

#define TEXT_SIZE ((size_t)JK_KEYS_MAX * JK_KEY_TEXT_MAX)

struct export
{
	struct jk_keyact act;
	const char *path;    /* of the certificate */
	bool server;         /* of a business server */
	enum jk_key_use use; /* JK_KEY_USES: of all kinds */
	struct jk_recipient to;
	size_t n, which[JK_KEYS_MAX];
};

static int
read_options(const struct jk_call *call, struct export *ret)
{
	const char *terminal = jk_call_get(call, "for");
	const char *server = jk_call_get(call, "receipt-for");
	int status = EXIT_OK;

	if ((terminal == NULL) == (server == NULL))
		return jk_usage_error(_("say for whom: --for, or "
		                        "--receipt-for"));
	if (call->global.dry_run)
		return jk_usage_error(_("this cannot be tried"));
	ret->path = terminal != NULL ? terminal : server;
	ret->server = server != NULL;
	ret->use = JK_KEY_USES;
	if (ret->server && jk_call_has(call, "kind"))
		return jk_usage_error(_("a business server gets the receipt "
		                        "keys alone: leave out --kind"));
	if (ret->server)
		ret->use = JK_KEY_RECEIPT;
	else if (jk_call_has(call, "kind"))
		ret->use = jk_keyact_kind(call, &status);
	return status;
}

static int
read_certificate(struct export *x)
{
	JK_CLEANUP(jk_file_text_free) char *pem = NULL;
	struct jk_change *c = &x->act.change;
	const char *fault;
	size_t len = 0;
	enum jk_err e = jk_callerfile_read(x->path, JK_KEYCMS_FILE, &pem, &len);

	if (e != JK_OK)
		return jk_change_refuse(c, JK_WHY_ROW_BAD, "%s: %s", x->path,
		    e == JK_ERR_SYS ? strerror(errno) : _(jk_err_text(e)));
	fault = jk_recipient_read(pem, len, c->now, &x->to);
	if (fault == NULL && !x->server && !x->to.self_signed)
		fault = N_("this is not what \"key request\" printed");
	return fault == NULL ? EXIT_OK
	                     : jk_change_refuse(c, JK_WHY_ROW_BAD, "%s: %s",
	                           x->path, _(fault));
}

static int
check_terminal(struct export *x)
{
	struct jk_change *c = &x->act.change;
	const struct jk_terminal *terminal =
	    jk_find_terminal(&c->set, x->to.name);

	jk_keyact_set_object(&x->act, "terminal", x->to.name);
	if (terminal == NULL)
		return jk_change_refuse(c, JK_WHY_ROW_NONE,
		    _("there is no %s \"%s\""), _("terminal"), x->to.name);
	if (terminal->revoked)
		return jk_change_refuse(c, JK_WHY_TERMINAL_REVOKED,
		    _("terminal \"%s\" is revoked"), x->to.name);
	return EXIT_OK;
}

static int
choose(struct export *x)
{
	const struct jk_keyring *ring = x->act.ring;

	for (size_t i = 0; i < jk_keyring_count(ring); i++) {
		const int64_t until = jk_keyring_kept_until(ring, i);

		if ((x->use == JK_KEY_USES ||
		        x->use == jk_keyring_at(ring, i)->use) &&
		    (until == 0 || until > x->act.change.now))
			x->which[x->n++] = i;
	}
	if (x->n > 0)
		return EXIT_OK;
	return jk_change_refuse(&x->act.change, JK_WHY_ROW_NONE, "%s",
	    _("there is no key of this kind: make the first with "
	      "\"jukinetctl key create\""));
}

static enum jk_err
write_keys(const struct export *x, char *text, size_t *ret_len)
{
	size_t at = 0;

	for (size_t i = 0; i < x->n; i++) {
		enum jk_err e =
		    jk_key_write(jk_keyring_at(x->act.ring, x->which[i]),
		        text + at);

		if (e != JK_OK)
			return e;
		at += strlen(text + at);
	}
	*ret_len = at;
	return JK_OK;
}

static enum jk_err
seal(const struct export *x, char **ret)
{
	size_t len = 0;
	void *text;
	enum jk_err e = jk_locked_new(TEXT_SIZE, &text);

	if (e != JK_OK)
		return e;
	e = write_keys(x, text, &len);
	if (e == JK_OK)
		e = jk_keycms_seal(&x->to, text, len, ret);
	jk_locked_free(text, TEXT_SIZE);
	return e;
}

static int
print(struct export *x, const char *sealed)
{
	char check[JK_KEYACT_CHECK + 1];

	if (jk_keyact_check(x->act.ring, x->which, x->n, check) != JK_OK)
		return jk_keyact_fail(&x->act, x->path, JK_ERR_CRYPTO);
	for (size_t i = 0; i < x->n; i++) {
		jk_keyact_set_object(&x->act, "key",
		    jk_keyring_at(x->act.ring, x->which[i])->id);
		if (!jk_keyact_record(&x->act, x->to.digest))
			return EXIT_LATER;
	}
	fputs(sealed, stdout);
	fprintf(stderr,
	    _("keys: %zu, for \"%s\" only; its certificate has the SHA-256\n"
	      "%s\n"
	      "Hand them over only when the one who asked reads out the "
	      "same.\n"
	      "There they are taken in by \"jukinetctl key import --check "
	      "%s\".\n"),
	    x->n, x->to.name, x->to.digest, check);
	return EXIT_OK;
}

static int
export_keys(struct export *x)
{
	char *sealed = NULL;
	int status = read_certificate(x);
	enum jk_err e;

	if (status == EXIT_OK && !x->server)
		status = check_terminal(x);
	if (status == EXIT_OK)
		status = choose(x);
	if (status != EXIT_OK)
		return status;
	e = seal(x, &sealed);
	status =
	    e == JK_OK ? print(x, sealed) : jk_keyact_fail(&x->act, x->path, e);
	free(sealed);
	return status;
}

int
jk_key_export(const struct jk_call *call)
{
	struct export x = { 0 };
	int status = read_options(call, &x);

	if (status != EXIT_OK)
		return status;
	status = jk_keyact_begin(call, &jk_key_rule, JK_KEYACT_LOOK, &x.act);
	if (status == EXIT_OK)
		status = export_keys(&x);
	jk_recipient_clear(&x.to);
	jk_keyact_end(&x.act);
	return status;
}
