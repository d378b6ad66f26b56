/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The records of a use that were sent and are not answered yet: their ids stand
 * in one file, flight.ID in /run/jukinet/state, which its worker keeps locked
 * and has in memory, so that a query costs no work on files. An id is put in
 * before its record is sent, and taken out right before the answer is: what is
 * still there when the worker has died was answered to nobody, and is voided by
 * the next conversation (recorder.h). Between the taking out and the answer a
 * death leaves a record that stands, of an answer that nobody got.
 */
#ifndef JK_FLIGHT_H
#define JK_FLIGHT_H

#include "hex.h"
#include "protocol.h"

struct jk_flight {
	int dir;
	int fd; /* -1: none; the lock */
	char name[32];
	char (
	    *ids)[JK_ID_LEN]; /* JK_USE_FLIGHT of them, shared with the file */
};

enum jk_err jk_flight_open(int state_dir, struct jk_flight *ret);
/* Removes the file, unless an id stands in it. */
void jk_flight_close(struct jk_flight *flight);

/* Slots are 0 to JK_USE_FLIGHT - 1; the caller knows which are free. */
void jk_flight_put(struct jk_flight *flight, size_t slot, const char *id);
void jk_flight_clear(struct jk_flight *flight, size_t slot);

/* Of a file that a dead worker has left; `fd` is open to read and write. */
bool jk_flight_is_name(const char *name);
/* JK_ERR_NOT_FOUND: nothing whole stands in this slot. */
enum jk_err jk_flight_left(int fd, size_t slot, char ret[static JK_ID_LEN + 1]);
enum jk_err jk_flight_settled(int fd, size_t slot);

#endif
