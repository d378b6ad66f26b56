/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asks jukinetd as a business application does, and takes the time: one use, so
 * many lookups in it, so many of them unanswered at a time. Prints one line:
 *
 *   ALLOWED REFUSED P50 P99 MAX BEGUN ENDED
 *
 * in microseconds, the last two on the machine's monotonic clock. With --floor
 * it writes as many records by audit_log_user_message() and nothing else: what
 * no lookup can be faster than.
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

struct options {
	const char *socket, *code;
	unsigned count, in_flight;
	bool floor;
};

struct client {
	const struct options *o;
	int fd;
	struct jk_frame *frame;
	unsigned sent, answered, allowed;
	double *us; /* when it was sent, then how long it took */
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

static void
hear(struct client *c)
{
	need(jk_frame_recv(c->fd, NULL, jk_boot_ms() + 20000, c->frame, NULL) ==
	         JK_OK,
	    "no answer");
}

static void
connect_to(struct client *c)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	need(strlen(c->o->socket) < sizeof(address.sun_path), "path");
	strcpy(address.sun_path, c->o->socket);
	c->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	need(c->fd >= 0 && connect(c->fd, (struct sockaddr *)&address,
	                       sizeof(address)) == 0,
	    "connect");
}

static void
begin(struct client *c)
{
	uint8_t nonce[JK_NONCE_LEN];
	struct jk_cur cur;
	uint64_t why = 0;

	connect_to(c);
	hear(c);
	need(jk_frame_get(c->frame, JK_FIELD_NONCE, &cur) == JK_OK &&
	         cur.left == sizeof(nonce),
	    "greeting");
	memcpy(nonce, cur.at, sizeof(nonce));
	jk_frame_start(c->frame, JK_FRAME_USE);
	need(jk_frame_put(c->frame, JK_FIELD_NONCE, nonce, sizeof(nonce)) ==
	             JK_OK &&
	         jk_frame_put_str(c->frame, JK_FIELD_PURPOSE, "passport") ==
	             JK_OK &&
	         jk_frame_put_str(c->frame, JK_FIELD_RECEPTION,
	             "R08-1121-014") == JK_OK &&
	         jk_frame_send(c->fd, c->frame) == JK_OK,
	    "USE");
	hear(c);
	need(jk_frame_get_u64(c->frame, JK_FIELD_REASON, &why) == JK_OK,
	    "USING");
	if (why != JK_WHY_GRANTED) {
		fprintf(stderr, "use-client: refused: %s\n",
		    jk_reason_code(jk_reason_from_number(why)));
		exit(2);
	}
}

static void
send_one(struct client *c)
{
	struct jk_frame *f = c->frame;

	jk_frame_start(f, JK_FRAME_QUERY);
	need(jk_frame_put_u64(f, JK_FIELD_SEQ, c->sent) == JK_OK &&
	         jk_frame_put_str(f, JK_FIELD_ACTION, "view") == JK_OK &&
	         jk_frame_put_str(f, JK_FIELD_BUSINESS, "moving") == JK_OK &&
	         jk_frame_put_str(f, JK_FIELD_CODE, c->o->code) == JK_OK,
	    "QUERY");
	c->us[c->sent++] = now_us();
	need(jk_frame_send(c->fd, f) == JK_OK, "send");
}

static void
take_one(struct client *c)
{
	uint64_t seq = 0, why = 0;

	hear(c);
	if (jk_frame_type(c->frame) != JK_FRAME_ANSWER)
		return;
	need(jk_frame_get_u64(c->frame, JK_FIELD_SEQ, &seq) == JK_OK &&
	         jk_frame_get_u64(c->frame, JK_FIELD_REASON, &why) == JK_OK &&
	         seq < c->sent,
	    "ANSWER");
	c->us[seq] = now_us() - c->us[seq];
	c->answered++;
	c->allowed += why == JK_WHY_GRANTED;
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
	printf("%u %u %.1f %.1f %.1f %.0f %.0f\n", c->allowed, n - c->allowed,
	    c->us[n / 2], c->us[(size_t)n * 99 / 100], c->us[n - 1], begun,
	    ended);
}

static void
ask_all(struct client *c)
{
	double begun;

	begin(c);
	begun = now_us();
	while (c->answered < c->o->count) {
		while (c->sent < c->o->count &&
		       c->sent - c->answered < c->o->in_flight)
			send_one(c);
		take_one(c);
	}
	report(c, begun, now_us());
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

int
main(int argc, char **argv)
{
	static const struct option known[] = {
		{ "socket", required_argument, NULL, 's' },
		{ "code", required_argument, NULL, 'o' },
		{ "count", required_argument, NULL, 'c' },
		{ "in-flight", required_argument, NULL, 'i' },
		{ "floor", no_argument, NULL, 'f' },
		{ 0 },
	};
	struct options o = { .socket = "/run/jukinet/jukinet.sock",
		.code = "32165498701",
		.count = 1000,
		.in_flight = 1 };
	struct client c = { .o = &o };
	int option;

	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1)
		if (option == 's')
			o.socket = optarg;
		else if (option == 'o')
			o.code = optarg;
		else if (option == 'c')
			o.count = (unsigned)strtoul(optarg, NULL, 10);
		else if (option == 'i')
			o.in_flight = (unsigned)strtoul(optarg, NULL, 10);
		else if (option == 'f')
			o.floor = true;
		else
			return 2;
	need(o.count > 0 && o.in_flight > 0 && o.in_flight <= JK_USE_FLIGHT,
	    "options");
	c.us = calloc(o.count, sizeof(*c.us));
	need(c.us != NULL && jk_frame_new(&c.frame) == JK_OK, "memory");
	if (o.floor)
		write_all(&c);
	else
		ask_all(&c);
	jk_frame_free(&c.frame);
	free(c.us);
	return c.allowed == o.count ? 0 : 1;
}
