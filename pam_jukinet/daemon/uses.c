/* SPDX-License-Identifier: BSD-2-Clause */
#include "uses.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "frame.h"
#include "ids.h"
#include "log.h"
#include "protocol.h"
#include "state.h"

#define PREFIX   "used."
#define NAME_LEN (sizeof(PREFIX) + JK_ID_MAX)

static enum jk_err
file_name(const char *approval, char ret[static NAME_LEN])
{
	/* No name of a file but that of an approval. */
	if (!jk_row_id_is_valid(approval))
		return JK_ERR_FORMAT;
	(void)snprintf(ret, NAME_LEN, PREFIX "%s", approval);
	return JK_OK;
}

bool
jk_uses_has(int dir, const char *approval)
{
	char name[NAME_LEN];

	return file_name(approval, name) != JK_OK ||
	       faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ||
	       errno != ENOENT;
}

typedef enum jk_err write_fn(int dir, const char *name,
    const struct jk_frame *frame);

static enum jk_err
put(int dir, const char *approval, const char *record, write_fn *write)
{
	JK_CLEANUP(jk_frame_free) struct jk_frame *f = NULL;
	char name[NAME_LEN];
	enum jk_err e;

	if ((e = file_name(approval, name)) != JK_OK ||
	    (e = jk_frame_new(&f)) != JK_OK)
		return e;
	jk_frame_start(f, JK_FRAME_STATE_USE);
	if ((e = jk_frame_put_str(f, JK_FIELD_ID, record)) != JK_OK ||
	    (e = jk_frame_put_u64(f, JK_FIELD_REAL_S, (uint64_t)jk_real_s())) !=
	        JK_OK)
		return e;
	return write(dir, name, f);
}

enum jk_err
jk_uses_take(int dir, const char *approval, const char *record,
    struct jk_uses *uses)
{
	enum jk_err e = uses->n < JK_USES_MAX
	                    ? put(dir, approval, record, jk_state_create)
	                    : JK_ERR_TOO_BIG;

	if (e == JK_OK)
		strcpy(uses->approval[uses->n++], approval);
	return e;
}

enum jk_err
jk_uses_hand_over(int dir, const char *approval, const char *record,
    struct jk_uses *uses)
{
	size_t i = 0;
	enum jk_err e;

	while (i < uses->n && strcmp(uses->approval[i], approval) != 0)
		i++;
	if (i == uses->n)
		return JK_ERR_NOT_FOUND;
	e = put(dir, approval, record, jk_state_keep);
	if (e == JK_OK && i < --uses->n)
		memcpy(uses->approval[i], uses->approval[uses->n],
		    sizeof(uses->approval[i]));
	return e;
}

void
jk_uses_give_back(int dir, struct jk_uses *uses)
{
	char name[NAME_LEN];

	while (uses->n > 0) {
		const char *approval = uses->approval[--uses->n];
		enum jk_err e = file_name(approval, name);

		if (e == JK_OK)
			e = jk_state_remove(dir, name);
		if (e != JK_OK)
			jk_log(JK_LOG_ERR,
			    "approval %s counts as used, for nothing: %s",
			    approval, jk_err_text(e));
	}
}

static bool
is_of(int dir, const char *name, const char *record, struct jk_frame *f)
{
	char id[64 + 1];

	return strncmp(name, PREFIX, strlen(PREFIX)) == 0 &&
	       jk_state_read(dir, name, f) == JK_OK &&
	       jk_frame_type(f) == JK_FRAME_STATE_USE &&
	       jk_frame_get_str(f, JK_FIELD_ID, id, sizeof(id)) == JK_OK &&
	       strcmp(id, record) == 0;
}

enum jk_err
jk_uses_give_back_of(int dir, const char *record)
{
	JK_CLEANUP(jk_frame_free) struct jk_frame *f = NULL;
	enum jk_err e = jk_frame_new(&f), removed;
	struct dirent *entry;
	DIR *d;
	int fd;

	if (e != JK_OK)
		return e;
	fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	d = fd >= 0 ? fdopendir(fd) : NULL;
	if (d == NULL) {
		if (fd >= 0)
			close(fd);
		return JK_ERR_SYS;
	}
	while ((entry = readdir(d)) != NULL) {
		if (!is_of(dir, entry->d_name, record, f))
			continue;
		removed = jk_state_remove(dir, entry->d_name);
		if (removed != JK_OK && removed != JK_ERR_NOT_FOUND)
			e = removed;
	}
	closedir(d);
	return e;
}
