#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# .clang-format is that of version 14; others format a little differently.
# shellcheck source=tests/tree/tree.sh
. "$(dirname "$0")/tree.sh"

for tool in clang-format-14 clang-format; do
	command -v "$tool" >/dev/null || continue
	"$tool" --version | grep -q 'version 14\.' || continue
	files '*.c' '*.h' | xargs "$tool" --dry-run -Werror 2>&1 | head -n 40 |
	    expect_nothing "every source file is formatted"
	finish
	exit
done
skip_all "no clang-format 14"
