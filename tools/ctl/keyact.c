/* SPDX-License-Identifier: BSD-2-Clause */
#include "keyact.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "clock.h"
#include "config.h"
#include "file.h"
#include "hex.h"
#include "lock.h"
#include "officelog.h"

#define READER       "_jukinet"
#define LOCK         "lock"
#define LOCK_WAIT_MS 5000

static int
fail(const char *what, enum jk_err e)
{
	fprintf(stderr, "jukinetctl: %s: %s\n", what,
	    e == JK_ERR_SYS ? strerror(errno) : _(jk_err_text(e)));
	return e == JK_ERR_BUSY ? EXIT_LATER : EXIT_REFUSED;
}

/* Whoever dies with keys in his memory takes them with him. */
static int
leave_no_core(void)
{
	const struct rlimit none = { 0, 0 };

	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 &&
	               setrlimit(RLIMIT_CORE, &none) == 0
	           ? EXIT_OK
	           : fail("core", JK_ERR_SYS);
}

static int
find_reader(struct jk_keyact *a)
{
	const struct passwd *entry = getpwnam(READER);

	if (entry == NULL) {
		fprintf(stderr,
		    _("jukinetctl: there is no user %s: run "
		      "systemd-sysusers(8)\n"),
		    READER);
		return EXIT_REFUSED;
	}
	a->uid = entry->pw_uid;
	a->gid = entry->pw_gid;
	return EXIT_OK;
}

static int
make_directory(struct jk_keyact *a)
{
	if (mkdirat(a->keep, JK_KEYS_DIR, 0700) != 0)
		return errno == EEXIST
		           ? EXIT_OK
		           : fail(JK_STATE_DIR "/" JK_KEYS_DIR, JK_ERR_SYS);
	return fchownat(a->keep, JK_KEYS_DIR, a->uid, a->gid,
	           AT_SYMLINK_NOFOLLOW) == 0
	           ? EXIT_OK
	           : fail(JK_STATE_DIR "/" JK_KEYS_DIR, JK_ERR_SYS);
}

