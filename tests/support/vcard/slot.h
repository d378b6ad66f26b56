/* SPDX-License-Identifier: BSD-2-Clause */
/* The four certificate slots of a PIV card. */
#ifndef VC_SLOT_H
#define VC_SLOT_H

#include <stddef.h>
#include <stdint.h>

#define VC_SLOTS 4

/* Who may use the private key. */
enum vc_access {
	VC_ACCESS_PIN,    /* once the PIN was verified */
	VC_ACCESS_ALWAYS, /* after a VERIFY for each use */
	VC_ACCESS_FREE,
};

struct vc_slot_kind {
	const char *name; /* file name stem */
	const char *role; /* for the certificate's subject */
	uint8_t key;      /* key reference */
	uint32_t object;  /* data object that holds the certificate */
	enum vc_access access;
};

extern const struct vc_slot_kind vc_slot_kinds[VC_SLOTS];

#endif
