/* SPDX-License-Identifier: BSD-2-Clause */
#include "period.h"

#include <string.h>

#include "clock.h"
#include "names.h"
#include "output.h"

const char *
jk_period_word(const struct jk_period *valid, int64_t now)
{
	if (valid->until != 0 && now >= valid->until)
		return N_("ended");
	return now < valid->from ? N_("to come") : N_("good");
}

const char *
jk_show_word(const struct jk_call *call, const char *word)
{
	return call->global.json ? word : _(word);
}

const char *
jk_show_name(const struct jk_call *call, const struct jk_words *words,
    size_t number)
{
	return call->global.json ? jk_word_id(words, number)
	                         : jk_name_here(words, number);
}

const char *
jk_show_flag(const struct jk_call *call, bool flag)
{
	return jk_show_word(call, flag ? N_("yes") : N_("no"));
}

const char *
jk_show_type(const struct jk_call *call, const char *id)
{
	return call->global.json ? id : jk_name_type_id(id);
}

const char *
jk_show_end(int64_t until)
{
	return until == 0 ? "-" : jk_show_until(until);
}

int
jk_ending_read(const char *day, int64_t now, struct jk_ending *ret)
{
	if (day == NULL) {
		/* The minute that runs has begun, so it ends now. */
		jk_time_format(now, ret->text);
		ret->until = now;
		return EXIT_OK;
	}
	if (jk_date_parse(day, &ret->until) != JK_OK)
		return jk_usage_error(_("\"%s\" is no date (YYYY-MM-DD)"), day);
	ret->until = jk_next_day(ret->until);
	strcpy(ret->text, day);
	return EXIT_OK;
}

enum jk_err
jk_ending_apply(const struct jk_ending *ending, const struct jk_period *valid,
    struct jk_textrow *row, enum jk_ended *ret)
{
	int64_t until = ending->until;

	*ret = JK_ENDED_BEFORE;
	if (valid->until != 0 && valid->until <= ending->until)
		return JK_OK;
	*ret = JK_ENDED_NEVER;
	/* As it will be read again, which is its minute's first second. */
	if (strlen(ending->text) > strlen("YYYY-MM-DD") &&
	    jk_time_parse(ending->text, &until) != JK_OK)
		return JK_ERR_FORMAT;
	if (valid->from >= until)
		return JK_OK;
	*ret = JK_ENDED_CUT;
	return jk_textrow_set(row, "valid-until", ending->text);
}
