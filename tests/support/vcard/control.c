/* SPDX-License-Identifier: BSD-2-Clause */
#include "control.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "order.h"

#define BACKLOG 8

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

void
vc_control_init(struct vc_control *c)
{
	c->fd = -1;
	for (size_t i = 0; i < VC_CLIENTS_MAX; i++)
		c->clients[i].fd = -1;
}

static enum vc_err
make_address(const char *path, struct sockaddr_un *ret)
{
	size_t len = strlen(path);

	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (len >= sizeof(ret->sun_path))
		return VC_ERR_TOO_LONG;
	memcpy(ret->sun_path, path, len + 1);
	return VC_OK;
}

/* A socket that a killed run left behind goes; anything else stays. */
static void
remove_stale(const char *path)
{
	struct stat st;

	if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
		(void)unlink(path);
}

enum vc_err
vc_control_open(struct vc_control *c, const char *path)
{
	JK_CLEANUP(close_fd) int fd = -1;
	struct sockaddr_un at;
	mode_t before;
	int failed;
	enum vc_err e;

	e = make_address(path, &at);
	if (e != VC_OK)
		return e;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return VC_ERR_SYS;
	remove_stale(path);
	before = umask(0177);
	failed = bind(fd, (struct sockaddr *)&at, sizeof(at));
	(void)umask(before);
	if (failed != 0 || listen(fd, BACKLOG) != 0)
		return VC_ERR_SYS;
	c->path = path;
	c->fd = fd;
	fd = -1;
	return VC_OK;
}

void
vc_control_close(struct vc_control *c)
{
	for (size_t i = 0; i < VC_CLIENTS_MAX; i++)
		close_fd(&c->clients[i].fd);
	if (c->fd >= 0)
		(void)unlink(c->path);
	close_fd(&c->fd);
}

void
vc_control_prepare(const struct vc_control *c, struct pollfd *p)
{
	p[0] = (struct pollfd){ .fd = c->fd, .events = POLLIN };
	for (size_t i = 0; i < VC_CLIENTS_MAX; i++)
		p[i + 1] =
		    (struct pollfd){ .fd = c->clients[i].fd, .events = POLLIN };
}

static void
accept_client(struct vc_control *c)
{
	int fd = accept4(c->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	for (size_t i = 0; i < VC_CLIENTS_MAX && fd >= 0; i++) {
		if (c->clients[i].fd >= 0)
			continue;
		c->clients[i].fd = fd;
		c->clients[i].len = 0;
		return;
	}
	close_fd(&fd);
}

static void
answer_line(struct vc_client *client, char *line, struct vc_reader *r)
{
	char reply[VC_LINE_MAX];
	size_t len;

	vc_order_run(r, line, reply, sizeof(reply) - 1);
	len = strlen(reply);
	reply[len++] = '\n';
	if (send(client->fd, reply, len, MSG_NOSIGNAL) != (ssize_t)len)
		close_fd(&client->fd);
}

static void
answer_lines(struct vc_client *client, struct vc_reader *r)
{
	char *end;
	size_t used;

	while (client->fd >= 0 &&
	       (end = memchr(client->line, '\n', client->len)) != NULL) {
		*end = '\0';
		answer_line(client, client->line, r);
		used = (size_t)(end - client->line) + 1;
		memmove(client->line, end + 1, client->len - used);
		client->len -= used;
	}
	if (client->len == sizeof(client->line))
		close_fd(&client->fd);
}

static void
read_client(struct vc_client *client, struct vc_reader *r)
{
	ssize_t n = recv(client->fd, client->line + client->len,
	    sizeof(client->line) - client->len, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		close_fd(&client->fd);
		return;
	}
	client->len += (size_t)n;
	answer_lines(client, r);
}

void
vc_control_step(struct vc_control *c, const struct pollfd *p,
    struct vc_reader *r)
{
	for (size_t i = 0; i < VC_CLIENTS_MAX; i++)
		if (p[i + 1].revents != 0 && c->clients[i].fd >= 0)
			read_client(&c->clients[i], r);
	if (p[0].revents != 0)
		accept_client(c);
}

static enum vc_err
copy_reply(int fd)
{
	char reply[VC_LINE_MAX];
	ssize_t n;

	while ((n = recv(fd, reply, sizeof(reply), 0)) > 0) {
		(void)fwrite(reply, 1, (size_t)n, stdout);
		if (reply[n - 1] == '\n')
			return VC_OK;
	}
	return n == 0 ? VC_ERR_TRUNCATED : VC_ERR_SYS;
}

enum vc_err
vc_control_ask(const char *path, const char *line)
{
	JK_CLEANUP(close_fd) int fd = -1;
	struct sockaddr_un at;
	enum vc_err e;

	e = make_address(path, &at);
	if (e != VC_OK)
		return e;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof(at)) != 0 ||
	    dprintf(fd, "%s\n", line) < 0)
		return VC_ERR_SYS;
	return copy_reply(fd);
}
