/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a card remembers without power: of which kind it is, PIN and PUK, the
 * tries left, and its identifier. One text file, replaced by rename, so that a card that is
 * pulled in mid-command has spent its try.
 */
#ifndef VC_STATE_H
#define VC_STATE_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "slot.h"

#define VC_SECRET_MAX 16
#define VC_GUID_LEN   16
#define VC_TRIES_MAX  15 /* 63Cx has one digit for it */

enum vc_secret_name {
	VC_PIN,
	VC_PUK,
	VC_SIGN_PIN, /* JPKI: for the signing key */
	VC_SECRETS,
};

struct vc_secret {
	size_t len; /* 0: the card has no such secret */
	uint8_t value[VC_SECRET_MAX];
	unsigned tries;
	unsigned max;
};

struct vc_state {
	enum vc_kind kind;
	struct vc_secret secrets[VC_SECRETS];
	uint8_t guid[VC_GUID_LEN];
};

/* Takes the value of a secret; 1 to 16 printable characters. */
enum vc_err vc_state_set(struct vc_secret *secret, const char *word);

/* As the state file names it: pin, puk or sign-pin. */
enum vc_err vc_state_find(const char *word, enum vc_secret_name *ret);

enum vc_err vc_state_load(const char *dir, struct vc_state *ret);
enum vc_err vc_state_save(const char *dir, const struct vc_state *state);

#endif
