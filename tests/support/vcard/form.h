/* SPDX-License-Identifier: BSD-2-Clause */
/* What the PINs of each kind of card may look like. */
#ifndef VC_FORM_H
#define VC_FORM_H

#include <stddef.h>
#include <stdint.h>

#include "state.h"

struct vc_form {
	size_t min, max;     /* max 0: the kind has no such secret */
	const char *letters; /* NULL: anything printable */
	const char *usual;   /* what vcard-make gives */
	unsigned tries;      /* likewise */
};

const struct vc_form *vc_form(enum vc_kind kind, enum vc_secret_name name);

/* VC_ERR_RANGE for its length, VC_ERR_FORMAT for its characters. */
enum vc_err vc_form_check(const struct vc_form *form, const uint8_t *value,
    size_t len);

#endif
