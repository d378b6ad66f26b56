/* SPDX-License-Identifier: BSD-2-Clause */
#include "fault.h"

#include <stdio.h>
#include <string.h>

#include "card.h"
#include "text.h"

#define MS_MAX (24 * 3600 * 1000UL)

static const struct {
	const char *name;
	enum vc_stage stage;
	enum vc_fault_argument argument;
} kinds[] = {
#define X(name, text, stage, argument) \
	{ text, VC_STAGE_##stage, VC_ARGUMENT_##argument },
	VC_FAULT_TABLE(X)
#undef X
};

static enum vc_err
parse_kind(const char *word, enum vc_fault_kind *ret)
{
	for (size_t i = 0; i < VC_COUNT(kinds); i++)
		if (strcmp(word, kinds[i].name) == 0) {
			*ret = (enum vc_fault_kind)i;
			return VC_OK;
		}
	return VC_ERR_UNKNOWN;
}

static enum vc_err
parse_sw(const char *word, uint16_t *ret)
{
	uint8_t sw[2];
	enum vc_err e;

	e = vc_text_unhex(word, sw, sizeof(sw));
	if (e == VC_OK)
		*ret = (uint16_t)(sw[0] << 8 | sw[1]);
	return e;
}

static enum vc_err
parse_argument(struct vc_fault *f, const char *word)
{
	switch (kinds[f->kind].argument) {
	case VC_ARGUMENT_MS:
		return vc_text_number(word, MS_MAX, &f->ms);
	case VC_ARGUMENT_SW:
		return parse_sw(word, &f->sw);
	case VC_ARGUMENT_CARD:
		return vc_card_open(word, &f->card);
	case VC_ARGUMENT_NONE:
	default:
		return VC_OK;
	}
}

static enum vc_err
parse_place(struct vc_fault *f, const char *word)
{
	enum vc_err e;

	f->any = strcmp(word, "any") == 0;
	if (f->any)
		return VC_OK;
	if (*word < '0' || *word > '9')
		return vc_command_parse(word, &f->command);
	e = vc_text_number(word, ~0UL, &f->number);
	if (e == VC_OK && f->number == 0)
		return VC_ERR_RANGE;
	return e;
}

/* words: "at", place, and perhaps a count. */
static enum vc_err
parse_when(struct vc_fault *f, char **words, size_t n)
{
	enum vc_err e;

	if (n < 2 || n > 3)
		return VC_ERR_ARGUMENTS;
	if (strcmp(words[0], "at") != 0)
		return VC_ERR_UNKNOWN;
	f->forever = n == 2;
	if (n == 3) {
		e = vc_text_number(words[2], ~0UL, &f->count);
		if (e != VC_OK)
			return e;
	}
	return parse_place(f, words[1]);
}

static void
clear_fault(struct vc_fault *f)
{
	vc_card_close(&f->card);
	*f = (struct vc_fault){ 0 };
}

enum vc_err
vc_faults_add(struct vc_faults *faults, char **words, size_t n)
{
	JK_CLEANUP(clear_fault) struct vc_fault f = { 0 };
	size_t at = 1;
	enum vc_err e;

	if (faults->n == VC_FAULTS_MAX)
		return VC_ERR_FULL;
	if (n < 1)
		return VC_ERR_ARGUMENTS;
	e = parse_kind(words[0], &f.kind);
	if (e != VC_OK)
		return e;
	if (kinds[f.kind].argument != VC_ARGUMENT_NONE)
		at = 2;
	if (n < at)
		return VC_ERR_ARGUMENTS;
	e = parse_when(&f, words + at, n - at);
	if (e != VC_OK)
		return e;
	e = parse_argument(&f, words[at - 1]);
	if (e != VC_OK)
		return e;

	faults->list[faults->n++] = f;
	f = (struct vc_fault){ 0 };
	return VC_OK;
}

void
vc_faults_clear(struct vc_faults *faults)
{
	for (size_t i = 0; i < faults->n; i++)
		clear_fault(&faults->list[i]);
	*faults = (struct vc_faults){ 0 };
}

static bool
matches(const struct vc_fault *f, unsigned long number, enum vc_command command)
{
	if (!f->forever && f->count == 0)
		return false;
	if (f->any)
		return true;
	if (f->number != 0)
		return f->number == number;
	return f->command == command;
}

void
vc_faults_begin(struct vc_faults *faults, unsigned long number,
    enum vc_command command)
{
	struct vc_fault *f;
	enum vc_stage stage;

	faults->used[0] = '\0';
	for (size_t i = 0; i < VC_STAGES; i++)
		faults->hit[i] = NULL;
	for (size_t i = 0; i < faults->n; i++) {
		f = &faults->list[i];
		stage = kinds[f->kind].stage;
		if (faults->hit[stage] == NULL && matches(f, number, command))
			faults->hit[stage] = f;
	}
}

static void
note_used(struct vc_faults *faults, const char *name)
{
	size_t len = strlen(faults->used);

	(void)snprintf(faults->used + len, sizeof(faults->used) - len, "%s%s",
	    len > 0 ? "," : "", name);
}

const struct vc_fault *
vc_faults_use(struct vc_faults *faults, enum vc_stage stage)
{
	struct vc_fault *f = faults->hit[stage];

	if (f == NULL)
		return NULL;
	faults->hit[stage] = NULL;
	if (!f->forever)
		f->count--;
	note_used(faults, kinds[f->kind].name);
	return f;
}
