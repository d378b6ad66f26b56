/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the process that asks a directory tells the one that started it: one
 * call of a host's function each.
 *
 *     u32 length of what follows, big endian | u8 type | its values
 *
 * The bytes were made from what a server sent, so the receiving side checks
 * them as if the server had written them.
 */
#ifndef JK_LDAP_PARCEL_H
#define JK_LDAP_PARCEL_H

#include <stddef.h>
#include <stdint.h>

#include "defs.h"

struct jukinet_policy_host;

/* Of one parcel, its length included. */
#define JK_PARCEL_MAX (1u << 20)

/* What jk_parcel_open() has found. */
enum jk_parcel {
	JK_PARCEL_BAD = 0,
	JK_PARCEL_PART, /* more bytes are needed */
	JK_PARCEL_TOLD, /* the host was told, and wants more */
	JK_PARCEL_STOP, /* the host was told, and has had enough */
	JK_PARCEL_END,  /* the last one: *ret_status */
};

/* A host whose functions write to the descriptor; released by its close. */
struct jk_parcel_writer;
struct jk_parcel_writer *jk_parcel_writer_open(int fd,
    const struct jukinet_policy_host *model, struct jukinet_policy_host *ret);
/* With the last parcel; false when not everything could be written. */
bool jk_parcel_writer_close(struct jk_parcel_writer *writer, int status);

/* Takes one parcel off the front of `len` bytes and tells the host. */
enum jk_parcel jk_parcel_open(const uint8_t *data, size_t len,
    const struct jukinet_policy_host *host, size_t *ret_used, int *ret_status);

#endif
