/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PP_DEFS_H
#define PP_DEFS_H

#define JK_CLEANUP(f)   __attribute__((cleanup(f)))
#define JK_NODISCARD    [[nodiscard]]
#define JK_PRINTF(a, b) __attribute__((format(printf, a, b)))

#define PP_COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define PP_PIN_MIN 4  /* what the pad says it can take */
#define PP_PIN_MAX 15 /* as large as a PIN block can be */

#endif
