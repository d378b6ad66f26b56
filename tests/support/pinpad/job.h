/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A PIN entry as PC/SC part 10 has it: reads PIN_VERIFY_STRUCTURE and
 * PIN_MODIFY_STRUCTURE, and builds the command for the card. It trusts
 * nothing; what a lenient reader would put right is an error here.
 */
#ifndef PP_JOB_H
#define PP_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

#define PP_APDU_MAX (5 + 255)

#define PP_END_MAX_DIGITS 0x01 /* bEntryValidationCondition */
#define PP_END_KEY        0x02
#define PP_END_TIMEOUT    0x04

struct pp_pin {
	size_t len;
	uint8_t digits[32]; /* ASCII; more than the pad takes */
};

struct pp_job {
	bool modify;
	bool asks_old, confirms; /* modify only */
	uint8_t timeout_s, timeout2_s;
	uint8_t format, block, length; /* as they came, for the log */
	uint8_t min, max;
	uint8_t end; /* PP_END_* */
	uint8_t messages;
	uint16_t language;
	bool bcd, right;
	size_t old_at, new_at; /* of the PIN blocks, in the data; or the one */
	size_t block_len;      /* 0: as long as the PIN */
	size_t length_bits;    /* 0: the PIN's length is not in the data */
	size_t length_at;      /* in bits, from where the block's offset is */
	size_t old_base, new_base;
	size_t lc;
	size_t apdu_len;
	uint8_t apdu[PP_APDU_MAX]; /* the template */
};

enum pp_err pp_job_read_verify(const uint8_t *data, size_t len,
    struct pp_job *ret);
enum pp_err pp_job_read_modify(const uint8_t *data, size_t len,
    struct pp_job *ret);

/*
 * Puts the PINs into the template; `old` is NULL where none was asked for,
 * the PIN of a verification is `new`. Their lengths are within min and max.
 * ret has room for PP_APDU_MAX bytes; the caller erases it.
 */
size_t pp_job_build(const struct pp_job *job, const struct pp_pin *old,
    const struct pp_pin *new, uint8_t *ret);

#endif
