/* SPDX-License-Identifier: BSD-2-Clause */
/* A store of the registry for a test, and changes to fill it with. */
#ifndef JK_TEST_REGISTRY_H
#define JK_TEST_REGISTRY_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "private.h"
#include "store.h"

#define REGISTRY_DIR PRIVATE_DIR "/registry"
#define AT(name)     REGISTRY_DIR "/" name

/* An empty directory for a store; needs enter_private_place(). */
static inline void
registry_make(void)
{
	if (system("rm -rf " REGISTRY_DIR) != 0 ||
	    mkdir(REGISTRY_DIR, 0700) != 0)
		abort();
}

static inline enum jk_err
registry_open(enum jk_store_mode mode, struct jk_store **ret)
{
	struct jk_store_fault fault;
	enum jk_err e = jk_store_open(REGISTRY_DIR, 0, mode,
	    jk_boot_ms() + 60000, ret, &fault);

	if (e != JK_OK)
		print_message("# open: %s\n", fault.text);
	return e;
}

/* Stages [KIND ID] with that one pair; NULL: that it is removed. */
static inline enum jk_err
registry_stage(struct jk_store *store, const char *kind, const char *id,
    const char *key, const char *value)
{
	struct jk_textrow row = { .n = 0 };
	enum jk_err e;

	if (key == NULL)
		return jk_store_remove(store, kind, id);
	if ((e = jk_textrow_init(&row, kind, id)) == JK_OK &&
	    (e = jk_textrow_add(&row, key, value)) == JK_OK)
		e = jk_store_put(store, &row);
	jk_textrow_clear(&row);
	return e;
}

static inline enum jk_err
registry_commit(struct jk_store *store, struct jk_ledger_head *ret)
{
	const struct jk_ledger_entry entry = {
		.at = 1795298607,
		.by = "p0009",
		.session = "0123456789abcdef",
		.opid = "m0009-9",
		.terminal = "shimin-03",
		.command = "card.approve",
		.why = "申請のとおり",
	};

	return jk_store_commit(store, &entry, ret);
}

/* One change from opening to closing. */
static inline enum jk_err
registry_change(const char *id, const char *value)
{
	struct jk_store *store = NULL;
	struct jk_ledger_head head;
	enum jk_err e = registry_open(JK_STORE_WRITE, &store);

	if (e == JK_OK)
		e = registry_stage(store, "card", id, "state", value);
	if (e == JK_OK)
		e = registry_commit(store, &head);
	jk_store_close(&store);
	return e;
}

/* A whole file; released by free(). */
static inline char *
registry_read(const char *path, size_t *ret_len)
{
	FILE *f = fopen(path, "re");
	char *text = NULL;
	size_t size = 0;
	ssize_t n;

	if (f == NULL)
		return NULL;
	n = getdelim(&text, &size, EOF, f);
	fclose(f);
	if (n < 0) {
		free(text);
		text = calloc(1, 1);
		n = 0;
	}
	*ret_len = (size_t)n;
	return text;
}

static inline void
registry_write(const char *path, const char *text, size_t len)
{
	FILE *f = fopen(path, "we");

	if (f == NULL || fwrite(text, 1, len, f) != len || fclose(f) != 0)
		abort();
}

#endif
