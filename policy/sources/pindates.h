/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When PINs were changed on this terminal. jukinetd keeps it in its own
 * directory, one file for each card, and whoever has taken jukinetd over writes
 * there what he likes: so nothing in it names a file, and no file is believed
 * but one that jukinetd itself would have written.
 */
#ifndef JK_PINDATES_H
#define JK_PINDATES_H

#include <jukinet/policy.h>

#include "rowset.h"

struct jk_pindates {
	size_t n;
	struct jukinet_policy_pin *pin; /* owned; the ids are the rows' */
};

/*
 * Of these cards, those of which the registry does not know yet: never more
 * than there are rows. What cannot be believed is a warning. JK_ERR_NOMEM, or
 * JK_OK: also when nothing can be read.
 */
enum jk_err jk_pindates_read(const char *dir, const struct jk_list *cards,
    int64_t now, struct jk_report *report, struct jk_pindates *ret);
void jk_pindates_clear(struct jk_pindates *dates);

/* The bytes of one file: JK_ERR_FORMAT unless jukinetd writes them so. */
enum jk_err jk_pindate_parse(const uint8_t *data, size_t len, int64_t *ret);

#endif
