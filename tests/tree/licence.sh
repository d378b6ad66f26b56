#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Every source file says its licence in its first lines, and there is one.
# shellcheck source=tests/tree/tree.sh
. "$(dirname "$0")/tree.sh"

{ files '*.c' '*.h' '*.py' '*.in' '*.socket' '*.timer' '*.path'; shell_files; } |
    sort -u | while read -r file; do
	head -n 3 "$file" | grep -q 'SPDX-License-Identifier: BSD-2-Clause' ||
	    echo "$file"
done | expect_nothing "every source file has its licence line"
grep -q 'Redistribution and use in source and binary forms' LICENSE ||
    echo "another text" | expect_nothing "LICENSE is that licence"
finish
