/* SPDX-License-Identifier: BSD-2-Clause */
#include "echo.h"

#include <string.h>

#include "apdu.h"
#include "tlv.h"

#define HEADER_LEN 4
#define LE_ALL     256

/* As many bytes as the last byte of a command of the short form asks for. */
static size_t
le_of(struct jk_cur command)
{
	const uint8_t le = command.at[command.left - 1];

	return le == 0 ? LE_ALL : le;
}

/* GET DATA by a tag, in the short form and with Le. */
static bool
is_get_data(struct jk_cur command)
{
	static const uint8_t header[HEADER_LEN] = { 0x00, 0xcb, 0x3f, 0xff };
	const size_t more = HEADER_LEN + 2; /* Lc and Le */

	return command.left > more && command.left <= JK_ECHO_COMMAND_MAX + 1 &&
	       memcmp(command.at, header, sizeof(header)) == 0 &&
	       command.at[HEADER_LEN] == command.left - more;
}

static bool
is_get_response(struct jk_cur command)
{
	static const uint8_t header[HEADER_LEN] = { 0x00, 0xc0, 0x00, 0x00 };

	return command.left == HEADER_LEN + 1 &&
	       memcmp(command.at, header, sizeof(header)) == 0;
}

/* VERIFY without data; with P1 = FF it would say that the PIN is forgotten. */
static bool
is_question_of_tries(struct jk_cur command)
{
	static const uint8_t start[] = { 0x00, 0x20, 0x00 };

	return command.left == HEADER_LEN &&
	       memcmp(command.at, start, sizeof(start)) == 0;
}

static const struct jk_echo_object *
find(const struct jk_echo *echo, struct jk_cur command)
{
	for (size_t i = 0; i < echo->n; i++) {
		const struct jk_echo_object *o = &echo->object[i];

		if (o->command_len == command.left - 1 &&
		    memcmp(o->command, command.at, o->command_len) == 0)
			return o;
	}
	return NULL;
}

static bool
give(struct jk_echo *echo, size_t le, uint8_t *ret, size_t size,
    size_t *ret_len)
{
	struct jk_cur *rest = &echo->rest;
	const size_t n = le < rest->left ? le : rest->left;
	uint16_t sw = JK_SW_OK;

	if (size < n + 2) {
		*rest = (struct jk_cur){ 0 };
		return false;
	}
	memcpy(ret, rest->at, n);
	rest->at += n;
	rest->left -= n;
	if (rest->left > 0)
		sw = (uint16_t)(0x6100 | (rest->left & 0xff));
	ret[n] = (uint8_t)(sw >> 8);
	ret[n + 1] = (uint8_t)sw;
	*ret_len = n + 2;
	return true;
}

bool
jk_echo_answer(struct jk_echo *echo, struct jk_cur command, uint8_t *ret,
    size_t size, size_t *ret_len)
{
	const struct jk_echo_object *o;

	if (is_get_response(command))
		return echo->rest.left > 0 &&
		       give(echo, le_of(command), ret, size, ret_len);
	echo->rest = (struct jk_cur){ 0 };
	if (!is_get_data(command) || (o = find(echo, command)) == NULL)
		return false;
	echo->rest = (struct jk_cur){ o->data, o->len };
	return give(echo, le_of(command), ret, size, ret_len);
}

/* One element, as long as it says: there is no more of it on the card. */
static bool
is_whole(struct jk_cur data)
{
	struct jk_tlv tlv;

	return data.left <= JK_ECHO_OBJECT_MAX &&
	       jk_tlv_next(&data, &tlv) == JK_OK && data.left == 0;
}

static bool
is_success(struct jk_cur answer)
{
	return answer.left > 2 && answer.at[answer.left - 2] == JK_SW_OK >> 8 &&
	       answer.at[answer.left - 1] == (JK_SW_OK & 0xff);
}

static void
keep(struct jk_echo *echo, struct jk_cur command, struct jk_cur data)
{
	struct jk_echo_object *o;

	if (echo->n == JK_ECHO_OBJECTS)
		return;
	o = &echo->object[echo->n++];
	o->command_len = command.left - 1;
	memcpy(o->command, command.at, o->command_len);
	o->len = data.left;
	memcpy(o->data, data.at, o->len);
}

void
jk_echo_note(struct jk_echo *echo, struct jk_cur command, struct jk_cur answer)
{
	if (is_get_response(command) || is_question_of_tries(command))
		return;
	if (!is_get_data(command)) {
		jk_echo_forget(echo);
		return;
	}
	if (!is_success(answer))
		return;
	answer.left -= 2;
	if (is_whole(answer) && find(echo, command) == NULL)
		keep(echo, command, answer);
}

void
jk_echo_forget(struct jk_echo *echo)
{
	*echo = (struct jk_echo){ 0 };
}
