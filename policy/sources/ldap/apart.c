/* SPDX-License-Identifier: BSD-2-Clause */
#include "apart.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jukinet/policy.h>

#include "clock.h"
#include "file.h"
#include "parcel.h"

/* For a child that has noticed by itself, to say so. */
#define GRACE_MS 300
/* Of the variable TZ, bytes. */
#define ZONE_MAX 256

extern char **environ;

/* What was read and is not yet a whole parcel. */
struct inbox {
	size_t n;
	uint8_t data[JK_PARCEL_MAX];
};

static void
warn(const struct jukinet_policy_host *host, const char *text)
{
	host->warning(host->ctx, NULL, 0, text);
}

/*
 * The parent may die first, and then nobody would end this. Nothing of what
 * is read here may reach a core file or another process: it holds a password.
 */
static bool
settle(pid_t parent)
{
	/* Libraries read files and settings that an environment names. But both
	 * sides have to read a date in the same zone. */
	static char no_defaults[] = "LDAPNOINIT=1", zone[ZONE_MAX];
	static char *environment[] = { no_defaults, NULL, NULL };
	const struct rlimit none = { 0, 0 };
	const char *tz = secure_getenv("TZ");

	if (tz != NULL) {
		if (snprintf(zone, sizeof(zone), "TZ=%s", tz) >=
		    (int)sizeof(zone))
			return false;
		environment[1] = zone;
	}

	environ = environment;
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 ||
	    prctl(PR_SET_DUMPABLE, 0) != 0 || getppid() != parent)
		return false;
	(void)setrlimit(RLIMIT_CORE, &none);
	return true;
}

JK_NORETURN static void
be_child(const struct jukinet_policy_host *host, pid_t parent, int fd,
    jk_apart_fn *work, const void *what)
{
	struct jukinet_policy_host ours;
	struct jk_parcel_writer *writer;
	int status;

	if (!settle(parent))
		_exit(1);
	writer = jk_parcel_writer_open(fd, host, &ours);
	if (writer == NULL)
		_exit(1);
	status = work(&ours, what);
	_exit(jk_parcel_writer_close(writer, status) ? 0 : 1);
}

/* Every whole parcel of the inbox; what is left moves to its front. */
static enum jk_parcel
open_all(struct inbox *inbox, const struct jukinet_policy_host *host,
    int *ret_status)
{
	enum jk_parcel found = JK_PARCEL_TOLD;
	size_t at = 0, used;

	while (found == JK_PARCEL_TOLD) {
		used = 0;
		found = jk_parcel_open(inbox->data + at, inbox->n - at, host,
		    &used, ret_status);
		at += used;
	}
	inbox->n -= at;
	memmove(inbox->data, inbox->data + at, inbox->n);
	return found;
}

/* True when there is something to read, or the end, and time is left. */
static bool
wait_for(int fd, int64_t until)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int n;

	do
		n = poll(&p, 1, jk_poll_ms(until));
	while (n < 0 && errno == EINTR);
	return n > 0 && jk_boot_ms() < until;
}

static int
relay(int fd, const struct jukinet_policy_host *host, struct inbox *inbox)
{
	int64_t until = jk_boot_ms() + host->timeout_ms + GRACE_MS;
	enum jk_parcel found = JK_PARCEL_PART;
	int status = JUKINET_POLICY_UNAVAIL;
	ssize_t n;

	while (found == JK_PARCEL_PART) {
		if (!wait_for(fd, until)) {
			warn(host, "the directory took too long");
			return JUKINET_POLICY_TRYAGAIN;
		}
		n = read(fd, inbox->data + inbox->n,
		    sizeof(inbox->data) - inbox->n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			warn(host, "the process that asked has ended early");
			return JUKINET_POLICY_UNAVAIL;
		}
		inbox->n += (size_t)n;
		found = open_all(inbox, host, &status);
	}
	if (found == JK_PARCEL_END)
		return status;
	if (found != JK_PARCEL_STOP)
		warn(host, "the process that asked said what it may not");
	return JUKINET_POLICY_UNAVAIL;
}

static void
end(pid_t child)
{
	(void)kill(child, SIGKILL);
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
}

int
jk_apart_run(const struct jukinet_policy_host *host, jk_apart_fn *work,
    const void *what)
{
	struct inbox *inbox = calloc(1, sizeof(*inbox));
	pid_t parent = getpid(), child;
	int ends[2], status;

	if (inbox == NULL || pipe2(ends, O_CLOEXEC) != 0) {
		warn(host, "no memory or no pipe to ask with");
		free(inbox);
		return JUKINET_POLICY_TRYAGAIN;
	}
	child = fork();
	if (child == 0) {
		close(ends[0]);
		free(inbox);
		be_child(host, parent, ends[1], work, what);
	}
	close(ends[1]);
	if (child < 0) {
		warn(host, "no process to ask with");
		status = JUKINET_POLICY_TRYAGAIN;
	} else {
		status = relay(ends[0], host, inbox);
		end(child);
	}
	close(ends[0]);
	free(inbox);
	return status;
}
