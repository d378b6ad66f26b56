/* SPDX-License-Identifier: BSD-2-Clause */
/* The store's files: how each of them is opened, read and written. */
#ifndef JK_STOREDISK_H
#define JK_STOREDISK_H

#include "file.h"
#include "store.h"
#include "storefile.h"

struct jk_storedisk {
	const char *path; /* borrowed; for messages */
	int dir_fd;       /* -1: there is no directory: all files are absent */
	uid_t owner;
};

/* Gives the error back; the text says "PATH/NAME: ..." unless there is one. */
enum jk_err jk_storedisk_blame(const struct jk_storedisk *disk,
    struct jk_store_fault *fault, enum jk_err e, const char *name,
    const char *format, ...) JK_PRINTF(5, 6);

/* JK_ERR_NOT_FOUND: there is no such directory. */
enum jk_err jk_storedisk_open(const char *path, uid_t owner,
    struct jk_storedisk *ret, struct jk_store_fault *fault);
void jk_storedisk_close(struct jk_storedisk *disk);

/* An absent one is empty. One that was edited is read all the same. */
enum jk_err jk_storedisk_registry(const struct jk_storedisk *disk,
    struct jk_storefile *ret, struct jk_store_fault *fault);
/* The number in `recorded`, 0 when it is absent. */
enum jk_err jk_storedisk_recorded(const struct jk_storedisk *disk,
    uint64_t *ret, struct jk_store_fault *fault);
/* For reading; -1: it is absent. */
enum jk_err jk_storedisk_ledger(const struct jk_storedisk *disk, int *ret_fd,
    struct jk_store_fault *fault);
/* To append to; made, and its name made to last, where it is absent. */
enum jk_err jk_storedisk_ledger_to_write(const struct jk_storedisk *disk,
    int *ret_fd, struct jk_store_fault *fault);

/* registry.conf, whole and lasting, but not yet at its place. */
enum jk_err jk_storedisk_write_beside(const struct jk_storedisk *disk,
    struct jk_rowtable *rows, const struct jk_ledger_head *head,
    struct jk_newfile *ret);

/*
 * Makes the ledger end at `end`, for good. JK_ERR_FORMAT: it ends before that.
 */
enum jk_err jk_storedisk_cut(int ledger_fd, uint64_t end);
/*
 * Appends behind `end` and syncs: the commit. On failure the ledger is cut
 * back; JK_ERR_TRUNCATED when that failed too and the text may stand there.
 */
enum jk_err jk_storedisk_append(int ledger_fd, uint64_t end, const char *text,
    size_t len);

enum jk_err jk_storedisk_set_recorded(const struct jk_storedisk *disk,
    uint64_t number);

/* As jk_store_certificate(). */
enum jk_err jk_storedisk_certificate(const struct jk_storedisk *disk,
    const char *pem, size_t len, char ret_name[static JK_STORE_PEM_NAME]);
/* The directory of certificates. JK_ERR_NOT_FOUND: there is none. */
enum jk_err jk_storedisk_certificates(const struct jk_storedisk *disk,
    int *ret_fd);
/*
 * Does the file of that name hold what its name says? JK_ERR_NOT_FOUND: there
 * is none; JK_ERR_FORMAT: it holds something else, or no certificate of ours
 * can have that name.
 */
enum jk_err jk_storedisk_check_certificate(const struct jk_storedisk *disk,
    int dir_fd, const char *name);

#endif
