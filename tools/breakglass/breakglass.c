/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Says everywhere that root came in without a card. pam_exec starts it in the
 * session phase of root on a local tty, the way in that must always be open:
 * so it never fails, and never takes longer than LIMIT_MS whatever hangs.
 * Each place is written to by a process of its own; one that hangs keeps none
 * of the others from hearing.
 */
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/fs.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include <libaudit.h>

#include "config.h"
#include "defs.h"
#include "hex.h"

#define LIMIT_MS       1000
#define CHILD_LIMIT    10 /* s: a writer that could not write by then gives up */
#define WORD_MAX       64
#define AUTHPRIV_ALERT 81 /* LOG_AUTHPRIV | LOG_ALERT, as the kernel reads it */

struct report {
	char user[WORD_MAX];
	char tty[WORD_MAX];
	char service[WORD_MAX];
	char line[4 * WORD_MAX];
};

/* From PAM's environment; what could disturb a log becomes a "?". */
static void
read_word(const char *variable, char ret[static WORD_MAX])
{
	const char *value = secure_getenv(variable);
	size_t n = 0;

	for (; value != NULL && value[n] != '\0' && n < WORD_MAX - 1; n++)
		ret[n] = value[n] > ' ' && value[n] <= '~' &&
		                 strchr("\"'\\", value[n]) == NULL
		             ? value[n]
		             : '?';
	ret[n] = '\0';
}

static void
read_report(struct report *ret)
{
	read_word("PAM_USER", ret->user);
	read_word("PAM_TTY", ret->tty);
	read_word("PAM_SERVICE", ret->service);
	snprintf(ret->line, sizeof(ret->line),
	    "break-glass: session without a card: user=%s tty=%s service=%s",
	    ret->user, ret->tty, ret->service);
}

static void
tell_kernel_log(const struct report *report)
{
	char line[sizeof(report->line) + 64];
	int fd = open("/dev/kmsg", O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	int n = snprintf(line, sizeof(line), "<%d>jukinet-breakglass: %s\n",
	    AUTHPRIV_ALERT, report->line);

	if (fd >= 0 && write(fd, line, (size_t)n) < 0)
		return; /* there is nobody to tell */
}

static void
tell_syslog(const struct report *report)
{
	openlog("jukinet-breakglass", LOG_NDELAY | LOG_PID, LOG_AUTHPRIV);
	syslog(LOG_ALERT, "%s", report->line);
}

static void
send_record(int fd, int type, const struct report *report)
{
	char id[JK_ID_LEN + 1], text[512];

	if (jk_id_new(id) != JK_OK)
		id[0] = '\0'; /* a record without an id is still one */
	snprintf(text, sizeof(text),
	    "op=juki:break-glass acct=\"%s\" jid=\"%s\" jfor=\"login\" "
	    "jmeth=\"break-glass\" jsvc=\"%s\"",
	    report->user, id, report->service);
	(void)audit_log_user_message(fd, type, text, NULL, NULL, report->tty,
	    1);
}

/* An authentication, and an anomaly that stands out in every report. */
static void
tell_audit(const struct report *report)
{
	int fd = audit_open();

	if (fd < 0)
		return;
	send_record(fd, AUDIT_USER_AUTH, report);
	send_record(fd, AUDIT_ANOM_LOGIN_ACCT, report);
}

/* From then on lines can only be added, until an administrator's chattr. */
static void
forbid_rewriting(int fd)
{
	int flags = 0;

	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0 &&
	    (flags & FS_APPEND_FL) == 0) {
		flags |= FS_APPEND_FL;
		(void)ioctl(fd, FS_IOC_SETFLAGS, &flags);
	}
}

static void
tell_file(const struct report *report)
{
	char line[sizeof(report->line) + 64], when[32] = "?";
	time_t now = time(NULL);
	struct tm utc;
	int fd, n;

	(void)mkdir(JK_LOG_DIR, 0700);
	fd = open(JK_LOG_DIR "/break-glass.log",
	    O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
	    0600);
	if (fd < 0)
		return;
	if (gmtime_r(&now, &utc) != NULL)
		(void)strftime(when, sizeof(when), "%FT%TZ", &utc);
	n = snprintf(line, sizeof(line), "%s %s\n", when, report->line);
	if (write(fd, line, (size_t)n) == n)
		(void)fsync(fd);
	forbid_rewriting(fd);
}

static void (*const places[])(const struct report *) = {
	tell_kernel_log,
	tell_syslog,
	tell_audit,
	tell_file,
};

/* The pipe's end stays open in the child for as long as it is at work. */
static void
start(void (*tell)(const struct report *), const struct report *report)
{
	if (fork() != 0)
		return;
	alarm(CHILD_LIMIT);
	tell(report);
	_exit(0);
}

static void
wait_for_all(int ends[2])
{
	struct pollfd all_gone = { .fd = ends[0] };

	close(ends[1]);
	(void)poll(&all_gone, 1, LIMIT_MS);
}

int
main(void)
{
	const char *phase = secure_getenv("PAM_TYPE");
	struct report report;
	sigset_t none;
	int ends[2] = { -1, -1 };

	if (phase != NULL && strcmp(phase, "open_session") != 0)
		return 0;
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGALRM, SIG_DFL);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)close_range(3, ~0U, 0);
	umask(077);
	read_report(&report);
	if (pipe2(ends, O_CLOEXEC) != 0)
		ends[0] = ends[1] = -1; /* told all the same, not waited for */
	for (size_t i = 0; i < JK_COUNT(places); i++)
		start(places[i], &report);
	wait_for_all(ends);
	return 0;
}
