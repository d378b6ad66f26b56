/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asks jukinetd as a business application does, and takes the time: one use, so
 * many lookups in it, so many of them unanswered at a time. Prints one line:
 *
 *   ALLOWED REFUSED P50 P99 MAX BEGUN ENDED UNANSWERED USES
 *
 * in microseconds, the sixth and seventh on the machine's monotonic clock. With
 * --floor it writes as many records by audit_log_user_message() and nothing
 * else: what no lookup can be faster than.
 *
 * --stay: when jukinetd has gone a new use is begun, and what was unanswered is
 * asked anew. --answers FILE: a line for each answer, "WHY ID RECEIPT", a dash
 * for what it has not. --mixed: of a hundred questions one is for a business
 * that hanako's right does not have, one for a code that can be none, and one
 * is a search with a requirement.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <libaudit.h>

#include "clock.h"
#include "frame.h"
#include "protocol.h"
#include "reason.h"

#define STAY_MS  INT64_C(60000) /* that nobody may be there */
#define PAUSE_US 20000          /* before it is asked again */

struct options {
	const char *socket, *code, *number, *grounds, *requirement, *answers;
	unsigned count, in_flight;
	bool floor, stay, mixed;
};

struct client {
	const struct options *o;
	int fd;
	struct jk_frame *frame;
	FILE *answers;
	unsigned sent, answered, allowed, unanswered, uses;
	unsigned n_flying;
	struct {
		uint64_t seq;
		double at;
		bool used;
	} flying[JK_USE_FLIGHT];
	double *us; /* how long each answer took */
};

JK_NORETURN static void
die(const char *what)
{
	fprintf(stderr, "use-client: %s: %s\n", what, strerror(errno));
	exit(2);
}

static void
need(bool good, const char *what)
{
	if (!good)
		die(what);
}

static double
now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static bool
hear(struct client *c)
{
	return jk_frame_recv(c->fd, NULL, jk_boot_ms() + 20000, c->frame,
	           NULL) == JK_OK;
}

static bool
connect_to(struct client *c)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	need(strlen(c->o->socket) < sizeof(address.sun_path), "path");
	strcpy(address.sun_path, c->o->socket);
	c->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	need(c->fd >= 0, "socket");
	return connect(c->fd, (struct sockaddr *)&address, sizeof(address)) ==
	       0;
}

static void
put(struct client *c, enum jk_field field, const char *text)
{
	need(text == NULL ||
	         jk_frame_put_str(c->frame, (uint8_t)field, text) == JK_OK,
	    "field");
}

static bool
send_use(struct client *c)
{
	uint8_t nonce[JK_NONCE_LEN];
	struct jk_cur cur;

	if (!hear(c) || jk_frame_get(c->frame, JK_FIELD_NONCE, &cur) != JK_OK ||
	    cur.left != sizeof(nonce))
		return false;
	memcpy(nonce, cur.at, sizeof(nonce));
	jk_frame_start(c->frame, JK_FRAME_USE);
	need(jk_frame_put(c->frame, JK_FIELD_NONCE, nonce, sizeof(nonce)) ==
	         JK_OK,
	    "USE");
	put(c, JK_FIELD_PURPOSE, "passport");
	if (c->o->grounds == NULL)
		put(c, JK_FIELD_RECEPTION, "R08-1121-014");
	put(c, JK_FIELD_GROUNDS, c->o->grounds);
	return jk_frame_send(c->fd, c->frame) == JK_OK;
}

/* "granted", or why not; NULL: it broke off. */
static const char *
begin_once(struct client *c)
{
	uint64_t why = 0;

	if (!connect_to(c) || !send_use(c) || !hear(c) ||
	    jk_frame_get_u64(c->frame, JK_FIELD_REASON, &why) != JK_OK)
		return NULL;
	return jk_reason_code(jk_reason_from_number(why));
}

static void
begin(struct client *c)
{
	const int64_t until = jk_boot_ms() + (c->o->stay ? STAY_MS : 0);
	const char *why = begin_once(c);

	while ((why == NULL || strcmp(why, "granted") != 0) &&
	       jk_boot_ms() < until) {
		close(c->fd);
		(void)usleep(PAUSE_US);
		why = begin_once(c);
	}
	if (why == NULL || strcmp(why, "granted") != 0) {
		fprintf(stderr, "use-client: refused: %s\n",
		    why != NULL ? why : "no answer");
		exit(2);
	}
	c->uses++;
}

