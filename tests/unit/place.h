/* SPDX-License-Identifier: BSD-2-Clause */
/* A private directory for a test, open as state.c opens one. */
#ifndef JK_TEST_PLACE_H
#define JK_TEST_PLACE_H

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct place {
	char path[64];
	int dir;
};

static inline void
place_make(struct place *p)
{
	strcpy(p->path, "/tmp/jk-test-XXXXXX");
	if (mkdtemp(p->path) == NULL)
		abort();
	p->dir = open(p->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (p->dir < 0)
		abort();
}

static inline unsigned
place_count(const struct place *p, const char *prefix)
{
	DIR *d = opendir(p->path);
	struct dirent *entry;
	unsigned n = 0;

	while (d != NULL && (entry = readdir(d)) != NULL)
		n += strncmp(entry->d_name, prefix, strlen(prefix)) == 0 &&
		     entry->d_name[strspn(entry->d_name, ".")] != '\0';
	if (d != NULL)
		closedir(d);
	return n;
}

static inline void
place_remove(struct place *p)
{
	DIR *d = opendir(p->path);
	struct dirent *entry;

	while (d != NULL && (entry = readdir(d)) != NULL)
		(void)unlinkat(p->dir, entry->d_name, 0);
	if (d != NULL)
		closedir(d);
	close(p->dir);
	(void)rmdir(p->path);
}

#endif
