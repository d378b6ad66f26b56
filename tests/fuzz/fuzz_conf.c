/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Configuration files: the first byte chooses which one. A section that is
 * handed on holds a row that the snapshot takes.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "codec.h"
#include "conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static union {
	struct jk_person person;
	struct jk_account account;
	struct jk_opid opid;
	struct jk_card_draft card;
	struct jk_terminal terminal;
	struct jk_type type;
	struct jk_policy_draft policy;
	struct jk_settings_draft settings;
} row;

static struct jk_rowbuf buf;

static void
need(bool condition)
{
	if (!condition)
		abort();
}

static void *
begin(JK_UNUSED void *ctx, const struct jk_conf_section *section)
{
	if (section->file != JK_CONF_TERMINAL)
		memset(&row, 0, sizeof(row));
	return &row;
}

static void
end(JK_UNUSED void *ctx, const struct jk_conf_section *section)
{
	const char *name = section->name;

	if (strcmp(name, "person") == 0) {
		strcpy(row.person.id, section->id);
		need(jk_person_encode(&row.person, &buf) == JK_OK);
	} else if (strcmp(name, "account") == 0) {
		strcpy(row.account.name, section->id);
		need(jk_account_encode(&row.account, &buf) == JK_OK);
	} else if (strcmp(name, "type") == 0) {
		strcpy(row.type.id, section->id);
		need(jk_type_encode(&row.type, &buf) == JK_OK);
	} else if (section->file == JK_CONF_REGISTRY &&
	           strcmp(name, "terminal") == 0) {
		strcpy(row.terminal.id, section->id);
		need(jk_terminal_encode(&row.terminal, &buf) == JK_OK);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct jk_conf_handler handler = { begin, end, NULL };
	struct jk_report report = { 0 };
	enum jk_conf_file file;
	enum jk_err e;

	if (len == 0)
		return 0;
	file = data[0] % 3;
	memset(&row, 0, sizeof(row));
	e = jk_conf_parse(file, "x", (const char *)data + 1, len - 1, &report,
	    &handler);
	need((e == JK_OK) == (report.n_errors == 0));
	if (e == JK_OK && file == JK_CONF_TERMINAL)
		need(jk_settings_encode(&row.settings.settings, &buf) == JK_OK);
	jk_report_clear(&report);
	return 0;
}
