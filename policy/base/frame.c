/* SPDX-License-Identifier: BSD-2-Clause */
#include "frame.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "clock.h"
#include "secret.h"

#define HEADER 2

struct jk_frame {
	size_t len;
	uint8_t last; /* field put last */
	uint8_t bytes[JK_FRAME_MAX];
};

enum jk_err
jk_frame_new(struct jk_frame **ret)
{
	void *p;
	enum jk_err e = jk_locked_new(sizeof(struct jk_frame), &p);

	if (e != JK_OK)
		return e;
	*ret = p;
	jk_frame_start(*ret, 0);
	return JK_OK;
}

void
jk_frame_free(struct jk_frame **frame)
{
	jk_locked_free(*frame, sizeof(**frame));
	*frame = NULL;
}

void
jk_frame_start(struct jk_frame *frame, uint8_t type)
{
	explicit_bzero(frame->bytes, frame->len);
	frame->bytes[0] = JK_FRAME_VERSION;
	frame->bytes[1] = type;
	frame->len = HEADER;
	frame->last = 0;
}

uint8_t
jk_frame_type(const struct jk_frame *frame)
{
	return frame->bytes[1];
}

enum jk_err
jk_frame_put(struct jk_frame *frame, uint8_t field, const void *data,
    size_t len)
{
	uint8_t *at = frame->bytes + frame->len;

	if (field == 0 || field < frame->last)
		return JK_ERR_FORMAT;
	if (len > UINT16_MAX || len + 3 > JK_FRAME_MAX - frame->len)
		return JK_ERR_TOO_BIG;
	at[0] = field;
	at[1] = (uint8_t)(len >> 8);
	at[2] = (uint8_t)len;
	if (len > 0)
		memcpy(at + 3, data, len);
	frame->len += len + 3;
	frame->last = field;
	return JK_OK;
}

enum jk_err
jk_frame_put_str(struct jk_frame *frame, uint8_t field, const char *text)
{
	return jk_frame_put(frame, field, text, strlen(text));
}

enum jk_err
jk_frame_put_u64(struct jk_frame *frame, uint8_t field, uint64_t value)
{
	uint8_t bytes[8];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(value >> (56 - 8 * i));
	return jk_frame_put(frame, field, bytes, sizeof(bytes));
}

static enum jk_err
next_field(struct jk_cur *cur, uint8_t *ret_field, struct jk_cur *ret_value)
{
	struct jk_cur c = *cur;
	uint16_t len;
	enum jk_err e;

	if ((e = jk_cur_u8(&c, ret_field)) != JK_OK ||
	    (e = jk_cur_u16(&c, &len)) != JK_OK ||
	    (e = jk_cur_take(&c, len, ret_value)) != JK_OK)
		return e;
	*cur = c;
	return JK_OK;
}

enum jk_err
jk_frame_get_nth(const struct jk_frame *frame, uint8_t field, size_t n,
    struct jk_cur *ret)
{
	struct jk_cur cur = {
		.at = frame->bytes + HEADER,
		.left = frame->len - HEADER,
	};
	struct jk_cur value;
	uint8_t id;

	while (cur.left > 0) {
		enum jk_err e = next_field(&cur, &id, &value);

		if (e != JK_OK)
			return e;
		if (id == field && n-- == 0) {
			*ret = value;
			return JK_OK;
		}
	}
	return JK_ERR_NOT_FOUND;
}

enum jk_err
jk_frame_get(const struct jk_frame *frame, uint8_t field, struct jk_cur *ret)
{
	return jk_frame_get_nth(frame, field, 0, ret);
}

enum jk_err
jk_frame_get_str(const struct jk_frame *frame, uint8_t field, char *ret,
    size_t size)
{
	struct jk_cur value;
	enum jk_err e = jk_frame_get(frame, field, &value);

	if (e != JK_OK)
		return e;
	if (value.left >= size)
		return JK_ERR_TOO_BIG;
	if (memchr(value.at, '\0', value.left) != NULL)
		return JK_ERR_FORMAT;
	memcpy(ret, value.at, value.left);
	ret[value.left] = '\0';
	return JK_OK;
}

enum jk_err
jk_frame_get_u64(const struct jk_frame *frame, uint8_t field, uint64_t *ret)
{
	struct jk_cur value;
	uint64_t number = 0;
	enum jk_err e = jk_frame_get(frame, field, &value);

	if (e != JK_OK)
		return e;
	if (value.left != 8)
		return JK_ERR_FORMAT;
	for (size_t i = 0; i < 8; i++)
		number = number << 8 | value.at[i];
	*ret = number;
	return JK_OK;
}

struct jk_cur
jk_frame_bytes(const struct jk_frame *frame)
{
	return (struct jk_cur){ .at = frame->bytes, .left = frame->len };
}

