/* SPDX-License-Identifier: BSD-2-Clause */
#include "usebook.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#include "log.h"
#include "state.h"

#define PREFIX   "usebook."
#define NAME_LEN (sizeof(PREFIX) + JK_ID_LEN)
#define OTHERS   (JK_USEBOOK_ROWS - 1)

/* Texts are written once, before `whole` is set; all else is a count. */
struct row {
	_Atomic uint32_t whole;
	char id[JK_ID_LEN + 1];
	char purpose[JK_ID_MAX + 1];
	char reception[JK_RECEPTION_MAX + 1];
	char right[JK_ID_MAX + 1];
	_Atomic int64_t begun;
	_Atomic uint64_t all[JK_USEBOOK_KINDS], entered[JK_USEBOOK_KINDS];
};

/* Whatever bytes stand there, what comes of them is bounded. */
struct jk_usebook_page {
	_Atomic uint32_t taken; /* rows, the last one not counted */
	struct row row[JK_USEBOOK_ROWS];
};

static void
file_name(const char *session, char ret[static NAME_LEN])
{
	(void)snprintf(ret, NAME_LEN, PREFIX "%s", session);
}

enum jk_err
jk_usebook_open(int state_dir, const char *session, struct jk_usebook *ret)
{
	struct jk_usebook b = { .fd = -1 };
	char name[NAME_LEN];
	void *page;
	enum jk_err e;

	if (!jk_id_is_valid(session))
		return JK_ERR_FORMAT;
	file_name(session, name);
	e = jk_state_map(state_dir, name, sizeof(*b.page), &b.fd, &page);
	if (e != JK_OK)
		return e;
	b.page = page;
	*ret = b;
	return JK_OK;
}

void
jk_usebook_close(struct jk_usebook *b)
{
	if (b->page == NULL)
		return;
	(void)munmap(b->page, sizeof(*b->page));
	close(b->fd);
	free(b->shown);
	free(b->entering);
	*b = (struct jk_usebook){ .fd = -1 };
}

void
jk_usebook_remove(int state_dir, const char *session)
{
	char name[NAME_LEN];

	if (!jk_id_is_valid(session))
		return;
	file_name(session, name);
	if (jk_state_remove(state_dir, name) == JK_ERR_SYS)
		jk_log(JK_LOG_WARNING, "%s stays", name);
}

/* --- counting ------------------------------------------------------------- */

static size_t
take_row(struct jk_usebook_page *page)
{
	uint32_t n = atomic_load(&page->taken);

	do {
		if (n >= OTHERS)
			return OTHERS;
	} while (!atomic_compare_exchange_weak(&page->taken, &n, n + 1));
	return n;
}

static void
copy(char *ret, const char *text, size_t size)
{
	(void)snprintf(ret, size, "%s", text != NULL ? text : "");
}

static struct row *
own_row(struct jk_usebook *b, const struct jk_usebook_use *use)
{
	struct row *r;
	int64_t never = 0;

	if (b->has_row)
		return &b->page->row[b->row];
	b->row = take_row(b->page);
	b->has_row = true;
	r = &b->page->row[b->row];
	if (b->row < OTHERS) {
		copy(r->id, use->id, sizeof(r->id));
		copy(r->purpose, use->purpose, sizeof(r->purpose));
		copy(r->reception, use->reception, sizeof(r->reception));
		copy(r->right, use->right, sizeof(r->right));
	}
	/* Of several the first one's. */
	(void)atomic_compare_exchange_strong(&r->begun, &never, use->begun);
	atomic_store(&r->whole, 1);
	return r;
}

void
jk_usebook_add(struct jk_usebook *b, const struct jk_usebook_use *use,
    enum jk_usebook_kind kind, uint64_t n)
{
	_Atomic uint64_t *all;
	uint64_t old, next;

	if (b->page == NULL)
		return;
	all = &own_row(b, use)->all[kind];
	old = atomic_load(all);
	do {
		/* Full is full. */
		if (old >= JK_USEBOOK_MOST || n > JK_USEBOOK_MOST - old)
			next = JK_USEBOOK_MOST;
		else
			next = old + n;
	} while (!atomic_compare_exchange_weak(all, &old, next));
}

