/* SPDX-License-Identifier: BSD-2-Clause */
#include "piv.h"

#include <string.h>

#include "tlv.h"

#define AID_SHORTEST 5
#define RID_LEN      5

const uint8_t vc_piv_aid[VC_AID_LEN] = { 0xa0, 0x00, 0x00, 0x03,
	0x08, /* NIST */
	0x00, 0x00, 0x10, 0x00, 0x01, 0x00 };

/* The application property template of SP 800-73-4 part 2, table 3. */
static void
add_property_template(struct vc_bytes *ret)
{
	static const char label[] = "Virtual PIV card";
	struct vc_bytes authority = { 0 }, body = { 0 };

	vc_tlv_add(&authority, 0x4f, vc_piv_aid, RID_LEN);
	vc_tlv_add(&body, 0x4f, vc_piv_aid + RID_LEN, VC_AID_LEN - RID_LEN);
	vc_tlv_add(&body, 0x79, authority.data, authority.len);
	vc_tlv_add(&body, 0x50, label, sizeof(label) - 1);
	vc_tlv_add(ret, 0x61, body.data, body.len);
}

/*
 * By full or right-truncated AID. An unknown application leaves things as
 * they are, and selecting PIV again keeps what was verified (part 2, 3.1.1).
 */
static uint16_t
select_application(struct vc_chip *chip, const struct vc_apdu *a)
{
	if (a->p1 != 0x04 || (a->p2 != 0x00 && a->p2 != 0x0c))
		return VC_SW_PARAMETERS;
	if (a->lc < AID_SHORTEST || a->lc > VC_AID_LEN ||
	    memcmp(a->data, vc_piv_aid, a->lc) != 0)
		return VC_SW_NOT_FOUND;
	chip->selected = true;
	if (a->p2 == 0x00)
		add_property_template(&chip->reply);
	return VC_SW_OK;
}

static const struct vc_handler handlers[] = {
	{ 0x00, VC_INS_SELECT, false, true, select_application },
	{ 0x00, VC_INS_GET_DATA, false, true, vc_piv_get_data },
	{ 0x00, VC_INS_VERIFY, false, false, vc_piv_verify },
	{ 0x00, VC_INS_CHANGE, false, false, vc_piv_change },
	{ 0x00, VC_INS_UNBLOCK, false, false, vc_piv_unblock },
	{ 0x00, VC_INS_AUTHENTICATE, true, true, vc_piv_authenticate },
};

/*
 * T=1 only; historical bytes in compact TLV: selection by full and partial
 * name, command chaining and extended length, issuer data "vcard".
 */
static const uint8_t atr[] = { 0x3b, 0x8b, 0x01, 0x80, 0x73, 0xc0, 0x21, 0xc0,
	0x55, 'v', 'c', 'a', 'r', 'd' };

const struct vc_application vc_piv = {
	.atr = atr,
	.atr_len = sizeof(atr),
	.capabilities = 7,
	.handlers = handlers,
	.handlers_n = VC_COUNT(handlers),
};
