/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Opening a store (jk_store_open()): what is read in which order, and what a
 * killed writer has left undone.
 */
#include "storeopen.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lock.h"

void
jk_store_close(struct jk_store **store)
{
	struct jk_store *s = *store;

	if (s == NULL)
		return;
	jk_rowtable_clear(&s->rows);
	jk_fd_close(&s->ledger_fd);
	jk_storedisk_close(&s->disk);
	/* Last: until now everything was ours. */
	jk_fd_close(&s->lock_fd);
	free(s);
	*store = NULL;
}

/* Reading of the ledger's end, and what came in between. */
struct replay {
	struct jk_rowtable *rows;
	const char *why; /* a row cannot be held */
	uint64_t number; /* by this entry */
};

static enum jk_err
replay_entry(void *ctx, const struct jk_ledger_entry *entry,
    JK_UNUSED const struct jk_ledger_head *head)
{
	struct replay *r = ctx;
	enum jk_err e = JK_OK;

	for (size_t i = 0; i < entry->n_changes && e == JK_OK; i++) {
		const struct jk_textrow *row = &entry->change[i].row;

		r->number = entry->number;
		r->why = jk_store_row_fault(row);
		if (r->why != NULL)
			return JK_ERR_FORMAT;
		if (!entry->change[i].removed)
			e = jk_rowtable_put(r->rows, row);
		else if (jk_rowtable_find(r->rows, row->kind, row->id) != NULL)
			e = jk_rowtable_remove(r->rows, row->kind, row->id);
	}
	return e;
}

static enum jk_err
read_ledger(struct jk_store *s, const struct jk_ledger_head *from,
    struct jk_store_fault *fault)
{
	struct replay replay = { .rows = &s->rows };
	struct jk_ledger_fault said = { 0, NULL };
	enum jk_err e;

	if (s->ledger_fd < 0) {
		s->head = *from;
		return from->number == 0
		           ? JK_OK
		           : jk_storedisk_blame(&s->disk, fault, JK_ERR_FORMAT,
		                 JK_STORE_LEDGER,
		                 "is missing, and registry.conf holds entry "
		                 "%" PRIu64,
		                 from->number);
	}
	e = jk_ledger_read(s->ledger_fd, from, replay_entry, &replay, &s->head,
	    &said);
	if (e != JK_ERR_FORMAT)
		return e;
	if (replay.why != NULL)
		return jk_storedisk_blame(&s->disk, fault, e, JK_STORE_LEDGER,
		    "a row of entry %" PRIu64 ": %s", replay.number,
		    replay.why);
	return jk_storedisk_blame(&s->disk, fault, e, JK_STORE_LEDGER,
	    "entry %" PRIu64 " %s", said.number, said.why);
}

static enum jk_err
read_state(struct jk_store *s, struct jk_store_fault *fault)
{
	JK_CLEANUP(jk_storefile_clear)
	struct jk_storefile file = { .head = jk_ledger_start };
	enum jk_err e;

	/* In this order: the ledger is never behind what was read before. */
	if ((e = jk_storedisk_recorded(&s->disk, &s->recorded, fault)) !=
	        JK_OK ||
	    (e = jk_storedisk_registry(&s->disk, &file, fault)) != JK_OK)
		return e;
	if (file.edited)
		return jk_storedisk_blame(&s->disk, fault, JK_ERR_FORMAT,
		    JK_STORE_REGISTRY,
		    "was changed by hand; the ledger holds the rows: move the "
		    "file away, and the next change makes it anew");
	s->rows = JK_TAKE(file.rows);
	e = s->mode == JK_STORE_WRITE
	        ? jk_storedisk_ledger_to_write(&s->disk, &s->ledger_fd, fault)
	        : jk_storedisk_ledger(&s->disk, &s->ledger_fd, fault);
	if (e == JK_OK)
		e = read_ledger(s, &file.head, fault);
	if (e != JK_OK)
		return e;
	if (s->recorded > s->head.number)
		return jk_storedisk_blame(&s->disk, fault, JK_ERR_FORMAT,
		    JK_STORE_LEDGER,
		    "was cut off: entry %" PRIu64 " is missing", s->recorded);
	jk_rowtable_keep(&s->rows);
	s->behind = s->head.number > file.head.number;
	return JK_OK;
}

