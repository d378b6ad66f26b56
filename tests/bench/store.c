/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the registry of a large municipality costs: 10,000 persons, 15,000
 * operator IDs, 10,000 cards. Milliseconds.
 *
 *     bench_store [DIRECTORY]
 *
 * DIRECTORY is made and removed again; all above it must be root's. Without
 * one it is memory.
 */
#include <dirent.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "chain.h"
#include "clock.h"
#include "ledgercheck.h"

#define PERSONS 10000
#define OPIDS   15000
#define CARDS   10000
#define COMMITS 20

#define print_message printf
#include "../unit/private.h"

static void
need(enum jk_err e, const char *what)
{
	if (e == JK_OK)
		return;
	fprintf(stderr, "%s: %s\n", what, jk_err_text(e));
	exit(1);
}

static double
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static struct jk_store *
open_store(const char *dir, enum jk_store_mode mode)
{
	struct jk_store *store = NULL;
	struct jk_store_fault fault;
	enum jk_err e =
	    jk_store_open(dir, 0, mode, jk_boot_ms() + 5000, &store, &fault);

	if (e != JK_OK)
		fprintf(stderr, "%s\n", fault.text);
	need(e, "open");
	return store;
}

/* Keys and values by turns, up to NULL; a %u is the number. */
static void
put(struct jk_store *store, const char *kind, unsigned number, ...)
{
	struct jk_textrow row = { .n = 0 };
	char id[32], value[128];
	const char *key;
	va_list args;

	snprintf(id, sizeof(id), "%c-%05u", kind[0], number);
	need(jk_textrow_init(&row, kind, id), "row");
	va_start(args, number);
	while ((key = va_arg(args, const char *)) != NULL) {
		snprintf(value, sizeof(value), "%s%05u",
		    va_arg(args, const char *), number);
		need(jk_textrow_add(&row, key, value), "pair");
	}
	va_end(args);
	need(jk_store_put(store, &row), "put");
	jk_textrow_clear(&row);
}

static void
put_certificate(struct jk_store *store, unsigned number, const char *name)
{
	struct jk_textrow row = { .n = 0 };
	char id[32];

	snprintf(id, sizeof(id), "c-%05u", number);
	need(jk_textrow_copy(jk_store_find(store, "card", id), &row), "copy");
	need(jk_textrow_add(&row, "certificate", name), "pair");
	need(jk_store_put(store, &row), "put");
	jk_textrow_clear(&row);
}

/* Its certificate, as jk_store_certificate() writes it, but without a sync. */
static void
put_card(struct jk_store *store, const char *dir, unsigned number)
{
	char name[JK_STORE_PEM_NAME + 8], path[4096], text[1200];
	FILE *f;

	memset(text, 'x', sizeof(text));
	memcpy(text, &number, sizeof(number));
	need(jk_chain_digest(text, sizeof(text), name), "digest");
	strcat(name, ".pem");
	snprintf(path, sizeof(path), "%s/certificates/%s", dir, name);
	f = fopen(path, "we");
	if (f == NULL || fwrite(text, sizeof(text), 1, f) != 1 ||
	    fclose(f) != 0)
		need(JK_ERR_SYS, path);
	put(store, "card", number, "person", "p-", "state", "active-", "issued",
	    "2026-04-01-", NULL);
	put_certificate(store, number, name);
}

static void
fill(struct jk_store *store, const char *dir)
{
	for (unsigned i = 0; i < PERSONS; i++)
		put(store, "person", i, "name", "住基 花子 ", "department",
		    "shimin-", "valid-from", "2026-04-", "valid-until",
		    "2027-03-", "role", "window-", NULL);
	for (unsigned i = 0; i < OPIDS; i++)
		put(store, "operator-id", i, "person", "p-", "type",
		    "moving-desk-", "valid-until", "2027-03-", "state",
		    "active-", "granted-by", "p-", NULL);
	for (unsigned i = 0; i < CARDS; i++)
		put_card(store, dir, i);
}

static void
commit(struct jk_store *store)
{
	const struct jk_ledger_entry entry = {
		.at = 1795298607,
		.by = "p0009",
		.command = "card.approve",
		.why = "申請のとおり",
	};
	struct jk_ledger_head head;

	need(jk_store_commit(store, &entry, &head), "commit");
}

static void
measure(const char *dir)
{
	struct jk_ledgercheck check;
	struct jk_store *store;
	char path[4096];
	double t = now_ms(), opened = 0, committed = 0;

	store = open_store(dir, JK_STORE_WRITE);
	fill(store, dir);
	printf("%-32s %7.1f\n", "staging 35,000 rows", now_ms() - t);
	t = now_ms();
	commit(store);
	printf("%-32s %7.1f\n", "committing them as one entry", now_ms() - t);
	jk_store_close(&store);
	for (unsigned i = 0; i < COMMITS; i++) {
		t = now_ms();
		store = open_store(dir, JK_STORE_WRITE);
		opened += now_ms() - t;
		put(store, "person", i * 400, "name", "次郎 ", NULL);
		t = now_ms();
		commit(store);
		committed += now_ms() - t;
		jk_store_close(&store);
	}
	printf("%-32s %7.1f\n", "opening, on average", opened / COMMITS);
	printf("%-32s %7.1f\n", "committing one row, on average",
	    committed / COMMITS);
	t = now_ms();
	need(jk_ledger_check(dir, 0, NULL, 0, &check), "check");
	printf("%-32s %7.1f  (%zu faults)\n", "checking ledger and rows",
	    now_ms() - t, check.n_faults);
	snprintf(path, sizeof(path), "%s/registry.conf", dir);
	(void)unlink(path);
	t = now_ms();
	store = open_store(dir, JK_STORE_WRITE);
	printf("%-32s %7.1f\n", "registry.conf from the ledger", now_ms() - t);
	jk_store_close(&store);
}

/* A directory of files. */
static void
remove_all(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL)
		(void)unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir != NULL)
		closedir(dir);
	(void)rmdir(path);
}

int
main(int argc, char *argv[])
{
	const char *dir = PRIVATE_DIR "/registry";
	char path[4096];

	if (argc > 1)
		dir = argv[1];
	else if (!enter_private_place())
		return 77;
	if (mkdir(dir, 0700) != 0) {
		perror(dir);
		return 1;
	}
	snprintf(path, sizeof(path), "%s/certificates", dir);
	need(mkdir(path, 0700) == 0 ? JK_OK : JK_ERR_SYS, path);
	measure(dir);
	remove_all(path);
	remove_all(dir);
	return access(dir, F_OK) == 0;
}
