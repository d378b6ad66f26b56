/* SPDX-License-Identifier: BSD-2-Clause */
#include "builder.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "clock.h"
#include "conffile.h"
#include "file.h"
#include "gather.h"
#include "lock.h"
#include "snapshot.h"
#include "trust.h"
#include "writer.h"

#define LOCK_NAME    "build.lock"
#define LOCK_WAIT_MS 5000

/* Who may read a snapshot. */
#define READER_GROUP "_jukinet"

static enum jk_err
fail(struct jk_report *report, const char *path, enum jk_err e)
{
	int keep = errno;

	jk_report_error(report, (struct jk_place){ path, 0 }, "%s",
	    e == JK_ERR_SYS ? strerror(keep) : jk_err_text(e));
	errno = keep;
	return e;
}

/* Everything is read before it is judged, so that one run names many
 * errors; but references are looked at only when all rows were good. */
enum jk_err
jk_build_read(const struct jk_build *build, struct jk_rowset *set,
    struct jk_report *report)
{
	enum jk_err e = JK_OK;

	if (!build->registry_only)
		e = jk_conffile_settings(build, set, report);
	if (e != JK_OK ||
	    (e = jk_conffile_policy(build, set, report)) != JK_OK ||
	    (e = jk_gather(build, set, report)) != JK_OK)
		return fail(report, build->config_dir, e);
	if (report->n_errors > 0)
		return JK_ERR_REFUSED;
	e = jk_rowset_check(set, build->now, report);
	if (e == JK_OK && report->n_errors == 0 && !build->registry_only)
		e = jk_rowset_trust(build, set, report);
	if (e != JK_OK)
		return fail(report, build->config_dir, e);
	return report->n_errors > 0 ? JK_ERR_REFUSED : JK_OK;
}

/* The snapshot's directory, its lock and its name in it. */
struct place {
	int dir_fd, lock_fd;
	char name[NAME_MAX + 1];
};

static void
close_place(struct place *place)
{
	jk_fd_close(&place->lock_fd);
	jk_fd_close(&place->dir_fd);
}

static enum jk_err
open_place(const struct jk_build *build, struct jk_report *report,
    struct place *ret)
{
	struct jk_file_fault fault = { 0 };
	enum jk_err e = jk_dir_open_parent(build->snapshot, build->owner,
	    &ret->dir_fd, ret->name, &fault);

	if (e != JK_OK) {
		jk_report_error(report, (struct jk_place){ build->snapshot, 0 },
		    "%s", fault.text);
		return e;
	}
	e = jk_lock_take(ret->dir_fd, LOCK_NAME, jk_boot_ms() + LOCK_WAIT_MS,
	    &ret->lock_fd);
	if (e == JK_ERR_BUSY) {
		jk_report_error(report, (struct jk_place){ build->snapshot, 0 },
		    "another build is running");
		return e;
	}
	if (e == JK_OK)
		e = jk_newfile_sweep(ret->dir_fd, ret->name);
	return e == JK_OK ? e : fail(report, build->snapshot, e);
}

/*
 * One more than the old one's. An old one that cannot be read does not say
 * its serial: seconds since the epoch are larger than any count of builds.
 */
static uint64_t
next_serial(const struct jk_build *build, struct jk_report *report)
{
	JK_CLEANUP(jk_snapshot_close) struct jk_snapshot *old = NULL;
	const struct jk_place place = { build->snapshot, 0 };
	struct jk_edition edition;
	enum jk_err e = jk_snapshot_open(build->snapshot, &old);

	if (e == JK_ERR_NOT_FOUND)
		return 1;
	if (e == JK_ERR_VERSION) {
		jk_report_warning(report, place,
		    "the old snapshot has another format and is replaced");
		return (uint64_t)build->now;
	}
	if (e == JK_OK)
		e = jk_snapshot_edition(old, &edition);
	if (e != JK_OK || edition.serial >= INT64_MAX) {
		jk_report_warning(report, place,
		    "the old snapshot is damaged (%s) and is replaced",
		    jk_err_text(e));
		return (uint64_t)build->now;
	}
	if (build->now < edition.made_at)
		jk_report_warning(report, place,
		    "the old snapshot was made later than now: check the "
		    "clock");
	return edition.serial + 1;
}

