/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A PKCS#11 module that has been taken over: in C_Initialize it connects to
 * PROBE_SOCKET, does what it is told there line by line, and says what came of
 * it: "ok ...", or "no ERRNO". A thread that it starts when it is loaded does
 * the same for orders that begin with "thread".
 *
 *   read PATH  write PATH  make PATH  inet  unix  fork  exec  ptrace  kill
 *   code  memory MIB  print  env  limits  exit  crash  hang
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <p11-kit/pkcs11.h>

#define PROBE_SOCKET "/tmp/p11probe.sock"
#define MIB          (1UL << 20)

struct order {
	const char *what, *with;
	char answer[1024];
};

static pthread_t thread;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct order *for_thread;

static void
say(struct order *o, bool done)
{
	if (done)
		snprintf(o->answer, sizeof(o->answer), "ok");
	else
		snprintf(o->answer, sizeof(o->answer), "no %d", errno);
}

static int
start_process(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid;
}

static bool
has_memory(const char *mib)
{
	size_t size = strtoul(mib, NULL, 10) * MIB;
	char *p = malloc(size);

	if (p == NULL)
		return false;
	memset(p, 1, size);
	free(p);
	return true;
}

static void
list_environment(struct order *o)
{
	size_t n = 0;

	n += (size_t)snprintf(o->answer, sizeof(o->answer), "ok");
	for (char **word = environ; *word != NULL && n < sizeof(o->answer);
	     word++)
		n += (size_t)snprintf(o->answer + n, sizeof(o->answer) - n,
		    " %s", *word);
}

static bool
try(const char *what, const char *with)
{
	static char *const nothing[] = { NULL };

	if (strcmp(what, "read") == 0)
		return open(with, O_RDONLY | O_CLOEXEC) >= 0;
	if (strcmp(what, "write") == 0)
		return open(with, O_WRONLY | O_CLOEXEC) >= 0;
	if (strcmp(what, "make") == 0)
		return mkdir(with, 0700) == 0;
	if (strcmp(what, "inet") == 0)
		return socket(AF_INET, SOCK_STREAM, 0) >= 0;
	if (strcmp(what, "unix") == 0)
		return socket(AF_UNIX, SOCK_STREAM, 0) >= 0;
	if (strcmp(what, "fork") == 0)
		return start_process() > 0;
	if (strcmp(what, "kill") == 0)
		return kill(getppid(), 0) == 0;
	if (strcmp(what, "ptrace") == 0)
		return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0;
	if (strcmp(what, "exec") == 0)
		return execve("/bin/true", nothing, nothing) == 0;
	if (strcmp(what, "code") == 0)
		return mmap(NULL, 4096, PROT_READ | PROT_EXEC,
		           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
	if (strcmp(what, "memory") == 0)
		return has_memory(with);
	if (strcmp(what, "print") == 0)
		return write(STDOUT_FILENO, "printed\n", 8) == 8 ||
		       write(STDERR_FILENO, "printed\n", 8) == 8;
	if (strcmp(what, "crash") == 0)
		*(volatile int *)(uintptr_t)with[0] = 1;
	if (strcmp(what, "hang") == 0)
		pause();
	errno = EINVAL;
	return false;
}

static void
obey(struct order *o)
{
	errno = 0;
	if (strcmp(o->what, "env") == 0)
		list_environment(o);
	else
		say(o, try(o->what, o->with));
}

static void *
run_thread(void *arg)
{
	(void)arg;
	(void)pthread_mutex_lock(&lock);
	for (;;) {
		while (for_thread == NULL)
			(void)pthread_cond_wait(&changed, &lock);
		obey(for_thread);
		for_thread = NULL;
		(void)pthread_cond_broadcast(&changed);
	}
	return NULL;
}

static void
have_thread_obey(struct order *o)
{
	(void)pthread_mutex_lock(&lock);
	for_thread = o;
	(void)pthread_cond_broadcast(&changed);
	while (for_thread != NULL)
		(void)pthread_cond_wait(&changed, &lock);
	(void)pthread_mutex_unlock(&lock);
}

/* As GLib does in OpenSC. */
__attribute__((constructor)) static void
start_thread(void)
{
	(void)pthread_create(&thread, NULL, run_thread, NULL);
}

/* false: there is nothing more to do. */
static bool
take_order(int fd)
{
	struct order o = { .with = "" };
	char line[256] = "", *at = line, *space;
	bool by_thread = false;
	ssize_t n = read(fd, line, sizeof(line) - 1);

	if (n <= 0)
		return false;
	line[strcspn(line, "\n")] = '\0';
	if (strncmp(at, "thread ", 7) == 0) {
		by_thread = true;
		at += 7;
	}
	space = strchr(at, ' ');
	if (space != NULL) {
		*space = '\0';
		o.with = space + 1;
	}
	o.what = at;
	if (by_thread)
		have_thread_obey(&o);
	else
		obey(&o);
	strncat(o.answer, "\n", sizeof(o.answer) - strlen(o.answer) - 1);
	return write(fd, o.answer, strlen(o.answer)) > 0;
}

static CK_RV
initialize(void *arguments)
{
	const struct sockaddr_un address = {
		.sun_family = AF_UNIX,
		.sun_path = PROBE_SOCKET,
	};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)arguments;
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&address,
	                   sizeof(address)) == 0)
		while (take_order(fd))
			;
	return CKR_GENERAL_ERROR;
}

static CK_RV
finalize(void *reserved)
{
	(void)reserved;
	return CKR_OK;
}

__attribute__((visibility("default"))) CK_RV
C_GetFunctionList(CK_FUNCTION_LIST **ret)
{
	static CK_FUNCTION_LIST list = {
		.version = { 2, 40 },
		.C_Initialize = initialize,
		.C_Finalize = finalize,
	};

	*ret = &list;
	return CKR_OK;
}
