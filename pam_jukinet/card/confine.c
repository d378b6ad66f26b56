/* SPDX-License-Identifier: BSD-2-Clause */
#include "confine.h"

#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "sandbox.h"

#define MEMORY_MORE (64UL << 20)

static enum jk_err
die_with(pid_t parent)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0)
		return JK_ERR_SYS;
	/* It may have died before that. */
	return getppid() == parent ? JK_OK : JK_ERR_CLOSED;
}

static enum jk_err
forbid_looking(void)
{
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return JK_ERR_SYS;
	return JK_OK;
}

/* Bytes of address space that this process has now. */
static enum jk_err
own_size(rlim_t *ret)
{
	unsigned long pages;
	FILE *f = fopen("/proc/self/statm", "re");
	int n;

	if (f == NULL)
		return JK_ERR_SYS;
	n = fscanf(f, "%lu", &pages);
	fclose(f);
	if (n != 1)
		return JK_ERR_FORMAT;
	*ret = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE);
	return JK_OK;
}

enum jk_err
jk_confine_room(const struct jk_room *room)
{
	rlim_t size;
	enum jk_err e = own_size(&size);

	if (e != JK_OK)
		return e;
	size += room->memory;
	const struct {
		__rlimit_resource_t what;
		rlim_t value;
	} limits[] = {
		{ RLIMIT_CORE, 0 },
		{ RLIMIT_FSIZE, 0 },
		{ RLIMIT_NOFILE, room->files },
		{ RLIMIT_CPU, 5 },
		{ RLIMIT_AS, size },
	};

	/* A log that is a file gets no line then, which is nothing to die of. */
	if (signal(SIGXFSZ, SIG_IGN) == SIG_ERR)
		return JK_ERR_SYS;
	for (size_t i = 0; i < JK_COUNT(limits); i++) {
		const struct rlimit r = { limits[i].value, limits[i].value };

		if (setrlimit(limits[i].what, &r) != 0)
			return JK_ERR_SYS;
	}
	return JK_OK;
}

enum jk_err
jk_confine_start(pid_t parent)
{
	enum jk_err e;

	if ((e = die_with(parent)) != JK_OK ||
	    (e = jk_sandbox_capabilities(0, 0)) != JK_OK)
		return e;
	return forbid_looking();
}

static enum jk_err
forbid_threads(void)
{
	const struct rlimit none = { 0, 0 };

	return setrlimit(RLIMIT_NPROC, &none) == 0 ? JK_OK : JK_ERR_SYS;
}

enum jk_err
jk_confine_direct(void)
{
	const struct jk_room room = { .memory = MEMORY_MORE, .files = 16 };
	enum jk_err e;

	if ((e = jk_confine_room(&room)) != JK_OK ||
	    (e = forbid_threads()) != JK_OK ||
	    /* libpcsclite opens no file: no path is allowed at all. */
	    (e = jk_sandbox_files(NULL, 0)) != JK_OK)
		return e;
	return jk_sandbox_talk(NULL, 0);
}
