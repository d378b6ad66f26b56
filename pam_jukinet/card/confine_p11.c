/* SPDX-License-Identifier: BSD-2-Clause */
#include "confine_p11.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <seccomp.h>

#include "config.h"
#include "confine.h"
#include "file.h"
#include "log.h"
#include "sandbox.h"

/* A certificate may say that it is huge. */
#define MEMORY_MORE (8UL << 20)
#define FILES       32
#define PLACES      8

#define CONF        "/opensc.conf"
#define LOCAL_CONF  JK_CONFIG_DIR CONF
#define VENDOR_CONF JK_VENDOR_DIR CONF

/* What the loader and the module look for; not all machines have each. */
static const char *const places[] = {
	"/usr/lib", "/usr/lib64", "/lib", "/lib64", "/etc/ld.so.cache",
	"/dev/null", "/proc/self/statm", /* for jk_confine_room() */
};

/*
 * GLib, which OpenSC brings, would look for a home directory, a user and a
 * message bus else.
 */
static char no_home[] = "HOME=/nonexistent";
static char no_bus[] = "DBUS_SESSION_BUS_ADDRESS=disabled:";
static char local_conf[] = "OPENSC_CONF=" LOCAL_CONF;
static char vendor_conf[] = "OPENSC_CONF=" VENDOR_CONF;
static char *environment[] = { no_home, no_bus, vendor_conf, NULL };

/* The administrator's, else the one that came with us. */
static enum jk_err
open_conf(int *ret_fd)
{
	enum jk_err e = jk_file_open_config(LOCAL_CONF, 0, ret_fd, NULL);

	environment[2] = e == JK_OK ? local_conf : vendor_conf;
	if (e == JK_ERR_NOT_FOUND)
		e = jk_file_open_config(VENDOR_CONF, 0, ret_fd, NULL);
	return e == JK_OK ? JK_OK : JK_ERR_UNSAFE;
}

static enum jk_err
allow_reading(const int *given, size_t n)
{
	int fds[JK_COUNT(places) + PLACES];
	size_t count = 0;
	enum jk_err e;

	for (size_t i = 0; i < n; i++)
		fds[count++] = given[i];
	for (size_t i = 0; i < JK_COUNT(places); i++) {
		int fd = open(places[i], O_PATH | O_CLOEXEC);

		if (fd >= 0)
			fds[count++] = fd;
	}
	e = jk_sandbox_files(fds, count);
	while (count > n)
		close(fds[--count]);
	return e;
}

enum jk_err
jk_confine_p11_files(const char *module)
{
	JK_CLEANUP(jk_fd_close)
	int module_fd = open(module, O_RDONLY | O_CLOEXEC);
	JK_CLEANUP(jk_fd_close) int conf_fd = -1;
	enum jk_err e;

	if (module_fd < 0)
		return errno == ENOENT ? JK_ERR_NOT_FOUND : JK_ERR_SYS;
	e = open_conf(&conf_fd);
	if (e != JK_OK)
		return e;
	environ = environment;
	/* A thread's own arena would take all the memory that is allowed. */
	if (mallopt(M_ARENA_MAX, 1) != 1)
		return JK_ERR_SYS;
	return allow_reading((const int[]){ module_fd, conf_fd }, 2);
}

static enum jk_err
mute(void)
{
	/* To read only: what is written fails. */
	JK_CLEANUP(jk_fd_close)
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int log = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);

	if (null < 0 || log < 0)
		return JK_ERR_SYS;
	jk_log_to(log);
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (dup2(null, fd) != fd)
			return JK_ERR_SYS;
	return JK_OK;
}

static enum jk_err
confine_calls(void)
{
	const struct jk_room room = { .memory = MEMORY_MORE, .files = FILES };
	const struct jk_call_rule more[] = {
		{
			.call = SCMP_SYS(openat),
			.argument = {
				.arg = 2,
				.op = SCMP_CMP_MASKED_EQ,
				.datum_a = O_ACCMODE | O_CREAT | O_TRUNC,
				.datum_b = O_RDONLY,
			},
		},
		{
			/* Of a thread that has just been started. */
			.call = SCMP_SYS(prctl),
			.argument = {
				.arg = 0,
				.op = SCMP_CMP_EQ,
				.datum_a = PR_SET_NAME,
			},
		},
	};
	enum jk_err e = jk_confine_room(&room);

	return e == JK_OK ? jk_sandbox_talk(more, JK_COUNT(more)) : e;
}

enum jk_err
jk_confine_p11_rest(void)
{
	enum jk_err e = mute();

	return e == JK_OK ? confine_calls() : e;
}
