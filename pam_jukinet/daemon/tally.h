/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How much one person asks: how fast, which makes him wait, and for how many
 * persons in the last 60 minutes. One file for each person, tally.PERSON
 * in /var/lib/jukinet, which all conversations of his share in memory: a second
 * program of his has no budget of its own, and a reboot gives him no new one. A
 * power cut may take off what was added in the seconds before. The pace is of boot
 * time, so no setting of the clock is felt; while the machine is off nothing is
 * paid back.
 */
#ifndef JK_TALLY_H
#define JK_TALLY_H

#include <stdint.h>

#include "err.h"

struct jk_tally_page;

struct jk_tally {
	struct jk_tally_page *page; /* NULL: none */
	/* By jk_tally_add() last. */
	uint32_t minute, added;
};

/* JK_ERR_BUSY: others hold it, for longer than they may. */
enum jk_err jk_tally_open(int keep_dir, const char *person,
    struct jk_tally *ret);
void jk_tally_close(struct jk_tally *tally);

/*
 * So many microseconds until the next request may be read, for `rate` a second
 * with `burst` at once; 0: now. rate 0: there is no limit.
 */
int64_t jk_tally_wait_us(const struct jk_tally *tally, unsigned rate,
    unsigned burst);
void jk_tally_take(const struct jk_tally *tally, unsigned rate, unsigned burst);

/*
 * Adds persons and returns how many there were before: of two who come at once
 * each may see the other, never none.
 */
uint64_t jk_tally_add(struct jk_tally *tally, uint64_t persons);
/* What was added last came to nothing: exactly that is taken off again. */
void jk_tally_drop(struct jk_tally *tally);

#endif
