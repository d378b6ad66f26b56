/* SPDX-License-Identifier: BSD-2-Clause */
#include "vpcd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void
set_option(int fd, int option)
{
	int on = 1;

	(void)setsockopt(fd, IPPROTO_TCP, option, &on, sizeof(on));
}

enum vc_err
vc_vpcd_connect(struct vc_vpcd *v)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(v->port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	vc_vpcd_close(v);
	v->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (v->fd < 0)
		return VC_ERR_SYS;
	set_option(v->fd, TCP_NODELAY);
	set_option(v->fd, TCP_QUICKACK);
	if (connect(v->fd, (struct sockaddr *)&to, sizeof(to)) == 0) {
		v->up = true;
		return VC_OK;
	}
	if (errno == EINPROGRESS)
		return VC_OK;
	vc_vpcd_close(v);
	return VC_ERR_SYS;
}

void
vc_vpcd_close(struct vc_vpcd *v)
{
	if (v->fd >= 0)
		(void)close(v->fd);
	v->fd = -1;
	v->up = false;
	v->in_len = 0;
	v->out_len = 0;
	v->out_at = 0;
}

short
vc_vpcd_events(const struct vc_vpcd *v, bool want_read)
{
	unsigned events = POLLRDHUP;

	if (v->up && want_read && v->in_len < sizeof(v->in))
		events |= POLLIN;
	if (!v->up || !vc_vpcd_is_flushed(v))
		events |= POLLOUT;
	return (short)events;
}

static enum vc_err
finish_connecting(struct vc_vpcd *v)
{
	int error = 0;
	socklen_t len = sizeof(error);

	if (getsockopt(v->fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
		return VC_ERR_SYS;
	if (error != 0) {
		errno = error;
		return VC_ERR_SYS;
	}
	v->up = true;
	return VC_OK;
}

static enum vc_err
receive(struct vc_vpcd *v)
{
	ssize_t n;

	n = recv(v->fd, v->in + v->in_len, sizeof(v->in) - v->in_len, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return VC_OK;
	if (n < 0)
		return VC_ERR_SYS;
	if (n == 0)
		return VC_ERR_TRUNCATED;
	v->in_len += (size_t)n;
	/*
	 * vpcd writes length and body apart. Without an immediate ACK Nagle
	 * keeps the body back for 40 ms; the kernel forgets the wish.
	 */
	set_option(v->fd, TCP_QUICKACK);
	return VC_OK;
}

static enum vc_err
flush(struct vc_vpcd *v)
{
	ssize_t n;

	while (!vc_vpcd_is_flushed(v)) {
		n = send(v->fd, v->out + v->out_at, v->out_len - v->out_at,
		    MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? VC_OK : VC_ERR_SYS;
		v->out_at += (size_t)n;
	}
	return VC_OK;
}

enum vc_err
vc_vpcd_step(struct vc_vpcd *v, short revents)
{
	enum vc_err e;

	if (!v->up)
		return revents == 0 ? VC_OK : finish_connecting(v);
	if ((revents & POLLIN) != 0) {
		e = receive(v);
		if (e != VC_OK)
			return e;
	} else if ((revents & (POLLERR | POLLHUP | POLLRDHUP)) != 0) {
		return VC_ERR_TRUNCATED;
	}
	return flush(v);
}

static size_t
frame_length(const struct vc_vpcd *v)
{
	return (size_t)v->in[0] << 8 | v->in[1];
}

bool
vc_vpcd_frame(const struct vc_vpcd *v, const uint8_t **ret, size_t *len)
{
	if (v->in_len < 2 || v->in_len - 2 < frame_length(v))
		return false;
	*ret = v->in + 2;
	*len = frame_length(v);
	return true;
}

void
vc_vpcd_drop(struct vc_vpcd *v)
{
	size_t n = 2 + frame_length(v);

	explicit_bzero(v->in, n); /* it may have held a PIN */
	memmove(v->in, v->in + n, v->in_len - n);
	v->in_len -= n;
}

enum vc_err
vc_vpcd_send(struct vc_vpcd *v, const uint8_t *data, size_t len)
{
	if (!vc_vpcd_is_flushed(v) || len > VC_BYTES_MAX)
		return VC_ERR_FULL;
	v->out[0] = (uint8_t)(len >> 8);
	v->out[1] = (uint8_t)(len & 0xff);
	if (len > 0)
		memcpy(v->out + 2, data, len);
	v->out_len = len + 2;
	v->out_at = 0;
	return flush(v);
}

bool
vc_vpcd_is_flushed(const struct vc_vpcd *v)
{
	return v->out_at == v->out_len;
}
