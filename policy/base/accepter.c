/* SPDX-License-Identifier: BSD-2-Clause */
#include "accepter.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "process.h"

#define CALLERS_MAX 256
#define CROWD       128 /* taken in at a time */

/*
 * What a worker and the accepter both see. A worker takes one for lasting by
 * itself and then counts: of two that come at once each sees the other, so
 * never one too many.
 */
struct seat {
	atomic_bool taken; /* by a living worker: the accepter's */
	atomic_bool lasts; /* the worker's */
	_Atomic int64_t until;
	uid_t payer;
};

static struct {
	const struct jk_accepter *conf; /* NULL: not in a worker */
	struct seat *seats, *own;
} here;

/* One connection: first it waits (pid 0), then a worker has it. */
struct conn {
	int fd;
	int pidfd;
	pid_t pid;
	struct seat *seat;
	struct ucred peer;
	uid_t payer;       /* whose places and budget it takes */
	int64_t ends_at;   /* its deadline */
	int64_t killed_at; /* the grace after a hang-up ends; 0: still there */
};

/* What one uid has used of its budget. */
struct caller {
	uid_t uid;
	unsigned tokens;
	int64_t refilled_at;
};

struct state {
	const struct jk_accepter *conf;
	int signal_fd;
	sigset_t old_mask;
	bool ending;
	size_t n; /* connections, in the order of their arrival */
	struct conn *conn;
	struct pollfd *poll;
	struct seat *seats; /* max_workers of them */
	size_t n_callers;
	struct caller caller[CALLERS_MAX];
};

static size_t
capacity(const struct jk_accepter *conf)
{
	return (size_t)conf->max_workers + conf->max_waiting;
}

static unsigned
count(const struct state *s, bool working, const uid_t *uid)
{
	unsigned n = 0;

	for (size_t i = 0; i < s->n; i++)
		if ((s->conn[i].pid > 0) == working &&
		    (uid == NULL || s->conn[i].payer == *uid))
			n++;
	return n;
}

static bool
lasts(const struct conn *c)
{
	return c->seat != NULL && atomic_load(&c->seat->lasts);
}

/* Of one uid, without those that last: they have a bound of their own. */
static unsigned
count_passing(const struct state *s, uid_t uid)
{
	unsigned n = 0;

	for (size_t i = 0; i < s->n; i++)
		if (s->conn[i].pid > 0 && s->conn[i].payer == uid &&
		    !lasts(&s->conn[i]))
			n++;
	return n;
}

/* When it is killed if nothing happens before. */
static int64_t
end_of(const struct conn *c)
{
	int64_t until;

	if (c->killed_at != 0 || !lasts(c))
		return c->ends_at;
	until = atomic_load(&c->seat->until);
	return until > c->ends_at ? until : c->ends_at;
}

static struct seat *
take_seat(const struct state *s, uid_t payer)
{
	for (unsigned i = 0; i < s->conf->max_workers; i++) {
		struct seat *seat = &s->seats[i];

		if (atomic_load(&seat->taken))
			continue;
		atomic_store(&seat->lasts, false);
		atomic_store(&seat->until, 0);
		seat->payer = payer;
		atomic_store(&seat->taken, true);
		return seat;
	}
	return NULL;
}

static bool
is_lasting_too_many(const uid_t payer)
{
	unsigned all = 0, his = 0;

	for (unsigned i = 0; i < here.conf->max_workers; i++) {
		struct seat *seat = &here.seats[i];

		if (!atomic_load(&seat->taken) || !atomic_load(&seat->lasts))
			continue;
		all++;
		his += seat->payer == payer;
	}
	return all > here.conf->max_lasting ||
	       his > here.conf->max_lasting_per_uid;
}

