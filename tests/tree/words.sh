#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Nothing unfinished, nothing of one developer's machine.
# shellcheck source=tests/tree/tree.sh
. "$(dirname "$0")/tree.sh"

# look NAME PATTERN
look()
{
	name=$1
	find . \( -path './.git' -o -path './build*' -o -path './tests/tree' \
	    -o -path './tests/fuzz/corpus' -o -name __pycache__ \) -prune -o \
	    -type f -print | sort | xargs grep -nIE "$2" |
	    expect_nothing "$name"
}

look "no unfinished places" '\b(TODO|FIXME|XXX|HACK)\b'
look "no paths of a developer's machine" '(^|[^A-Za-z0-9_])/(work|Users)/'
look "no trailing blanks" '[[:blank:]]+$'
look "no merge left half done" '^(<{7}|={7}|>{7})( |$)'
finish
