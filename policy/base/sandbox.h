/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a service gives up for good once it has what it needs: capabilities,
 * files (Landlock), system calls (seccomp). Each process says what it keeps;
 * how it is taken away stands here.
 */
#ifndef JK_SANDBOX_H
#define JK_SANDBOX_H

#include <stddef.h>
#include <stdint.h>

#include <seccomp.h>

#include "err.h"

/* Bits of CAP_*; the ambient set is emptied. */
enum jk_err jk_sandbox_capabilities(uint32_t permitted, uint32_t effective);
enum jk_err jk_sandbox_permitted(uint32_t *ret);

/*
 * From now on this thread, and those that it starts, can open, make or change
 * no path; but these files, and what lies below these directories, can be
 * read. Landlock does not stand before a connect to a socket with a path.
 * JK_OK too on a kernel without Landlock.
 */
enum jk_err jk_sandbox_files(const int *readable, size_t n);

/* A call that is allowed only with such an argument. */
struct jk_call_rule {
	int call;
	struct scmp_arg_cmp argument;
};

/*
 * These calls are allowed, and mmap and mprotect of what cannot be executed.
 * All others get EPERM, so that a libc that calls something new does not
 * brick a login; what only an intruder does kills the process.
 */
enum jk_err jk_sandbox_calls(const int *allowed, size_t n,
    const struct jk_call_rule *rules, size_t n_rules);

#define JK_TALK_MORE 8

/*
 * The same for a process that has loaded all it needs and only talks over sockets
 * of the Unix family: the calls of libc, threads, libpcsclite, frames and locked
 * memory, and at most JK_TALK_MORE more.
 */
enum jk_err jk_sandbox_talk(const struct jk_call_rule *more, size_t n);

#endif