void
jk_storeopen_place(struct jk_store *s, struct jk_newfile *file)
{
	(void)jk_newfile_place(file);
	s->behind = file->temp[0] != '\0';
	if (!s->behind)
		jk_storefile_number(&s->rows);
}

/* What a killed writer has left undone. */
static enum jk_err
mend(struct jk_store *s)
{
	JK_CLEANUP(jk_newfile_discard) struct jk_newfile file = { .fd = -1 };
	enum jk_err e = JK_OK;

	/* A killed writer may have appended without a sync. */
	if (s->behind && fdatasync(s->ledger_fd) != 0)
		return JK_ERR_SYS;
	if (s->mode == JK_STORE_READ)
		return JK_OK;
	e = jk_storedisk_cut(s->ledger_fd, s->head.end);
	if (e != JK_OK || !s->behind)
		return e;
	e = jk_storedisk_write_beside(&s->disk, &s->rows, &s->head, &file);
	if (e == JK_OK)
		jk_storeopen_place(s, &file);
	return e;
}

static enum jk_err
take_lock(struct jk_store *s, int64_t until, struct jk_store_fault *fault)
{
	enum jk_err e =
	    jk_lock_take(s->disk.dir_fd, JK_STORE_LOCK, until, &s->lock_fd);

	if (e == JK_ERR_BUSY)
		return jk_storedisk_blame(&s->disk, fault, e, JK_STORE_LOCK,
		    "somebody else is changing the registry");
	if (e == JK_OK && s->mode == JK_STORE_WRITE &&
	    ((e = jk_newfile_sweep(s->disk.dir_fd, JK_STORE_REGISTRY)) !=
	            JK_OK ||
	        (e = jk_newfile_sweep(s->disk.dir_fd, JK_STORE_RECORDED)) !=
	            JK_OK))
		return e;
	return e;
}

static enum jk_err
open_once(struct jk_store *s, bool locked, int64_t until,
    struct jk_store_fault *fault)
{
	enum jk_err e =
	    jk_storedisk_open(s->path, s->disk.owner, &s->disk, fault);

	if (e == JK_ERR_NOT_FOUND && s->mode == JK_STORE_READ) {
		*fault = (struct jk_store_fault){ "" };
		e = JK_OK;
	} else if (e == JK_OK && locked) {
		e = take_lock(s, until, fault);
	}
	if (e == JK_OK)
		e = read_state(s, fault);
	if (e == JK_OK)
		e = mend(s);
	return e;
}

static enum jk_err
open_new(const char *path, uid_t owner, enum jk_store_mode mode, bool locked,
    int64_t until, struct jk_store **ret, struct jk_store_fault *fault)
{
	JK_CLEANUP(jk_store_close) struct jk_store *s = malloc(sizeof(*s));
	enum jk_err e;

	*fault = (struct jk_store_fault){ "" };
	if (s == NULL)
		return JK_ERR_NOMEM;
	*s = (struct jk_store){
		.mode = mode,
		.disk = { s->path, -1, owner },
		.lock_fd = -1,
		.ledger_fd = -1,
		.head = jk_ledger_start,
	};
	if (strlen(path) >= sizeof(s->path))
		return JK_ERR_TOO_BIG;
	strcpy(s->path, path);
	e = open_once(s, locked, until, fault);
	if (mode == JK_STORE_READ)
		jk_fd_close(&s->lock_fd);
	if (e != JK_OK)
		return e;
	*ret = JK_TAKE(s);
	return JK_OK;
}

enum jk_err
jk_store_open(const char *dir, uid_t owner, enum jk_store_mode mode,
    int64_t until, struct jk_store **ret, struct jk_store_fault *fault)
{
	bool locked = mode == JK_STORE_WRITE;
	struct jk_store_fault first;
	enum jk_err e = open_new(dir, owner, mode, locked, until, ret, fault);

	/* Before somebody is blamed: a writer whose disk was full may have
	 * taken back what was being read. */
	if (e == JK_ERR_FORMAT && !locked) {
		first = *fault;
		e = open_new(dir, owner, mode, true, until, ret, fault);
		if (e == JK_ERR_SYS) {
			*fault = first;
			e = JK_ERR_FORMAT;
		}
	}
	if (e != JK_OK && fault->text[0] == '\0')
		snprintf(fault->text, sizeof(fault->text), "%.400s: %s", dir,
		    e == JK_ERR_SYS ? strerror(errno) : jk_err_text(e));
	return e;
}
