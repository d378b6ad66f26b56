/* SPDX-License-Identifier: BSD-2-Clause */
/* The Card Holder Unique Identifier of SP 800-73-4 part 1, 3.1.2. */
#ifndef VC_CHUID_H
#define VC_CHUID_H

#include <stddef.h>
#include <stdint.h>

#include "state.h"

struct vc_bytes;

/* What the issuer signs: FASC-N, GUID, expiry. */
void vc_chuid_add_body(struct vc_bytes *b, const uint8_t guid[VC_GUID_LEN]);

/* The issuer's signature and the error detection code. */
void vc_chuid_add_end(struct vc_bytes *b, const uint8_t *signature, size_t len);

#endif
