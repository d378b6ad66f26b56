/* SPDX-License-Identifier: BSD-2-Clause */
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "frame.h"

#define NAME_MAX_LEN 64

enum jk_err
jk_state_open(const char *path, int *ret_dir)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return JK_ERR_SYS;
	if (fstat(fd, &st) != 0 || st.st_uid != geteuid() ||
	    (st.st_mode & 077) != 0) {
		close(fd);
		return JK_ERR_UNSAFE;
	}
	*ret_dir = fd;
	return JK_OK;
}

enum jk_err
jk_state_read(int dir, const char *name, struct jk_frame *ret)
{
	uint8_t bytes[JK_FRAME_MAX];
	ssize_t n;
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? JK_ERR_NOT_FOUND : JK_ERR_SYS;
	n = read(fd, bytes, sizeof(bytes));
	close(fd);
	if (n < 0)
		return JK_ERR_SYS;
	return jk_frame_parse(ret, bytes, (size_t)n);
}

static enum jk_err
write_whole(int fd, struct jk_cur bytes)
{
	while (bytes.left > 0) {
		ssize_t n = write(fd, bytes.at, bytes.left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return JK_ERR_SYS;
		bytes.at += n;
		bytes.left -= (size_t)n;
	}
	return JK_OK;
}

enum how {
	QUICK,
	DURABLE,
	PUBLIC
};

/* A file beside, under a name that is ours alone; left behind on failure. */
static enum jk_err
write_beside(int dir, const struct jk_frame *frame, enum how how,
    char ret_temp[static NAME_MAX_LEN])
{
	enum jk_err e;
	int fd;

	/* The pid keeps writers apart; a leftover of a dead one is replaced. */
	(void)snprintf(ret_temp, NAME_MAX_LEN, ".new.%d", (int)getpid());
	(void)unlinkat(dir, ret_temp, 0);
	fd = openat(dir, ret_temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
	    0600);
	if (fd < 0)
		return JK_ERR_SYS;
	e = write_whole(fd, jk_frame_bytes(frame));
	if (e == JK_OK && how == PUBLIC && fchmod(fd, 0644) != 0)
		e = JK_ERR_SYS;
	if (e == JK_OK && how == DURABLE && fsync(fd) != 0)
		e = JK_ERR_SYS;
	if (close(fd) != 0 && e == JK_OK)
		e = JK_ERR_SYS;
	return e;
}

static enum jk_err
replace(int dir, const char *name, const struct jk_frame *frame, enum how how)
{
	char temp[NAME_MAX_LEN];
	enum jk_err e = write_beside(dir, frame, how, temp);

	if (e == JK_OK && renameat(dir, temp, dir, name) != 0)
		e = JK_ERR_SYS;
	if (e != JK_OK)
		(void)unlinkat(dir, temp, 0);
	if (e == JK_OK && how == DURABLE && fsync(dir) != 0)
		e = JK_ERR_SYS;
	return e;
}

enum jk_err
jk_state_write(int dir, const char *name, const struct jk_frame *frame)
{
	return replace(dir, name, frame, QUICK);
}

enum jk_err
jk_state_keep(int dir, const char *name, const struct jk_frame *frame)
{
	return replace(dir, name, frame, DURABLE);
}

enum jk_err
jk_state_publish(int dir, const char *name, const struct jk_frame *frame)
{
	return replace(dir, name, frame, PUBLIC);
}

/*
 * Later than `before`, also within one tick of the clock that stamps files:
 * whoever holds the file tells by that alone that it is not as it was.
 */
static bool
make_later(int fd, const struct timespec *before)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, *before };
	struct stat st;

	if (fstat(fd, &st) != 0)
		return false;
	if (st.st_mtim.tv_sec > before->tv_sec ||
	    (st.st_mtim.tv_sec == before->tv_sec &&
	        st.st_mtim.tv_nsec > before->tv_nsec))
		return true;
	if (++times[1].tv_nsec == 1000000000) {
		times[1].tv_nsec = 0;
		times[1].tv_sec++;
	}
	return futimens(fd, times) == 0;
}

enum jk_err
jk_state_overwrite(int dir, const char *name, const struct jk_frame *frame)
{
	const struct jk_cur bytes = jk_frame_bytes(frame);
	struct stat st;
	int fd = openat(dir, name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	enum jk_err e = JK_ERR_SYS;

	if (fd < 0)
		return errno == ENOENT ? JK_ERR_NOT_FOUND : JK_ERR_SYS;
	if (fstat(fd, &st) == 0 && st.st_size >= (off_t)bytes.left &&
	    pwrite(fd, bytes.at, bytes.left, 0) == (ssize_t)bytes.left &&
	    (st.st_size == (off_t)bytes.left ||
	        ftruncate(fd, (off_t)bytes.left) == 0) &&
	    make_later(fd, &st.st_mtim))
		e = JK_OK;
	close(fd);
	return e;
}

enum jk_err
jk_state_create(int dir, const char *name, const struct jk_frame *frame)
{
	char temp[NAME_MAX_LEN];
	enum jk_err e = write_beside(dir, frame, DURABLE, temp);

	/* A second name, unlike a new one, never replaces what stands there. */
	if (e == JK_OK && linkat(dir, temp, dir, name, 0) != 0)
		e = errno == EEXIST ? JK_ERR_EXISTS : JK_ERR_SYS;
	(void)unlinkat(dir, temp, 0);
	if (e == JK_OK && fsync(dir) != 0)
		e = JK_ERR_SYS;
	return e;
}

enum jk_err
jk_state_map(int dir, const char *name, size_t size, int *ret_fd, void **ret)
{
	void *p = MAP_FAILED;
	int fd =
	    openat(dir, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return JK_ERR_SYS;
	if (posix_fallocate(fd, 0, (off_t)size) == 0)
		p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED) {
		close(fd);
		return JK_ERR_SYS;
	}
	*ret_fd = fd;
	*ret = p;
	return JK_OK;
}

enum jk_err
jk_state_remove(int dir, const char *name)
{
	if (unlinkat(dir, name, 0) == 0)
		return JK_OK;
	return errno == ENOENT ? JK_ERR_NOT_FOUND : JK_ERR_SYS;
}

/* It may have been removed between the opening and the locking of it. */
static bool
still_stands(int dir, const char *name, int fd)
{
	struct stat locked, named;

	return fstat(fd, &locked) == 0 &&
	       fstatat(dir, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	       locked.st_dev == named.st_dev && locked.st_ino == named.st_ino;
}

enum jk_err
jk_state_lock_left(int dir, const char *name, int *ret_fd)
{
	int fd = openat(dir, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	enum jk_err e = JK_OK;

	if (fd < 0)
		return errno == ENOENT ? JK_ERR_NOT_FOUND : JK_ERR_SYS;
	if (flock(fd, LOCK_EX | LOCK_NB) != 0)
		e = errno == EWOULDBLOCK ? JK_ERR_BUSY : JK_ERR_SYS;
	else if (!still_stands(dir, name, fd))
		e = JK_ERR_NOT_FOUND;
	if (e != JK_OK) {
		close(fd);
		return e;
	}
	*ret_fd = fd;
	return JK_OK;
}
