/* SPDX-License-Identifier: BSD-2-Clause */
/* What every unit test includes first: cmocka wants these four before it. */
#ifndef JK_TEST_H
#define JK_TEST_H

/* IWYU pragma: begin_exports */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
/* IWYU pragma: end_exports */

#endif
