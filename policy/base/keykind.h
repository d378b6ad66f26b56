/* SPDX-License-Identifier: BSD-2-Clause */
/* The kinds of keys that an operator's card may have. */
#ifndef JK_KEYKIND_H
#define JK_KEYKIND_H

/* Their numbers travel between jukinetd and jukinet-card. */
enum jk_key_kind {
	JK_KEY_NONE = 0,
	JK_KEY_RSA2048,
	JK_KEY_RSA3072,
	JK_KEY_RSA4096,
	JK_KEY_P256,
	JK_KEY_P384,
	JK_KEY_COUNT,
};

#define JK_SIGNATURE_MAX 512 /* bytes, of RSA-4096 */

#endif