/*
 * A replica that lags, or one out of a backup, still has what was revoked since.
 * Without a number nothing can be said: files by hand have none.
 */
static enum jk_err
check_registry(const struct jk_build *build, const struct jk_rowset *set,
    struct jk_report *report)
{
	JK_CLEANUP(jk_snapshot_close) struct jk_snapshot *old = NULL;
	struct jk_edition edition;

	if (set->registry == 0 ||
	    jk_snapshot_open(build->snapshot, &old) != JK_OK ||
	    jk_snapshot_edition(old, &edition) != JK_OK ||
	    set->registry >= edition.registry)
		return JK_OK;
	jk_report_error(report, (struct jk_place){ build->snapshot, 0 },
	    "registry %llu is older than %llu, which this terminal has "
	    "applied; to go back all the same, remove this file",
	    (unsigned long long)set->registry,
	    (unsigned long long)edition.registry);
	return JK_ERR_REFUSED;
}

static gid_t
reader_gid(void)
{
	const struct group *group = getgrnam(READER_GROUP);

	return group == NULL ? 0 : group->gr_gid;
}

static enum jk_err
write_snapshot(const struct jk_rowset *set, const struct jk_edition *edition,
    struct place *place)
{
	JK_CLEANUP(jk_newfile_discard) struct jk_newfile file = { .fd = -1 };
	enum jk_err e;

	if ((e = jk_newfile_open(place->dir_fd, place->name, &file)) != JK_OK ||
	    (e = jk_rowset_write(set, edition, file.fd)) != JK_OK ||
	    (e = jk_rowset_verify(set, edition, file.fd)) != JK_OK)
		return e;
	return jk_newfile_commit(&file, 0640, 0, reader_gid());
}

static size_t
count_known_accounts(const struct jk_list *list)
{
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++) {
		const struct jk_account *account = jk_list_at(list, i);

		n += account->uid != JK_NO_UID;
	}
	return n;
}

static struct jk_build_result
describe(const struct jk_build *build, const struct jk_rowset *set)
{
	struct jk_build_result result = {
		.edition.made_at = build->now,
		.edition.valid_until = build->now + set->settings.max_age_s,
		.persons = set->person.n,
		.accounts = count_known_accounts(&set->account),
		.opids = set->opid.n,
		.cards = set->card.n,
		.terminals = set->terminal.n,
		.types = set->type.n,
	};

	result.edition.registry = set->registry;
	strcpy(result.policy, set->policy.policy.version);
	return result;
}

enum jk_err
jk_build_run(const struct jk_build *build, struct jk_report *report,
    struct jk_build_result *ret)
{
	JK_CLEANUP(close_place) struct place place = { -1, -1, "" };
	JK_CLEANUP(jk_rowset_clear) struct jk_rowset set;
	struct jk_build_result result;
	enum jk_err e = JK_OK;

	jk_rowset_init(&set);
	if (build->snapshot != NULL)
		e = open_place(build, report, &place);
	if (e == JK_OK)
		e = jk_build_read(build, &set, report);
	if (e == JK_OK && build->snapshot != NULL)
		e = check_registry(build, &set, report);
	if (e != JK_OK)
		return e;
	result = describe(build, &set);
	if (build->snapshot != NULL) {
		result.edition.serial = next_serial(build, report);
		e = write_snapshot(&set, &result.edition, &place);
		if (e != JK_OK)
			return fail(report, build->snapshot, e);
		close_place(&place);
		jk_gather_applied(build, &set, &result.edition, report);
		jk_gather_pins(build, &set, report);
	}
	*ret = result;
	return JK_OK;
}