static void
lower(_Atomic uint64_t *value, uint64_t most)
{
	uint64_t old = atomic_load(value);

	while (old > most && !atomic_compare_exchange_weak(value, &old, most))
		continue;
}

static void
raise_to(_Atomic uint64_t *value, uint64_t least)
{
	uint64_t old = atomic_load(value);

	while (old < least && !atomic_compare_exchange_weak(value, &old, least))
		continue;
}

/* Entered is never more than there is: else what comes next would be missing. */
void
jk_usebook_drop(struct jk_usebook *b, enum jk_usebook_kind kind, uint64_t n)
{
	struct row *r;
	uint64_t old, next;

	if (!b->has_row)
		return;
	r = &b->page->row[b->row];
	old = atomic_load(&r->all[kind]);
	do
		next = old > n ? old - n : 0;
	while (!atomic_compare_exchange_weak(&r->all[kind], &old, next));
	lower(&r->entered[kind], next);
}

/* --- the entry of one use ------------------------------------------------- */

/* What stands there, not more than can be. */
static uint64_t
count_of(const _Atomic uint64_t *value)
{
	const uint64_t n = atomic_load(value);

	return n > JK_USEBOOK_MOST ? JK_USEBOOK_MOST : n;
}

static void
mark_row(struct row *r, const struct jk_usebook_counts *c)
{
	for (size_t i = 0; i < JK_USEBOOK_KINDS; i++) {
		raise_to(&r->entered[i], c->of[i]);
		/* Some of it may have been dropped since it was shown. */
		lower(&r->entered[i], atomic_load(&r->all[i]));
	}
}

/* Something was counted, and all of it has its entry. */
static bool
is_entered(const struct row *r, const struct jk_usebook_counts *all)
{
	bool any = false;

	for (size_t i = 0; i < JK_USEBOOK_KINDS; i++) {
		if (all->of[i] > count_of(&r->entered[i]))
			return false;
		any = any || all->of[i] > 0;
	}
	return any;
}

static enum jk_err
read_own(const struct jk_usebook *b, struct jk_usebook_counts *ret)
{
	const struct row *r = &b->page->row[b->row];

	*ret = (struct jk_usebook_counts){ 0 };
	if (!b->has_row || b->row == OTHERS)
		return JK_OK;
	for (size_t i = 0; i < JK_USEBOOK_KINDS; i++)
		ret->of[i] = count_of(&r->all[i]);
	return is_entered(r, ret) ? JK_ERR_REFUSED : JK_OK;
}

/* Uses are entered beside each other, but not beside all of them together. */
enum jk_err
jk_usebook_begin_own(struct jk_usebook *b)
{
	enum jk_err e;

	/* One lock is both kinds in turn: what is ours is not in its way. */
	if (b->own || b->entering != NULL ||
	    flock(b->fd, LOCK_SH | LOCK_NB) != 0)
		return JK_ERR_REFUSED;
	e = read_own(b, &b->so_far);
	if (e == JK_OK)
		b->own = true;
	else
		(void)flock(b->fd, LOCK_UN);
	return e;
}

void
jk_usebook_end_own(struct jk_usebook *b, bool made)
{
	if (!b->own)
		return;
	if (made && b->has_row && b->row < OTHERS)
		mark_row(&b->page->row[b->row], &b->so_far);
	b->own = false;
	(void)flock(b->fd, LOCK_UN);
}

/* --- the entry of the session --------------------------------------------- */

static void
read_text(char *ret, const char *text, size_t size)
{
	memcpy(ret, text, size - 1);
	ret[size - 1] = '\0';
}

/* Texts that are none are left out: then it is one of the others. */
static void
read_texts(const struct row *r, struct jk_usebook_row *ret)
{
	read_text(ret->id, r->id, sizeof(ret->id));
	read_text(ret->purpose, r->purpose, sizeof(ret->purpose));
	read_text(ret->reception, r->reception, sizeof(ret->reception));
	read_text(ret->right, r->right, sizeof(ret->right));
	if (jk_id_is_valid(ret->id) && jk_row_id_is_valid(ret->purpose) &&
	    (ret->reception[0] == '\0' ||
	        jk_claim_is_reception(ret->reception)) &&
	    jk_row_id_is_valid(ret->right))
		return;
	ret->id[0] = ret->purpose[0] = '\0';
	ret->reception[0] = ret->right[0] = '\0';
}

