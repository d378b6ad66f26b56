/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One message between our processes, and one state file: a type and fields.
 *
 *     u8 version (JK_FRAME_VERSION) | u8 type | field *
 *     field: u8 id | u16 length, big endian | bytes
 *
 * Ids ascend; an id that may repeat does so with its copies side by side.
 * Over sockets a frame is one SOCK_SEQPACKET packet, so there are no halves.
 * The bytes lie in locked memory because some frames carry a PIN.
 */
#ifndef JK_FRAME_H
#define JK_FRAME_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "cursor.h"
#include "err.h"

#define JK_FRAME_VERSION 1
#define JK_FRAME_MAX     16384

struct jk_frame;

/* Whose hang-up ends a wait early; -1 for none. */
struct jk_cancel {
	int fd;    /* a connection: POLLRDHUP */
	int pidfd; /* a process: gone */
};

enum jk_err jk_frame_new(struct jk_frame **ret);
/* Erases; NULL is fine; leaves NULL. */
void jk_frame_free(struct jk_frame **frame);

/* Starts a new message and erases what was there. */
void jk_frame_start(struct jk_frame *frame, uint8_t type);
uint8_t jk_frame_type(const struct jk_frame *frame);

/* Fields must be put in ascending order: else JK_ERR_FORMAT. */
enum jk_err jk_frame_put(struct jk_frame *frame, uint8_t field,
    const void *data, size_t len);
enum jk_err jk_frame_put_str(struct jk_frame *frame, uint8_t field,
    const char *text);
enum jk_err jk_frame_put_u64(struct jk_frame *frame, uint8_t field,
    uint64_t value);

/* JK_ERR_NOT_FOUND when absent. The cursor points into the frame. */
enum jk_err jk_frame_get(const struct jk_frame *frame, uint8_t field,
    struct jk_cur *ret);
/* The same for copy number n, from 0, of a field that repeats. */
enum jk_err jk_frame_get_nth(const struct jk_frame *frame, uint8_t field,
    size_t n, struct jk_cur *ret);
/* Text without a NUL inside, copied with its NUL; on failure unchanged. */
enum jk_err jk_frame_get_str(const struct jk_frame *frame, uint8_t field,
    char *ret, size_t size);
enum jk_err jk_frame_get_u64(const struct jk_frame *frame, uint8_t field,
    uint64_t *ret);

/* The whole message as bytes, valid until the frame changes. */
struct jk_cur jk_frame_bytes(const struct jk_frame *frame);
/* Takes bytes from outside: checked whole, or refused and left as it was. */
enum jk_err jk_frame_parse(struct jk_frame *frame, const uint8_t *data,
    size_t len);

/* Never blocks: a peer that does not read is JK_ERR_BUSY. No SIGPIPE. */
enum jk_err jk_frame_send(int fd, const struct jk_frame *frame);
/*
 * Waits until boot time `until` (ms). JK_ERR_CLOSED: this peer has gone;
 * JK_ERR_REFUSED: `cancel` (may be NULL) says that it is no longer wanted.
 * *ret_sender (may be NULL) is the kernel's word on who sent this packet, 0
 * where SO_PASSCRED is off.
 */
enum jk_err jk_frame_recv(int fd, const struct jk_cancel *cancel, int64_t until,
    struct jk_frame *frame, pid_t *ret_sender);
/* What has come, without waiting: JK_ERR_TIMEOUT when nothing has. */
enum jk_err jk_frame_take(int fd, struct jk_frame *frame);
/* The same waiting without reading; the end of the stream is readable. */
enum jk_err jk_wait_readable(int fd, const struct jk_cancel *cancel,
    int64_t until);

#endif
