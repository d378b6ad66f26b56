/* SPDX-License-Identifier: BSD-2-Clause */
#include "file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hex.h"

#define DIR_FLAGS (O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

void
jk_fd_close(int *fd)
{
	int keep = errno;

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	errno = keep;
}

enum jk_err
jk_fd_hold_standard(void)
{
	for (int fd = 0; fd <= 2; fd++) {
		/* The wrong way round: what nobody gets is not called said. */
		const int way = fd == 0 ? O_WRONLY : O_RDONLY;

		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		/* The lowest that is free is this one. */
		if (open("/dev/null", way | O_NOCTTY | O_CLOEXEC) != fd)
			return JK_ERR_SYS;
	}
	return JK_OK;
}

static enum jk_err blame(struct jk_file_fault *fault, enum jk_err e,
    const char *format, ...) JK_PRINTF(3, 4);

static enum jk_err
blame(struct jk_file_fault *fault, enum jk_err e, const char *format, ...)
{
	int keep = errno;
	va_list args;

	if (fault != NULL) {
		va_start(args, format);
		vsnprintf(fault->text, sizeof(fault->text), format, args);
		va_end(args);
	}
	errno = keep;
	return e;
}

static enum jk_err
blame_errno(struct jk_file_fault *fault, const char *path)
{
	enum jk_err e = errno == ENOENT ? JK_ERR_NOT_FOUND : JK_ERR_SYS;

	return blame(fault, e, "%s: %s", path, strerror(errno));
}

/* Only root and the owner may change it. */
static enum jk_err
check_owner(const struct stat *st, const char *path, uid_t owner,
    struct jk_file_fault *fault)
{
	if (st->st_uid != 0 && st->st_uid != owner)
		return blame(fault, JK_ERR_UNSAFE,
		    "%s: belongs to uid %u, not to root", path,
		    (unsigned)st->st_uid);
	if ((st->st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return blame(fault, JK_ERR_UNSAFE,
		    "%s: writable by group or others (mode %04o)", path,
		    (unsigned)(st->st_mode & 07777));
	return JK_OK;
}

static enum jk_err
check_fd(int fd, mode_t type, const char *path, uid_t owner,
    struct jk_file_fault *fault)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return blame_errno(fault, path);
	if ((st.st_mode & S_IFMT) != type)
		return blame(fault, JK_ERR_UNSAFE, "%s: not a regular file",
		    path);
	return check_owner(&st, path, owner, fault);
}

/* Moves *fd to its subdirectory `name`; `path` is where that is. */
static enum jk_err
descend(int *fd, const char *name, const char *path, uid_t owner,
    struct jk_file_fault *fault)
{
	int next;

	if (strcmp(name, "..") == 0)
		return blame(fault, JK_ERR_UNSAFE, "%s: '..' in a path", path);
	next = openat(*fd, name, O_PATH | DIR_FLAGS);
	if (next < 0 && errno == ENOTDIR)
		return blame(fault, JK_ERR_UNSAFE,
		    "%s: a symbolic link, or not a directory", path);
	if (next < 0)
		return blame_errno(fault, path);
	jk_fd_close(fd);
	*fd = next;
	return check_fd(*fd, S_IFDIR, path, owner, fault);
}

static enum jk_err
walk(char *path, uid_t owner, int *fd, struct jk_file_fault *fault)
{
	char *at = path + 1, *slash, *name;
	enum jk_err e = check_fd(*fd, S_IFDIR, "/", owner, fault);

	while (e == JK_OK && at != NULL) {
		name = at;
		slash = strchr(at, '/');
		at = slash == NULL ? NULL : slash + 1;
		if (*name == '/' || *name == '\0')
			continue;
		if (slash != NULL)
			*slash = '\0';
		e = descend(fd, name, path, owner, fault);
		if (slash != NULL)
			*slash = '/';
	}
	return e;
}

enum jk_err
jk_dir_open(const char *path, uid_t owner, int *ret_fd,
    struct jk_file_fault *fault)
{
	JK_CLEANUP(jk_fd_close) int fd = -1;
	char copy[PATH_MAX];
	int readable;
	enum jk_err e;

