/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A card that is a list of answers, for what no sound card says. Commands are
 * kept, so that a test can look at them. Include test.h first.
 */
#ifndef JK_CARD_SCRIPT_H
#define JK_CARD_SCRIPT_H

#include <string.h>

#include "apdu.h"
#include "hex.h"

#define SCRIPT_COMMANDS 64

struct script {
	const char *const *answers; /* hex; NULL ends: then the last repeats */
	size_t n;                   /* commands so far */
	size_t len[SCRIPT_COMMANDS];
	uint8_t command[SCRIPT_COMMANDS][512];
};

static inline enum jk_err
script_transmit(void *ctx, const uint8_t *command, size_t len, uint8_t *ret,
    size_t size, size_t *ret_len)
{
	struct script *s = ctx;
	const char *const *answer = s->answers;

	for (size_t i = 0; i < s->n && answer[1] != NULL; i++)
		answer++;
	assert_true(s->n < SCRIPT_COMMANDS);
	assert_true(len <= sizeof(s->command[0]));
	memcpy(s->command[s->n], command, len);
	s->len[s->n++] = len;
	*ret_len = strlen(*answer) / 2;
	assert_true(*ret_len <= size);
	assert_int_equal(jk_hex_decode(*answer, ret, *ret_len), JK_OK);
	return JK_OK;
}

static inline struct jk_channel
script_channel(struct script *s)
{
	return (struct jk_channel){ .transmit = script_transmit, .ctx = s };
}

static inline void
assert_command(const struct script *s, size_t i, const char *hex)
{
	char text[2 * sizeof(s->command[0]) + 1];

	assert_true(i < s->n);
	jk_hex_encode(s->command[i], s->len[i], text);
	assert_string_equal(text, hex);
}

#endif