enum jk_err
jk_accepter_last(int64_t *ret_until)
{
	const bool first = here.own != NULL && !atomic_load(&here.own->lasts);

	if (here.own == NULL)
		return JK_ERR_UNSUPPORTED;
	*ret_until = jk_boot_ms() + here.conf->deadline_ms;
	atomic_store(&here.own->until, *ret_until);
	if (!first)
		return JK_OK;
	atomic_store(&here.own->lasts, true);
	if (!is_lasting_too_many(here.own->payer)) {
		/* It has left a place to one of the others: as if it had died. */
		(void)kill(getppid(), SIGCHLD);
		return JK_OK;
	}
	atomic_store(&here.own->lasts, false);
	return JK_ERR_BUSY;
}

/*
 * A quarter of all places is kept for root, so that no crowd of users keeps
 * a login out.
 */
static bool
has_place(unsigned used, unsigned max, uid_t uid)
{
	return used < (uid == 0 ? max : max - max / 4);
}

static void
refill(const struct jk_accepter *conf, struct caller *c, int64_t now)
{
	int64_t n = (now - c->refilled_at) / conf->refill_ms;

	if (n >= conf->burst - c->tokens) {
		c->tokens = conf->burst;
		c->refilled_at = now;
	} else if (n > 0) {
		c->tokens += (unsigned)n;
		c->refilled_at += n * conf->refill_ms;
	}
}

/* The budget of a uid; one that is full again gives its place to others. */
static struct caller *
find_caller(struct state *s, uid_t uid, int64_t now)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->n_callers; i++) {
		refill(s->conf, &s->caller[i], now);
		if (s->caller[i].uid == uid)
			return &s->caller[i];
	}
	if (s->n_callers == CALLERS_MAX) {
		for (size_t i = 0; i < s->n_callers; i++)
			if (s->caller[i].tokens < s->conf->burst)
				s->caller[kept++] = s->caller[i];
		s->n_callers = kept;
	}
	if (s->n_callers == CALLERS_MAX)
		return NULL;
	s->caller[s->n_callers] = (struct caller){
		.uid = uid,
		.tokens = s->conf->burst,
		.refilled_at = now,
	};
	return &s->caller[s->n_callers++];
}

static bool
take_token(struct state *s, uid_t uid, int64_t now)
{
	struct caller *c;

	if (uid == 0 || s->conf->refill_ms == 0)
		return true;
	c = find_caller(s, uid, now);
	if (c == NULL || c->tokens == 0)
		return false;
	c->tokens--;
	return true;
}

static void
drop(struct state *s, size_t i)
{
	close(s->conn[i].fd);
	if (s->conn[i].pidfd >= 0)
		close(s->conn[i].pidfd);
	if (s->conn[i].seat != NULL)
		atomic_store(&s->conn[i].seat->taken, false);
	for (s->n--; i < s->n; i++)
		s->conn[i] = s->conn[i + 1];
}

/*
 * A set-user-ID program of root's is run by somebody: he pays, so that nobody
 * fills root's places with su. What such a caller may do is not decided here.
 */
static uid_t
find_payer(const struct jk_accepter *conf, const struct ucred *peer)
{
	struct jk_process_uids uids;

	if (conf->is_ours != NULL && conf->is_ours(peer->uid))
		return 0;
	if (peer->uid != 0 || jk_process_uids(peer->pid, &uids) != JK_OK)
		return peer->uid;
	return uids.real;
}

