/* SPDX-License-Identifier: BSD-2-Clause */
#include "form.h"

#include <stdbool.h>
#include <string.h>

#define DIGITS   "0123456789"
#define CAPITALS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

static const struct vc_form forms[VC_KINDS][VC_SECRETS] = {
	[VC_KIND_PIV] = {
		[VC_PIN] = { 4, 8, NULL, "123456", 3 },
		[VC_PUK] = { 4, 8, NULL, "12345678", 3 },
	},
	[VC_KIND_JPKI] = {
		[VC_PIN] = { 4, 4, DIGITS, "1234", 3 },
		[VC_SIGN_PIN] = { 6, 16, CAPITALS DIGITS, "ABC123", 5 },
	},
	[VC_KIND_NQ] = {
		[VC_PIN] = { 6, 6, NULL, "123456", 3 },
	},
};

const struct vc_form *
vc_form(enum vc_kind kind, enum vc_secret_name name)
{
	return &forms[kind][name];
}

static bool
is_allowed(const struct vc_form *form, uint8_t c)
{
	if (c <= ' ' || c > '~')
		return false;
	return form->letters == NULL || strchr(form->letters, c) != NULL;
}

enum vc_err
vc_form_check(const struct vc_form *form, const uint8_t *value, size_t len)
{
	if (len < form->min || len > form->max)
		return VC_ERR_RANGE;
	for (size_t i = 0; i < len; i++)
		if (!is_allowed(form, value[i]))
			return VC_ERR_FORMAT;
	return VC_OK;
}
