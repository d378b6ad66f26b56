/* SPDX-License-Identifier: BSD-2-Clause */
#include "slot.h"

const struct vc_slot_kind vc_slot_kinds[VC_SLOTS] = {
	{ "9a", "Authentication", 0x9a, 0x5fc105, VC_ACCESS_PIN },
	{ "9c", "Signature", 0x9c, 0x5fc10a, VC_ACCESS_ALWAYS },
	{ "9d", "Key Management", 0x9d, 0x5fc10b, VC_ACCESS_PIN },
	{ "9e", "Card Authentication", 0x9e, 0x5fc101, VC_ACCESS_FREE },
};
