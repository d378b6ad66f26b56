/* SPDX-License-Identifier: BSD-2-Clause */
#include "apdu.h"

#include <string.h>

#define HEADER_LEN 4

static const struct {
	const char *name;
	bool loggable;
} commands[] = {
#define X(name, text, loggable) { text, loggable },
	VC_COMMAND_TABLE(X)
#undef X
};

const char *
vc_command_name(enum vc_command command)
{
	return commands[command].name;
}

bool
vc_command_is_loggable(enum vc_command command)
{
	return commands[command].loggable;
}

enum vc_err
vc_command_parse(const char *word, enum vc_command *ret)
{
	for (size_t i = 0; i < VC_COUNT(commands); i++)
		if (strcmp(word, commands[i].name) == 0) {
			*ret = (enum vc_command)i;
			return VC_OK;
		}
	return VC_ERR_UNKNOWN;
}

/* The object that a card is known again by has a name of its own. */
static enum vc_command
classify_get_data(const struct vc_apdu *a)
{
	static const uint8_t chuid[] = { 0x5c, 0x03, 0x5f, 0xc1, 0x02 };

	return a->lc == sizeof(chuid) &&
	               memcmp(a->data, chuid, sizeof(chuid)) == 0
	           ? VC_COMMAND_CHUID
	           : VC_COMMAND_GET_DATA;
}

static enum vc_command
classify(const struct vc_apdu *a, bool has_data)
{
	switch (a->ins) {
	case VC_INS_SELECT:
		return VC_COMMAND_SELECT;
	case VC_INS_GET_DATA:
		return classify_get_data(a);
	case VC_INS_GET_RESPONSE:
		return VC_COMMAND_GET_RESPONSE;
	case VC_INS_VERIFY:
		return has_data ? VC_COMMAND_VERIFY : VC_COMMAND_STATUS;
	case VC_INS_CHANGE:
		return VC_COMMAND_CHANGE;
	case VC_INS_UNBLOCK:
		return VC_COMMAND_UNBLOCK;
	case VC_INS_READ:
		return VC_COMMAND_READ;
	case VC_INS_SIGN:
		return (a->cla & VC_CLA_CHAIN) != 0 ? VC_COMMAND_CHAIN
		                                    : VC_COMMAND_SIGN;
	case VC_INS_AUTHENTICATE:
		if (a->cla == VC_CLA_CHAIN)
			return VC_COMMAND_CHAIN;
		return a->p2 == VC_KEY_ADMIN ? VC_COMMAND_OTHER
		                             : VC_COMMAND_SIGN;
	default:
		return VC_COMMAND_OTHER;
	}
}

/* body: what follows the header, at least one byte. */
static enum vc_err
parse_short(struct vc_apdu *a, const uint8_t *body, size_t len)
{
	size_t lc = body[0];

	if (len == 1) {
		a->le = body[0] == 0 ? 256 : body[0];
		return VC_OK;
	}
	if (lc == 0 || (len != lc + 1 && len != lc + 2))
		return VC_ERR_FORMAT;
	a->lc = lc;
	a->data = body + 1;
	if (len == lc + 2)
		a->le = body[len - 1] == 0 ? 256 : body[len - 1];
	return VC_OK;
}

static size_t
extended_le(const uint8_t *at)
{
	size_t le = (size_t)at[0] << 8 | at[1];

	return le == 0 ? 65536 : le;
}

/* body: 00, then Le, or Lc, data and perhaps Le, of two bytes each. */
static enum vc_err
parse_extended(struct vc_apdu *a, const uint8_t *body, size_t len)
{
	size_t lc = (size_t)body[1] << 8 | body[2];

	a->extended = true;
	if (len == 3) {
		a->le = extended_le(body + 1);
		return VC_OK;
	}
	if (lc == 0 || (len != lc + 3 && len != lc + 5))
		return VC_ERR_FORMAT;
	a->lc = lc;
	a->data = body + 3;
	if (len == lc + 5)
		a->le = extended_le(body + len - 2);
	return VC_OK;
}

enum vc_err
vc_apdu_parse(const uint8_t *frame, size_t len, struct vc_apdu *ret)
{
	const uint8_t *body = frame + HEADER_LEN;
	enum vc_err e = VC_OK;

	*ret = (struct vc_apdu){ 0 };
	if (len < HEADER_LEN)
		return VC_ERR_TRUNCATED;
	ret->cla = frame[0];
	ret->ins = frame[1];
	ret->p1 = frame[2];
	ret->p2 = frame[3];
	if (len >= HEADER_LEN + 3 && body[0] == 0)
		e = parse_extended(ret, body, len - HEADER_LEN);
	else if (len > HEADER_LEN)
		e = parse_short(ret, body, len - HEADER_LEN);
	ret->command = classify(ret, ret->lc > 0);
	return e;
}
