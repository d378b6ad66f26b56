/* SPDX-License-Identifier: BSD-2-Clause */
#include "ledgercheck.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "chaincheck.h"
#include "storedisk.h"

struct check {
	struct jk_storedisk disk;
	struct jk_ledgercheck *ret;
	bool has_registry; /* else it cannot be read */
	struct jk_storefile registry;
	uint64_t recorded, snapshot;
	int ledger_fd, certificates_fd;
	struct jk_chaincheck chain;
	struct jk_rowtable rows; /* what the ledger says */
};

static void
clear(struct check *c)
{
	jk_storefile_clear(&c->registry);
	jk_rowtable_clear(&c->rows);
	jk_chaincheck_clear(&c->chain);
	jk_fd_close(&c->ledger_fd);
	jk_fd_close(&c->certificates_fd);
	jk_storedisk_close(&c->disk);
}

/* A file that is there but no good is a fault, not the end. */
static enum jk_err
tell(struct check *c, enum jk_err e, const struct jk_store_fault *fault)
{
	const char *text = fault->text;
	size_t n = strlen(c->disk.path);

	if (e != JK_ERR_FORMAT && e != JK_ERR_UNSAFE && e != JK_ERR_TOO_BIG)
		return e;
	if (strncmp(text, c->disk.path, n) == 0 && text[n] == '/')
		text += n + 1;
	jk_chaincheck_blame(c->ret, 0, 0, "%s", text);
	return JK_OK;
}

/* The ledger last: it must hold what the others speak of. */
static enum jk_err
open_files(struct check *c)
{
	struct jk_store_fault fault = { "" };
	enum jk_err e = jk_storedisk_recorded(&c->disk, &c->recorded, &fault);

	if (e != JK_OK)
		e = tell(c, e, &fault);
	if (e != JK_OK)
		return e;
	fault.text[0] = '\0';
	e = jk_storedisk_registry(&c->disk, &c->registry, &fault);
	c->has_registry = e == JK_OK;
	if (e != JK_OK)
		e = tell(c, e, &fault);
	if (e != JK_OK)
		return e;
	fault.text[0] = '\0';
	e = jk_storedisk_ledger(&c->disk, &c->ledger_fd, &fault);
	return e == JK_OK ? e : tell(c, e, &fault);
}

/* As far as registry.conf goes. */
static enum jk_err
replay(void *ctx, const struct jk_ledger_entry *entry, uint64_t line)
{
	struct check *c = ctx;
	enum jk_err e = JK_OK;

	for (size_t i = 0; i < entry->n_changes && e == JK_OK; i++) {
		const struct jk_textrow *row = &entry->change[i].row;
		const char *why = jk_storefile_row_fault(row);

		if (why != NULL)
			jk_chaincheck_blame(c->ret, entry->number, line,
			    "holds a row that registry.conf cannot: %s", why);
		else if (!c->has_registry ||
		         entry->number > c->registry.head.number)
			continue;
		else if (!entry->change[i].removed)
			e = jk_rowtable_put(&c->rows, row);
		else if (jk_rowtable_find(&c->rows, row->kind, row->id) != NULL)
			e = jk_rowtable_remove(&c->rows, row->kind, row->id);
	}
	return e;
}

/* What others say of the ledger. */

/* What they have seen and the ledger no longer has. */
static void
check_end(struct check *c, const struct jk_ledger_head *expected)
{
	uint64_t last = jk_chaincheck_last(&c->chain), most = last;
	const struct {
		const char *name;
		uint64_t number;
	} who[] = {
		{ JK_STORE_REGISTRY, c->registry.head.number },
		{ JK_STORE_RECORDED, c->recorded },
		{ "the snapshot", c->snapshot },
		{ "the audit record", expected == NULL ? 0 : expected->number },
	};
	const char *name = NULL;

	for (size_t i = 0; i < JK_COUNT(who); i++)
		if (who[i].number > most) {
			most = who[i].number;
			name = who[i].name;
		}
	if (name != NULL)
		jk_chaincheck_blame(c->ret, last + 1, c->chain.n + 1,
		    "was cut off, with all behind it: %s speaks of entry "
		    "%" PRIu64,
		    name, most);
}

/* Is that entry the one that `who` has seen? */
static void
check_head(struct check *c, const struct jk_ledger_head *head, const char *who)
{
	struct jk_ledger_head is;
	uint64_t line;

	if (jk_chaincheck_find(&c->chain, head->number, &is, &line) == JK_OK &&
	    strncmp(is.hash, head->hash, strlen(head->hash)) != 0)
		jk_chaincheck_blame(c->ret, head->number, line,
		    "is another one than %s speaks of", who);
}

static enum jk_err
check_ledger(struct check *c, const struct jk_ledger_head *expected)
{
	struct stat st;
	enum jk_err e = jk_chaincheck_judge(&c->chain, c->ret);

	if (e != JK_OK)
		return e;
	check_end(c, expected);
	check_head(c, &c->registry.head, JK_STORE_REGISTRY);
	if (expected != NULL)
		check_head(c, expected, "the audit record");
	if (c->ledger_fd < 0)
		return JK_OK;
	if (fstat(c->ledger_fd, &st) != 0)
		return JK_ERR_SYS;
	c->ret->unfinished = (uint64_t)st.st_size > c->chain.end;
	return JK_OK;
}

