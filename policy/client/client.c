/* SPDX-License-Identifier: BSD-2-Clause */
#include "client.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"
#include "config.h"

/* For the service to say hello; then it names the time it needs. */
#define HELLO_MS 5000
/* In a crowd, for a place in the queue. */
#define CONNECT_MS 2000
/* Its own deadline ends first; this is for one that was stopped. */
#define SLACK_MS 1000
/* No attempt may be longer, whatever the service says. */
#define LONGEST_MS 120000

/* In a crowd the kernel lets in who has waited longest. 0: does not wait. */
static int
connect_patiently(int fd, int ms, const struct sockaddr_un *address)
{
	const struct timeval patience = { ms / 1000, ms % 1000 * 1000 };

	if (ms == 0)
		return connect(fd, (const struct sockaddr *)address,
		    sizeof(*address));
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience,
	        sizeof(patience)) != 0 ||
	    connect(fd, (const struct sockaddr *)address, sizeof(*address)) !=
	        0)
		return -1;
	return fcntl(fd, F_SETFL, O_NONBLOCK);
}

static enum jk_err
connect_within(int ms, int *ret_fd)
{
	const struct sockaddr_un address = {
		.sun_family = AF_UNIX,
		.sun_path = JK_RUN_DIR "/jukinet.sock",
	};
	const int now = ms != 0 ? 0 : SOCK_NONBLOCK;
	int fd, saved;

	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | now, 0);
	if (fd < 0)
		return JK_ERR_SYS;
	if (connect_patiently(fd, ms, &address) == 0) {
		*ret_fd = fd;
		return JK_OK;
	}
	saved = errno;
	close(fd);
	errno = saved;
	return saved == EAGAIN || saved == EINTR ? JK_ERR_BUSY
	                                         : JK_ERR_NOT_FOUND;
}

enum jk_err
jk_client_connect(bool patient, int *ret_fd)
{
	return connect_within(patient ? CONNECT_MS : 0, ret_fd);
}

/* Absent and empty are the same to the service. */
static enum jk_err
put_optional(struct jk_frame *frame, enum jk_field field, const char *text)
{
	if (text == NULL || text[0] == '\0')
		return JK_OK;
	return jk_frame_put_str(frame, (uint8_t)field, text);
}

/* Nor is a cause of none, or no seconds, anything to say. */
static enum jk_err
put_number(struct jk_frame *frame, enum jk_field field, uint64_t value)
{
	if (value == 0)
		return JK_OK;
	return jk_frame_put_u64(frame, (uint8_t)field, value);
}

enum jk_err
jk_client_encode(const struct jk_request *r,
    const uint8_t nonce[static JK_NONCE_LEN], struct jk_frame *f)
{
	enum jk_err e;

	jk_frame_start(f, (uint8_t)r->type);
	if ((e = jk_frame_put(f, JK_FIELD_NONCE, nonce, JK_NONCE_LEN)) !=
	        JK_OK ||
	    (e = put_optional(f, JK_FIELD_ACCOUNT, r->account)) != JK_OK ||
	    (e = put_optional(f, JK_FIELD_SERVICE, r->service)) != JK_OK ||
	    (e = put_optional(f, JK_FIELD_TTY, r->tty)) != JK_OK ||
	    (e = put_optional(f, JK_FIELD_HOST, r->host)) != JK_OK ||
	    (e = jk_frame_put_u64(f, JK_FIELD_FLAGS, r->flags)) != JK_OK ||
	    (e = put_optional(f, JK_FIELD_TICKET, r->ticket)) != JK_OK ||
	    (e = put_optional(f, JK_FIELD_SESSION, r->session)) != JK_OK ||
	    (e = put_optional(f, JK_FIELD_READER, r->reader)) != JK_OK ||
	    (e = put_optional(f, JK_FIELD_COMMAND, r->command)) != JK_OK ||
	    (e = put_optional(f, JK_FIELD_FUNCTION, r->function)) != JK_OK ||
	    (e = put_number(f, JK_FIELD_SECONDS, r->seconds)) != JK_OK ||
	    (e = put_optional(f, JK_FIELD_OPID, r->opid)) != JK_OK ||
	    (e = put_number(f, JK_FIELD_CAUSE, r->cause)) != JK_OK ||
	    (e = put_optional(f, JK_FIELD_PURPOSE, r->purpose)) != JK_OK ||
	    (e = put_optional(f, JK_FIELD_RECEPTION, r->reception)) != JK_OK ||
	    (e = put_optional(f, JK_FIELD_GROUNDS, r->grounds)) != JK_OK)
		return e;
	return JK_OK;
}

