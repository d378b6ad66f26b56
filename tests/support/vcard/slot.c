/* SPDX-License-Identifier: BSD-2-Clause */
#include "slot.h"

#include <string.h>

static const struct vc_slot_kind slots[VC_KINDS][VC_SLOTS] = {
	[VC_KIND_PIV] = {
		{ "9a", "Authentication", 0x9a, 0x5fc105, VC_ACCESS_PIN,
		    VC_PURPOSE_LOGIN, NULL },
		{ "9c", "Signature", 0x9c, 0x5fc10a, VC_ACCESS_ALWAYS,
		    VC_PURPOSE_SIGNATURE, NULL },
		{ "9d", "Key Management", 0x9d, 0x5fc10b, VC_ACCESS_PIN,
		    VC_PURPOSE_EXCHANGE, NULL },
		{ "9e", "Card Authentication", 0x9e, 0x5fc101, VC_ACCESS_FREE,
		    VC_PURPOSE_CARD, NULL },
	},
	[VC_KIND_JPKI] = {
		{ "auth", "User Authentication", 0x17, 0x000a, VC_ACCESS_PIN,
		    VC_PURPOSE_LOGIN, "1.2.392.200149.8.5.1.3.30" },
		{ "sign", "Digital Signature", 0x1a, 0x0001,
		    VC_ACCESS_SIGN_PIN, VC_PURPOSE_SIGNATURE,
		    "1.2.392.200149.8.5.1.1.10" },
		{ "auth-ca", NULL, 0, 0x000b, VC_ACCESS_FREE,
		    VC_PURPOSE_ISSUER, NULL },
		{ "sign-ca", NULL, 0, 0x0002, VC_ACCESS_FREE,
		    VC_PURPOSE_ISSUER, NULL },
	},
	[VC_KIND_NQ] = {
		{ "auth", "Authentication", 0x01, 0x00, VC_ACCESS_PIN,
		    VC_PURPOSE_LOGIN, NULL },
		{ "encr", "Encryption", 0x02, 0x01, VC_ACCESS_PIN,
		    VC_PURPOSE_EXCHANGE, NULL },
	},
};

static const struct {
	const char *name;
	const char *key;
} kinds[VC_KINDS] = {
	[VC_KIND_PIV] = { "piv", "rsa2048" },
	[VC_KIND_JPKI] = { "jpki", "rsa2048" },
	[VC_KIND_NQ] = { "nq", "rsa3072" },
};

const struct vc_slot_kind *
vc_slot_kinds(enum vc_kind kind)
{
	return slots[kind];
}

const char *
vc_kind_name(enum vc_kind kind)
{
	return kinds[kind].name;
}

const char *
vc_kind_key(enum vc_kind kind)
{
	return kinds[kind].key;
}

enum vc_err
vc_kind_parse(const char *word, enum vc_kind *ret)
{
	for (size_t i = 0; i < VC_KINDS; i++)
		if (strcmp(word, kinds[i].name) == 0) {
			*ret = (enum vc_kind)i;
			return VC_OK;
		}
	return VC_ERR_UNKNOWN;
}
