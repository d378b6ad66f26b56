/* SPDX-License-Identifier: BSD-2-Clause */
/* Command APDUs of ISO 7816-4, cases 1 to 4, short and extended. */
#ifndef VC_APDU_H
#define VC_APDU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

#define VC_CLA_CHAIN 0x10

#define VC_KEY_ADMIN 0x9b /* asked for random bytes only: no signature */

#define VC_INS_VERIFY       0x20
#define VC_INS_CHANGE       0x24
#define VC_INS_UNBLOCK      0x2c
#define VC_INS_SIGN         0x2a
#define VC_INS_CHALLENGE    0x84
#define VC_INS_AUTHENTICATE 0x87
#define VC_INS_SELECT       0xa4
#define VC_INS_READ         0xb0
#define VC_INS_GET_RESPONSE 0xc0
#define VC_INS_GET_DATA     0xcb
#define VC_INS_PUT_DATA     0xdb

/*
 * What a command is. Name, and whether its data may be written to a log:
 * only what is known to carry no PIN may.
 */
#define VC_COMMAND_TABLE(X)                              \
	X(VC_COMMAND_OTHER, "other", false)              \
	X(VC_COMMAND_SELECT, "select", true)             \
	X(VC_COMMAND_GET_DATA, "getdata", true)          \
	X(VC_COMMAND_CHUID, "chuid", true)               \
	X(VC_COMMAND_GET_RESPONSE, "getresponse", false) \
	X(VC_COMMAND_READ, "read", true)                 \
	X(VC_COMMAND_VERIFY, "verify", false)            \
	X(VC_COMMAND_STATUS, "verify-status", false)     \
	X(VC_COMMAND_CHANGE, "change", false)            \
	X(VC_COMMAND_UNBLOCK, "unblock", false)          \
	X(VC_COMMAND_CHAIN, "chain", true)               \
	X(VC_COMMAND_SIGN, "sign", true)

enum vc_command {
#define X(name, text, loggable) name,
	VC_COMMAND_TABLE(X)
#undef X
};

struct vc_apdu {
	uint8_t cla, ins, p1, p2;
	const uint8_t *data; /* lies in the frame */
	size_t lc;
	size_t le; /* 0: none; else the number of bytes asked for */
	bool extended;
	enum vc_command command;
};

/* On failure the header is still filled in as far as it goes. */
enum vc_err vc_apdu_parse(const uint8_t *frame, size_t len,
    struct vc_apdu *ret);

const char *vc_command_name(enum vc_command command);
bool vc_command_is_loggable(enum vc_command command);
enum vc_err vc_command_parse(const char *word, enum vc_command *ret);

#endif
