/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The control socket: a unix stream socket, mode 0600, a line in, a line
 * out. A client that sends too long a line, or does not read, is dropped.
 */
#ifndef VC_CONTROL_H
#define VC_CONTROL_H

#include <limits.h>
#include <stddef.h>

#include "error.h"

struct pollfd;
struct vc_reader;

#define VC_CLIENTS_MAX 8
#define VC_CONTROL_FDS (VC_CLIENTS_MAX + 1)
#define VC_LINE_MAX    (PATH_MAX + 256)

struct vc_client {
	int fd; /* -1: free */
	size_t len;
	char line[VC_LINE_MAX];
};

struct vc_control {
	int fd;
	const char *path; /* borrowed */
	struct vc_client clients[VC_CLIENTS_MAX];
};

void vc_control_init(struct vc_control *c);
enum vc_err vc_control_open(struct vc_control *c, const char *path);
void vc_control_close(struct vc_control *c);

/* p: VC_CONTROL_FDS entries. */
void vc_control_prepare(const struct vc_control *c, struct pollfd *p);
void vc_control_step(struct vc_control *c, const struct pollfd *p,
    struct vc_reader *r);

/* The other end, for scripts: sends one line, writes the reply to stdout. */
enum vc_err vc_control_ask(const char *path, const char *line);

#endif
