/* SPDX-License-Identifier: BSD-2-Clause */
#include "source_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cert.h"
#include "conf.h"
#include "file.h"

/* Of a certificate's file, bytes. */
#define PEM_MAX 65536

/* One run over the directory. */
struct run {
	const struct jk_source_config *config;
	struct jk_report *report;
	jk_row_fn *yield;
	void *ctx;
	char dir[PATH_MAX];
	int dir_fd;
	enum jk_err e; /* the first that yield() returned */
	/* What the section at hand fills. */
	union {
		struct jk_person person;
		struct jk_account account;
		struct jk_opid opid;
		struct jk_card_draft card;
		struct jk_terminal terminal;
	} draft;
};

static void *
begin(void *ctx, JK_UNUSED const struct jk_conf_section *section)
{
	struct run *run = ctx;

	memset(&run->draft, 0, sizeof(run->draft));
	return &run->draft;
}

static void
pass_on(struct run *run, struct jk_source_row row)
{
	if (run->e == JK_OK)
		run->e = run->yield(run->ctx, &row);
}

static bool
period_is_sound(struct run *run, const struct jk_conf_section *section,
    const struct jk_period *valid)
{
	if (valid->until == 0 || valid->from < valid->until)
		return true;
	jk_report_error(run->report, jk_conf_place_of(section, "valid-until"),
	    "valid-until lies before valid-from");
	return false;
}

static void
end_person(struct run *run, const struct jk_conf_section *section)
{
	struct jk_person *person = &run->draft.person;

	strcpy(person->id, section->id);
	if (period_is_sound(run, section, &person->valid))
		pass_on(run, (struct jk_source_row){
		                 .kind = JK_ROW_PERSON,
		                 .place = section->place,
		                 .person = person,
		             });
}

static void
end_account(struct run *run, const struct jk_conf_section *section)
{
	struct jk_account *account = &run->draft.account;

	strcpy(account->name, section->id);
	pass_on(run, (struct jk_source_row){
	                 .kind = JK_ROW_ACCOUNT,
	                 .place = section->place,
	                 .account = account,
	             });
}

static void
end_opid(struct run *run, const struct jk_conf_section *section)
{
	struct jk_opid *opid = &run->draft.opid;

	strcpy(opid->id, section->id);
	if (period_is_sound(run, section, &opid->valid))
		pass_on(run, (struct jk_source_row){
		                 .kind = JK_ROW_OPID,
		                 .place = section->place,
		                 .opid = opid,
		             });
}

static enum jk_err
read_beside(struct run *run, const char *name, char **ret, size_t *ret_len,
    struct jk_file_fault *fault)
{
	JK_CLEANUP(jk_fd_close) int fd = -1;
	enum jk_err e =
	    jk_file_open_in(run->dir_fd, name, run->config->owner, &fd, fault);

	return e != JK_OK ? e : jk_file_read(fd, PEM_MAX, ret, ret_len);
}

static void
end_card(struct run *run, const struct jk_conf_section *section)
{
	JK_CLEANUP(jk_file_text_free) char *text = NULL;
	struct jk_place place = jk_conf_place_of(section, "certificate");
	struct jk_card_draft *draft = &run->draft.card;
	struct jk_file_fault fault = { 0 };
	const char *why;
	size_t len;
	enum jk_err e = read_beside(run, draft->file, &text, &len, &fault);

	strcpy(draft->card.id, section->id);
	if (e != JK_OK) {
		jk_report_error(run->report, place, "certificate %s",
		    fault.text[0] != '\0' ? fault.text : jk_err_text(e));
		return;
	}
	why = jk_cert_read_pem(text, len, &draft->card);
	if (why != NULL) {
		jk_report_error(run->report, place, "certificate %s: %s",
		    draft->file, why);
		return;
	}
	pass_on(run, (struct jk_source_row){
	                 .kind = JK_ROW_CARD,
	                 .place = section->place,
	                 .card = &draft->card,
	             });
}

