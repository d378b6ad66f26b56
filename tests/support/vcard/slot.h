/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kinds of card, and the places of each that hold a certificate, most of
 * them with its key. The first is the one for the login.
 */
#ifndef VC_SLOT_H
#define VC_SLOT_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

#define VC_SLOTS 4

enum vc_kind {
	VC_KIND_PIV,
	VC_KIND_JPKI,
	VC_KIND_NQ,
	VC_KINDS,
};

/* Who may use the private key. */
enum vc_access {
	VC_ACCESS_PIN,      /* once the PIN was verified */
	VC_ACCESS_ALWAYS,   /* after a VERIFY for each use */
	VC_ACCESS_SIGN_PIN, /* once the other PIN was verified */
	VC_ACCESS_FREE,
};

/* What the certificate says that the key is for. */
enum vc_purpose {
	VC_PURPOSE_LOGIN,
	VC_PURPOSE_SIGNATURE,
	VC_PURPOSE_EXCHANGE,
	VC_PURPOSE_CARD,
	VC_PURPOSE_ISSUER, /* the issuer's own certificate, without a key */
};

struct vc_slot_kind {
	const char *name; /* file name stem; NULL: no such slot */
	const char *role; /* for the certificate's subject */
	uint8_t key;      /* key reference */
	uint32_t object;  /* data object or EF that holds the certificate */
	enum vc_access access;
	enum vc_purpose purpose;
	const char *policy; /* NULL: none */
};

const struct vc_slot_kind *vc_slot_kinds(enum vc_kind kind);

/*
 * The key that cards of this kind have if no other is asked for; only a PIV
 * card can have another.
 */
const char *vc_kind_key(enum vc_kind kind);

/* As the state file names it. */
const char *vc_kind_name(enum vc_kind kind);
enum vc_err vc_kind_parse(const char *word, enum vc_kind *ret);

#endif
