/* SPDX-License-Identifier: BSD-2-Clause */
#include "builder.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cert.h"
#include "check.h"
#include "clock.h"
#include "conf.h"
#include "file.h"
#include "snapshot.h"
#include "source_files.h"
#include "writer.h"

#define LOCK_NAME     "build.lock"
#define LOCK_WAIT_MS  5000
#define LOCK_PAUSE_MS 50

/* Who may read a snapshot. */
#define READER_GROUP "_jukinet"

struct reading {
	struct jk_rowset *set;
	struct jk_report *report;
	struct jk_type type;
	enum jk_err e; /* the first that a callback met */
};

static enum jk_err
fail(struct jk_report *report, const char *path, enum jk_err e)
{
	int keep = errno;

	jk_report_error(report, (struct jk_place){ path, 0 }, "%s",
	    e == JK_ERR_SYS ? strerror(keep) : jk_err_text(e));
	errno = keep;
	return e;
}

/* The three kinds of files. */

static enum jk_err
add_row(void *ctx, const struct jk_source_row *row)
{
	struct jk_rowset *set = ctx;
	struct jk_place place = row->place;

	place.file = jk_rowset_file(set, row->place.file);
	if (place.file == NULL)
		return JK_ERR_NOMEM;
	switch (row->kind) {
	case JK_ROW_PERSON:
		return jk_list_add(&set->person, place, row->person);
	case JK_ROW_ACCOUNT:
		return jk_list_add(&set->account, place, row->account);
	case JK_ROW_OPID:
		return jk_list_add(&set->opid, place, row->opid);
	case JK_ROW_CARD:
		return jk_list_add(&set->card, place, row->card);
	case JK_ROW_TERMINAL:
		return jk_list_add(&set->terminal, place, row->terminal);
	}
	return JK_ERR_UNSUPPORTED;
}

static void *
begin_settings(void *ctx, const struct jk_conf_section *section)
{
	struct reading *r = ctx;

	if (strcmp(section->name, "terminal") == 0)
		r->set->settings_place = section->place;
	return &r->set->settings;
}

static void
end_settings(void *ctx, const struct jk_conf_section *section)
{
	struct reading *r = ctx;
	const struct jk_settings *s = &r->set->settings.settings;
	struct jk_place place = jk_conf_place_of(section, "pin-min");

	if (strcmp(section->name, "login") != 0 || s->pin_min <= s->pin_max)
		return;
	if (place.line == section->place.line)
		place = jk_conf_place_of(section, "pin-max");
	jk_report_error(r->report, place, "pin-min is larger than pin-max");
}

static void *
begin_policy(void *ctx, const struct jk_conf_section *section)
{
	struct reading *r = ctx;

	if (strcmp(section->name, "policy") == 0)
		return &r->set->policy;
	r->type = (struct jk_type){ 0 };
	return &r->type;
}

static void
end_policy(void *ctx, const struct jk_conf_section *section)
{
	struct reading *r = ctx;

	if (strcmp(section->name, "type") != 0 || r->e != JK_OK)
		return;
	strcpy(r->type.id, section->id);
	r->e = jk_list_add(&r->set->type, section->place, &r->type);
}

/* The administrator's file, or where there is none the shipped one. */
static enum jk_err
open_either(const struct jk_build *build, const char *name,
    char path[static PATH_MAX], int *ret_fd, struct jk_file_fault *fault)
{
	const char *const dirs[] = { build->config_dir, build->vendor_dir };
	enum jk_err e = JK_ERR_NOT_FOUND;

	for (size_t i = 0; i < JK_COUNT(dirs) && e == JK_ERR_NOT_FOUND; i++) {
		if (snprintf(path, PATH_MAX, "%s/%s", dirs[i], name) >=
		    PATH_MAX)
			return JK_ERR_TOO_BIG;
		*fault = (struct jk_file_fault){ 0 };
		e = jk_file_open_config(path, build->owner, ret_fd, fault);
	}
	return e;
}

static enum jk_err
read_conf(const struct jk_build *build, enum jk_conf_file file,
    struct reading *r, const struct jk_conf_handler *handler)
{
	JK_CLEANUP(jk_file_text_free) char *text = NULL;
	JK_CLEANUP(jk_fd_close) int fd = -1;
	struct jk_file_fault fault = { 0 };
	char path[PATH_MAX] = "";
	const char *kept;
	size_t len = 0;
	enum jk_err e =
	    open_either(build, jk_conf_file_name(file), path, &fd, &fault);

	kept = jk_rowset_file(r->set, path);
	if (kept == NULL)
		return JK_ERR_NOMEM;
	if (e == JK_OK)
		e = jk_file_read(fd, JK_CONFIG_MAX, &text, &len);
	if (e != JK_OK) {
		jk_report_error(r->report, (struct jk_place){ kept, 0 }, "%s",
		    fault.text[0] != '\0' ? fault.text : jk_err_text(e));
		return JK_OK;
	}
	if (file == JK_CONF_POLICY)
		e = jk_sha256(text, len, r->set->policy_digest);
	if (e == JK_OK)
		e = jk_conf_parse(file, kept, text, len, r->report, handler);
	return e == JK_ERR_FORMAT ? r->e : e;
}

/* Everything is read before it is judged, so that one run names many
 * errors; but references are looked at only when all rows were good. */
static enum jk_err
read_rows(const struct jk_build *build, struct jk_rowset *set,
    struct jk_report *report)
{
	struct reading r = { .set = set, .report = report };
	const struct jk_conf_handler settings = { begin_settings, end_settings,
		&r };
	const struct jk_conf_handler policy = { begin_policy, end_policy, &r };
	const struct jk_source_config config = { build->config_dir,
		build->owner };
	enum jk_err e;

	if ((e = read_conf(build, JK_CONF_TERMINAL, &r, &settings)) != JK_OK ||
	    (e = read_conf(build, JK_CONF_POLICY, &r, &policy)) != JK_OK ||
	    (e = jk_source_files.run(&config, report, add_row, set)) != JK_OK)
		return fail(report, build->config_dir, e);
	if (r.e != JK_OK)
		return fail(report, build->config_dir, r.e);
	if (report->n_errors > 0)
		return JK_ERR_REFUSED;
	e = jk_rowset_check(set, build->now, report);
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

/* Not flock() on the directory: whoever may read that could hold it. */
static enum jk_err
take_lock(struct place *place)
{
	int64_t until = jk_boot_ms() + LOCK_WAIT_MS;

	place->lock_fd = openat(place->dir_fd, LOCK_NAME,
	    O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (place->lock_fd < 0)
		return JK_ERR_SYS;
	while (flock(place->lock_fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return JK_ERR_SYS;
		if (jk_boot_ms() >= until)
			return JK_ERR_BUSY;
		(void)poll(NULL, 0, LOCK_PAUSE_MS);
	}
	return JK_OK;
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
	e = take_lock(ret);
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

	strcpy(result.edition.policy, set->policy.version);
	memcpy(result.edition.digest, set->policy_digest, JK_DIGEST_LEN);
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
		e = read_rows(build, &set, report);
	if (e != JK_OK)
		return e;
	result = describe(build, &set);
	if (build->snapshot != NULL) {
		result.edition.serial = next_serial(build, report);
		e = write_snapshot(&set, &result.edition, &place);
		if (e != JK_OK)
			return fail(report, build->snapshot, e);
	}
	*ret = result;
	return JK_OK;
}
