/* SPDX-License-Identifier: BSD-2-Clause */
#include "offer.h"

#include <string.h>

#include <pcsclite.h>
#include <reader.h>

#include "defs.h"
#include "job.h"
#include "pad.h"

#define CODES         (SCARD_CTL_CODE(2600U))
#define FEATURE_BYTES 6
#define LCD_COLUMNS   16
#define LCD_LINES     2
#define END_ALL       (PP_END_MAX_DIGITS | PP_END_KEY | PP_END_TIMEOUT)
#define HAS_TIMEOUT2  1

static const struct {
	unsigned bit; /* PP_FEATURE_* */
	uint8_t tag;
} features[] = {
	{ PP_FEATURE_VERIFY, FEATURE_VERIFY_PIN_DIRECT },
	{ PP_FEATURE_MODIFY, FEATURE_MODIFY_PIN_DIRECT },
	{ PP_FEATURE_PROPERTIES, FEATURE_IFD_PIN_PROPERTIES },
	{ PP_FEATURE_TLV, FEATURE_GET_TLV_PROPERTIES },
};

unsigned
pp_offer_find(const struct pp_pad *pad, unsigned long code)
{
	unsigned offered = atomic_load(&pad->features);

	for (size_t i = 0; i < PP_COUNT(features); i++)
		if (code == CODES + features[i].tag &&
		    (offered & features[i].bit) != 0)
			return features[i].tag;
	return 0;
}

bool
pp_offer_list(const struct pp_pad *pad, uint8_t *ret, size_t size,
    size_t *ret_len)
{
	unsigned offered = atomic_load(&pad->features);
	uint8_t *at = ret;
	uint32_t code;

	if (size < PP_COUNT(features) * FEATURE_BYTES)
		return false;
	for (size_t i = 0; i < PP_COUNT(features); i++) {
		if ((offered & features[i].bit) == 0)
			continue;
		code = CODES + features[i].tag;
		*at++ = features[i].tag;
		*at++ = sizeof(code);
		for (int shift = 24; shift >= 0; shift -= 8)
			*at++ = (uint8_t)(code >> shift & 0xff);
	}
	*ret_len = (size_t)(at - ret);
	return true;
}

bool
pp_offer_pin(uint8_t *ret, size_t size, size_t *ret_len)
{
	PIN_PROPERTIES_STRUCTURE p = {
		.wLcdLayout = LCD_LINES << 8 | LCD_COLUMNS,
		.bEntryValidationCondition = END_ALL,
		.bTimeOut2 = HAS_TIMEOUT2,
	};

	if (size < sizeof(p))
		return false;
	memcpy(ret, &p, sizeof(p));
	*ret_len = sizeof(p);
	return true;
}

/* Numbers here have their low byte first. */
bool
pp_offer_tlv(uint8_t *ret, size_t size, size_t *ret_len)
{
	static const uint8_t tlv[] = { PCSCv2_PART10_PROPERTY_wLcdLayout, 2,
		LCD_COLUMNS, LCD_LINES,
		PCSCv2_PART10_PROPERTY_bEntryValidationCondition, 1, END_ALL,
		PCSCv2_PART10_PROPERTY_bTimeOut2, 1, HAS_TIMEOUT2,
		PCSCv2_PART10_PROPERTY_wLcdMaxCharacters, 2, LCD_COLUMNS, 0,
		PCSCv2_PART10_PROPERTY_wLcdMaxLines, 2, LCD_LINES, 0,
		PCSCv2_PART10_PROPERTY_bMinPINSize, 1, PP_PIN_MIN,
		PCSCv2_PART10_PROPERTY_bMaxPINSize, 1, PP_PIN_MAX,
		/* As vpcd says of itself: APDUs up to 65536 bytes. */
		PCSCv2_PART10_PROPERTY_dwMaxAPDUDataSize, 4, 0, 0, 1, 0 };

	if (size < sizeof(tlv))
		return false;
	memcpy(ret, tlv, sizeof(tlv));
	*ret_len = sizeof(tlv);
	return true;
}
