/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Readers with keys of their own (PC/SC part 10, FEATURE_VERIFY_PIN_DIRECT):
 * the PIN is typed there and goes to the card, and this machine never has it.
 * What the reader says is untrusted bytes.
 */
#ifndef JK_PAD_H
#define JK_PAD_H

#include <stddef.h>
#include <stdint.h>

#include "cursor.h"
#include "err.h"
#include "reason.h"

struct jk_channel;

/*
 * One order to the reader itself, which may last as long as a person types.
 * *ret_len is at most `size`. Errors are the transport's (pcsc.h).
 */
typedef enum jk_err jk_control_fn(void *ctx, uint32_t code,
    const uint8_t *order, size_t len, uint8_t *ret, size_t size,
    size_t *ret_len);

struct jk_control {
	jk_control_fn *run;
	void *ctx;
};

/* Zeroed: a reader without keys. */
struct jk_pad {
	uint32_t verify; /* control code of FEATURE_VERIFY_PIN_DIRECT */
};

/* VERIFY of an application as a pad fills it: digits in ASCII, then FF. */
struct jk_pin_form {
	uint8_t p2;
	uint8_t block;    /* bytes of data, 1 to 15 */
	uint8_t min, max; /* digits that such a card takes */
	/* What the command must come right behind; NULL: nothing. */
	enum jk_err (*select)(const struct jk_channel *channel);
};

/* How many digits the pad takes. */
struct jk_pin_range {
	uint8_t min, max;
};

/*
 * What form and settings both allow. Where they have no length in common, the
 * settings know better what is on the card, as far as the block reaches;
 * JK_ERR_FORMAT: beyond it.
 */
enum jk_err jk_pin_range(const struct jk_pin_form *form, uint64_t min,
    uint64_t max, struct jk_pin_range *ret);

/*
 * The list of features; JK_ERR_NOT_FOUND: without this one. A list with
 * anything malformed in it is refused.
 */
enum jk_err jk_pad_parse(struct jk_cur list, struct jk_pad *ret);

/* Asks the reader; zeroed where it does not know the question. */
void jk_pad_find(const struct jk_control *control, struct jk_pad *ret);

#define JK_PAD_ORDER_MAX 64
/* PIN_VERIFY_STRUCTURE; how long it is. */
size_t jk_pad_build(const struct jk_pin_form *form,
    const struct jk_pin_range *range, uint8_t seconds,
    uint8_t ret[static JK_PAD_ORDER_MAX]);

/*
 * The seconds a person has for the keys when the attempt has `ms` left: the
 * reader is to give up by itself, and not to be left asking. 0: no time.
 */
uint8_t jk_pad_seconds(int64_t ms);

/*
 * Waits until a PIN was typed and the card has answered, or not. *ret_sw is
 * the card's status word or the pad's own, for jk_pad_why().
 */
enum jk_err jk_pad_verify(const struct jk_control *control,
    const struct jk_pad *pad, const struct jk_pin_form *form,
    const struct jk_pin_range *range, uint8_t seconds, uint16_t *ret_sw);

/* True: it is the pad's, and nothing was sent to the card. */
bool jk_pad_why(uint16_t sw, enum jk_reason *ret);

#endif
