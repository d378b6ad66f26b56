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

# jukinetctl says itself what it can do: "NOUN VERB", and a line with each of its
# options, "NOUN VERB <tab> --option".

# ctl_globals: what every command takes, by one that takes nothing else
ctl_globals()
{
	"$ctl" commands | awk -F '\t' '
		$1 == "registry" && $2 == "check" {
			for (i = 3; i <= NF; i++)
				print $i
		}'
}

ctl_commands()
{
	"$ctl" commands | awk -F '\t' -v globals="$(ctl_globals)" '
		BEGIN {
			n = split(globals, words, "\n")
			for (i = 1; i <= n; i++)
				global[words[i]] = 1
		}
		{
			name = $1 ($2 != "" ? " " $2 : "")
			for (i = 3; i <= NF; i++)
				if ($i ~ /^--/ && !($i in global))
					print name "\t" $i
			print name
		}' | sort -u
}

# page_commands PAGE: the same of "*NOUN VERB* ... *--option*" in a page
page_commands()
{
	awk '
		/^\*[a-z-]+( [a-z-]+)?\*( |$)/ && !/^\*(--|jukinetctl)/ {
			name = substr($0, 2, index(substr($0, 2), "*") - 1)
			print name
			while (match($0, /\*--[a-z-]+\*/)) {
				print name "\t" \
				    substr($0, RSTART + 1, RLENGTH - 2)
				$0 = substr($0, RSTART + RLENGTH)
			}
		}' "$1" | sort -u
}

ctl=$build/tools/ctl/jukinetctl
page=tools/ctl/jukinetctl.8.scd
if [ -x "$ctl" ]; then
	ctl_commands >"$results.said"
	page_commands "$page" >"$results.page"
	comm -23 "$results.said" "$results.page" |
	    expect_nothing "$page names every command with its options"
	# Of what every command takes, a page may say which one needs it.
	comm -13 "$results.said" "$results.page" |
	    awk -F '\t' -v globals="$(ctl_globals)" '
		BEGIN {
			n = split(globals, words, "\n")
			for (i = 1; i <= n; i++)
				global[words[i]] = 1
		}
		!($2 in global)' |
	    expect_nothing "$page names no other command and no other option"
	rm -f "$results.said" "$results.page"
fi

# scdoc drops a single one, and the command that somebody copies ends there.
files '*.scd' | xargs grep -nE '(^|[^\\])\\$' |
    expect_nothing "a line that goes on ends with two backslashes"

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
	if [ "$program" = jukinetctl ] && [ -x "$ctl" ]; then
		known=$(ctl_globals | sed 's/^--//')
	else
		known=$(options "$directory"/*.c)
	fi
	for option in $known; do
		grep -q -- "\*--$option\*" "$page" || echo "$option"
	done | expect_nothing "$page names every option"
	grep -o '^\*--[a-z-]*\*' "$page" | tr -d '*' | sed 's/^--//' |
	    while read -r option; do
		echo "$known" | grep -qx -- "$option" || echo "$option"
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
