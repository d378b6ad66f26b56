/* SPDX-License-Identifier: BSD-2-Clause */
#include "driver.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

/* A file that the loader takes for another than the one at `path`; or -1. */
static int
copy_file(const char *path)
{
	JK_CLEANUP(close_fd) int from = open(path, O_RDONLY | O_CLOEXEC);
	JK_CLEANUP(close_fd) int to = memfd_create("vpcd", MFD_CLOEXEC);
	struct stat st;
	ssize_t n = 1;
	int fd;

	if (from < 0 || to < 0 || fstat(from, &st) != 0)
		return -1;
	for (off_t done = 0; done < st.st_size && n > 0;)
		n = sendfile(to, from, &done, (size_t)(st.st_size - done));
	if (n <= 0)
		return -1;
	fd = to;
	to = -1;
	return fd;
}

static bool
find(const struct pp_driver *d, const char *name, void *ret)
{
	void *at = dlsym(d->handle, name);

	memcpy(ret, &at, sizeof(at));
	if (at == NULL)
		fprintf(stderr, "pinpad: no %s in the driver\n", name);
	return at != NULL;
}

bool
pp_driver_open(struct pp_driver *d, const char *path)
{
	char name[32];
	bool all = true;

	*d = (struct pp_driver){ .fd = copy_file(path) };
	if (d->fd < 0) {
		fprintf(stderr, "pinpad: %s: %m\n", path);
		return false;
	}
	(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", d->fd);
	d->handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
	if (d->handle == NULL) {
		fprintf(stderr, "pinpad: %s: %s\n", path, dlerror());
		pp_driver_close(d);
		return false;
	}
#define X(function) all = find(d, #function, &d->function) && all;
	PP_DRIVER_TABLE(X)
#undef X
	if (!all)
		pp_driver_close(d);
	return all;
}

void
pp_driver_close(struct pp_driver *d)
{
	if (d->handle != NULL)
		(void)dlclose(d->handle);
	d->handle = NULL;
	close_fd(&d->fd);
}
