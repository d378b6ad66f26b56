/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A file of the state directory: whatever stands there, a session that is
 * taken from it is whole and is the same when it is stored and read again.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pins.h"
#include "session.h"
#include "ticket.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define UID    2001
#define TICKET "00000000000000aa"

static void
need(bool condition)
{
	if (!condition)
		abort();
}

static char path[] = "/tmp/jk-fuzz-session-XXXXXX";

static void
remove_directory(void)
{
	int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)unlinkat(dir, "session.2001", 0);
	(void)unlinkat(dir, "lock.2001", 0);
	(void)unlinkat(dir, "ticket." TICKET, 0);
	(void)unlinkat(dir, "pin.c-1", 0);
	close(dir);
	(void)rmdir(path);
}

static int
own_directory(void)
{
	static int dir = -1;

	if (dir >= 0)
		return dir;
	need(mkdtemp(path) != NULL && atexit(remove_directory) == 0);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	need(dir >= 0);
	return dir;
}

static void
write_file(int dir, const char *name, const uint8_t *data, size_t len)
{
	int fd =
	    openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	need(fd >= 0 && write(fd, data, len) == (ssize_t)len);
	close(fd);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct jk_session first, again;
	struct jk_grant grant;
	int dir = own_directory();

	write_file(dir, "session.2001", data, len);
	write_file(dir, "ticket." TICKET, data, len);
	write_file(dir, "pin.c-1", data, len);
	if (jk_session_load(dir, UID, &first) == JK_OK) {
		need(first.grant.uid == UID);
		need(jk_id_is_valid(first.id));
		need(first.n_leaders <= JK_LEADERS_MAX);
		need(first.n_leaders > 0 || first.state == JK_SESSION_ENDED);
		need(jk_session_store(dir, &first) == JK_OK);
		need(jk_session_load(dir, UID, &again) == JK_OK);
		need(strcmp(first.id, again.id) == 0);
		need(memcmp(first.grant.key, again.grant.key,
		         sizeof(first.grant.key)) == 0);
		need(first.state == again.state);
		need(first.grant.n_approvals <= JK_GRANT_APPROVALS);
		need(first.grant.n_approvals == again.grant.n_approvals);
	}
	if (jk_ticket_look(dir, TICKET, "hanako", &grant) == JK_OK)
		need(strcmp(grant.account, "hanako") == 0);
	need(jk_pins_changed(dir, "c-1") >= 0);
	return 0;
}
