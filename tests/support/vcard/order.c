/* SPDX-License-Identifier: BSD-2-Clause */
#include "order.h"

#include <stdio.h>
#include <string.h>

#include "card.h"
#include "reader.h"
#include "text.h"

#define WORDS_MAX 8
#define MS_MAX    (24 * 3600 * 1000UL)

/* One order under way. */
struct order {
	struct vc_reader *reader;
	char **words; /* without the name of the order */
	size_t n;
	char *reply;
	size_t size;
};

static const char *
yes_no(bool value)
{
	return value ? "yes" : "no";
}

static enum vc_err
run_insert(const struct order *o)
{
	return vc_reader_insert(o->reader, o->n == 1 ? o->words[0] : NULL);
}

static enum vc_err
run_change(const struct order *o)
{
	return vc_reader_change(o->reader, o->words[0]);
}

static enum vc_err
run_remove(const struct order *o)
{
	vc_reader_remove(o->reader, "removed");
	return VC_OK;
}

static enum vc_err
run_remove_at(const struct order *o)
{
	return vc_text_number(o->words[0], ~0UL, &o->reader->remove_at);
}

static enum vc_err
run_remove_after(const struct order *o)
{
	return vc_text_number(o->words[0], ~0UL, &o->reader->remove_after);
}

static enum vc_err
run_status(const struct order *o)
{
	static const char *const pending[] = { "none", "timed", "silent" };
	const struct vc_reader *r = o->reader;

	(void)snprintf(o->reply, o->size,
	    "ok inserted=%s connected=%s powered=%s selected=%s pending=%s "
	    "faults=%zu card=%s",
	    yes_no(r->inserted), yes_no(r->vpcd.up), yes_no(r->powered),
	    yes_no(r->chip.selected), pending[r->pending], r->faults.n,
	    r->card == NULL ? "-" : r->card->dir);
	return VC_OK;
}

static enum vc_err
run_counters(const struct order *o)
{
	const struct vc_reader *r = o->reader;
	const struct vc_secret *secrets;

	if (r->card == NULL)
		return VC_ERR_NO_CARD;
	secrets = r->card->state.secrets;
	(void)snprintf(o->reply, o->size,
	    "ok pin-tries=%u puk-tries=%u sign-pin-tries=%u apdus=%lu "
	    "signatures=%lu verified=%s",
	    secrets[VC_PIN].tries, secrets[VC_PUK].tries,
	    secrets[VC_SIGN_PIN].tries, r->apdus, r->chip.signatures,
	    yes_no(r->chip.verified));
	return VC_OK;
}

static enum vc_err
run_reset_count(const struct order *o)
{
	vc_reader_reset_count(o->reader);
	return VC_OK;
}

static enum vc_err
run_quit(const struct order *o)
{
	o->reader->quit = true;
	return VC_OK;
}

static enum vc_err
run_fault(const struct order *o)
{
	return vc_faults_add(&o->reader->faults, o->words, o->n);
}

static enum vc_err
run_clear(const struct order *o)
{
	vc_reader_clear_faults(o->reader);
	return VC_OK;
}

/* name: of the secret, NULL for the PIN. */
static enum vc_err
set_tries(struct vc_card *card, const char *name, unsigned long tries)
{
	enum vc_secret_name which = VC_PIN;
	enum vc_err e = VC_OK;

	if (card == NULL)
		return VC_ERR_NO_CARD;
	if (name != NULL)
		e = vc_state_find(name, &which);
	if (e != VC_OK)
		return e;
	if (card->state.secrets[which].len == 0)
		return VC_ERR_NOT_FOUND;
	card->state.secrets[which].tries = (unsigned)tries;
	vc_card_save(card);
	return VC_OK;
}

static enum vc_err
run_block_pin(const struct order *o)
{
	return set_tries(o->reader->card, o->n == 1 ? o->words[0] : NULL, 0);
}

static enum vc_err
run_set_tries(const struct order *o)
{
	unsigned long n;
	enum vc_err e;

	e = vc_text_number(o->words[0], VC_TRIES_MAX, &n);
	if (e != VC_OK)
		return e;
	return set_tries(o->reader->card, o->n == 2 ? o->words[1] : NULL, n);
}

static enum vc_err
run_slow(const struct order *o)
{
	unsigned long apdu_ms, sign_ms;
	enum vc_err e;

	e = vc_text_number(o->words[0], MS_MAX, &apdu_ms);
	if (e != VC_OK)
		return e;
	e = vc_text_number(o->words[1], MS_MAX, &sign_ms);
	if (e != VC_OK)
		return e;
	o->reader->apdu_ms = apdu_ms;
	o->reader->sign_ms = sign_ms;
	return VC_OK;
}

static enum vc_err
run_log(const struct order *o)
{
	return vc_log_open(&o->reader->log, o->words[0]);
}

static const struct {
	const char *name;
	size_t min, max; /* words after the name */
	enum vc_err (*run)(const struct order *o);
} orders[] = {
	{ "insert", 0, 1, run_insert },
	{ "change", 1, 1, run_change },
	{ "remove", 0, 0, run_remove },
	{ "remove-at", 1, 1, run_remove_at },
	{ "remove-after", 1, 1, run_remove_after },
	{ "status", 0, 0, run_status },
	{ "counters", 0, 0, run_counters },
	{ "reset-count", 0, 0, run_reset_count },
	{ "quit", 0, 0, run_quit },
	{ "fault", 3, 5, run_fault },
	{ "clear", 0, 0, run_clear },
	{ "block-pin", 0, 1, run_block_pin },
	{ "set-tries", 1, 2, run_set_tries },
	{ "slow", 2, 2, run_slow },
	{ "log", 1, 1, run_log },
};

static enum vc_err
run_named(const char *name, const struct order *o)
{
	for (size_t i = 0; i < VC_COUNT(orders); i++) {
		if (strcmp(name, orders[i].name) != 0)
			continue;
		if (o->n < orders[i].min || o->n > orders[i].max)
			return VC_ERR_ARGUMENTS;
		return orders[i].run(o);
	}
	return VC_ERR_UNKNOWN;
}

/* Returns the number of words, or WORDS_MAX + 1 when there are more. */
static size_t
split(char *line, char *words[WORDS_MAX])
{
	char *rest = NULL;
	size_t n = 0;

	for (char *w = strtok_r(line, " \t\r", &rest); w != NULL;
	     w = strtok_r(NULL, " \t\r", &rest)) {
		if (n == WORDS_MAX)
			return WORDS_MAX + 1;
		words[n++] = w;
	}
	return n;
}

void
vc_order_run(struct vc_reader *r, char *line, char *reply, size_t size)
{
	char *words[WORDS_MAX];
	size_t n = split(line, words);
	struct order o = { .reader = r, .reply = reply, .size = size };
	enum vc_err e = VC_ERR_ARGUMENTS;

	(void)snprintf(reply, size, "ok");
	if (n > 0 && n <= WORDS_MAX) {
		o.words = words + 1;
		o.n = n - 1;
		e = run_named(words[0], &o);
	}
	if (e != VC_OK)
		(void)snprintf(reply, size, "error %s", vc_err_text(e));
}
