/* SPDX-License-Identifier: BSD-2-Clause */
#include "tlv.h"

#include "bytes.h"

static enum vc_err
read_byte(struct vc_view *view, unsigned *ret)
{
	if (view->left < 1)
		return VC_ERR_TRUNCATED;
	*ret = *view->at;
	view->at++;
	view->left--;
	return VC_OK;
}

static enum vc_err
read_tag(struct vc_view *view, unsigned *ret)
{
	unsigned first, second;
	enum vc_err e;

	e = read_byte(view, &first);
	if (e != VC_OK)
		return e;
	if ((first & 0x1f) != 0x1f) {
		*ret = first;
		return VC_OK;
	}
	e = read_byte(view, &second);
	if (e != VC_OK)
		return e;
	if ((second & 0x80) != 0)
		return VC_ERR_FORMAT;
	*ret = first << 8 | second;
	return VC_OK;
}

static enum vc_err
read_length(struct vc_view *view, size_t *ret)
{
	unsigned first, byte;
	size_t n = 0;
	enum vc_err e;

	e = read_byte(view, &first);
	if (e != VC_OK)
		return e;
	if (first < 0x80) {
		*ret = first;
		return VC_OK;
	}
	if (first != 0x81 && first != 0x82)
		return VC_ERR_FORMAT;
	for (unsigned i = first & 0x7f; i > 0; i--) {
		e = read_byte(view, &byte);
		if (e != VC_OK)
			return e;
		n = n << 8 | byte;
	}
	*ret = n;
	return VC_OK;
}

enum vc_err
vc_tlv_next(struct vc_view *view, struct vc_tlv *ret)
{
	struct vc_view v = *view;
	struct vc_tlv tlv;
	size_t n;
	enum vc_err e;

	e = read_tag(&v, &tlv.tag);
	if (e != VC_OK)
		return e;
	e = read_length(&v, &n);
	if (e != VC_OK)
		return e;
	if (v.left < n)
		return VC_ERR_TRUNCATED;

	tlv.value = (struct vc_view){ .at = v.at, .left = n };
	*view = (struct vc_view){ .at = v.at + n, .left = v.left - n };
	*ret = tlv;
	return VC_OK;
}

enum vc_err
vc_tlv_find(struct vc_view view, unsigned tag, struct vc_view *ret)
{
	struct vc_tlv tlv;
	enum vc_err e;

	while (view.left > 0) {
		e = vc_tlv_next(&view, &tlv);
		if (e != VC_OK)
			return e;
		if (tlv.tag == tag) {
			*ret = tlv.value;
			return VC_OK;
		}
	}
	return VC_ERR_NOT_FOUND;
}

void
vc_tlv_add_header(struct vc_bytes *b, unsigned tag, size_t len)
{
	if (tag > 0xffff)
		vc_bytes_add_u8(b, tag >> 16);
	if (tag > 0xff)
		vc_bytes_add_u8(b, tag >> 8);
	vc_bytes_add_u8(b, tag);
	if (len > 0xff)
		vc_bytes_add_u8(b, 0x82);
	else if (len > 0x7f)
		vc_bytes_add_u8(b, 0x81);
	if (len > 0xff)
		vc_bytes_add_u8(b, (unsigned)len >> 8);
	vc_bytes_add_u8(b, (unsigned)len);
}

void
vc_tlv_add(struct vc_bytes *b, unsigned tag, const void *data, size_t len)
{
	vc_tlv_add_header(b, tag, len);
	vc_bytes_add(b, data, len);
}
