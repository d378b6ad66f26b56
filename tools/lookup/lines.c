/* SPDX-License-Identifier: BSD-2-Clause */
#include "lines.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "secret.h"

#define HEAD sizeof(uint32_t)
#define ROOM (HEAD + JK_LINE_MAX + 1)
/* What a browser takes of a native host. */
#define NATIVE_MAX (1024 * 1024)

enum jk_err
jk_lines_open(int fd, bool native, struct jk_lines *ret)
{
	void *p;
	enum jk_err e = jk_locked_new(ROOM, &p);

	if (e == JK_OK)
		*ret =
		    (struct jk_lines){ .fd = fd, .native = native, .bytes = p };
	return e;
}

void
jk_lines_close(struct jk_lines *l)
{
	jk_locked_free(l->bytes, ROOM);
	*l = (struct jk_lines){ .fd = -1, .ended = true };
}

void
jk_lines_read(struct jk_lines *l)
{
	ssize_t n;

	if (l->ended || jk_lines_are_full(l))
		return;
	n = read(l->fd, l->bytes + l->len, ROOM - l->len);
	if (n > 0)
		l->len += (size_t)n;
	else if (n == 0 || (errno != EINTR && errno != EAGAIN))
		l->ended = true;
}

bool
jk_lines_are_full(const struct jk_lines *l)
{
	return l->len == ROOM;
}

static void
drop(struct jk_lines *l, size_t n)
{
	memmove(l->bytes, l->bytes + n, l->len - n);
	explicit_bzero(l->bytes + l->len - n, n);
	l->len -= n;
}

static void
give(struct jk_lines *l, size_t at, size_t len, char *ret, size_t *ret_len)
{
	memcpy(ret, l->bytes + at, len);
	ret[len] = '\0';
	*ret_len = len;
}

static enum jk_line
next_native(struct jk_lines *l, char *ret, size_t *ret_len)
{
	uint32_t size;

	if (l->left > 0) {
		const size_t n = l->left < l->len ? (size_t)l->left : l->len;

		drop(l, n);
		l->left -= n;
	}
	if (l->left > 0 || l->len < HEAD)
		return l->ended ? JK_LINE_END : JK_LINE_NONE;
	memcpy(&size, l->bytes, HEAD);
	if (size > JK_LINE_MAX) {
		drop(l, HEAD);
		l->left = size;
		return JK_LINE_LONG;
	}
	if (l->len - HEAD < size)
		return l->ended ? JK_LINE_END : JK_LINE_NONE;
	give(l, HEAD, size, ret, ret_len);
	drop(l, HEAD + size);
	return JK_LINE_WHOLE;
}

/* Up to its end, or what there is of it. */
static bool
skip(struct jk_lines *l)
{
	const uint8_t *end = memchr(l->bytes, '\n', l->len);

	drop(l, end != NULL ? (size_t)(end - l->bytes) + 1 : l->len);
	l->skipping = end == NULL;
	return !l->skipping;
}

enum jk_line
jk_lines_next(struct jk_lines *l, char *ret, size_t *ret_len)
{
	const uint8_t *end;
	size_t len;

	if (l->native)
		return next_native(l, ret, ret_len);
	if (l->skipping && !skip(l))
		return l->ended ? JK_LINE_END : JK_LINE_NONE;
	end = memchr(l->bytes, '\n', l->len);
	len = end != NULL ? (size_t)(end - l->bytes) : l->len;
	if (len > JK_LINE_MAX) {
		(void)skip(l);
		return JK_LINE_LONG;
	}
	if (end == NULL && !l->ended)
		return JK_LINE_NONE;
	if (end == NULL && len == 0)
		return JK_LINE_END;
	give(l, 0, len, ret, ret_len);
	drop(l, end != NULL ? len + 1 : len);
	return JK_LINE_WHOLE;
}

/* Whoever gave us the descriptor may have set it not to block. */
static bool
may_write_again(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	if (errno == EAGAIN)
		(void)poll(&p, 1, -1);
	return errno == EAGAIN || errno == EINTR;
}

static enum jk_err
write_all(int fd, const void *data, size_t len)
{
	const char *at = data;

	while (len > 0) {
		ssize_t n = write(fd, at, len);

		if (n < 0 && may_write_again(fd))
			continue;
		if (n <= 0)
			return JK_ERR_CLOSED;
		at += n;
		len -= (size_t)n;
	}
	return JK_OK;
}

enum jk_err
jk_lines_write(int fd, bool native, const char *text)
{
	const size_t len = strlen(text);
	const uint32_t size = (uint32_t)len;
	char *whole;
	enum jk_err e;

	if (len > NATIVE_MAX)
		return JK_ERR_TOO_BIG;
	/* In one piece: two who write to one pipe do not mix lines. */
	whole = malloc(HEAD + len + 1);
	if (whole == NULL)
		return JK_ERR_NOMEM;
	memcpy(whole, &size, HEAD);
	memcpy(whole + HEAD, text, len);
	whole[HEAD + len] = '\n';
	e = native ? write_all(fd, whole, HEAD + len)
	           : write_all(fd, whole + HEAD, len + 1);
	free(whole);
	return e;
}
