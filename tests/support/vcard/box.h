/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The card box: a folder with the issuers in ca/ and a folder for each card.
 * vcard.md lists the files.
 */
#ifndef VC_BOX_H
#define VC_BOX_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"
#include "state.h"

/* A card to be made, in the words of the command line. */
struct vc_wish {
	enum vc_kind kind;
	const char *key;                 /* as key.c names it */
	const char *validity;            /* valid, expired or future */
	const char *ca;                  /* main, other or twin */
	const char *secrets[VC_SECRETS]; /* NULL: the usual one */
	const char *cn;
	const char *clone_of; /* NULL: its own certificate */
	unsigned long slots;  /* 1 or 4 */
	unsigned long tries;  /* of PIN and PUK; 0: the usual number */
	bool no_digital_signature;
	bool chuid_signed;
};

enum vc_err vc_box_make_cas(const char *box, const char *key);
enum vc_err vc_box_make_card(const char *box, const char *name,
    const struct vc_wish *wish);

/* Writes ca/NAME.crl, which revokes the login certificates of these cards. */
enum vc_err vc_box_make_crl(const char *box, const char *ca, char **cards,
    size_t n);

#endif
