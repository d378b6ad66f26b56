#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Every header compiles alone, for gcc and for clang.
# shellcheck source=tests/tree/tree.sh
. "$(dirname "$0")/tree.sh"

# Where a header of ours may look for another: its own directory first.
search=$(files '*.h' | sed 's|/[^/]*$||' | sort -u | grep -v '^./tests' |
    sed 's/^/-I/')
search="$search -Ipolicy/include $(pkg-config --cflags libpcsclite p11-kit-1 cmocka libcrypto ldap 2>/dev/null)"

for cc in gcc clang; do
	command -v "$cc" >/dev/null || continue
	for header in $(files '*.h'); do
		# Tests include this one first, always.
		case $header in
		./tests/unit/*) before='-include tests/unit/test.h' ;;
		*) before= ;;
		esac
		# shellcheck disable=SC2086 # lists of words
		"$cc" -x c -std=gnu2x -D_GNU_SOURCE -fsyntax-only \
		    -Wall -Wextra -Werror -Wno-unused-function $before \
		    -I"$(dirname "$header")" -I"$build" $search \
		    "$header" 2>&1 | head -n 8
	done | expect_nothing "every header stands alone for $cc"
done
finish