enum jk_err
jk_client_hello(const struct jk_frame *frame,
    uint8_t ret_nonce[static JK_NONCE_LEN], int64_t *ret_ms)
{
	struct jk_cur nonce;
	uint64_t ms;
	enum jk_err e;

	if (jk_frame_type(frame) != JK_FRAME_HELLO)
		return JK_ERR_FORMAT;
	if ((e = jk_frame_get(frame, JK_FIELD_NONCE, &nonce)) != JK_OK ||
	    (e = jk_frame_get_u64(frame, JK_FIELD_DEADLINE_MS, &ms)) != JK_OK)
		return e;
	if (nonce.left != JK_NONCE_LEN || ms > LONGEST_MS)
		return JK_ERR_FORMAT;
	memcpy(ret_nonce, nonce.at, JK_NONCE_LEN);
	*ret_ms = (int64_t)ms;
	return JK_OK;
}

static enum jk_err
read_hello(struct jk_client *c, uint8_t ret_nonce[static JK_NONCE_LEN])
{
	int64_t ms;
	enum jk_err e = jk_client_next(c);

	/* One that says nothing at all is as good as none. */
	if (e == JK_ERR_TIMEOUT)
		return JK_ERR_NOT_FOUND;
	if (e != JK_OK)
		return e;
	e = jk_client_hello(c->frame, ret_nonce, &ms);
	if (e != JK_OK)
		return e;
	if (jk_frame_get_u64(c->frame, JK_FIELD_STYLE, &c->style) != JK_OK)
		c->style = 0;
	c->until = jk_boot_ms() + ms + SLACK_MS;
	return JK_OK;
}

static void
sooner(int64_t *until, int64_t other)
{
	if (other != 0 && other < *until)
		*until = other;
}

static enum jk_err
converse(const struct jk_request *request, struct jk_client *c)
{
	uint8_t nonce[JK_NONCE_LEN];
	enum jk_err e;
	int ms;

	sooner(&c->until, request->until);
	ms = jk_poll_ms(c->until);
	if ((e = connect_within(ms < CONNECT_MS ? ms : CONNECT_MS, &c->fd)) !=
	        JK_OK ||
	    (e = jk_frame_new(&c->frame)) != JK_OK ||
	    (e = read_hello(c, nonce)) != JK_OK ||
	    (e = jk_client_encode(request, nonce, c->frame)) != JK_OK)
		return e;
	sooner(&c->until, request->until);
	return jk_frame_send(c->fd, c->frame);
}

enum jk_err
jk_client_ask(const struct jk_request *request, struct jk_client *ret)
{
	struct jk_client c = { .fd = -1, .until = jk_boot_ms() + HELLO_MS };
	enum jk_err e = converse(request, &c);

	if (e != JK_OK) {
		jk_client_close(&c);
		/* Who has no more time cannot tell whether there is none. */
		return request->until != 0 && jk_boot_ms() >= request->until
		           ? JK_ERR_TIMEOUT
		           : e;
	}
	*ret = c;
	return JK_OK;
}

enum jk_err
jk_client_next(struct jk_client *client)
{
	/* What is there can be read at any time: a flood of notes ends too. */
	if (jk_boot_ms() >= client->until)
		return JK_ERR_TIMEOUT;
	return jk_frame_recv(client->fd, NULL, client->until, client->frame,
	    NULL);
}

enum jk_err
jk_client_send_pin(struct jk_client *client, const char *pin)
{
	enum jk_err e;

	jk_frame_start(client->frame, JK_FRAME_PIN);
	e = put_optional(client->frame, JK_FIELD_PIN, pin);
	if (e == JK_OK)
		e = jk_frame_send(client->fd, client->frame);
	jk_frame_start(client->frame, 0);
	return e;
}

enum jk_err
jk_client_send_choice(struct jk_client *client, const char *account,
    const char *opid)
{
	enum jk_err e;

	jk_frame_start(client->frame, JK_FRAME_CHOICE);
	e = put_optional(client->frame, JK_FIELD_ACCOUNT, account);
	if (e == JK_OK)
		e = put_optional(client->frame, JK_FIELD_OPID, opid);
	return e == JK_OK ? jk_frame_send(client->fd, client->frame) : e;
}

void
jk_client_close(struct jk_client *client)
{
	jk_frame_free(&client->frame);
	if (client->fd >= 0)
		close(client->fd);
	client->fd = -1;
}

enum jk_reason
jk_client_reason(enum jk_err e)
{
	if (e == JK_ERR_BUSY || e == JK_ERR_CLOSED)
		return JK_WHY_SERVICE_BUSY;
	if (e == JK_ERR_TIMEOUT)
		return JK_WHY_TIMEOUT;
	if (e == JK_ERR_NOMEM || e == JK_ERR_TOO_BIG)
		return JK_WHY_INTERNAL;
	return JK_WHY_SERVICE_DOWN;
}
