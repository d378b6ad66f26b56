/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rows that jukinetctl keeps (the others are written by hand, in
 * registry.d). A directory of root's:
 *
 *     ledger          every change, append-only (ledger.h)
 *     registry.conf   the rows as they stand, INI text as in registry.d; its
 *                     first line names the ledger's head that it holds
 *     certificates/   SHA256.pem, never changed
 *     recorded        the number of the last entry whose audit record is written
 *     store.lock      held while somebody changes something
 *
 * A change is one transaction. The new registry.conf is written beside and
 * synced, then the entry is appended to the ledger and synced: that is the
 * commit; then registry.conf is renamed into place. Whoever opens the store
 * next finishes what a killed one has left: a registry.conf that is behind the
 * ledger is rolled forward (in memory by a reader, on disk by a writer), an
 * unfinished ledger line is cut off by a writer and passed over by a reader.
 * So the ledger alone is the truth: a registry.conf that is absent is made
 * anew from it.
 *
 * A registry.conf that was edited or is ahead of the ledger, or a ledger whose
 * chain does not hold, is refused (JK_ERR_FORMAT): somebody has tampered. Of
 * the ledger only what is behind registry.conf is read: the whole of it is for
 * ledgercheck.h.
 */
#ifndef JK_STORE_H
#define JK_STORE_H

#include <sys/types.h>

#include "ledger.h"

#define JK_STORE_REGISTRY     "registry.conf"
#define JK_STORE_LEDGER       "ledger"
#define JK_STORE_CERTIFICATES "certificates"
#define JK_STORE_RECORDED     "recorded"
#define JK_STORE_LOCK         "store.lock"
#define JK_STORE_MAX          (64u << 20) /* bytes of registry.conf */
#define JK_STORE_PEM_MAX      65536u      /* of a certificate */
/* Of a certificate's file: SHA-256, ".pem" and NUL. */
#define JK_STORE_PEM_NAME (JK_LEDGER_HASH_LEN + 5)

struct jk_store;

enum jk_store_mode {
	JK_STORE_READ,  /* no lock: what stands there now, rolled forward */
	JK_STORE_WRITE, /* the lock, waited for until `until` */
};

/* Why it could not be opened, for people; "" when it could. */
struct jk_store_fault {
	char text[512];
};

/*
 * `dir` is an absolute path; it and the files must belong to root or `owner`
 * (JK_ERR_UNSAFE). An absent directory is an empty store for a reader and
 * JK_ERR_NOT_FOUND for a writer; absent files are empty. `until`: boot ms.
 * JK_ERR_BUSY: another writer held the lock.
 */
enum jk_err jk_store_open(const char *dir, uid_t owner, enum jk_store_mode mode,
    int64_t until, struct jk_store **ret, struct jk_store_fault *fault);
/* Drops what was not committed; NULL is fine. */
void jk_store_close(struct jk_store **store);

const struct jk_ledger_head *jk_store_head(const struct jk_store *store);
/*
 * registry.conf on disk holds less than the ledger, as it stands there: seen by
 * a reader, or left by a commit whose rename failed. The next writer mends it.
 */
bool jk_store_is_behind(const struct jk_store *store);

/* Every entry of its ledger, as jk_ledger_read() gives them. */
enum jk_err jk_store_entries(const struct jk_store *store, jk_ledger_fn *each,
    void *ctx, struct jk_ledger_fault *ret_fault);

/* Rows in the order of kind, then id, with what is staged; borrowed until the
 * next change. */
size_t jk_store_count(const struct jk_store *store);
const struct jk_textrow *jk_store_at(const struct jk_store *store, size_t i);
/* NULL: there is none. With what is staged. */
const struct jk_textrow *jk_store_find(const struct jk_store *store,
    const char *kind, const char *id);
/* Line of the row in registry.conf as it stands on disk; 0: not there yet. */
unsigned jk_store_line(const struct jk_store *store, const char *kind,
    const char *id);

/* NULL, or why the store cannot hold this row. A static text. */
const char *jk_store_row_fault(const struct jk_textrow *row);
/*
 * Staged until the commit; a copy is kept. A row that stands there already is
 * no change. JK_ERR_FORMAT: jk_store_row_fault() says why.
 */
enum jk_err jk_store_put(struct jk_store *store, const struct jk_textrow *row);
/* JK_ERR_NOT_FOUND: there is none. */
enum jk_err jk_store_remove(struct jk_store *store, const char *kind,
    const char *id);
/* How many rows are staged. */
size_t jk_store_changes(const struct jk_store *store);
/* Number i of them, in the order of kind, then id, as the entry will have it;
 * borrowed until the next change. */
const struct jk_ledger_change *jk_store_change_at(const struct jk_store *store,
    size_t i);
/* Number i of them, in the order in which they were staged. */
const struct jk_ledger_change *jk_store_change_at(const struct jk_store *store,
    size_t i);

/*
 * Writes a certificate (PEM text) under its content's name and gives that
 * name, for a card's "certificate =". Durable when it returns.
 */
enum jk_err jk_store_certificate(struct jk_store *store, const char *pem,
    size_t len, char ret_name[static JK_STORE_PEM_NAME]);

/*
 * Commits what is staged, be it nothing: an entry may hold notes alone. Of
 * `entry` everything but number, n_changes and change is taken. *ret_head is
 * the new head. JK_ERR_REFUSED: opened for reading. On any failure nothing has
 * happened and what was staged still is, with one exception: JK_ERR_TRUNCATED,
 * the ledger's disk failed so that the entry could neither be made to last nor
 * be taken back; what is true is what the next opening finds, and this store
 * takes no more changes.
 */
enum jk_err jk_store_commit(struct jk_store *store,
    const struct jk_ledger_entry *entry, struct jk_ledger_head *ret_head);

/* The last entry whose audit record is written, and that it now is. */
uint64_t jk_store_recorded(const struct jk_store *store);
enum jk_err jk_store_set_recorded(struct jk_store *store, uint64_t number);

#endif
