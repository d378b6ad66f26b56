/* SPDX-License-Identifier: BSD-2-Clause */
#include "trustrule.h"

#include <inttypes.h>
#include <stdio.h>

#define LEVEL(number, id, en, ja) [number] = id,
static const char *const levels[] = { JK_TRUST_LEVEL_TABLE(LEVEL) };
#undef LEVEL

static bool
is_stale(const struct jk_trust *trust, int64_t now)
{
	return now >= trust->next_update;
}

/* Of one whose chain was found, and nobody revoked it. */
static enum jk_reason
check_dates(const struct jk_trust *trust, int64_t now)
{
	if (now >= trust->until)
		return JK_WHY_CARD_UNTRUSTED;
	if (trust->level != JK_TRUST_CRL_HARD)
		return JK_WHY_GRANTED;
	if (trust->result == JK_TRUST_CRL_MISSING)
		return JK_WHY_CRL_MISSING;
	return is_stale(trust, now) ? JK_WHY_CRL_STALE : JK_WHY_GRANTED;
}

enum jk_reason
jk_trust_check(const struct jk_trust *trust, int64_t now)
{
	const bool registered = trust->level == JK_TRUST_REGISTERED;

	if ((unsigned)trust->level >= JK_TRUST_LEVEL_COUNT)
		return JK_WHY_CARD_UNTRUSTED;
	switch (trust->result) {
	case JK_TRUST_WRONG_USAGE:
		return JK_WHY_CARD_USAGE;
	case JK_TRUST_CA_REVOKED:
		return JK_WHY_CARD_CA_REVOKED;
	case JK_TRUST_GOOD:
		return registered ? JK_WHY_GRANTED : check_dates(trust, now);
	case JK_TRUST_CRL_MISSING:
		if (trust->level >= JK_TRUST_CRL_SOFT)
			return check_dates(trust, now);
		break;
	case JK_TRUST_NOT_CHECKED:
		if (registered)
			return JK_WHY_GRANTED;
		break;
	case JK_TRUST_NO_CHAIN:
	case JK_TRUST_RESULT_COUNT:
		break;
	}
	return JK_WHY_CARD_UNTRUSTED;
}

void
jk_trust_describe(const struct jk_trust *trust, int64_t now,
    char ret[static JK_TRUST_TEXT_MAX + 1])
{
	const char *level = (unsigned)trust->level < JK_TRUST_LEVEL_COUNT
	                        ? levels[trust->level]
	                        : "unknown";
	const int64_t age = now - trust->this_update;

	if (trust->level != JK_TRUST_CRL_SOFT &&
	    trust->level != JK_TRUST_CRL_HARD)
		(void)snprintf(ret, JK_TRUST_TEXT_MAX + 1, "%s", level);
	else if (trust->result == JK_TRUST_CRL_MISSING)
		(void)snprintf(ret, JK_TRUST_TEXT_MAX + 1, "%s:missing", level);
	else if (trust->this_update == 0) /* it did not come to that */
		(void)snprintf(ret, JK_TRUST_TEXT_MAX + 1, "%s", level);
	else
		(void)snprintf(ret, JK_TRUST_TEXT_MAX + 1, "%s:%" PRId64 "%s",
		    level, age < 0 ? 0 : age,
		    is_stale(trust, now) ? ":stale" : "");
}