	if (path[0] != '/' || strlen(path) >= sizeof(copy))
		return blame(fault, JK_ERR_FORMAT, "%s: not an absolute path",
		    path);
	strcpy(copy, path);
	fd = open("/", O_PATH | DIR_FLAGS);
	if (fd < 0)
		return blame_errno(fault, "/");
	e = walk(copy, owner, &fd, fault);
	if (e != JK_OK)
		return e;
	readable = openat(fd, ".", O_RDONLY | DIR_FLAGS);
	if (readable < 0)
		return blame_errno(fault, path);
	*ret_fd = readable;
	return JK_OK;
}

enum jk_err
jk_dir_open_parent(const char *path, uid_t owner, int *ret_fd,
    char ret_name[static NAME_MAX + 1], struct jk_file_fault *fault)
{
	const char *slash = strrchr(path, '/');
	char dir[PATH_MAX];
	size_t n;
	enum jk_err e;

	if (slash == NULL || slash[1] == '\0' || strlen(slash) > NAME_MAX ||
	    strlen(path) >= sizeof(dir))
		return blame(fault, JK_ERR_FORMAT,
		    "%s: not an absolute path of a file", path);
	n = slash == path ? 1 : (size_t)(slash - path);
	memcpy(dir, path, n);
	dir[n] = '\0';
	e = jk_dir_open(dir, owner, ret_fd, fault);
	if (e == JK_OK)
		strcpy(ret_name, slash + 1);
	return e;
}

static bool
is_plain_name(const char *name)
{
	return name[0] != '\0' && strchr(name, '/') == NULL &&
	       strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

enum jk_err
jk_file_open_in(int dir_fd, const char *name, uid_t owner, int *ret_fd,
    struct jk_file_fault *fault)
{
	JK_CLEANUP(jk_fd_close) int fd = -1;
	enum jk_err e;

	if (!is_plain_name(name))
		return blame(fault, JK_ERR_UNSAFE, "%s: not a plain file name",
		    name);
	/* O_NONBLOCK: a FIFO must not hold us before it is seen to be one. */
	fd = openat(dir_fd, name,
	    O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 && errno == ELOOP)
		return blame(fault, JK_ERR_UNSAFE, "%s: a symbolic link", name);
	if (fd < 0)
		return blame_errno(fault, name);
	e = check_fd(fd, S_IFREG, name, owner, fault);
	if (e != JK_OK)
		return e;
	*ret_fd = fd;
	fd = -1;
	return JK_OK;
}

enum jk_err
jk_file_open_config(const char *path, uid_t owner, int *ret_fd,
    struct jk_file_fault *fault)
{
	JK_CLEANUP(jk_fd_close) int dir_fd = -1;
	char name[NAME_MAX + 1];
	enum jk_err e = jk_dir_open_parent(path, owner, &dir_fd, name, fault);

	if (e != JK_OK)
		return e;
	return jk_file_open_in(dir_fd, name, owner, ret_fd, fault);
}

void
jk_file_text_free(char **text)
{
	free(*text);
	*text = NULL;
}

/* Until the end of the file or the buffer is full. */
static enum jk_err
read_all(int fd, char *data, size_t size, size_t *ret_len)
{
	size_t len = 0;

	while (len < size) {
		ssize_t n = read(fd, data + len, size - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return JK_ERR_SYS;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	*ret_len = len;
	return JK_OK;
}

enum jk_err
jk_file_read(int fd, size_t max, char **ret, size_t *ret_len)
{
	JK_CLEANUP(jk_file_text_free) char *data = NULL;
	struct stat st;
	size_t size, len;
	enum jk_err e;

	if (fstat(fd, &st) != 0)
		return JK_ERR_SYS;
	if (st.st_size < 0 || (uint64_t)st.st_size > max)
		return JK_ERR_TOO_BIG;
	/* One more than it has, to notice that it grew meanwhile. */
	size = (size_t)st.st_size + 1;
	data = malloc(size + 1);
	if (data == NULL)
		return JK_ERR_NOMEM;
	e = read_all(fd, data, size, &len);
	if (e != JK_OK)
		return e;
	if (len == size)
		return JK_ERR_BUSY;
	data[len] = '\0';
	*ret = JK_TAKE(data);
	*ret_len = len;
	return JK_OK;
}

bool
jk_file_is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	       a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	       a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

enum jk_err
jk_file_write(int fd, const void *data, size_t len)
{
	const char *at = data;

	while (len > 0) {
		ssize_t n = write(fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return JK_ERR_SYS;
		at += n;
		len -= (size_t)n;
	}
	return JK_OK;
}

enum jk_err
jk_newfile_open(int dir_fd, const char *name, struct jk_newfile *ret)
{
	struct jk_newfile file = { .dir_fd = dir_fd };
	char id[JK_ID_LEN + 1];
	enum jk_err e;

	if (!is_plain_name(name) || strlen(name) > 200)
		return JK_ERR_FORMAT;
	e = jk_id_new(id);
	if (e != JK_OK)
		return e;
	strcpy(file.name, name);
	snprintf(file.temp, sizeof(file.temp), ".%.200s.%s", name, id);
	file.fd = openat(dir_fd, file.temp,
	    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (file.fd < 0)
		return JK_ERR_SYS;
	*ret = file;
	return JK_OK;
}

void
jk_newfile_discard(struct jk_newfile *file)
{
	int keep = errno;

	if (file->temp[0] != '\0') {
		(void)unlinkat(file->dir_fd, file->temp, 0);
		jk_fd_close(&file->fd);
	}
	*file = (struct jk_newfile){ .fd = -1 };
	errno = keep;
}

enum jk_err
jk_newfile_seal(struct jk_newfile *file, mode_t mode, uid_t uid, gid_t gid)
{
	return fchown(file->fd, uid, gid) == 0 && fchmod(file->fd, mode) == 0 &&
	               fsync(file->fd) == 0
	           ? JK_OK
	           : JK_ERR_SYS;
}

enum jk_err
jk_newfile_place(struct jk_newfile *file)
{
	if (renameat(file->dir_fd, file->temp, file->dir_fd, file->name) != 0)
		return JK_ERR_SYS;
	/* From here on it stands; what is left is to make it last. */
	file->temp[0] = '\0';
	jk_fd_close(&file->fd);
	return fsync(file->dir_fd) == 0 ? JK_OK : JK_ERR_SYS;
}

enum jk_err
jk_newfile_commit(struct jk_newfile *file, mode_t mode, uid_t uid, gid_t gid)
{
	enum jk_err e = jk_newfile_seal(file, mode, uid, gid);

	return e != JK_OK ? e : jk_newfile_place(file);
}

static void
close_dir(DIR **dir)
{
	if (*dir != NULL)
		closedir(*dir);
}

enum jk_err
jk_newfile_sweep(int dir_fd, const char *name)
{
	JK_CLEANUP(close_dir) DIR *dir = NULL;
	size_t n = strlen(name);
	struct dirent *entry;
	int fd = openat(dir_fd, ".", O_RDONLY | DIR_FLAGS);

	if (fd < 0)
		return JK_ERR_SYS;
	dir = fdopendir(fd);
	if (dir == NULL) {
		jk_fd_close(&fd);
		return JK_ERR_SYS;
	}
	while ((entry = readdir(dir)) != NULL) {
		const char *at = entry->d_name;

		if (at[0] != '.' || strncmp(at + 1, name, n) != 0 ||
		    at[n + 1] != '.' || !jk_id_is_valid(at + n + 2))
			continue;
		if (unlinkat(dir_fd, at, 0) != 0 && errno != ENOENT)
			return JK_ERR_SYS;
	}
	return JK_OK;
}

enum jk_err
jk_file_write_atomic(int dir_fd, const char *name, mode_t mode, uid_t uid,
    gid_t gid, const void *data, size_t len)
{
	JK_CLEANUP(jk_newfile_discard) struct jk_newfile file = { .fd = -1 };
	enum jk_err e = jk_newfile_open(dir_fd, name, &file);

	if (e != JK_OK)
		return e;
	e = jk_file_write(file.fd, data, len);
	if (e != JK_OK)
		return e;
	return jk_newfile_commit(&file, mode, uid, gid);
}
