/* SPDX-License-Identifier: BSD-2-Clause */
#include "chuid.h"

#include "tlv.h"

/*
 * A FASC-N whose agency code 9999 says that the GUID is the identifier:
 * 9999-9999-999999-0-1-0000000000 3 0000 1, five bits a digit, odd parity.
 */
static const uint8_t fascn[25] = { 0xd4, 0xe7, 0x39, 0xda, 0x73, 0x9c, 0xed,
	0x39, 0xce, 0x73, 0x9d, 0x83, 0x68, 0x58, 0x21, 0x08, 0x42, 0x10, 0x84,
	0x21, 0xc8, 0x42, 0x10, 0xc3, 0xeb };

void
vc_chuid_add_body(struct vc_bytes *b, const uint8_t guid[VC_GUID_LEN])
{
	vc_tlv_add(b, 0x30, fascn, sizeof(fascn));
	vc_tlv_add(b, 0x34, guid, VC_GUID_LEN);
	vc_tlv_add(b, 0x35, "20491231", 8);
}

void
vc_chuid_add_end(struct vc_bytes *b, const uint8_t *signature, size_t len)
{
	vc_tlv_add(b, 0x3e, signature, len);
	vc_tlv_add(b, 0xfe, NULL, 0);
}
