/* SPDX-License-Identifier: BSD-2-Clause */
#include "ticket.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "frame.h"
#include "protocol.h"
#include "state.h"

#define LIFE_MS (5 * 60 * 1000)
#define PREFIX  "ticket."

static enum jk_err
file_name(const char *ticket, char ret[static 32])
{
	if (!jk_id_is_valid(ticket))
		return JK_ERR_NOT_FOUND;
	(void)snprintf(ret, 32, PREFIX "%s", ticket);
	return JK_OK;
}

static bool
is_old(int dir, const char *name, struct jk_frame *f)
{
	int64_t now = jk_boot_ms();
	uint64_t issued;

	return jk_state_read(dir, name, f) != JK_OK ||
	       jk_frame_type(f) != JK_FRAME_STATE_TICKET ||
	       jk_frame_get_u64(f, JK_FIELD_BOOT_MS, &issued) != JK_OK ||
	       issued > (uint64_t)now || (uint64_t)now - issued > LIFE_MS;
}

/* Those that no session came for. */
static void
remove_old(int dir, struct jk_frame *f)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;

	if (d == NULL) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((entry = readdir(d)) != NULL)
		if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)) == 0 &&
		    is_old(dir, entry->d_name, f))
			(void)jk_state_remove(dir, entry->d_name);
	closedir(d);
}

enum jk_err
jk_ticket_issue(int dir, const struct jk_grant *grant,
    char ret[static JK_ID_LEN + 1])
{
	JK_CLEANUP(jk_frame_free) struct jk_frame *f = NULL;
	char id[JK_ID_LEN + 1], name[32];
	enum jk_err e;

	if ((e = jk_frame_new(&f)) != JK_OK)
		return e;
	remove_old(dir, f);
	jk_frame_start(f, JK_FRAME_STATE_TICKET);
	if ((e = jk_id_new(id)) != JK_OK ||
	    (e = file_name(id, name)) != JK_OK ||
	    (e = jk_grant_encode(grant, f)) != JK_OK ||
	    (e = jk_frame_put_u64(f, JK_FIELD_BOOT_MS,
	         (uint64_t)jk_boot_ms())) != JK_OK ||
	    (e = jk_state_write(dir, name, f)) != JK_OK)
		return e;
	memcpy(ret, id, sizeof(id));
	return JK_OK;
}

enum jk_err
jk_ticket_look(int dir, const char *ticket, const char *account,
    struct jk_grant *ret)
{
	JK_CLEANUP(jk_frame_free) struct jk_frame *f = NULL;
	struct jk_grant g;
	char name[32];
	enum jk_err e;

	if ((e = file_name(ticket, name)) != JK_OK ||
	    (e = jk_frame_new(&f)) != JK_OK)
		return e;
	if (is_old(dir, name, f))
		return JK_ERR_NOT_FOUND;
	e = jk_grant_decode(f, &g);
	if (e != JK_OK)
		return e;
	if (strcmp(g.account, account) != 0)
		return JK_ERR_NOT_FOUND;
	*ret = g;
	return JK_OK;
}

enum jk_err
jk_ticket_consume(int dir, const char *ticket)
{
	char name[32];
	enum jk_err e = file_name(ticket, name);

	return e == JK_OK ? jk_state_remove(dir, name) : e;
}
