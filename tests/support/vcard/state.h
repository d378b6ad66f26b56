/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a card remembers without power: PIN and PUK, the tries left, and its
 * identifier. One text file, replaced by rename, so that a card that is
 * pulled in mid-command has spent its try.
 */
#ifndef VC_STATE_H
#define VC_STATE_H

#include <stdint.h>

#include "error.h"

#define VC_PIN_LEN   8 /* padded with FF, as it travels */
#define VC_GUID_LEN  16
#define VC_TRIES_MAX 15 /* 63Cx has one digit for it */

struct vc_secret {
	uint8_t value[VC_PIN_LEN];
	unsigned tries;
	unsigned max;
};

struct vc_state {
	struct vc_secret pin;
	struct vc_secret puk;
	uint8_t guid[VC_GUID_LEN];
};

/* A printable word of 4 to 8 characters becomes a padded PIN. */
enum vc_err vc_state_parse_pin(const char *word, uint8_t ret[VC_PIN_LEN]);

enum vc_err vc_state_load(const char *dir, struct vc_state *ret);
enum vc_err vc_state_save(const char *dir, const struct vc_state *state);

#endif