static int
open_directory(struct jk_keyact *a, enum jk_keyact_how how)
{
	struct jk_file_fault fault = { "" };
	enum jk_err e = jk_dir_open(JK_STATE_DIR, a->uid, &a->keep, &fault);
	int status;

	if (e != JK_OK)
		return fail(fault.text[0] != '\0' ? fault.text : JK_STATE_DIR,
		    e);
	if (how == JK_KEYACT_LOOK)
		return EXIT_OK;
	status = make_directory(a);
	if (status != EXIT_OK)
		return status;
	a->dir = openat(a->keep, JK_KEYS_DIR,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (a->dir < 0)
		return fail(JK_STATE_DIR "/" JK_KEYS_DIR, JK_ERR_SYS);
	e = jk_lock_take(a->dir, LOCK, jk_boot_ms() + LOCK_WAIT_MS, &a->lock);
	return e == JK_OK ? EXIT_OK
	                  : fail(_("somebody else is changing the keys: try "
	                           "again in a moment"),
	                        e);
}

static int
load(struct jk_keyact *a, enum jk_keyact_how how)
{
	struct jk_keyring_fault fault;
	char what[64];
	int status = open_directory(a, how);
	enum jk_err e;

	if (status != EXIT_OK)
		return status;
	e = jk_keyring_load(a->keep, a->uid, &a->ring, &fault);
	if (e == JK_OK)
		return EXIT_OK;
	(void)snprintf(what, sizeof(what), JK_STATE_DIR "/" JK_KEYS_DIR "/%s",
	    fault.file);
	return fail(what, e);
}

static void
start(struct jk_keyact *a)
{
	*a = (struct jk_keyact){ .keep = -1, .dir = -1, .lock = -1 };
	jk_rowset_init(&a->change.set);
}

int
jk_keyact_begin(const struct jk_call *call, const struct jk_rule *rule,
    enum jk_keyact_how how, struct jk_keyact *ret)
{
	int status;

	start(ret);
	status = jk_change_look(call, rule, &ret->change);
	if (status == EXIT_OK)
		status = jk_change_permit(&ret->change, "", "");
	if (status == EXIT_OK)
		status = leave_no_core();
	if (status == EXIT_OK)
		status = find_reader(ret);
	return status == EXIT_OK ? load(ret, how) : status;
}

int
jk_keyact_list(const struct jk_call *call, struct jk_keyact *ret)
{
	int status;

	start(ret);
	ret->change.call = call;
	ret->change.now = jk_real_s();
	if (geteuid() != 0) {
		fputs(_("jukinetctl: only root may see which keys there are: "
		        "run it with sudo\n"),
		    stderr);
		return EXIT_REFUSED;
	}
	status = leave_no_core();
	if (status == EXIT_OK)
		status = find_reader(ret);
	return status == EXIT_OK ? load(ret, JK_KEYACT_LOOK) : status;
}

void
jk_keyact_end(struct jk_keyact *act)
{
	jk_keyring_free(&act->ring);
	jk_fd_close(&act->lock);
	jk_fd_close(&act->dir);
	jk_fd_close(&act->keep);
	jk_change_end(&act->change);
}

void
jk_keyact_set_object(struct jk_keyact *a, const char *kind, const char *id)
{
	(void)snprintf(a->change.object, sizeof(a->change.object), "%s:%s",
	    kind, id);
}

bool
jk_keyact_record(const struct jk_keyact *a, const char *digest)
{
	const struct jk_fact facts[] = {
		{ JK_REC_OBJECT, a->change.object },
		{ JK_REC_DIGEST, digest },
	};

	return jk_officelog_act(&a->change, facts, digest != NULL ? 2 : 1);
}

int
jk_keyact_fail(struct jk_keyact *a, const char *what, enum jk_err e)
{
	return jk_change_refuse(&a->change, JK_WHY_INTERNAL, "%s: %s", what,
	    e == JK_ERR_SYS ? strerror(errno) : _(jk_err_text(e)));
}

int
jk_keyact_put(struct jk_keyact *a, const struct jk_office_key *key)
{
	char text[JK_KEY_TEXT_MAX];
	enum jk_err e;

	jk_keyact_set_object(a, "key", key->id);
	if (!jk_keyact_record(a, NULL))
		return EXIT_LATER;
	e = jk_key_write(key, text);
	/* What a killed one has left. */
	if (e == JK_OK)
		e = jk_newfile_sweep(a->dir, key->id);
	if (e == JK_OK)
		e = jk_file_write_atomic(a->dir, key->id, 0600, a->uid, a->gid,
		    text, strlen(text));
	explicit_bzero(text, sizeof(text));
	return e == JK_OK ? EXIT_OK : jk_keyact_fail(a, key->id, e);
}

enum jk_key_use
jk_keyact_kind(const struct jk_call *call, int *status)
{
	const char *kind = jk_call_get(call, "kind");
	const enum jk_key_use use =
	    kind == NULL ? JK_KEY_SUBJECT : jk_key_use_find(kind);

	*status = EXIT_OK;
	if (use == JK_KEY_USES)
		*status = jk_usage_error(
		    _("\"%s\" is no kind of keys; there are: subject, receipt"),
		    kind);
	return use;
}

/* SHA-256 over a line "ID CHECK" for each: the check is of all its fields. */
enum jk_err
jk_keyact_check(const struct jk_keyring *ring, const size_t *which, size_t n,
    char ret[static JK_KEYACT_CHECK + 1])
{
	char text[JK_KEYS_MAX * (JK_KEY_ID_MAX + 2 * JK_KEY_LEN + 3)];
	uint8_t digest[EVP_MAX_MD_SIZE];
	size_t at = 0;

	for (size_t i = 0; i < n && i < JK_KEYS_MAX; i++) {
		const struct jk_office_key *key =
		    jk_keyring_at(ring, which != NULL ? which[i] : i);

		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s %s\n",
		    key->id, key->check);
	}
	if (EVP_Digest(text, at, digest, NULL, EVP_sha256(), NULL) != 1)
		return JK_ERR_CRYPTO;
	jk_hex_encode(digest, JK_KEYACT_CHECK / 2, ret);
	return JK_OK;
}
