/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asks the witness as a worker of jukinetd does: WATCH, write the record,
 * wait for the receipt. One line for each try:
 *
 *   receipt ID MS SERIAL TEXT | none ID | failed REASON | closed
 *
 * Exit status 0 when every try had its receipt, 1 otherwise, 2 when it could
 * not try.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <libaudit.h>

#include "clock.h"
#include "frame.h"
#include "hex.h"
#include "protocol.h"
#include "reason.h"
#include "write.h"

struct options {
	const char *socket;
	unsigned count;
	unsigned in_flight;
	int64_t timeout_ms;
	int64_t noise_ms;
	uid_t ruid;
	bool durable, fork, gate, figures;
};

struct client {
	const struct options *options;
	int fd, audit_fd;
	struct jk_frame *frame;
	double *us; /* a place for each try; negative: no receipt */
};

static void
die(const char *what)
{
	fprintf(stderr, "witness-client: %s: %s\n", what, strerror(errno));
	exit(2);
}

static double
now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

static int
connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0 || strlen(path) >= sizeof(address.sun_path))
		die(path);
	strcpy(address.sun_path, path);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
		die(path);
	return fd;
}

static void
send_watch(struct client *c, const char *id)
{
	jk_frame_start(c->frame, JK_FRAME_WATCH);
	if (jk_frame_put_u64(c->frame, JK_FIELD_FLAGS,
	        c->options->durable ? JK_FLAG_DURABLE : 0) != JK_OK ||
	    jk_frame_put_str(c->frame, JK_FIELD_ID, id) != JK_OK ||
	    jk_frame_send(c->fd, c->frame) != JK_OK)
		die("WATCH");
}

static enum jk_err
receive(struct client *c, int64_t timeout_ms)
{
	return jk_frame_recv(c->fd, NULL, jk_boot_ms() + timeout_ms, c->frame,
	    NULL);
}

/* Whether the witness said WATCHING; else prints what it said. */
static bool
is_watching(struct client *c)
{
	uint64_t why = 0;
	enum jk_err e = receive(c, 2000);

	if (e == JK_OK && jk_frame_type(c->frame) == JK_FRAME_WATCHING)
		return true;
	if (e == JK_OK && jk_frame_type(c->frame) == JK_FRAME_FAILED &&
	    jk_frame_get_u64(c->frame, JK_FIELD_REASON, &why) == JK_OK)
		printf("failed %s\n",
		    jk_reason_code(jk_reason_from_number(why)));
	else
		printf("closed\n");
	return false;
}

static void
write_record(struct client *c, const char *id)
{
	struct jk_record record = { .op = JK_OP_AUTH, .success = true };

	if (jk_record_set(&record, JK_REC_ID, id) != JK_OK ||
	    jk_record_set(&record, JK_REC_ACCT, "hanako") != JK_OK ||
	    jk_record_set(&record, JK_REC_TERM, "shimin-03") != JK_OK ||
	    jk_record_send(c->audit_fd, &record) != JK_OK)
		die("audit");
}

/* As another process: the kernel's pid is not the asker's. */
static void
write_from_child(struct client *c, const char *id)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid == 0) {
		write_record(c, id);
		_exit(0);
	}
	if (waitpid(pid, NULL, 0) != pid)
		die("waitpid");
}

static void
print_receipt(struct client *c, const char *id)
{
	static char text[JK_RECORD_LINE_MAX];
	char answered[JK_ID_LEN + 1] = "";
	uint64_t ms = 0, serial = 0;

	if (jk_frame_get_str(c->frame, JK_FIELD_ID, answered,
	        sizeof(answered)) != JK_OK ||
	    strcmp(answered, id) != 0 ||
	    jk_frame_get_u64(c->frame, JK_FIELD_AUDIT_MS, &ms) != JK_OK ||
	    jk_frame_get_u64(c->frame, JK_FIELD_AUDIT_SERIAL, &serial) !=
	        JK_OK ||
	    jk_frame_get_str(c->frame, JK_FIELD_TEXT, text, sizeof(text)) !=
	        JK_OK)
		die("malformed receipt");
	if (!c->options->figures)
		printf("receipt %s %llu %llu %s\n", id, (unsigned long long)ms,
		    (unsigned long long)serial, text);
}

/* For a test that does something between WATCHING and the record. */
static void
pass_gate(void)
{
	char line[16];

	printf("watching\n");
	fflush(stdout);
	if (fgets(line, sizeof(line), stdin) == NULL)
		die("gate");
}

