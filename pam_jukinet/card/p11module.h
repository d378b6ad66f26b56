/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A PKCS#11 module: foreign code that is loaded into a card process, and
 * trusted with the card alone.
 *
 * What a PKCS#11 code becomes here is what a PC/SC code becomes (pcsc.h):
 *   JK_ERR_CLOSED       card or session has gone
 *   JK_ERR_NOT_FOUND    not a card of which it knows
 *   JK_ERR_BUSY         the module cannot do this now
 *   JK_ERR_UNSUPPORTED  anything else
 */
#ifndef JK_P11MODULE_H
#define JK_P11MODULE_H

#include <stdbool.h>

#include <p11-kit/pkcs11.h>

#include "err.h"

/* A table: the error for a code of PKCS#11. CKR_OK is JK_OK. */
enum jk_err jk_p11_err(CK_RV code);

struct jk_p11_module {
	void *handle;
	CK_FUNCTION_LIST *call;
	bool started; /* C_Initialize was called */
};

/*
 * Loads it, which runs code of its own. JK_ERR_UNSUPPORTED: it cannot be
 * loaded, or is no such module; the reason is in the log.
 */
enum jk_err jk_p11_load(const char *path, struct jk_p11_module *ret);
enum jk_err jk_p11_start(struct jk_p11_module *module);
/* C_Finalize, which also lets go of cards. Once is enough. */
void jk_p11_stop(struct jk_p11_module *module);

#endif
