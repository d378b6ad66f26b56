/* SPDX-License-Identifier: BSD-2-Clause */
#include "tablefile.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "callerfile.h"
#include "chain.h"
#include "file.h"
#include "plaintext.h"

int
jk_tablefile_read(struct jk_change *c, const char *path,
    struct jk_tablefile *ret)
{
	JK_CLEANUP(jk_file_text_free) char *text = NULL;
	struct jk_csv_fault fault = { 0, "" };
	size_t len = 0;
	enum jk_err e = jk_callerfile_read(path, JK_CSV_MAX, &text, &len);

	*ret = (struct jk_tablefile){ .path = path };
	if (e == JK_OK)
		e = jk_chain_digest(text, len, ret->digest);
	if (e != JK_OK)
		return jk_change_refuse(c, JK_WHY_ROW_BAD, "%s: %s", path,
		    e == JK_ERR_SYS ? strerror(errno) : _(jk_err_text(e)));
	if (jk_csv_parse(text, len, &ret->csv, &fault) != JK_OK)
		return jk_change_refuse(c, JK_WHY_ROW_BAD, "%s:%u: %s", path,
		    fault.line, _(fault.why));
	return EXIT_OK;
}

void
jk_tablefile_clear(struct jk_tablefile *table)
{
	jk_csv_clear(&table->csv);
}

void
jk_tablefile_complain(struct jk_tablefile *table, unsigned line,
    const char *why)
{
	if (++table->faults <= JK_TABLEFILE_COMPLAINTS)
		fprintf(stderr, "%s:%u: %s\n", table->path, line, why);
}

int
jk_tablefile_judge(struct jk_change *c, const struct jk_tablefile *table,
    enum jk_reason why)
{
	if (table->faults > JK_TABLEFILE_COMPLAINTS)
		fprintf(stderr, _("and %zu more\n"),
		    table->faults - JK_TABLEFILE_COMPLAINTS);
	if (table->faults == 0)
		return EXIT_OK;
	return jk_change_refuse(c, why,
	    _("%zu lines are not good, so nothing was changed: see "
	      "above"),
	    table->faults);
}

int
jk_tablefile_note(struct jk_change *c, const struct jk_tablefile *table,
    size_t lines)
{
	const char *name = strrchr(table->path, '/');
	char number[24];
	int status;

	(void)snprintf(number, sizeof(number), "%zu", lines);
	name = name == NULL ? table->path : name + 1;
	if (jk_plaintext_fault(name, strlen(name)) != NULL)
		name = "?";
	if ((status = jk_change_note(c, "file", name)) != EXIT_OK ||
	    (status = jk_change_note(c, "sha256", table->digest)) != EXIT_OK)
		return status;
	return jk_change_note(c, "lines", number);
}
