/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is in the readers, and since when without interruption. Pure: reports
 * of the watching process come in, nothing is asked.
 *
 * A proof (the PIN that met the card) counts for the card that is in the reader
 * now when it came after `unsure_ms`. pcscd counts what happens to a slot, so
 * a card that was pulled and put back between two looks is noticed; and of an
 * empty slot into which exactly one card was put, the card of any proof in
 * the meantime is that one.
 */
#ifndef JK_READERS_H
#define JK_READERS_H

#include <stdint.h>

#include "err.h"

#define JK_READERS_MAX 16
#define JK_READER_NAME 127 /* bytes; pcscd has none longer */

/* One slot as the watching process saw it. */
struct jk_slot {
	char name[JK_READER_NAME + 1];
	uint32_t events; /* pcscd's count, modulo 65536 */
	uint32_t present;
};

/* A packet of the watching process: the header and n slots. */
struct jk_report {
	uint32_t n;
	uint32_t answers; /* 0: pcscd does not answer, and n is 0 */
	int64_t asked_ms; /* boot time before pcscd was asked, ... */
	int64_t told_ms;  /* ... and when it had answered */
	struct jk_slot slot[JK_READERS_MAX];
};

struct jk_reader {
	char name[JK_READER_NAME + 1];
	bool present;
	bool gone; /* unplugged while pcscd answered */
	uint32_t events;
	int64_t first_ms;  /* seen at all */
	int64_t seen_ms;   /* that pcscd said so */
	int64_t unsure_ms; /* whatever was proven before is not for this card */
	int64_t since_ms;  /* present, or not, for that long at the least */
};

struct jk_readers {
	bool known;       /* pcscd answers; else what is below is of no use */
	int64_t since_ms; /* it does, or does not */
	size_t n;
	struct jk_reader reader[JK_READERS_MAX];
};

/*
 * Checks bytes from the watching process: whole, names of plain UTF-8 that end,
 * no name twice. JK_ERR_FORMAT otherwise, with *ret unchanged.
 */
enum jk_err jk_report_parse(const void *data, size_t len,
    struct jk_report *ret);
/* How many bytes of it are to be sent. */
size_t jk_report_size(const struct jk_report *report);

void jk_readers_init(struct jk_readers *readers, int64_t now);
void jk_readers_take(struct jk_readers *readers,
    const struct jk_report *report);
/* The watching process has ended, or keeps us waiting. */
void jk_readers_lost(struct jk_readers *readers, int64_t now);
/* NULL: there is none of that name. */
const struct jk_reader *jk_readers_find(const struct jk_readers *readers,
    const char *name);

#endif
