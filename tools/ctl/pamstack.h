/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The modules that a PAM service asks in one phase, in their order, with
 * includes in their places (pam.d(5)); and whether anybody gets past ours.
 */
#ifndef JK_PAMSTACK_H
#define JK_PAMSTACK_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"

#define JK_PAMSTACK_MAX 64
/* Files inside files, and all of them. */
#define JK_PAMSTACK_DEPTH 6
#define JK_PAMSTACK_FILES 32

struct jk_pamline {
	char control[160]; /* "required", or what stands between [ and ] */
	char module[64];   /* "pam_unix.so", without a directory; "substack" */
	char args[256];    /* cut off where there is more */
	unsigned level; /* substacks around it: a jump counts each as a line */
};

struct jk_pamstack {
	size_t n;
	struct jk_pamline line[JK_PAMSTACK_MAX];
};

/* Reads a service's file; *ret is released by jk_file_text_free(). */
typedef enum jk_err jk_pamstack_read_fn(void *ctx, const char *service,
    char **ret);

/* `phase`: "auth", "account", "password", "session". */
enum jk_err jk_pamstack_load(const char *service, const char *phase,
    jk_pamstack_read_fn *read, void *ctx, struct jk_pamstack *ret);

enum jk_pamstack_fault {
	JK_PAMSTACK_GOOD = 0,
	JK_PAMSTACK_NONE, /* our module is not among them */
	JK_PAMSTACK_WEAK, /* its "no" is not heeded */
	JK_PAMSTACK_PAST, /* another module's "yes" gets past it */
};

/*
 * Whether a person gets in whom ours refuses, or does not get to see.
 * is_locker: root may open what root has locked. *ret_by: which line, where it
 * is WEAK or PAST.
 */
enum jk_pamstack_fault jk_pamstack_judge(const struct jk_pamstack *stack,
    bool is_locker, size_t *ret_by);
/* Does it begin with pam_deny.so? Then nobody gets in at all. */
bool jk_pamstack_is_shut(const struct jk_pamstack *stack);
/* Does root on a local terminal jump past ours to a password? */
bool jk_pamstack_root_passes(const struct jk_pamstack *stack);

/* What a control does at a result: "done", "3", ...; "" where it is silent. */
void jk_pamline_action(const struct jk_pamline *line, const char *result,
    char ret[static 16]);
/* Is it pam_jukinet.so? */
bool jk_pamline_is_ours(const struct jk_pamline *line);

#endif