/* What registry.conf says. */

static void
blame_row(struct check *c, const struct jk_tablerow *row, unsigned line,
    const char *why)
{
	jk_chaincheck_blame(c->ret, 0, line, JK_STORE_REGISTRY ": [%s %s] %s",
	    row->change.row.kind, row->change.row.id, why);
}

/* Which of two comes first; a NULL comes last. */
static int
compare(const struct jk_tablerow *a, const struct jk_tablerow *b)
{
	if (a == NULL || b == NULL)
		return (a == NULL) - (b == NULL);
	return jk_textrow_compare(&a->change.row, &b->change.row);
}

static void
compare_rows(struct check *c)
{
	size_t n_is, n_ought, i = 0, j = 0;
	struct jk_tablerow *const *is =
	    jk_rowtable_all(&c->registry.rows, &n_is);
	struct jk_tablerow *const *ought = jk_rowtable_all(&c->rows, &n_ought);

	while (i < n_is || j < n_ought) {
		const struct jk_tablerow *a = i < n_is ? is[i] : NULL;
		const struct jk_tablerow *b = j < n_ought ? ought[j] : NULL;
		int order = compare(a, b);

		if (order < 0)
			blame_row(c, a, a->line, "is not in the ledger");
		else if (order > 0)
			blame_row(c, b, 0, "is missing");
		else if (!jk_textrow_equal(&a->change.row, &b->change.row))
			blame_row(c, a, a->line, "is not what the ledger says");
		i += order <= 0;
		j += order >= 0;
	}
}

static enum jk_err
check_certificate(const struct check *c, const char *name)
{
	return c->certificates_fd < 0 ? JK_ERR_NOT_FOUND
	                              : jk_storedisk_check_certificate(&c->disk,
	                                    c->certificates_fd, name);
}

static enum jk_err
check_certificates(struct check *c, const struct jk_tablerow *row)
{
	const char *name;
	enum jk_err e;

	for (size_t i = 0; (name = jk_textrow_get_nth(&row->change.row,
	                        "certificate", i)) != NULL;
	     i++) {
		e = check_certificate(c, name);
		if (e == JK_ERR_NOT_FOUND)
			blame_row(c, row, row->line,
			    "has no certificate of that name");
		else if (e == JK_ERR_FORMAT)
			blame_row(c, row, row->line,
			    "has a certificate that was changed");
		else if (e == JK_ERR_UNSAFE)
			blame_row(c, row, row->line,
			    "has a certificate that others may change");
		else if (e != JK_OK)
			return e;
	}
	return JK_OK;
}

static void
check_rows(struct check *c)
{
	const struct jk_ledger_head *head = &c->registry.head;
	struct jk_ledger_head is;
	uint64_t line;

	if (c->registry.edited)
		jk_chaincheck_blame(c->ret, 0, 0,
		    JK_STORE_REGISTRY ": was changed by hand");
	/* What is missing there has been named: it would be missing here. */
	if (!jk_chaincheck_is_whole(&c->chain, head->number))
		return;
	compare_rows(c);
	if (jk_chaincheck_find(&c->chain, head->number, &is, &line) == JK_OK &&
	    is.end != head->end)
		jk_chaincheck_blame(c->ret, 0, 1,
		    JK_STORE_REGISTRY ": entry %" PRIu64 " ends elsewhere",
		    head->number);
}

static enum jk_err
check_registry(struct check *c)
{
	struct jk_tablerow *const *row;
	size_t n;
	enum jk_err e =
	    jk_storedisk_certificates(&c->disk, &c->certificates_fd);

	check_rows(c);
	if (e == JK_ERR_UNSAFE) {
		jk_chaincheck_blame(c->ret, 0, 0,
		    JK_STORE_CERTIFICATES ": others may change it");
		return JK_OK;
	}
	if (e != JK_OK && e != JK_ERR_NOT_FOUND)
		return e;
	row = jk_rowtable_all(&c->registry.rows, &n);
	e = JK_OK;
	for (size_t i = 0; i < n && e == JK_OK; i++)
		e = check_certificates(c, row[i]);
	return e;
}

enum jk_err
jk_ledger_check(const char *dir, uid_t owner,
    const struct jk_ledger_head *expected, uint64_t snapshot,
    struct jk_ledgercheck *ret)
{
	struct jk_ledgercheck found = { .head = jk_ledger_start };
	JK_CLEANUP(clear)
	struct check c = {
		.ret = &found,
		.snapshot = snapshot,
		.registry.head = jk_ledger_start,
		.ledger_fd = -1,
		.certificates_fd = -1,
	};
	struct jk_store_fault fault = { "" };
	enum jk_err e = jk_storedisk_open(dir, owner, &c.disk, &fault);

	if (e == JK_OK)
		e = open_files(&c);
	if (e == JK_OK && c.ledger_fd >= 0)
		e = jk_chaincheck_read(c.ledger_fd, replay, &c, &c.chain);
	if (e == JK_OK)
		e = check_ledger(&c, expected);
	if (e == JK_OK && c.has_registry)
		e = check_registry(&c);
	if (e == JK_OK)
		*ret = found;
	return e;
}