/* Every field whole, ids ascending: what jk_frame_put() would have made. */
static enum jk_err
check(const uint8_t *data, size_t len, uint8_t *ret_last)
{
	struct jk_cur cur = { .at = data, .left = len }, value;
	uint8_t version, type, field, last = 0;
	enum jk_err e;

	if (len > JK_FRAME_MAX)
		return JK_ERR_TOO_BIG;
	if ((e = jk_cur_u8(&cur, &version)) != JK_OK ||
	    (e = jk_cur_u8(&cur, &type)) != JK_OK)
		return e;
	if (version != JK_FRAME_VERSION)
		return JK_ERR_VERSION;
	while (cur.left > 0) {
		e = next_field(&cur, &field, &value);
		if (e != JK_OK)
			return e;
		if (field == 0 || field < last)
			return JK_ERR_FORMAT;
		last = field;
	}
	*ret_last = last;
	return JK_OK;
}

enum jk_err
jk_frame_parse(struct jk_frame *frame, const uint8_t *data, size_t len)
{
	uint8_t last;
	enum jk_err e = check(data, len, &last);

	if (e != JK_OK)
		return e;
	jk_frame_start(frame, 0);
	memmove(frame->bytes, data, len);
	frame->len = len;
	frame->last = last;
	return JK_OK;
}

enum jk_err
jk_frame_send(int fd, const struct jk_frame *frame)
{
	ssize_t n;

	do {
		n = send(fd, frame->bytes, frame->len,
		    MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	if (n >= 0)
		return (size_t)n == frame->len ? JK_OK : JK_ERR_TRUNCATED;
	if (errno == EAGAIN)
		return JK_ERR_BUSY;
	return errno == EPIPE || errno == ECONNRESET ? JK_ERR_CLOSED
	                                             : JK_ERR_SYS;
}

enum jk_err
jk_wait_readable(int fd, const struct jk_cancel *cancel, int64_t until)
{
	struct pollfd fds[] = {
		{ .fd = fd, .events = POLLIN | POLLRDHUP },
		{ .fd = cancel != NULL ? cancel->fd : -1, .events = POLLRDHUP },
		{ .fd = cancel != NULL ? cancel->pidfd : -1, .events = POLLIN },
	};
	int n;

	for (;;) {
		int ms = jk_poll_ms(until);

		n = poll(fds, JK_COUNT(fds), ms);
		if (n < 0 && errno != EINTR)
			return JK_ERR_SYS;
		if (n > 0 && (fds[1].revents != 0 || fds[2].revents != 0))
			return JK_ERR_REFUSED;
		/* What was sent before the hang-up still counts. */
		if (n > 0 && (fds[0].revents & POLLIN) != 0)
			return JK_OK;
		if (n > 0)
			return JK_ERR_CLOSED;
		if (ms == 0)
			return JK_ERR_TIMEOUT;
	}
}

static pid_t
sender_of(struct msghdr *message)
{
	struct ucred cred;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL;
	     c = CMSG_NXTHDR(message, c))
		if (c->cmsg_level == SOL_SOCKET &&
		    c->cmsg_type == SCM_CREDENTIALS &&
		    c->cmsg_len == CMSG_LEN(sizeof(cred))) {
			memcpy(&cred, CMSG_DATA(c), sizeof(cred));
			return cred.pid;
		}
	return 0;
}

static enum jk_err
receive(int fd, struct jk_frame *frame, pid_t *ret_sender)
{
	/*
	 * Room for credentials only, and that only where they are asked for:
	 * descriptors that a peer tries to pass find no place and the kernel
	 * closes them.
	 */
	alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct ucred))];
	struct iovec iov = { frame->bytes, sizeof(frame->bytes) };
	struct msghdr message = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = ret_sender != NULL ? control : NULL,
		.msg_controllen = ret_sender != NULL ? sizeof(control) : 0,
	};
	ssize_t n;
	enum jk_err e;

	jk_frame_start(frame, 0);
	n = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n < 0 && errno == EAGAIN)
		return JK_ERR_TIMEOUT;
	if (n < 0)
		return errno == ECONNRESET ? JK_ERR_CLOSED : JK_ERR_SYS;
	if (n == 0)
		return JK_ERR_CLOSED;
	if ((message.msg_flags & MSG_TRUNC) != 0) {
		frame->len = JK_FRAME_MAX;
		jk_frame_start(frame, 0);
		return JK_ERR_TOO_BIG;
	}
	e = check(frame->bytes, (size_t)n, &frame->last);
	frame->len = (size_t)n;
	if (e != JK_OK) {
		jk_frame_start(frame, 0);
		return e;
	}
	if (ret_sender != NULL)
		*ret_sender = sender_of(&message);
	return JK_OK;
}

enum jk_err
jk_frame_recv(int fd, const struct jk_cancel *cancel, int64_t until,
    struct jk_frame *frame, pid_t *ret_sender)
{
	enum jk_err e = jk_wait_readable(fd, cancel, until);

	if (e == JK_OK)
		e = receive(fd, frame, ret_sender);
	/* It was readable, so this would be a surprise. */
	return e == JK_ERR_TIMEOUT && jk_poll_ms(until) != 0 ? JK_ERR_SYS : e;
}

enum jk_err
jk_frame_take(int fd, struct jk_frame *frame)
{
	return receive(fd, frame, NULL);
}
