/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VC_DEFS_H
#define VC_DEFS_H

#define JK_CLEANUP(f)   __attribute__((cleanup(f)))
#define JK_NODISCARD    [[nodiscard]]
#define JK_PRINTF(a, b) __attribute__((format(printf, a, b)))

#define VC_COUNT(a) (sizeof(a) / sizeof((a)[0]))

#endif
