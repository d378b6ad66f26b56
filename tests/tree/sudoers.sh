#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The example for sudoers names commands that jukinetctl has, each of those that
# officers need, and none of those that are the administrator's.
# shellcheck source=tests/tree/tree.sh
. "$(dirname "$0")/tree.sh"

file=conf/sudoers.d/jukinet-officers
ctl=$build/tools/ctl/jukinetctl
[ -x "$ctl" ] || skip_all "jukinetctl is not built"

commands=$("$ctl" commands | awk -F '\t' \
    '{ print $1 ($2 != "" ? " " $2 : "") }' | sort -u)
named=$(sed -n 's|^ *@sbindir@/jukinetctl \([a-z *-]*\).*|\1|p' "$file" |
    sed 's/ \*$//; s/ *$//' | sort -u)

# Root's alone, or nobody's: a question that needs no root, and what is the
# user's own.
others="policy check
policy diff
policy matrix
registry adopt
registry build
registry check
registry options
registry publish
session lock
session show
session switch
session wait"

echo "$named" | grep -vxF "$commands" |
    expect_nothing "every command of $file exists"
echo "$commands" | grep -vxF "$named" | grep -vxF "$others" |
    expect_nothing "every officers' command stands in $file"
echo "$named" | grep -xF "$others" |
    expect_nothing "no other command stands in $file"
grep -n '^%\|^[a-zA-Z].*ALL' "$file" | grep -v 'NOEXEC: JUKINET_OFFICE$' |
    expect_nothing "$file allows these commands and nothing else"

if command -v visudo >/dev/null; then
	sed 's|@sbindir@|/usr/sbin|; s|@vendordir@|/usr/share/jukinet|' \
	    "$file" >"$results.sudoers"
	{ visudo -cf "$results.sudoers" 2>&1 || true; } | grep -v 'parsed OK$' |
	    expect_nothing "$file is well formed"
	rm -f "$results.sudoers"
fi
finish