/* Without texts. False: all of it has its entry. */
static bool
read_counts(const struct row *r, struct jk_usebook_row *ret)
{
	bool open = false;

	*ret = (struct jk_usebook_row){ 0 };
	if (atomic_load(&r->whole) == 0)
		return false;
	for (size_t i = 0; i < JK_USEBOOK_KINDS; i++) {
		const uint64_t entered = count_of(&r->entered[i]);

		ret->all.of[i] = count_of(&r->all[i]);
		if (ret->all.of[i] > entered)
			ret->open.of[i] = ret->all.of[i] - entered;
		open = open || ret->open.of[i] > 0;
	}
	return open;
}

static size_t
used_rows(const struct jk_usebook_page *page)
{
	const uint32_t n = atomic_load(&page->taken);

	return n < OTHERS ? n : JK_USEBOOK_ROWS;
}

static void
read_all(const struct jk_usebook_page *page, struct jk_usebook_view *v)
{
	const size_t n = used_rows(page);

	for (size_t i = 0; i < n; i++) {
		struct jk_usebook_row *row = &v->row[v->n];

		if (!read_counts(&page->row[i], row))
			continue;
		row->index = i;
		row->begun = atomic_load(&page->row[i].begun);
		if (i < OTHERS)
			read_texts(&page->row[i], row);
		v->n++;
	}
}

enum jk_err
jk_usebook_look(struct jk_usebook *b)
{
	free(b->shown);
	b->shown = calloc(1, sizeof(*b->shown));
	if (b->shown == NULL)
		return JK_ERR_NOMEM;
	read_all(b->page, b->shown);
	return JK_OK;
}

static bool
is_seen(const struct jk_usebook_view *v, uint64_t n,
    const struct jk_usebook_counts *sums)
{
	struct jk_usebook_counts all = { 0 };

	for (size_t row = 0; row < v->n; row++)
		for (size_t i = 0; i < JK_USEBOOK_KINDS; i++)
			all.of[i] += v->row[row].open.of[i];
	return v->n > 0 && v->n == n && memcmp(&all, sums, sizeof(all)) == 0;
}

/* Row by row: sums may be the same of something else. */
static bool
is_unchanged(const struct jk_usebook_page *page,
    const struct jk_usebook_view *v)
{
	const size_t n = used_rows(page);
	struct jk_usebook_row now;
	size_t next = 0;

	for (size_t i = 0; i < n; i++) {
		if (!read_counts(&page->row[i], &now))
			continue;
		if (next == v->n || v->row[next].index != i ||
		    memcmp(&v->row[next].all, &now.all, sizeof(now.all)) != 0 ||
		    memcmp(&v->row[next].open, &now.open, sizeof(now.open)) !=
		        0)
			return false;
		next++;
	}
	return next == v->n;
}

enum jk_err
jk_usebook_begin_entry(struct jk_usebook *b, uint64_t n,
    const struct jk_usebook_counts *sums)
{
	struct jk_usebook_view *v = b->shown;

	b->shown = NULL;
	/* The lock goes when its worker dies; nobody waits for it. */
	if (v == NULL || b->entering != NULL || b->own ||
	    !is_seen(v, n, sums) || flock(b->fd, LOCK_EX | LOCK_NB) != 0) {
		free(v);
		return JK_ERR_REFUSED;
	}
	b->entering = v;
	if (is_unchanged(b->page, v))
		return JK_OK;
	jk_usebook_end_entry(b, false);
	return JK_ERR_REFUSED;
}

void
jk_usebook_end_entry(struct jk_usebook *b, bool made)
{
	if (b->entering == NULL)
		return;
	for (size_t i = 0; made && i < b->entering->n; i++)
		mark_row(&b->page->row[b->entering->row[i].index],
		    &b->entering->row[i].all);
	free(b->entering);
	b->entering = NULL;
	(void)flock(b->fd, LOCK_UN);
}
