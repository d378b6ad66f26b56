/* SPDX-License-Identifier: BSD-2-Clause */
#include "usetext.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "lock.h"
#include "protocol.h"
#include "state.h"

#define LOCK_MS 500
/* A line is a text of JK_USE_TEXT bytes and what stands before it. */
#define LINE_MAX_LEN (JK_USE_TEXT + 128)

static enum jk_err
open_texts(int keep_dir, int *ret)
{
	int fd;

	if (mkdirat(keep_dir, JK_USETEXT_DIR, 0700) != 0 && errno != EEXIST)
		return JK_ERR_SYS;
	fd = openat(keep_dir, JK_USETEXT_DIR,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return JK_ERR_SYS;
	*ret = fd;
	return JK_OK;
}

/* All of the line, or nothing of it; under the lock. */
static enum jk_err
append(int dir, int fd, const char *line, size_t len)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return JK_ERR_SYS;
	if (st.st_size > JK_USETEXT_DAY_MAX - (off_t)len)
		return JK_ERR_TOO_BIG;
	if (pwrite(fd, line, len, st.st_size) == (ssize_t)len &&
	    fdatasync(fd) == 0 && (st.st_size > 0 || fsync(dir) == 0))
		return JK_OK;
	if (ftruncate(fd, st.st_size) != 0)
		return JK_ERR_SYS; /* the next one begins behind half a line */
	return JK_ERR_SYS;
}

enum jk_err
jk_usetext_keep(int keep_dir, uid_t uid, const char *use, const char *kind,
    const char *text, char ret[static JK_ID_LEN + 1])
{
	const int64_t now = jk_real_s();
	char line[LINE_MAX_LEN], name[32], day[11], id[JK_ID_LEN + 1];
	int dir = -1, fd = -1, n;
	enum jk_err e;

	if ((e = jk_id_new(id)) != JK_OK ||
	    (e = open_texts(keep_dir, &dir)) != JK_OK)
		return e;
	jk_date_format(now, day);
	(void)snprintf(name, sizeof(name), "%s.%u", day, (unsigned)uid);
	n = snprintf(line, sizeof(line), "%s\t%s\t%s\t%lld\t%s\n", id, use,
	    kind, (long long)now, text);
	e = n > 0 && (size_t)n < sizeof(line)
	        ? jk_lock_take(dir, name, jk_boot_ms() + LOCK_MS, &fd)
	        : JK_ERR_TOO_BIG;
	if (e == JK_OK)
		e = append(dir, fd, line, (size_t)n);
	if (fd >= 0)
		close(fd);
	close(dir);
	explicit_bzero(line, sizeof(line));
	if (e == JK_OK)
		memcpy(ret, id, sizeof(id));
	return e;
}
