/* SPDX-License-Identifier: BSD-2-Clause */
#include "plugin.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "elfcheck.h"
#include "file.h"

/* Of a shared object, bytes. */
#define OBJECT_MAX (64u << 20)

static enum jk_err
blame(struct jk_file_fault *fault, const char *path, const char *why,
    enum jk_err e)
{
	if (fault != NULL)
		snprintf(fault->text, sizeof(fault->text), "%s: %s", path, why);
	return e;
}

bool
jk_source_name_is_valid(const char *name)
{
	size_t n = strlen(name);

	return n >= 1 && n <= JK_SOURCE_NAME_MAX &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789") == n;
}

jk_source_pins_fn *
jk_source_pins(const struct jukinet_policy_source *source)
{
	return source->size >= sizeof(*source) ? source->pins : NULL;
}

/* *ret_whole: the symbol is as large as the struct that we know. */
static enum jk_err
look_inside(int fd, const char *path, bool *ret_whole,
    struct jk_file_fault *fault)
{
	JK_CLEANUP(jk_file_text_free) char *data = NULL;
	const char *why;
	size_t len;
	enum jk_err e = jk_file_read(fd, OBJECT_MAX, &data, &len);

	if (e != JK_OK)
		return blame(fault, path, jk_err_text(e), e);
	why = jk_elfcheck_fault(data, len, JUKINET_POLICY_SYMBOL,
	    JK_SOURCE_SIZE_MIN);
	if (why != NULL)
		return blame(fault, path, why, JK_ERR_FORMAT);
	*ret_whole = jk_elfcheck_fault(data, len, JUKINET_POLICY_SYMBOL,
	                 sizeof(struct jukinet_policy_source)) == NULL;
	return JK_OK;
}

/*
 * By the descriptor that was looked at, not by a path that may have changed.
 * It stays open for good once the object is loaded: the loader knows objects
 * by their path, so no other file may ever be behind this number.
 */
static enum jk_err
load(int *fd, const char *path, const struct jukinet_policy_source **ret,
    struct jk_file_fault *fault)
{
	const struct jukinet_policy_source *source;
	char by_fd[32];
	void *handle;

	snprintf(by_fd, sizeof(by_fd), "/proc/self/fd/%d", *fd);
	handle = dlopen(by_fd, RTLD_NOW | RTLD_LOCAL);
	if (handle == NULL)
		return blame(fault, path, dlerror(), JK_ERR_FORMAT);
	*fd = -1;
	source = dlsym(handle, JUKINET_POLICY_SYMBOL);
	if (source == NULL)
		return blame(fault, path,
		    "does not define the symbol of a source", JK_ERR_FORMAT);
	*ret = source;
	return JK_OK;
}

/* An older edition of this version ends earlier, a later one has grown at its
 * end: what it says of itself is held against the file. */
static enum jk_err
check_size(const struct jukinet_policy_source *source, bool whole,
    const char *path, struct jk_file_fault *fault)
{
	if (source->size < JK_SOURCE_SIZE_MIN)
		return blame(fault, path, "its struct is too small",
		    JK_ERR_VERSION);
	if (source->size >= sizeof(*source) && !whole)
		return blame(fault, path, "its struct is smaller than it says",
		    JK_ERR_FORMAT);
	return JK_OK;
}

static enum jk_err
check(const struct jukinet_policy_source *source, const char *name, bool whole,
    const char *path, struct jk_file_fault *fault)
{
	enum jk_err e;

	if (source->version != JUKINET_POLICY_VERSION)
		return blame(fault, path, "of another version than jukinet",
		    JK_ERR_VERSION);
	e = check_size(source, whole, path, fault);
	if (e != JK_OK)
		return e;
	if (source->name == NULL || strcmp(source->name, name) != 0)
		return blame(fault, path, "its name is not that of its file",
		    JK_ERR_FORMAT);
	if (source->rows == NULL)
		return blame(fault, path, "has no rows()", JK_ERR_FORMAT);
	return JK_OK;
}

enum jk_err
jk_plugin_load(const char *dir, const char *name, uid_t owner,
    const struct jukinet_policy_source **ret, struct jk_file_fault *fault)
{
	JK_CLEANUP(jk_fd_close) int fd = -1;
	const struct jukinet_policy_source *source;
	char path[PATH_MAX];
	bool whole = false;
	enum jk_err e;

	if (!jk_source_name_is_valid(name))
		return blame(fault, name, "not the name of a source",
		    JK_ERR_FORMAT);
	if (snprintf(path, sizeof(path), "%s/libjukinet_policy_%s.so.1", dir,
	        name) >= (int)sizeof(path))
		return blame(fault, dir, "path is too long", JK_ERR_TOO_BIG);
	e = jk_file_open_config(path, owner, &fd, fault);
	if (e == JK_OK)
		e = look_inside(fd, path, &whole, fault);
	if (e == JK_OK)
		e = load(&fd, path, &source, fault);
	if (e == JK_OK)
		e = check(source, name, whole, path, fault);
	if (e != JK_OK)
		return e;

	*ret = source;
	return JK_OK;
}