static void
write_query(struct client *c)
{
	const struct options *o = c->o;
	const unsigned kind = o->mixed ? c->sent % 100 : 0;
	const bool search = kind == 97;

	jk_frame_start(c->frame, JK_FRAME_QUERY);
	need(jk_frame_put_u64(c->frame, JK_FIELD_SEQ, c->sent) == JK_OK,
	    "QUERY");
	put(c, JK_FIELD_ACTION, search ? "search" : "view");
	put(c, JK_FIELD_BUSINESS, kind == 99 ? "statistics" : "moving");
	put(c, JK_FIELD_SEARCH, search ? "name" : NULL);
	put(c, JK_FIELD_CODE, search ? NULL : kind == 98 ? o->number : o->code);
	put(c, JK_FIELD_REQUIREMENT, search ? o->requirement : NULL);
}

static bool
send_one(struct client *c)
{
	unsigned i = 0;

	while (c->flying[i].used)
		i++;
	write_query(c);
	c->flying[i].seq = c->sent++;
	c->flying[i].at = now_us();
	c->flying[i].used = true;
	c->n_flying++;
	return jk_frame_send(c->fd, c->frame) == JK_OK;
}

static void
write_answer(struct client *c, const char *why)
{
	char id[32] = "-", receipt[64] = "-";

	(void)jk_frame_get_str(c->frame, JK_FIELD_ID, id, sizeof(id));
	(void)jk_frame_get_str(c->frame, JK_FIELD_RECEIPT, receipt,
	    sizeof(receipt));
	if (c->answers != NULL)
		need(fprintf(c->answers, "%s %s %s\n", why, id, receipt) > 0,
		    "answers");
}

static void
settle(struct client *c, uint64_t seq)
{
	unsigned i = 0;

	while (i < JK_USE_FLIGHT &&
	       !(c->flying[i].used && c->flying[i].seq == seq))
		i++;
	need(i < JK_USE_FLIGHT, "an answer to no question");
	c->flying[i].used = false;
	c->n_flying--;
	c->us[c->answered++] = now_us() - c->flying[i].at;
}

/* false: jukinetd has gone, and all that it said before has been heard. */
static bool
take_one(struct client *c)
{
	uint64_t seq = 0, why = 0;
	const char *code;

	if (!hear(c))
		return false;
	if (jk_frame_type(c->frame) != JK_FRAME_ANSWER)
		return true;
	need(jk_frame_get_u64(c->frame, JK_FIELD_SEQ, &seq) == JK_OK &&
	         jk_frame_get_u64(c->frame, JK_FIELD_REASON, &why) == JK_OK,
	    "ANSWER");
	settle(c, seq);
	c->allowed += why == JK_WHY_GRANTED;
	code = jk_reason_code(jk_reason_from_number(why));
	write_answer(c, code);
	/* Nobody goes on asking as fast as he can. */
	if (c->o->stay && strcmp(code, "audit.down") == 0)
		(void)usleep(PAUSE_US);
	return true;
}

static void
begin_anew(struct client *c)
{
	need(c->o->stay, "no answer");
	close(c->fd);
	c->unanswered += c->n_flying;
	c->n_flying = 0;
	for (unsigned i = 0; i < JK_USE_FLIGHT; i++)
		c->flying[i].used = false;
	begin(c);
}

