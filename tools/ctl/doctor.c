/* SPDX-License-Identifier: BSD-2-Clause */
#include "doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "file.h"
#include "format.h"

/* Of a file of settings, bytes. */
#define FILE_MAX_ (1u << 20)

static const struct jk_item *const groups[] = {
	jk_doctor_service,
	jk_doctor_pam,
	jk_doctor_record,
	jk_doctor_idle,
	jk_doctor_screen,
	jk_doctor_media,
	jk_doctor_account,
	jk_doctor_jobs,
	jk_doctor_home,
};

static const struct {
	const char *shown, *json;
} words[] = {
	[JK_GOOD] = { "OK", "ok" },
	[JK_BAD] = { "NG", "ng" },
	[JK_UNSURE] = { "--", "unknown" },
};

enum jk_health
jk_find(struct jk_finding *ret, enum jk_health health, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(ret->text, sizeof(ret->text), format, args);
	va_end(args);
	return health;
}

enum jk_health
jk_doctor_fault(struct jk_finding *ret, const char *path, enum jk_err e,
    int error)
{
	if (e == JK_ERR_SYS && (error == ENOENT || error == ENOTDIR))
		return jk_find(ret, JK_BAD, _("%s is missing"), path);
	if (e == JK_ERR_SYS && error == EACCES)
		return jk_find(ret, JK_UNSURE,
		    _("%s can be read by root only: ask as root"), path);
	if (e == JK_ERR_SYS)
		return jk_find(ret, JK_BAD, "%s: %s", path, strerror(error));
	return jk_find(ret, JK_BAD, "%s: %s", path, _(jk_err_text(e)));
}

/* By whatever link: only who may write it counts. */
static enum jk_err
read_file(const char *path, char **ret)
{
	JK_CLEANUP(jk_fd_close) int fd = -1;
	struct stat st;
	size_t len;
	enum jk_err e;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st) != 0)
		return JK_ERR_SYS;
	if (!S_ISREG(st.st_mode) || st.st_uid != 0 ||
	    (st.st_mode & S_IWOTH) != 0 ||
	    ((st.st_mode & S_IWGRP) != 0 && st.st_gid != 0))
		return JK_ERR_UNSAFE;
	e = jk_file_read(fd, FILE_MAX_, ret, &len);
	if (e == JK_OK && strlen(*ret) != len) {
		jk_file_text_free(ret);
		return JK_ERR_FORMAT;
	}
	return e;
}

enum jk_health
jk_doctor_read(const char *path, char **ret, struct jk_finding *finding)
{
	const enum jk_err e = read_file(path, ret);

	return e == JK_OK ? JK_GOOD : jk_doctor_fault(finding, path, e, errno);
}

struct tally {
	size_t n[JK_ABSENT + 1];
	json_t *list; /* NULL: for people */
};

static void
print_item(const struct jk_item *item, enum jk_health health,
    const struct jk_finding *finding)
{
	printf("%s  %-20s  %s%s%s%s\n", words[health].shown, item->id,
	    finding->text, item->rule[0] != '\0' ? "  [" : "", item->rule,
	    item->rule[0] != '\0' ? "]" : "");
	if (health != JK_BAD)
		return;
	if (item->next != NULL)
		printf("      %s\n", _(item->next));
	if (item->run != NULL)
		printf("      # %s\n", item->run);
}

static void
add_item(json_t *list, const struct jk_item *item, enum jk_health health,
    const struct jk_finding *finding)
{
	const bool bad = health == JK_BAD;

	json_array_append_new(list,
	    json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "id", item->id,
	        "result", words[health].json, "rule", item->rule, "text",
	        finding->text, "next",
	        bad && item->next != NULL ? _(item->next) : "", "run",
	        bad && item->run != NULL ? item->run : ""));
}

static void
look(const struct jk_patient *patient, const struct jk_item *item,
    struct tally *t)
{
	struct jk_finding finding = { "" };
	const enum jk_health health = item->look(patient, item->arg, &finding);

	t->n[health]++;
	if (health == JK_ABSENT)
		return;
	if (t->list != NULL)
		add_item(t->list, item, health, &finding);
	else
		print_item(item, health, &finding);
}

static void
print_end(const struct tally *t)
{
	printf(_("%zu good, %zu not good, %zu not known\n"), t->n[JK_GOOD],
	    t->n[JK_BAD], t->n[JK_UNSURE]);
	if (t->n[JK_BAD] > 0)
		puts(_("See jukinet-terminal(7) for what each is about."));
}

static int
run_doctor(const struct jk_call *call)
{
	JK_CLEANUP(jk_snapshot_close) struct jk_snapshot *snapshot = NULL;
	struct tally tally = { .list = NULL };
	struct jk_patient patient = { .call = call };
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/" JK_SNAPSHOT_NAME,
	    call->global.state_dir);
	patient.snapshot_e = jk_snapshot_open(path, &snapshot);
	if (patient.snapshot_e == JK_ERR_SYS && errno == EACCES)
		patient.snapshot_e = JK_ERR_REFUSED;
	patient.snapshot = snapshot;
	jk_doctor_find_desktops(&patient);
	tally.list = call->global.json ? json_array() : NULL;
	for (size_t g = 0; g < JK_COUNT(groups); g++)
		for (const struct jk_item *i = groups[g]; i->id != NULL; i++)
			look(&patient, i, &tally);
	if (tally.list != NULL) {
		(void)json_dumpf(tally.list, stdout, JSON_INDENT(2));
		putchar('\n');
		json_decref(tally.list);
	} else {
		print_end(&tally);
	}
	return tally.n[JK_BAD] > 0 ? EXIT_REFUSED : EXIT_OK;
}

const struct jk_command jk_doctor_commands[] = {
	{ "doctor", "", run_doctor,
	    N_("look at this terminal: what is not as it should be, and what "
	       "to do"),
	    { { 0 } } },
	{ 0 },
};