JK_NORETURN static void
run_worker(struct state *s, size_t mine, pid_t parent)
{
	struct conn conn = s->conn[mine];

	/* Without the accepter nobody would end it: it ends with that. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 ||
	    getppid() != parent)
		_exit(EXIT_FAILURE);
	for (size_t i = 0; i < s->n; i++) {
		if (i != mine)
			close(s->conn[i].fd);
		if (s->conn[i].pidfd >= 0)
			close(s->conn[i].pidfd);
	}
	close(s->signal_fd);
	close(s->conf->listen_fd);
	here.conf = s->conf;
	here.seats = s->seats;
	here.own = conn.seat;
	(void)sigprocmask(SIG_SETMASK, &s->old_mask, NULL);
	_exit(s->conf->worker(conn.fd, &conn.peer, s->conf->ctx));
}

static enum jk_err
start_worker(struct state *s, size_t i, int64_t now)
{
	pid_t parent = getpid(), pid;

	s->conn[i].seat = take_seat(s, s->conn[i].payer);
	pid = fork();
	if (pid < 0)
		return JK_ERR_SYS;
	if (pid == 0)
		run_worker(s, i, parent);
	s->conn[i].pid = pid;
	s->conn[i].ends_at = now + s->conf->deadline_ms;
	s->conn[i].pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	return JK_OK;
}

static bool
may_start(struct state *s, const struct conn *c, int64_t now)
{
	uid_t uid = c->payer;

	if (s->ending ||
	    !has_place(count(s, true, NULL), s->conf->max_workers, uid))
		return false;
	if (uid != 0 && count_passing(s, uid) >= s->conf->max_per_uid)
		return false;
	return take_token(s, uid, now);
}

static void
start_waiting(struct state *s)
{
	int64_t now = jk_boot_ms();

	for (size_t i = 0; i < s->n; i++) {
		if (s->conn[i].pid != 0 || !may_start(s, &s->conn[i], now))
			continue;
		if (start_worker(s, i, now) != JK_OK) {
			jk_log(JK_LOG_ERR, "cannot start a worker: %m");
			drop(s, i--);
		}
	}
}

/* False: nobody else wants in. */
static bool
accept_one(struct state *s)
{
	struct conn c = { .pidfd = -1 };
	socklen_t len = sizeof(c.peer);

	c.fd = accept4(s->conf->listen_fd, NULL, NULL,
	    SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (c.fd < 0)
		return false;
	c.ends_at = jk_boot_ms() + s->conf->deadline_ms;
	if (getsockopt(c.fd, SOL_SOCKET, SO_PEERCRED, &c.peer, &len) != 0) {
		close(c.fd);
		return true;
	}
	c.payer = find_payer(s->conf, &c.peer);
	if (s->n == capacity(s->conf) ||
	    !has_place(count(s, false, NULL), s->conf->max_waiting, c.payer) ||
	    (c.payer != 0 &&
	        count(s, false, &c.payer) >= s->conf->max_waiting / 4)) {
		close(c.fd);
		return true;
	}
	s->conn[s->n++] = c;
	return true;
}

/*
 * A crowd that comes again as often as it is turned away must not fill the
 * kernel's queue, where root would find no place: it is taken in at once.
 */
static void
accept_crowd(struct state *s)
{
	unsigned n = 0;

	while (n++ < CROWD && accept_one(s))
		start_waiting(s);
}

static void
kill_worker(const struct conn *c)
{
	/* Same user and not yet reaped: the pid is still this child's. */
	(void)kill(c->pid, SIGKILL);
}

/* True when the connection is over. */
static bool
serve(struct state *s, struct conn *c, const struct pollfd *p, int64_t now)
{
	bool gone = (p[0].revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
	int status;

	if (c->pid == 0)
		return gone || now >= c->ends_at;
	if (waitpid(c->pid, &status, WNOHANG) == c->pid) {
		if (WIFSIGNALED(status) && c->killed_at == 0)
			jk_log(JK_LOG_ERR, "worker %d died of signal %d",
			    (int)c->pid, WTERMSIG(status));
		return true;
	}
	if (gone && c->killed_at == 0)
		c->killed_at = now + s->conf->grace_ms;
	if ((c->killed_at != 0 && now >= c->killed_at) || now >= end_of(c)) {
		kill_worker(c);
		c->killed_at = c->ends_at = now + 1000;
	}
	return false;
}

/* When something is due at the latest, if nothing happens before. */
static int64_t
next_due(const struct state *s, int64_t now)
{
	int64_t due = now + 60000;

	for (size_t i = 0; i < s->n; i++) {
		const struct conn *c = &s->conn[i];

		if (end_of(c) < due)
			due = end_of(c);
		if (c->killed_at != 0 && c->killed_at < due)
			due = c->killed_at;
		/* Waits for a token, or for a place that a death frees. */
		if (c->pid == 0 && s->conf->refill_ms != 0 &&
		    now + s->conf->refill_ms < due)
			due = now + s->conf->refill_ms;
	}
	return due;
}

static enum jk_err
wait_for_events(struct state *s)
{
	nfds_t n = 2;

	s->poll[0] = (struct pollfd){ .fd = s->signal_fd, .events = POLLIN };
	s->poll[1] = (struct pollfd){ .fd = s->conf->listen_fd,
		.events = s->n < capacity(s->conf) ? POLLIN : 0 };
	for (size_t i = 0; i < s->n; i++, n += 2) {
		/* A hang-up that was seen would wake us without end. */
		bool seen = s->conn[i].killed_at != 0;

		s->poll[n] = (struct pollfd){
			.fd = seen ? -1 : s->conn[i].fd,
			.events = POLLRDHUP,
		};
		s->poll[n + 1] = (struct pollfd){
			.fd = s->conn[i].pidfd,
			.events = POLLIN,
		};
	}
	if (poll(s->poll, n, jk_poll_ms(next_due(s, jk_boot_ms()))) >= 0)
		return JK_OK;
	for (nfds_t i = 0; i < n; i++)
		s->poll[i].revents = 0;
	return errno == EINTR ? JK_OK : JK_ERR_SYS;
}

static void
read_signals(struct state *s)
{
	struct signalfd_siginfo info;

	while (read(s->signal_fd, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_signo != SIGCHLD)
			s->ending = true;
}

static void
end_all(struct state *s)
{
	while (s->n > 0) {
		struct conn *c = &s->conn[s->n - 1];

		if (c->pid > 0) {
			kill_worker(c);
			(void)waitpid(c->pid, NULL, 0);
		}
		drop(s, s->n - 1);
	}
}

static enum jk_err
loop(struct state *s)
{
	while (!s->ending) {
		size_t polled = s->n;
		enum jk_err e = wait_for_events(s);
		int64_t now = jk_boot_ms();

		if (e != JK_OK)
			return e;
		read_signals(s);
		/* In reverse, so that drop() moves only what was served. */
		for (size_t i = polled; i-- > 0;)
			if (serve(s, &s->conn[i], &s->poll[2 + 2 * i], now))
				drop(s, i);
		if ((s->poll[1].revents & POLLIN) != 0)
			accept_crowd(s);
		start_waiting(s);
	}
	return JK_OK;
}

static enum jk_err
watch_signals(struct state *s)
{
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGCHLD);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGINT);
	if (sigprocmask(SIG_BLOCK, &mask, &s->old_mask) != 0)
		return JK_ERR_SYS;
	/* Started with them blocked or ignored? Workers must not be. */
	sigemptyset(&s->old_mask);
	if (signal(SIGCHLD, SIG_DFL) == SIG_ERR)
		return JK_ERR_SYS;
	s->signal_fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	return s->signal_fd >= 0 ? JK_OK : JK_ERR_SYS;
}

enum jk_err
jk_accepter_run(const struct jk_accepter *conf)
{
	static struct state s;
	enum jk_err e;

	int flags = fcntl(conf->listen_fd, F_GETFL);

	if (flags < 0 ||
	    fcntl(conf->listen_fd, F_SETFL, flags | O_NONBLOCK) != 0)
		return JK_ERR_SYS;
	s = (struct state){ .conf = conf, .signal_fd = -1 };
	s.conn = calloc(capacity(conf), sizeof(*s.conn));
	s.poll = calloc(2 + 2 * capacity(conf), sizeof(*s.poll));
	s.seats = mmap(NULL, conf->max_workers * sizeof(*s.seats),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (s.conn == NULL || s.poll == NULL || s.seats == MAP_FAILED) {
		e = JK_ERR_NOMEM;
	} else {
		e = watch_signals(&s);
		if (e == JK_OK)
			e = loop(&s);
	}
	end_all(&s);
	if (s.signal_fd >= 0)
		close(s.signal_fd);
	if (s.seats != MAP_FAILED)
		(void)munmap(s.seats, conf->max_workers * sizeof(*s.seats));
	free(s.conn);
	free(s.poll);
	return e;
}
