/* SPDX-License-Identifier: BSD-2-Clause */
#include "flight.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lock.h"
#include "state.h"

#define PREFIX "flight."
#define SIZE   ((size_t)JK_USE_FLIGHT * JK_ID_LEN)

/* Whole and locked when it appears under its name. */
static enum jk_err
make_file(struct jk_flight *f)
{
	char fresh[32], id[JK_ID_LEN + 1];
	enum jk_err e = jk_id_new(id);

	if (e != JK_OK)
		return e;
	(void)snprintf(fresh, sizeof(fresh), ".flight.%d", (int)getpid());
	(void)snprintf(f->name, sizeof(f->name), PREFIX "%s", id);
	e = jk_lock_take(f->dir, fresh, 0, &f->fd);
	if (e != JK_OK)
		return e;
	/* A leftover of a dead worker with our pid: nothing of it counts. And
	 * memory is taken now: a full /run must not show at a later write. */
	if (ftruncate(f->fd, 0) == 0 &&
	    posix_fallocate(f->fd, 0, (off_t)SIZE) == 0 &&
	    renameat(f->dir, fresh, f->dir, f->name) == 0)
		return JK_OK;
	(void)unlinkat(f->dir, fresh, 0);
	return JK_ERR_SYS;
}

enum jk_err
jk_flight_open(int state_dir, struct jk_flight *ret)
{
	struct jk_flight f = { .dir = state_dir, .fd = -1 };
	enum jk_err e = make_file(&f);
	void *ids = MAP_FAILED;

	if (e == JK_OK)
		ids = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, f.fd,
		    0);
	if (e == JK_OK && ids == MAP_FAILED)
		e = JK_ERR_SYS;
	if (e != JK_OK) {
		if (f.fd >= 0)
			close(f.fd);
		return e;
	}
	f.ids = ids;
	*ret = f;
	return JK_OK;
}

void
jk_flight_close(struct jk_flight *f)
{
	bool empty = true;

	if (f->ids == NULL)
		return;
	for (size_t i = 0; i < JK_USE_FLIGHT; i++)
		empty = empty && f->ids[i][0] == '\0';
	if (empty)
		(void)unlinkat(f->dir, f->name, 0);
	(void)munmap(f->ids, SIZE);
	close(f->fd);
	*f = (struct jk_flight){ .fd = -1 };
}

/* The first byte says whether there is one: it is set last. */
void
jk_flight_put(struct jk_flight *f, size_t slot, const char *id)
{
	memcpy(f->ids[slot] + 1, id + 1, JK_ID_LEN - 1);
	__atomic_store_n(&f->ids[slot][0], id[0], __ATOMIC_SEQ_CST);
}

void
jk_flight_clear(struct jk_flight *f, size_t slot)
{
	__atomic_store_n(&f->ids[slot][0], '\0', __ATOMIC_SEQ_CST);
}

bool
jk_flight_is_name(const char *name)
{
	return strncmp(name, PREFIX, strlen(PREFIX)) == 0 &&
	       jk_id_is_valid(name + strlen(PREFIX));
}

enum jk_err
jk_flight_left(int fd, size_t slot, char ret[static JK_ID_LEN + 1])
{
	char id[JK_ID_LEN + 1] = "";

	if (pread(fd, id, JK_ID_LEN, (off_t)(slot * JK_ID_LEN)) != JK_ID_LEN ||
	    !jk_id_is_valid(id))
		return JK_ERR_NOT_FOUND;
	memcpy(ret, id, sizeof(id));
	return JK_OK;
}

enum jk_err
jk_flight_settled(int fd, size_t slot)
{
	return pwrite(fd, "", 1, (off_t)(slot * JK_ID_LEN)) == 1 ? JK_OK
	                                                         : JK_ERR_SYS;
}
