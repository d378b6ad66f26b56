/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a card process keeps that loads a PKCS#11 module: the module and the
 * libraries it needs can be read, nothing else but its configuration. A
 * module starts threads of its own when it is loaded, and they are no freer.
 */
#ifndef JK_CONFINE_P11_H
#define JK_CONFINE_P11_H

#include "err.h"

/*
 * Before the module is loaded: files, and an environment of its own.
 * JK_ERR_NOT_FOUND: there is no such module; JK_ERR_UNSAFE: no configuration
 * of OpenSC's that root alone can change, and without one its defaults would
 * hold, which do not guard a card.
 */
enum jk_err jk_confine_p11_files(const char *module);
/*
 * After it, for all threads: memory, system calls, and what it prints goes
 * nowhere, as OpenSC's messages can hold a PIN.
 */
enum jk_err jk_confine_p11_rest(void);

#endif
