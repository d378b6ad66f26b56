#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Every program has a manual page, which names every option, and no other.
# shellcheck source=tests/tree/tree.sh
. "$(dirname "$0")/tree.sh"

# options FILE...: the long options of tables for getopt_long(3)
options()
{
	sed -n 's/.*{ "\([a-z-]*\)", \(no\|required\|optional\)_argument.*/\1/p' \
	    "$@" | sort -u
}

for directory in pam_jukinet/*/ tools/*/; do
	directory=${directory%/}
	[ -e "$directory/meson.build" ] || continue
	program=$(sed -n "s/.*executable('\([a-z-]*\)'.*/\1/p" \
	    "$directory/meson.build")
	[ "$directory" = pam_jukinet/module ] && program=pam_jukinet
	[ -n "$program" ] || continue
	page=$(find "$directory" -name "$program.[18].scd")
	if [ -z "$page" ]; then
		echo "$directory" | not_ok "$program has a manual page"
		continue
	fi
	ok "$program has a manual page"
	for option in $(options "$directory"/*.c); do
		grep -q -- "\*--$option\*" "$page" || echo "$option"
	done | expect_nothing "$page names every option"
	grep -o '^\*--[a-z-]*\*' "$page" | tr -d '*' | sed 's/^--//' |
	    while read -r option; do
		options "$directory"/*.c | grep -qx -- "$option" ||
		    echo "$option"
	done | expect_nothing "$page names no other option"
	for heading in NAME SYNOPSIS DESCRIPTION FILES 'EXAMPLES*' 'SEE ALSO'; do
		grep -qx "# $heading" "$page" || echo "$heading"
	done | expect_nothing "$page has its sections"
done

files '*.scd' | sed 's|^./||; s|\.scd$||' | while read -r page; do
	grep -q "'$page'" packaging/meson.build || echo "$page"
done | expect_nothing "every page is installed"

command -v scdoc >/dev/null || { finish; exit; }
for page in $(files '*.scd'); do
	scdoc <"$page" 2>&1 >/dev/null | expect_nothing "$page is well formed"
done
finish
