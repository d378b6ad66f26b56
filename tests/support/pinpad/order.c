/* SPDX-License-Identifier: BSD-2-Clause */
#include "order.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "defs.h"
#include "log.h"
#include "pad.h"

#define WORDS_MAX     40
#define SECOND_MS_MAX 60000

struct words {
	size_t n;
	char *word[WORDS_MAX];
};

/* NULL is success; a text says what was wrong. */
typedef const char *order_fn(struct pp_pad *pad, const struct words *args);

static bool
add_digits(const char *word, char *keys, size_t *len)
{
	for (; *word != '\0'; word++) {
		if (*word < '0' || *word > '9' || *len == PP_QUEUE_MAX)
			return false;
		keys[(*len)++] = *word;
	}
	return true;
}

static bool
add_key(const char *word, char *keys, size_t *len)
{
	static const struct {
		const char *name;
		char key;
	} named[] = {
		{ "ok", PP_KEY_OK },
		{ "correction", PP_KEY_CORRECTION },
		{ "cancel", PP_KEY_CANCEL },
	};

	for (size_t i = 0; i < PP_COUNT(named); i++) {
		if (strcmp(word, named[i].name) != 0)
			continue;
		if (*len == PP_QUEUE_MAX)
			return false;
		keys[(*len)++] = named[i].key;
		return true;
	}
	return add_digits(word, keys, len);
}

static const char *
press(struct pp_pad *pad, const char *keys, size_t len)
{
	if (!pp_keys_press(&pad->keys, keys, len))
		return "too many keys";
	pp_log(pad->log, "pressed n=%zu", len);
	return NULL;
}

static const char *
order_keys(struct pp_pad *pad, const struct words *args)
{
	char keys[PP_QUEUE_MAX];
	size_t len = 0;
	const char *wrong = "keys DIGITS";

	if (args->n == 1 && add_digits(args->word[0], keys, &len) &&
	    add_key("ok", keys, &len))
		wrong = press(pad, keys, len);
	explicit_bzero(keys, sizeof(keys));
	return wrong;
}

static const char *
order_press(struct pp_pad *pad, const struct words *args)
{
	char keys[PP_QUEUE_MAX];
	size_t len = 0;
	const char *wrong = NULL;

	for (size_t i = 0; i < args->n && wrong == NULL; i++)
		if (!add_key(args->word[i], keys, &len))
			wrong = "press DIGITS|ok|correction|cancel...";
	if (wrong == NULL)
		wrong = press(pad, keys, len);
	explicit_bzero(keys, sizeof(keys));
	return wrong;
}

static const char *
order_always(struct pp_pad *pad, const struct words *args)
{
	char keys[PP_QUEUE_MAX];
	size_t len = 0;
	const char *wrong = NULL;

	if (args->n != 1 || !add_digits(args->word[0], keys, &len) ||
	    !add_key("ok", keys, &len) ||
	    !pp_keys_always(&pad->keys, keys, len))
		wrong = "always DIGITS";
	explicit_bzero(keys, sizeof(keys));
	return wrong;
}

static const char *
order_second(struct pp_pad *pad, const struct words *args)
{
	unsigned long ms = 0;
	char *end;

	if (args->n == 1)
		ms = strtoul(args->word[0], &end, 10);
	if (ms == 0 || ms > SECOND_MS_MAX || *end != '\0')
		return "second MS";
	pp_keys_set_second(&pad->keys, (unsigned)ms);
	return NULL;
}

static const char *
order_features(struct pp_pad *pad, const struct words *args)
{
	static const char *const names[] = { "verify", "modify", "properties",
		"tlv" };
	unsigned features = 0, bit;

	for (size_t i = 0; i < args->n; i++) {
		bit = 0;
		for (size_t j = 0; j < PP_COUNT(names); j++)
			if (strcmp(args->word[i], names[j]) == 0)
				bit = 1U << j;
		if (bit == 0)
			return "features [verify] [modify] [properties] [tlv]";
		features |= bit;
	}
	atomic_store(&pad->features, features);
	return NULL;
}

static const char *
order_unplug(struct pp_pad *pad, const struct words *args)
{
	if (args->n != 0)
		return "unplug";
	atomic_store(&pad->unplugged, true);
	pp_log(pad->log, "unplugged");
	return NULL;
}

static const char *
order_reset(struct pp_pad *pad, const struct words *args)
{
	if (args->n != 0)
		return "reset";
	pp_keys_reset(&pad->keys);
	atomic_store(&pad->features, PP_FEATURE_ALL);
	atomic_store(&pad->unplugged, false);
	atomic_store(&pad->verifications, 0);
	atomic_store(&pad->changes, 0);
	atomic_store(&pad->refusals, 0);
	atomic_store(&pad->host_pins, 0);
	return NULL;
}

static void
show_status(struct pp_pad *pad, char reply[PP_REPLY_MAX])
{
	struct pp_keys *k = &pad->keys;

	(void)pthread_mutex_lock(&k->mutex);
	(void)snprintf(reply, PP_REPLY_MAX,
	    "ok asking=%s digits=%zu queued=%zu verifications=%lu changes=%lu "
	    "refusals=%lu host-pins=%lu\n",
	    pp_prompt_name(k->asking), k->digits, k->queued,
	    atomic_load(&pad->verifications), atomic_load(&pad->changes),
	    atomic_load(&pad->refusals), atomic_load(&pad->host_pins));
	(void)pthread_mutex_unlock(&k->mutex);
}

static const struct {
	const char *name;
	order_fn *run;
} orders[] = {
	{ "keys", order_keys },
	{ "press", order_press },
	{ "always", order_always },
	{ "second", order_second },
	{ "features", order_features },
	{ "unplug", order_unplug },
	{ "reset", order_reset },
};

static const char *
run(struct pp_pad *pad, const char *name, const struct words *args)
{
	for (size_t i = 0; i < PP_COUNT(orders); i++)
		if (strcmp(name, orders[i].name) == 0)
			return orders[i].run(pad, args);
	return "unknown order";
}

void
pp_order_run(struct pp_pad *pad, char *line, char reply[PP_REPLY_MAX])
{
	struct words args = { 0 };
	char *rest = NULL, *name = strtok_r(line, " ", &rest);
	const char *wrong = "unknown order";
	char *word;

	while (
	    (word = strtok_r(NULL, " ", &rest)) != NULL && args.n < WORDS_MAX)
		args.word[args.n++] = word;
	if (name != NULL && strcmp(name, "status") == 0) {
		show_status(pad, reply);
		return;
	}
	if (name != NULL && word == NULL)
		wrong = run(pad, name, &args);
	if (wrong != NULL)
		(void)snprintf(reply, PP_REPLY_MAX, "error %s\n", wrong);
	else
		(void)snprintf(reply, PP_REPLY_MAX, "ok\n");
}
