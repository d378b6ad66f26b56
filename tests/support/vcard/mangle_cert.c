/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Certificate objects that are wrong inside, in correct outer lengths; and
 * the compressed one, which is unusual but right.
 */
#include "mangle.h"

#include "bytes.h"
#include "card.h"
#include "fault.h"
#include "tlv.h"

#define TAG_CERTIFICATE 0x70
#define TAG_INFO        0x71
#define TAG_CHECK       0xfe
#define INFO_GZIP       0x01
#define DER_LIE         16

static void
add_object(struct vc_bytes *ret, bool bare, const void *cert, size_t len,
    uint8_t info)
{
	if (bare) {
		vc_bytes_add(ret, cert, len);
		return;
	}
	vc_tlv_add(ret, TAG_CERTIFICATE, cert, len);
	vc_tlv_add(ret, TAG_INFO, &info, 1);
	vc_tlv_add(ret, TAG_CHECK, NULL, 0);
}

static uint32_t
crc32_of(const uint8_t *data, size_t len)
{
	uint32_t crc = ~(uint32_t)0;

	for (size_t i = 0; i < len; i++) {
		crc ^= data[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^
			      ((crc & 1) != 0 ? (uint32_t)0xedb88320 : 0);
	}
	return ~crc;
}

static void
add_little_endian(struct vc_bytes *b, uint32_t value, int n)
{
	for (int i = 0; i < n; i++) {
		vc_bytes_add_u8(b, value);
		value >>= 8;
	}
}

/* RFC 1952 around one stored block of RFC 1951: valid, and no shorter. */
static void
add_gzip(struct vc_bytes *b, const uint8_t *data, size_t len)
{
	static const uint8_t header[] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3 };

	vc_bytes_add(b, header, sizeof(header));
	vc_bytes_add_u8(b, 1); /* last block, stored */
	add_little_endian(b, (uint32_t)len, 2);
	add_little_endian(b, ~(uint32_t)len, 2);
	vc_bytes_add(b, data, len);
	add_little_endian(b, crc32_of(data, len), 4);
	add_little_endian(b, (uint32_t)len, 4);
}

/* The certificate says that it is longer than it is. */
static void
add_lying_certificate(struct vc_bytes *ret, bool bare, struct vc_view cert)
{
	struct vc_bytes copy = { 0 };
	unsigned length;

	vc_bytes_add(&copy, cert.at, cert.left);
	if (copy.len > 4) {
		length = (unsigned)copy.data[2] << 8 | copy.data[3];
		length += DER_LIE;
		copy.data[2] = (uint8_t)(length >> 8 & 0xff);
		copy.data[3] = (uint8_t)(length & 0xff);
	}
	add_object(ret, bare, copy.data, copy.len, 0);
}

static void
add_compressed_certificate(struct vc_bytes *ret, bool bare, struct vc_view cert)
{
	struct vc_bytes packed = { 0 };

	add_gzip(&packed, cert.at, cert.left);
	add_object(ret, bare, packed.data, packed.len, INFO_GZIP);
}

/* Another card's, in the wrapping of a card of this one's kind. */
static bool
add_certificate_of(const struct vc_card *card, size_t i, bool bare,
    struct vc_bytes *ret)
{
	const struct vc_slot *slot =
	    &card->slots[card->slots[i].object_len > 0 ? i : 0];
	struct vc_view cert;

	if (slot->bare == bare)
		vc_bytes_add(ret, slot->object, slot->object_len);
	else if (vc_slot_certificate(slot, &cert) == VC_OK)
		add_object(ret, bare, cert.at, cert.left, 0);
	return true;
}

bool
vc_mangle_certificate(const struct vc_fault *f, const struct vc_slot *slot,
    size_t i, struct vc_bytes *ret)
{
	struct vc_view cert = { NULL, 0 };

	if (f->kind == VC_FAULT_CERT_NONE)
		return false;
	vc_bytes_reset(ret);
	if (f->kind == VC_FAULT_CERT_OF)
		return add_certificate_of(f->card, i, slot->bare, ret);
	if (vc_slot_certificate(slot, &cert) != VC_OK)
		vc_bytes_add(ret, slot->object, slot->object_len); /* by hand */
	else if (f->kind == VC_FAULT_CERT_CUT)
		add_object(ret, slot->bare, cert.at, cert.left / 2, 0);
	else if (f->kind == VC_FAULT_CERT_DERLENGTH)
		add_lying_certificate(ret, slot->bare, cert);
	else
		add_compressed_certificate(ret, slot->bare, cert);
	return true;
}
