/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef JK_DEFS_H
#define JK_DEFS_H

/* Keywords of C23 that gcc 12 and clang 14 still keep in headers. */
#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>

#define JK_CLEANUP(f)         __attribute__((cleanup(f)))
#define JK_NODISCARD          [[nodiscard]]
#define JK_NORETURN           __attribute__((noreturn))
#define JK_PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))
#define JK_UNUSED             [[maybe_unused]]
#define JK_EXPORT             __attribute__((visibility("default")))

#define JK_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Yields x and leaves a zeroed one behind: ownership moves to the reader. */
#define JK_TAKE(x)                          \
	__extension__({                     \
		__typeof__(x) taken_ = (x); \
		(x) = (__typeof__(x)){ 0 }; \
		taken_;                     \
	})

#endif