static double
try_once(struct client *c)
{
	char id[JK_ID_LEN + 1];
	double start;
	enum jk_err e;

	if (jk_id_new(id) != JK_OK)
		die("id");
	send_watch(c, id);
	if (!is_watching(c))
		return -1;
	if (c->options->gate)
		pass_gate();
	start = now_us();
	if (c->options->fork)
		write_from_child(c, id);
	else
		write_record(c, id);
	e = receive(c, c->options->timeout_ms);
	if (e == JK_OK && jk_frame_type(c->frame) == JK_FRAME_RECEIPT) {
		double us = now_us() - start;

		print_receipt(c, id);
		return us;
	}
	printf(e == JK_ERR_TIMEOUT ? "none %s\n" : "closed %s\n", id);
	return -1;
}

static void
run_client(const struct options *options, double *us)
{
	struct client c = {
		.options = options,
		.fd = connect_to(options->socket),
		.audit_fd = audit_open(),
		.us = us,
	};

	if (c.audit_fd < 0 || jk_frame_new(&c.frame) != JK_OK)
		die("start");
	/* The kernel writes the real uid; the witness sees the effective. */
	if (options->ruid != (uid_t)-1 &&
	    setresuid(options->ruid, (uid_t)-1, (uid_t)-1) != 0)
		die("setresuid");
	for (unsigned i = 0; i < options->count; i++) {
		us[i] = try_once(&c);
		fflush(stdout);
	}
	jk_frame_free(&c.frame);
	close(c.fd);
	close(c.audit_fd);
}

static void
make_noise(int64_t ms)
{
	struct client c = { .audit_fd = audit_open() };
	int64_t until = jk_boot_ms() + ms;
	unsigned long n = 0;
	char id[JK_ID_LEN + 1];

	if (c.audit_fd < 0)
		die("audit");
	for (; jk_boot_ms() < until; n++) {
		if (jk_id_new(id) != JK_OK)
			die("id");
		write_record(&c, id);
	}
	printf("noise %lu\n", n);
}

static int
compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void
print_figures(double *us, unsigned n, double took_us)
{
	unsigned lost = 0;

	qsort(us, n, sizeof(*us), compare);
	while (lost < n && us[lost] < 0)
		lost++;
	us += lost;
	n -= lost;
	printf("%u receipts, %u lost", n, lost);
	if (n > 0)
		printf(", p50 %.0f p99 %.0f max %.0f us, %.0f a second",
		    us[n / 2], us[n - 1 - n / 100], us[n - 1],
		    n / (took_us / 1e6));
	printf("\n");
}

static int
run_all(const struct options *o)
{
	size_t n = (size_t)o->count * o->in_flight;
	double start = now_us();
	double *us = mmap(NULL, n * sizeof(*us), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int failed = 0, status;

	if (us == MAP_FAILED)
		die("mmap");
	for (unsigned i = 1; i < o->in_flight; i++)
		if (fork() == 0) {
			run_client(o, us + (size_t)i * o->count);
			exit(0);
		}
	run_client(o, us);
	while (wait(&status) > 0)
		failed |= status;
	for (size_t i = 0; i < n; i++)
		failed |= us[i] < 0;
	if (o->figures)
		print_figures(us, (unsigned)n, now_us() - start);
	return failed != 0;
}

int
main(int argc, char *argv[])
{
	static const struct option long_options[] = {
		{ "socket", required_argument, NULL, 's' },
		{ "count", required_argument, NULL, 'c' },
		{ "in-flight", required_argument, NULL, 'i' },
		{ "timeout", required_argument, NULL, 't' },
		{ "noise", required_argument, NULL, 'n' },
		{ "ruid", required_argument, NULL, 'r' },
		{ "durable", no_argument, NULL, 'd' },
		{ "fork", no_argument, NULL, 'f' },
		{ "gate", no_argument, NULL, 'g' },
		{ "figures", no_argument, NULL, 'F' },
		{ 0 },
	};
	struct options o = {
		.count = 1,
		.in_flight = 1,
		.timeout_ms = 1000,
		.ruid = (uid_t)-1,
	};
	int option;

	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1)
		switch (option) {
		case 's':
			o.socket = optarg;
			break;
		case 'c':
			o.count = (unsigned)atoi(optarg);
			break;
		case 'i':
			o.in_flight = (unsigned)atoi(optarg);
			break;
		case 't':
			o.timeout_ms = atoi(optarg);
			break;
		case 'n':
			o.noise_ms = atoi(optarg);
			break;
		case 'r':
			o.ruid = (uid_t)atoi(optarg);
			break;
		case 'd':
			o.durable = true;
			break;
		case 'f':
			o.fork = true;
			break;
		case 'g':
			o.gate = true;
			break;
		case 'F':
			o.figures = true;
			break;
		default:
			return 2;
		}
	if (o.noise_ms > 0) {
		make_noise(o.noise_ms);
		return 0;
	}
	if (o.socket == NULL || o.count == 0 || o.in_flight == 0)
		return 2;
	return run_all(&o);
}