static int
compare(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
report(const struct client *c, double begun, double ended)
{
	const unsigned n = c->o->count;

	qsort(c->us, n, sizeof(*c->us), compare);
	printf("%u %u %.1f %.1f %.1f %.0f %.0f %u %u\n", c->allowed,
	    n - c->allowed, c->us[n / 2], c->us[(size_t)n * 99 / 100],
	    c->us[n - 1], begun, ended, c->unanswered, c->uses);
}

static void
ask_all(struct client *c)
{
	double begun;

	begin(c);
	begun = now_us();
	while (c->answered < c->o->count) {
		bool there = true;

		while (there && c->answered + c->n_flying < c->o->count &&
		       c->n_flying < c->o->in_flight)
			there = send_one(c);
		/* Also when it has gone: what it said before still counts. */
		if (!take_one(c))
			begin_anew(c);
	}
	report(c, begun, now_us());
	close(c->fd);
}

static void
write_all(struct client *c)
{
	/* As long as a lookup's record is. */
	static const char text[] =
	    "op=juki:floor acct=\"hanako\" jid=\"ec100c07bfb27313\" "
	    "jterm=\"shimin-03\" jcls=\"integrated-terminal\" jper=\"p0123\" "
	    "jright=\"m0123-2\" jtype=\"moving-desk\" jdept=\"shimin\" "
	    "jmeth=\"card-pin\" jcard=\"c-0042\" jkey=\"6102858a978e8aef\" "
	    "jsess=\"cb94a754aa652055\" jrct=\"1795990284.819:765936\" "
	    "jpol=\"d6f6bbec\" juse=\"3fa41d6ef8b5a0f7\" jpur=\"passport\" "
	    "jrcp=\"R08-1121-014\" jbiz=\"moving\" jact=\"view\" "
	    "jkind=\"code\" jsub=\"k1:00112233445566778899aabbccddeeff\"";
	const int fd = audit_open();
	double begun;

	need(fd >= 0, "audit_open");
	begun = now_us();
	for (unsigned i = 0; i < c->o->count; i++) {
		const double at = now_us();

		c->allowed += audit_log_user_message(fd, AUDIT_TRUSTED_APP,
		                  text, NULL, NULL, "", 1) > 0;
		c->us[i] = now_us() - at;
	}
	report(c, begun, now_us());
	audit_close(fd);
}

static bool
set_option(struct options *o, int option, const char *value)
{
	switch (option) {
	case 's':
		o->socket = value;
		break;
	case 'o':
		o->code = value;
		break;
	case 'n':
		o->number = value;
		break;
	case 'g':
		o->grounds = value;
		break;
	case 'r':
		o->requirement = value;
		break;
	case 'a':
		o->answers = value;
		break;
	case 'c':
		o->count = (unsigned)strtoul(value, NULL, 10);
		break;
	case 'i':
		o->in_flight = (unsigned)strtoul(value, NULL, 10);
		break;
	case 'f':
		o->floor = true;
		break;
	case 'y':
		o->stay = true;
		break;
	case 'm':
		o->mixed = true;
		break;
	default:
		return false;
	}
	return true;
}

static void
read_options(int argc, char **argv, struct options *o)
{
	static const struct option known[] = {
		{ "socket", required_argument, NULL, 's' },
		{ "code", required_argument, NULL, 'o' },
		{ "number", required_argument, NULL, 'n' },
		{ "grounds", required_argument, NULL, 'g' },
		{ "requirement", required_argument, NULL, 'r' },
		{ "answers", required_argument, NULL, 'a' },
		{ "count", required_argument, NULL, 'c' },
		{ "in-flight", required_argument, NULL, 'i' },
		{ "floor", no_argument, NULL, 'f' },
		{ "stay", no_argument, NULL, 'y' },
		{ "mixed", no_argument, NULL, 'm' },
		{ 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1)
		if (!set_option(o, option, optarg))
			exit(2);
	need(o->count > 0 && o->in_flight > 0 && o->in_flight <= JK_USE_FLIGHT,
	    "options");
}

int
main(int argc, char **argv)
{
	struct options o = {
		.socket = "/run/jukinet/jukinet.sock",
		.code = "32165498701",
		.number = "123456789012",
		.requirement = "to be sure",
		.count = 1000,
		.in_flight = 1,
	};
	struct client c = { .o = &o };

	read_options(argc, argv, &o);
	c.us = calloc(o.count, sizeof(*c.us));
	need(c.us != NULL && jk_frame_new(&c.frame) == JK_OK, "memory");
	if (o.answers != NULL)
		need((c.answers = fopen(o.answers, "we")) != NULL, "answers");
	if (o.floor)
		write_all(&c);
	else
		ask_all(&c);
	if (c.answers != NULL)
		need(fclose(c.answers) == 0, "answers");
	jk_frame_free(&c.frame);
	free(c.us);
	return c.allowed == o.count ? 0 : 1;
}
