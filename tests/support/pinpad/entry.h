/* SPDX-License-Identifier: BSD-2-Clause */
/* FEATURE_VERIFY_PIN_DIRECT and FEATURE_MODIFY_PIN_DIRECT. */
#ifndef PP_ENTRY_H
#define PP_ENTRY_H

#include <stddef.h>
#include <stdint.h>

#include <pcsclite.h>

#include <ifdhandler.h>

struct pp_pad;

/*
 * From the structure to the status word in ret, of which at most `size` bytes
 * are written and *ret_len says how many.
 */
RESPONSECODE pp_entry_verify(struct pp_pad *pad, const uint8_t *request,
    size_t len, uint8_t *ret, size_t size, size_t *ret_len);
RESPONSECODE pp_entry_modify(struct pp_pad *pad, const uint8_t *request,
    size_t len, uint8_t *ret, size_t size, size_t *ret_len);

#endif
