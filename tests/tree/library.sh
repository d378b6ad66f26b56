#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# libjukinet as an application's author meets it: every function is found by its
# name, the example compiles, each reason that is explained is one.
# shellcheck source=tests/tree/tree.sh
. "$(dirname "$0")/tree.sh"

page=policy/client/libjukinet.3.scd
header=policy/include/jukinet/jukinet.h

# functions: what the header declares
functions()
{
	sed -n 's/^[a-z].*[ *]\(jukinet_[a-z]*\)(.*/\1/p' "$header" | sort
}

functions | while read -r name; do
	if [ -e "policy/client/$name.3.scd" ]; then
		file=policy/client/$name.3.scd
	else
		file=$(sed -n "s/.*'$name.3': '\(.*\)',/policy\/client\/\1.scd/p" \
		    packaging/meson.build)
	fi
	[ -n "$file" ] || { echo "$name: no page"; continue; }
	sed -n '/^# NAME/,/^# SYNOPSIS/p' "$file" | grep -qw "$name" ||
	    echo "$name: not in NAME of $file"
	sed -n '/^# SYNOPSIS/,/^# DESCRIPTION/p' "$file" | grep -q "$name(" ||
	    echo "$name: not in SYNOPSIS of $file"
done | expect_nothing "every function is found by its name"

sed -n '/^enum jukinet_error/,/^}/p' "$header" |
    sed -n 's/^	\(JUKINET_[A-Z_]*\) =.*/\1/p' | while read -r name; do
	grep -q "^\*$name\*\$" "$page" || echo "$name"
done | expect_nothing "$page explains every error"

sed -n '/^# REASONS/,/^# WHAT/p' "$page" | grep '^|' |
    grep -o '\*[a-z.-]*\*' | tr -d '*' | while read -r why; do
	grep -q "\"$why\")" policy/base/reason.h || echo "$why"
done | expect_nothing "$page explains reasons that there are"

library=$build/policy/client
[ -e "$library/libjukinet.so" ] || { finish; exit; }
work=$(mktemp -d)
trap 'rm -rf "$work" "$results"' EXIT
# In the page a backslash is written twice.
awk '/^```/ { inside = !inside; next } inside' "$page" |
    sed 's/\\\\/\\/g' >"$work/example.c"
for cc in gcc clang; do
	command -v "$cc" >/dev/null || continue
	if nm -D "$library/libjukinet.so" | grep -q __asan_; then
		set -- -c # another program's sanitizer
	else
		set -- -L"$library" -ljukinet
	fi
	"$cc" -std=c99 -pedantic -Wall -Wextra -Wconversion -Werror \
	    -Ipolicy/include -o "$work/example" "$work/example.c" "$@" 2>&1 |
	    head -n 8 | expect_nothing "the example compiles with $cc"
done
if command -v g++ >/dev/null; then
	cat >"$work/example.cc" <<-'END'
		#include <jukinet/jukinet.h>
		int main()
		{
			struct jukinet_query q = JUKINET_INIT(struct jukinet_query);
			return q.size == 0 ? jukinet_fd(nullptr) : 0;
		}
	END
	g++ -Wall -Werror -Ipolicy/include -fsyntax-only "$work/example.cc" 2>&1 |
	    head -n 8 | expect_nothing "the header is for C++ as well"
fi
finish
