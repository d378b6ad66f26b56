/* SPDX-License-Identifier: BSD-2-Clause */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Gone, or only not to be seen. */
static enum jk_err
failure(void)
{
	return errno == ENOENT || errno == ESRCH ? JK_ERR_NOT_FOUND
	                                         : JK_ERR_SYS;
}

enum jk_err
jk_process_open(pid_t pid, int *ret_dir)
{
	char path[32];
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return failure();
	*ret_dir = fd;
	return JK_OK;
}

/* The kernel gives some files in pieces. */
static enum jk_err
read_all(int fd, char *ret, size_t size)
{
	size_t len = 0;
	ssize_t n = 1;

	while (len < size - 1 && n > 0) {
		n = read(fd, ret + len, size - 1 - len);
		if (n < 0)
			return failure();
		len += (size_t)n;
	}
	ret[len] = '\0';
	return JK_OK;
}

enum jk_err
jk_process_read(int dir, const char *name, char *ret, size_t size)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	enum jk_err e;

	if (fd < 0)
		return failure();
	e = read_all(fd, ret, size);
	close(fd);
	return e == JK_OK && ret[0] == '\0' ? JK_ERR_FORMAT : e;
}

enum jk_err
jk_process_number(const char *text, uint64_t max, uint64_t *ret)
{
	char *end;
	unsigned long long n;

	if (text[0] < '0' || text[0] > '9')
		return JK_ERR_FORMAT;
	errno = 0;
	n = strtoull(text, &end, 10);
	if (errno != 0 || n > max || strchr("\n\t ", *end) == NULL)
		return JK_ERR_FORMAT;
	*ret = n;
	return JK_OK;
}

/* Field 22 of stat; the name in field 2 may hold blanks and brackets. */
enum jk_err
jk_process_start_at(int dir, uint64_t *ret)
{
	char stat[1024];
	const char *at;
	enum jk_err e = jk_process_read(dir, "stat", stat, sizeof(stat));

	if (e != JK_OK)
		return e;
	at = strrchr(stat, ')');
	if (at == NULL || at[1] != ' ')
		return JK_ERR_FORMAT;
	if (at[2] == 'Z' || at[2] == 'X')
		return JK_ERR_NOT_FOUND;
	for (int field = 2; at != NULL && field < 22; field++)
		at = strchr(at + 1, ' ');
	return at != NULL ? jk_process_number(at + 1, UINT64_MAX, ret)
	                  : JK_ERR_FORMAT;
}

enum jk_err
jk_process_start(pid_t pid, uint64_t *ret)
{
	int dir;
	enum jk_err e = jk_process_open(pid, &dir);

	if (e != JK_OK)
		return e;
	e = jk_process_start_at(dir, ret);
	close(dir);
	return e;
}

enum jk_err
jk_process_loginuid_at(int dir, uint32_t *ret)
{
	char text[32];
	uint64_t n;
	enum jk_err e = jk_process_read(dir, "loginuid", text, sizeof(text));

	if (e == JK_OK)
		e = jk_process_number(text, UINT32_MAX, &n);
	if (e == JK_OK)
		*ret = (uint32_t)n;
	return e;
}

static enum jk_err
parse_uids(const char *status, struct jk_process_uids *ret)
{
	const char *at = strstr(status, "\nUid:\t");
	uint64_t uid[4];

	if (at == NULL)
		return JK_ERR_FORMAT;
	at += strlen("\nUid:");
	for (size_t i = 0; i < JK_COUNT(uid); i++) {
		enum jk_err e;

		if (at == NULL)
			return JK_ERR_FORMAT;
		e = jk_process_number(at + 1, UINT32_MAX, &uid[i]);
		if (e != JK_OK)
			return e;
		at = strchr(at + 1, '\t');
	}
	*ret = (struct jk_process_uids){
		.real = (uid_t)uid[0],
		.effective = (uid_t)uid[1],
		.saved = (uid_t)uid[2],
		.fs = (uid_t)uid[3],
	};
	return JK_OK;
}

enum jk_err
jk_process_uids_at(int dir, struct jk_process_uids *ret)
{
	char status[1024]; /* the name comes before, escaped and short */
	enum jk_err e = jk_process_read(dir, "status", status, sizeof(status));

	return e == JK_OK ? parse_uids(status, ret) : e;
}

enum jk_err
jk_process_uids(pid_t pid, struct jk_process_uids *ret)
{
	int dir;
	enum jk_err e = jk_process_open(pid, &dir);

	if (e != JK_OK)
		return e;
	e = jk_process_uids_at(dir, ret);
	close(dir);
	return e;
}

/* The first one is always there. */
bool
jk_process_are_hidden(void)
{
	struct jk_process_uids uids;

	return jk_process_uids(1, &uids) != JK_OK;
}

/* Lines of three numbers: the first inside, the first outside, how many. */
static bool
is_mapped(const char *map, uid_t uid)
{
	unsigned first, count;

	for (; map != NULL; map = strchr(map + 1, '\n'))
		if (sscanf(map, "%*u %u %u", &first, &count) == 2 &&
		    uid >= first && uid - first < count)
			return true;
	return false;
}

enum jk_err
jk_process_may_become(pid_t pid, uid_t uid, bool *ret)
{
	char map[16384]; /* the kernel takes 340 lines of 33 bytes */
	int dir;
	enum jk_err e = jk_process_open(pid, &dir);

	if (e != JK_OK)
		return e;
	e = jk_process_read(dir, "uid_map", map, sizeof(map));
	close(dir);
	if (e == JK_ERR_FORMAT) { /* none is set, or there are no namespaces */
		*ret = false;
		return JK_OK;
	}
	if (e == JK_OK)
		*ret = is_mapped(map, uid) && !is_mapped(map, 0);
	return e;
}

enum jk_err
jk_process_boot(char ret[static JK_BOOT_ID_LEN + 1])
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return JK_ERR_SYS;
	n = read(fd, ret, JK_BOOT_ID_LEN);
	close(fd);
	if (n != JK_BOOT_ID_LEN)
		return JK_ERR_SYS;
	ret[JK_BOOT_ID_LEN] = '\0';
	return JK_OK;
}
