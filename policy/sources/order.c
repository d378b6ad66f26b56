/* SPDX-License-Identifier: BSD-2-Clause */
#include "order.h"

#include <string.h>
#include <strings.h>

#include <jukinet/policy.h>

static const char *const status_names[JK_SOURCE_STATUS_COUNT] = {
	[JUKINET_POLICY_SUCCESS] = "SUCCESS",
	[JUKINET_POLICY_NOTFOUND] = "NOTFOUND",
	[JUKINET_POLICY_UNAVAIL] = "UNAVAIL",
	[JUKINET_POLICY_TRYAGAIN] = "TRYAGAIN",
};

/* Words are parted by blanks; a bracket is a word of its own. */
static size_t
next_word(const char **at)
{
	*at += strspn(*at, " \t");
	if (**at == '[' || **at == ']')
		return 1;
	return strcspn(*at, " \t[]");
}

static bool
is_word(const char *at, size_t n, const char *word)
{
	return n == strlen(word) && strncasecmp(at, word, n) == 0;
}

/* "STATUS=action" of n bytes. */
static const char *
parse_action(const char *at, size_t n, struct jk_order_step *step,
    bool said[static JK_SOURCE_STATUS_COUNT])
{
	const char *equals = memchr(at, '=', n);
	size_t status = 0, left;

	if (equals == NULL)
		return "not a STATUS=action";
	while (status < JK_SOURCE_STATUS_COUNT &&
	       !is_word(at, (size_t)(equals - at), status_names[status]))
		status++;
	if (status == JK_SOURCE_STATUS_COUNT)
		return "status is none of SUCCESS, NOTFOUND, UNAVAIL, TRYAGAIN";
	if (said[status])
		return "a status is there twice";
	left = n - (size_t)(equals + 1 - at);
	if (is_word(equals + 1, left, "continue"))
		step->goes_on[status] = true;
	else if (is_word(equals + 1, left, "return"))
		step->goes_on[status] = false;
	else
		return "action is neither return nor continue";
	said[status] = true;
	return NULL;
}

/* Behind a '['; leaves *at behind the ']'. */
static const char *
parse_actions(const char **at, struct jk_order_step *step)
{
	bool said[JK_SOURCE_STATUS_COUNT] = { false };
	const char *fault = NULL;
	size_t n, actions = 0;

	while ((n = next_word(at)) > 0 && **at != ']') {
		fault = parse_action(*at, n, step, said);
		if (fault != NULL)
			return fault;
		*at += n;
		actions++;
	}
	if (**at != ']')
		return "'[' without ']'";
	if (actions == 0)
		return "nothing between '[' and ']'";
	(*at)++;
	return NULL;
}

static const char *
add_step(struct jk_order *order, const char *name, size_t n)
{
	struct jk_order_step step = {
		.goes_on = { [JUKINET_POLICY_NOTFOUND] = true },
	};

	if (order->n == JK_SOURCES_MAX)
		return "more than 8 sources";
	if (n > JK_SOURCE_NAME_MAX)
		return "the name of a source is too long";
	memcpy(step.name, name, n);
	if (!jk_source_name_is_valid(step.name))
		return "the name of a source has other characters than a-z "
		       "and 0-9";
	for (size_t i = 0; i < order->n; i++)
		if (strcmp(order->step[i].name, step.name) == 0)
			return "a source is there twice";
	order->step[order->n] = step;
	order->n++;
	return NULL;
}

const char *
jk_order_parse(const char *text, struct jk_order *ret)
{
	struct jk_order order = { 0 };
	bool may_open = false; /* a source stands before this place */
	const char *fault = NULL;
	size_t n;

	while (fault == NULL && (n = next_word(&text)) > 0) {
		if (*text == ']')
			return "']' without '['";
		if (*text == '[' && !may_open)
			return "'[' does not follow a source";
		may_open = *text != '[';
		if (may_open)
			fault = add_step(&order, text, n);
		text += n;
		if (!may_open)
			fault = parse_actions(&text, &order.step[order.n - 1]);
	}
	if (fault == NULL && order.n == 0)
		fault = "no source";
	if (fault != NULL)
		return fault;

	*ret = order;
	return NULL;
}

enum jk_order_end
jk_order_after(const struct jk_order *order, size_t i, int status,
    bool *succeeded)
{
	if (i >= order->n || status < 0 || status >= JK_SOURCE_STATUS_COUNT)
		return JK_ORDER_FAIL;
	if (status == JUKINET_POLICY_SUCCESS)
		*succeeded = true;
	if (!order->step[i].goes_on[status])
		return status == JUKINET_POLICY_SUCCESS ? JK_ORDER_DONE
		                                        : JK_ORDER_FAIL;
	if (i + 1 < order->n)
		return JK_ORDER_NEXT;
	return *succeeded ? JK_ORDER_DONE : JK_ORDER_FAIL;
}
