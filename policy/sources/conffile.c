/* SPDX-License-Identifier: BSD-2-Clause */
#include "conffile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "builder.h"
#include "cert.h"
#include "check.h"
#include "clock.h"
#include "conf.h"
#include "file.h"

/* The edition of the policy that is to come. */
#define POLICY_NEXT "policy-next.conf"

struct reading {
	struct jk_rowset *set;
	struct jk_report *report;
	struct jk_type type;
	struct jk_business_draft business;
	uint32_t classes, businesses; /* that had their section already */
	enum jk_err e;                /* the first that a callback met */
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

/* The two files with sections of their own; the registry is taken in. */

static void *
begin_settings(void *ctx, const struct jk_draft *section)
{
	struct reading *r = ctx;

	if (strcmp(section->name, "terminal") == 0)
		r->set->settings_place = section->place;
	else if (strcmp(section->name, "trust") == 0)
		r->set->trust_place = section->place;
	return &r->set->settings;
}

static void
end_settings(void *ctx, const struct jk_draft *section)
{
	struct reading *r = ctx;
	const struct jk_settings *s = &r->set->settings.settings;
	const char *key =
	    jk_draft_has(section, "pin-min") ? "pin-min" : "pin-max";

	if (strcmp(section->name, "login") == 0 && s->pin_min > s->pin_max)
		jk_report_error(r->report, jk_draft_place_of(section, key),
		    "pin-min is larger than pin-max");
}

static void
set_bit(uint32_t *mask, unsigned number, bool on)
{
	if (on)
		*mask |= jk_bit(number);
}

/* What the section is about, by its id; two sections would be one too many. */
static unsigned
number_of(struct reading *r, const struct jk_draft *section,
    const struct jk_words *words, uint32_t *seen)
{
	unsigned number = (unsigned)jk_word_find(words, section->id);

	if ((*seen & jk_bit(number)) != 0)
		jk_report_error(r->report, section->place,
		    "[%s %s] is there twice", section->name, section->id);
	*seen |= jk_bit(number);
	return number;
}

static void *
begin_policy(void *ctx, const struct jk_draft *section)
{
	struct reading *r = ctx;
	struct jk_class_rule *rule;

	if (strcmp(section->name, "type") == 0) {
		r->type = (struct jk_type){ 0 };
		return &r->type;
	}
	if (strcmp(section->name, "business") == 0) {
		(void)number_of(r, section, &jk_businesses, &r->businesses);
		r->business = (struct jk_business_draft){ 0 };
		return &r->business;
	}
	if (strcmp(section->name, "class") == 0) {
		rule = &r->set->policy.policy.class[number_of(r, section,
		    &jk_classes, &r->classes)];
		*rule = (struct jk_class_rule){ 0 };
		return rule;
	}
	if (strcmp(section->name, "policy") == 0)
		r->set->policy_place = section->place;
	return &r->set->policy;
}

static void
end_business(struct reading *r, const struct jk_draft *section)
{
	unsigned number = (unsigned)jk_word_find(&jk_businesses, section->id);
	struct jk_policy *policy = &r->set->policy.policy;

	set_bit(&policy->own_department, number, r->business.own_department);
	set_bit(&policy->permission, number, r->business.permission);
	set_bit(&policy->second_person, number, r->business.second_person);
	set_bit(&policy->bulk, number, r->business.bulk);
}

static void
end_hours(struct reading *r, const struct jk_draft *section)
{
	struct jk_policy *policy = &r->set->policy.policy;
	const bool open = jk_draft_has(section, "open");
	const bool close = jk_draft_has(section, "close");

	if (open != close)
		jk_report_error(r->report,
		    jk_draft_place_of(section, open ? "open" : "close"),
		    "hours need both open and close");
	else if (open && policy->open_min >= policy->close_min)
		jk_report_error(r->report, jk_draft_place_of(section, "close"),
		    "close does not lie after open");
	if (policy->weekdays == 0)
		policy->weekdays = jk_bit(7) - 1;
}

/* A function is held, or held while it is delegated: not both. */
static void
end_type(struct reading *r, const struct jk_draft *section)
{
	if ((r->type.functions & r->type.delegated) != 0)
		jk_report_error(r->report,
		    jk_draft_place_of(section, "delegated-function"),
		    "a function of [type %s] is a delegated-function too",
		    section->id);
	r->type.functions |= r->type.delegated;
	if (r->e != JK_OK)
		return;
	strcpy(r->type.id, section->id);
	r->e = jk_list_add(&r->set->type, section->place, &r->type);
}

static void
end_policy(void *ctx, const struct jk_draft *section)
{
	struct reading *r = ctx;

	if (strcmp(section->name, "business") == 0)
		end_business(r, section);
	else if (strcmp(section->name, "hours") == 0)
		end_hours(r, section);
	else if (strcmp(section->name, "type") == 0)
		end_type(r, section);
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
parse_conf(enum jk_conf_file file, const char *path, int fd, struct reading *r,
    const struct jk_conf_handler *handler)
{
	JK_CLEANUP(jk_file_text_free) char *text = NULL;
	size_t len = 0;
	enum jk_err e = jk_file_read(fd, JK_CONFIG_MAX, &text, &len);

	if (e == JK_ERR_TOO_BIG || e == JK_ERR_SYS) {
		(void)fail(r->report, path, e);
		return JK_OK;
	}
	if (e == JK_OK && file == JK_CONF_POLICY)
		e = jk_sha256(text, len, r->set->policy.policy.digest);
	if (e == JK_OK)
		e = jk_conf_parse(file, path, text, len, r->report, handler);
	return e == JK_ERR_FORMAT ? r->e : e;
}

static enum jk_err
read_conf(const struct jk_build *build, enum jk_conf_file file,
    struct reading *r, const struct jk_conf_handler *handler)
{
	JK_CLEANUP(jk_fd_close) int fd = -1;
	struct jk_file_fault fault = { 0 };
	char path[PATH_MAX] = "";
	const char *kept;
	enum jk_err e =
	    open_either(build, jk_conf_file_name(file), path, &fd, &fault);

	kept = jk_rowset_file(r->set, path);
	if (kept == NULL)
		return JK_ERR_NOMEM;
	if (e == JK_OK)
		return parse_conf(file, kept, fd, r, handler);
	jk_report_error(r->report, (struct jk_place){ kept, 0 }, "%s",
	    fault.text[0] != '\0' ? fault.text : jk_err_text(e));
	return JK_OK;
}

/* A class without a section takes cards only. */
static void
clear_policy(struct reading *r)
{
	r->set->policy = (struct jk_policy_draft){ 0 };
	for (size_t i = 0; i < JK_CLASS_COUNT; i++)
		r->set->policy.policy.class[i].methods =
		    jk_bit(JK_METHOD_CARD_PIN);
	r->set->type.n = 0;
	r->classes = 0;
	r->businesses = 0;
}

/* What is wrong with the edition to come stops nothing. `errors` are lines
 * "FILE:LINE: reason" about `file`. */
static void
say_not_taken(struct jk_report *report, const char *file,
    const struct jk_report *errors)
{
	for (size_t i = 0; i < errors->n_errors && i < JK_REPORT_ERRORS; i++) {
		const char *line = errors->error[i];
		char *reason;
		unsigned long number;

		if (line == NULL)
			continue;
		number = strtoul(line + strlen(file) + 1, &reason, 10);
		jk_report_warning(report,
		    (struct jk_place){ file, (unsigned)number },
		    "%s (this edition is not taken)", reason + 2);
	}
}

/* Before its day, so that there is time to mend it. */
static enum jk_err
check_next_policy(struct jk_rowset *set, struct jk_report *report)
{
	if (set->policy.policy.effective_from == 0)
		jk_report_error(report, set->policy_place,
		    "[policy] needs \"effective-from = ...\" here "
		    "(YYYY-MM-DD)");
	return jk_policy_check(set, report);
}

/*
 * The edition to come, once its day has come. One that is broken is said, and
 * today's goes on.
 */
static enum jk_err
read_next_policy(const struct jk_build *build, struct reading *r,
    const struct jk_conf_handler *handler, bool *ret_taken)
{
	JK_CLEANUP(jk_report_clear) struct jk_report report = { 0 };
	JK_CLEANUP(jk_fd_close) int fd = -1;
	struct jk_report *keep = r->report;
	struct jk_file_fault fault = { 0 };
	char path[PATH_MAX];
	const char *kept;
	enum jk_err e;

	if (snprintf(path, sizeof(path), "%s/" POLICY_NEXT,
	        build->config_dir) >= (int)sizeof(path))
		return JK_ERR_TOO_BIG;
	e = jk_file_open_config(path, build->owner, &fd, &fault);
	if (e == JK_ERR_NOT_FOUND)
		return JK_OK;
	kept = jk_rowset_file(r->set, path);
	if (kept == NULL)
		return JK_ERR_NOMEM;
	r->report = &report;
	if (e != JK_OK) {
		jk_report_error(&report, (struct jk_place){ kept, 0 }, "%s",
		    fault.text[0] != '\0' ? fault.text : jk_err_text(e));
		e = JK_OK;
	} else {
		e = parse_conf(JK_CONF_POLICY, kept, fd, r, handler);
	}
	r->report = keep;
	if (e == JK_OK && report.n_errors == 0)
		e = check_next_policy(r->set, &report);
	say_not_taken(keep, kept, &report);
	*ret_taken = e == JK_OK && report.n_errors == 0 &&
	             r->set->policy.policy.effective_from <= build->now;
	return e;
}

static enum jk_err
read_policy(const struct jk_build *build, struct reading *r)
{
	const struct jk_conf_handler handler = { begin_policy, end_policy, r };
	const struct jk_policy *policy = &r->set->policy.policy;
	bool taken = false;
	char date[11];
	enum jk_err e;

	clear_policy(r);
	e = read_next_policy(build, r, &handler, &taken);
	if (e != JK_OK || taken)
		return e;
	clear_policy(r);
	e = read_conf(build, JK_CONF_POLICY, r, &handler);
	if (e != JK_OK || policy->effective_from <= build->now)
		return e;
	jk_date_format(policy->effective_from, date);
	jk_report_error(r->report, r->set->policy_place,
	    "takes effect on %s: until then it is " POLICY_NEXT, date);
	return JK_OK;
}

enum jk_err
jk_conffile_settings(const struct jk_build *build, struct jk_rowset *set,
    struct jk_report *report)
{
	struct reading r = { .set = set, .report = report };
	const struct jk_conf_handler handler = { begin_settings, end_settings,
		&r };

	return read_conf(build, JK_CONF_TERMINAL, &r, &handler);
}

enum jk_err
jk_conffile_policy(const struct jk_build *build, struct jk_rowset *set,
    struct jk_report *report)
{
	struct reading r = { .set = set, .report = report };
	enum jk_err e = read_policy(build, &r);

	return e == JK_OK ? r.e : e;
}

enum jk_err
jk_conffile_policy_at(const char *path, int fd, struct jk_rowset *set,
    struct jk_report *report)
{
	struct reading r = { .set = set, .report = report };
	const struct jk_conf_handler handler = { begin_policy, end_policy, &r };
	const char *kept = jk_rowset_file(set, path);
	enum jk_err e;

	if (kept == NULL)
		return JK_ERR_NOMEM;
	clear_policy(&r);
	e = parse_conf(JK_CONF_POLICY, kept, fd, &r, &handler);
	if (e != JK_OK || r.e != JK_OK || report->n_errors > 0)
		return e == JK_OK ? r.e : e;
	return jk_policy_check(set, report);
}
