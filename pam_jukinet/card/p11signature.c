/* SPDX-License-Identifier: BSD-2-Clause */
#include "p11signature.h"

#include <assert.h>
#include <string.h>

#define DER_INTEGER  0x02
#define DER_SEQUENCE 0x30

/* Bytes written at `ret`; 0 for the number zero, which no signature has. */
static size_t
put_integer(const uint8_t *number, size_t len, uint8_t *ret)
{
	size_t pad;

	while (len > 0 && *number == 0) {
		number++;
		len--;
	}
	if (len == 0)
		return 0;
	pad = *number >> 7; /* else it would read as negative */
	ret[0] = DER_INTEGER;
	ret[1] = (uint8_t)(len + pad);
	ret[2] = 0;
	memcpy(ret + 2 + pad, number, len);
	return 2 + pad + len;
}

enum jk_err
jk_p11_ecdsa_der(struct jk_cur raw, uint8_t ret[static JK_P11_DER_MAX],
    size_t *ret_len)
{
	uint8_t der[JK_P11_DER_MAX];
	size_t half = raw.left / 2, r, s;

	if (raw.left % 2 != 0 || half > JK_P11_SCALAR_MAX)
		return JK_ERR_FORMAT;
	r = put_integer(raw.at, half, der + 2);
	if (r == 0)
		return JK_ERR_FORMAT;
	s = put_integer(raw.at + half, half, der + 2 + r);
	if (s == 0)
		return JK_ERR_FORMAT;
	/* Both fit the length's short form. */
	static_assert(JK_P11_DER_MAX - 2 < 0x80);
	der[0] = DER_SEQUENCE;
	der[1] = (uint8_t)(r + s);
	memcpy(ret, der, 2 + r + s);
	*ret_len = 2 + r + s;
	return JK_OK;
}