static void
end_terminal(struct run *run, const struct jk_conf_section *section)
{
	struct jk_terminal *terminal = &run->draft.terminal;

	strcpy(terminal->id, section->id);
	pass_on(run, (struct jk_source_row){
	                 .kind = JK_ROW_TERMINAL,
	                 .place = section->place,
	                 .terminal = terminal,
	             });
}

static void
end(void *ctx, const struct jk_conf_section *section)
{
	static const struct {
		const char *section;
		void (*end)(struct run *run,
		    const struct jk_conf_section *section);
	} kinds[] = {
		{ "person", end_person },
		{ "account", end_account },
		{ "operator-id", end_opid },
		{ "card", end_card },
		{ "terminal", end_terminal },
	};

	for (size_t i = 0; i < JK_COUNT(kinds); i++)
		if (strcmp(section->name, kinds[i].section) == 0)
			kinds[i].end(ctx, section);
}

static enum jk_err
read_conf(struct run *run, const char *name)
{
	JK_CLEANUP(jk_file_text_free) char *text = NULL;
	JK_CLEANUP(jk_fd_close) int fd = -1;
	const struct jk_conf_handler handler = { begin, end, run };
	struct jk_file_fault fault = { 0 };
	char path[PATH_MAX + NAME_MAX + 2];
	struct jk_place place = { path, 0 };
	size_t len = 0;
	enum jk_err e;

	snprintf(path, sizeof(path), "%s/%s", run->dir, name);
	e = jk_file_open_in(run->dir_fd, name, run->config->owner, &fd, &fault);
	if (e == JK_OK)
		e = jk_file_read(fd, JK_CONFIG_MAX, &text, &len);
	if (e != JK_OK) {
		jk_report_error(run->report, place, "%s",
		    fault.text[0] != '\0' ? fault.text : jk_err_text(e));
		return JK_OK;
	}
	e = jk_conf_parse(JK_CONF_REGISTRY, path, text, len, run->report,
	    &handler);
	if (e != JK_OK && e != JK_ERR_FORMAT)
		return e;
	return run->e;
}

/* As a shell takes "*.conf": hidden files are somebody's drafts. */
static int
is_conf(const struct dirent *entry)
{
	const char *name = entry->d_name;
	size_t n = strlen(name);

	return name[0] != '.' && n > 5 && strcmp(name + n - 5, ".conf") == 0;
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static bool
name_is_printable(const char *name)
{
	for (; *name != '\0'; name++)
		if (*name <= ' ' || *name > '~')
			return false;
	return true;
}

static enum jk_err
read_all(struct run *run)
{
	struct dirent **names = NULL;
	int n = scandirat(run->dir_fd, ".", &names, is_conf, by_name);
	enum jk_err e = n < 0 ? JK_ERR_SYS : JK_OK;

	for (int i = 0; i < n; i++) {
		if (!name_is_printable(names[i]->d_name))
			jk_report_error(run->report,
			    (struct jk_place){ run->dir, 0 },
			    "a file's name is not printable ASCII");
		else if (e == JK_OK)
			e = read_conf(run, names[i]->d_name);
		free(names[i]);
	}
	free(names);
	return e;
}

static enum jk_err
run_files(const struct jk_source_config *config, struct jk_report *report,
    jk_row_fn *yield, void *ctx)
{
	struct run run = {
		.config = config,
		.report = report,
		.yield = yield,
		.ctx = ctx,
		.dir_fd = -1,
	};
	struct jk_file_fault fault = { 0 };
	enum jk_err e;

	if (snprintf(run.dir, sizeof(run.dir), "%s/registry.d",
	        config->config_dir) >= (int)sizeof(run.dir))
		return JK_ERR_TOO_BIG;
	e = jk_dir_open(run.dir, config->owner, &run.dir_fd, &fault);
	if (e != JK_OK) {
		jk_report_error(report, (struct jk_place){ run.dir, 0 }, "%s",
		    fault.text);
		return JK_OK;
	}
	e = read_all(&run);
	jk_fd_close(&run.dir_fd);
	return e;
}

const struct jk_source jk_source_files = {
	.name = "files",
	.run = run_files,
};
