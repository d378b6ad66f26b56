/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What stands in clear in a record is no place for a resident code or an
 * individual number (requirement 5.9, rule 10), though somebody may type one
 * there: so many digits in a row, or a number divided as those are, are refused
 * before anything of them is written.
 */
#include <string.h>

#include "residentcode.h"
#include "use.h"
#include "worker.h"

#define DIGITS_MAX (JK_RESIDENTCODE_LEN - 1)

bool
jk_use_drop_numbers(struct jk_use *u)
{
	const unsigned own = u->w->place.settings.reception_digits;
	struct jk_claim *c = &u->w->claim;
	const bool reception =
	    jk_residentcode_run(c->reception) > (own != 0 ? own : DIGITS_MAX);
	const bool purpose = jk_residentcode_run(c->purpose) > DIGITS_MAX;

	if (reception)
		explicit_bzero(c->reception, sizeof(c->reception));
	if (purpose)
		explicit_bzero(c->purpose, sizeof(c->purpose));
	return reception || purpose;
}

bool
jk_use_has_number(const struct jk_query *q)
{
	return jk_residentcode_run(q->object) > DIGITS_MAX ||
	       jk_residentcode_run(q->permission) > DIGITS_MAX;
}
