/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files that only their owner may have made: configuration is read, and state
 * is written, by way of descriptors, never by a path that is resolved twice.
 */
#ifndef JK_FILE_H
#define JK_FILE_H

#include <limits.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "err.h"

/* Of one configuration file, bytes. */
#define JK_CONFIG_MAX (4u << 20)

/* What was wrong, for the administrator; "" when nothing was. */
struct jk_file_fault {
	char text[PATH_MAX + 128];
};

/*
 * Makes sure that descriptors 0 to 2 are something, so that no file that is
 * opened later is taken for standard input, output or error. What is said to
 * one that was closed still fails. Called before anything is opened.
 */
enum jk_err jk_fd_hold_standard(void);

/*
 * Opens a directory by its absolute path without following any symbolic link.
 * It and each directory above it must belong to root or `owner` and must not
 * be writable by group or others (a sticky bit does not excuse):
 * JK_ERR_UNSAFE otherwise. `fault` may be NULL.
 */
enum jk_err jk_dir_open(const char *path, uid_t owner, int *ret_fd,
    struct jk_file_fault *fault);
/* The directory of an absolute path, and the name in it. */
enum jk_err jk_dir_open_parent(const char *path, uid_t owner, int *ret_fd,
    char ret_name[static NAME_MAX + 1], struct jk_file_fault *fault);

/*
 * Opens a plain name in such a directory for reading: a regular file, not a
 * symbolic link, of root or `owner`, not writable by group or others.
 */
enum jk_err jk_file_open_in(int dir_fd, const char *name, uid_t owner,
    int *ret_fd, struct jk_file_fault *fault);
/* Both at once. */
enum jk_err jk_file_open_config(const char *path, uid_t owner, int *ret_fd,
    struct jk_file_fault *fault);

/*
 * The rest of a file, at most `max` bytes (JK_ERR_TOO_BIG), with a NUL behind
 * it that *ret_len does not count. *ret is released by jk_file_text_free().
 */
enum jk_err jk_file_read(int fd, size_t max, char **ret, size_t *ret_len);
void jk_file_text_free(char **text);

/* The same file, in which nothing was written in between. */
bool jk_file_is_same(const struct stat *a, const struct stat *b);

/* All of it, however often the kernel takes only a part. */
enum jk_err jk_file_write(int fd, const void *data, size_t len);

/* A file that is not yet at its place: nobody sees half of it. */
struct jk_newfile {
	int dir_fd; /* borrowed */
	int fd;     /* to write to; -1: none */
	char name[NAME_MAX + 1];
	char temp[NAME_MAX + 1];
};

/* Names of unfinished files: "." NAME "." random letters. */
enum jk_err jk_newfile_open(int dir_fd, const char *name,
    struct jk_newfile *ret);
/* Owner, mode, fsync: it is whole and lasts, though not yet at its place. */
enum jk_err jk_newfile_seal(struct jk_newfile *file, mode_t mode, uid_t uid,
    gid_t gid);
/* Rename, fsync of the directory. After a failure `temp` is empty when it is
 * at its place all the same. */
enum jk_err jk_newfile_place(struct jk_newfile *file);
/* Both. */
enum jk_err jk_newfile_commit(struct jk_newfile *file, mode_t mode, uid_t uid,
    gid_t gid);
/* Removes what was not committed; safe on a zeroed or committed one. */
void jk_newfile_discard(struct jk_newfile *file);
/* Removes what killed writers of this name have left. */
enum jk_err jk_newfile_sweep(int dir_fd, const char *name);

/* All of the above: the old contents or the new ones, never a mixture. */
enum jk_err jk_file_write_atomic(int dir_fd, const char *name, mode_t mode,
    uid_t uid, gid_t gid, const void *data, size_t len);

/* For JK_CLEANUP: closes unless -1. */
void jk_fd_close(int *fd);

#endif
