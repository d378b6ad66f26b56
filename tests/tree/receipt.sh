#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The example of jukinet-receipt(5) is right: for the program that checks one,
# and for somebody who does by hand what the page says.
# shellcheck source=tests/tree/tree.sh
. "$(dirname "$0")/tree.sh"

page=pam_jukinet/daemon/jukinet-receipt.5.scd
tool=$build/tools/lookup/jukinet-lookup
scratch=$(mktemp -d)
trap 'rm -rf "$scratch" "$results"' EXIT

# block N: the page's Nth block between lines of ```
block()
{
	awk -v n="$1" '/^```$/ { at++; next } at == 2 * n - 1' "$page"
}

umask 077
block 1 >"$scratch/r1.key"
block 2 >"$scratch/text"
block 3 >"$scratch/receipt.json"
block 4 | sed 's/\\\\$/\\/' >"$scratch/command"
mac=$(grep -oE '\b[0-9a-f]{64}\b' "$page" | sort | uniq -d)
key=$(sed -n 's/^key //p' "$scratch/r1.key")

# hash KEY: HMAC-SHA-256 of standard input
hash()
{
	openssl dgst -sha256 -mac HMAC -macopt "hexkey:$1" | sed 's/.*= *//'
}

# keyed DOMAIN TEXT
keyed()
{
	printf 'r1:%.32s\n' "$(printf '%s\0%s' "$1" "$2" | hash "$key")"
}

value()
{
	sed -n "s/^$1=//p" "$scratch/text"
}

# is SEEN EXPECTED
is()
{
	[ "$1" = "$2" ] || echo "$1, not $2"
}

is "$(hash "$key" <"$scratch/text")" "$mac" |
    expect_nothing "the MAC of the text"
is "$(keyed jukinet/resident-code/1 32165498701)" "$(value subject)" |
    expect_nothing "the subject"
is "$(keyed jukinet/typed/1 '住民票の写し 世帯全員')" \
    "$(value requirement)" | expect_nothing "the requirement"

# try: the page's command
try()
{
	(cd "$scratch" && sed "s#^jukinet-lookup#$tool#" command >try &&
	    sh try) 2>&1 || true
}

# The part of a usage that is about check-receipt.
of_check()
{
	sed -n '/check-receipt/,/--batch/p' | sed '/--batch/d'
}

options()
{
	grep -oE '[-][-][a-z-]+' | sort
}

if [ -x "$tool" ]; then
	is "$(LC_ALL=C try)" "the MAC is right" |
	    expect_nothing "the program says that it is"
	# Each line counts: with another value it is another act.
	sed -n 's/^\([a-z]*\)=.*/\1/p' "$scratch/text" | while read -r line; do
		name=$line
		other=x1
		case $line in
		subject) name=code other=12345678903 ;;
		count) other=3 ;;
		esac
		sed "s#\"$name\": \"[^\"]*\"#\"$name\": \"$other\"#" \
		    "$scratch/receipt.json" >"$scratch/changed"
		if cmp -s "$scratch/changed" "$scratch/receipt.json"; then
			sed "s#^{#{\"$name\": \"$other\",#" \
			    "$scratch/receipt.json" >"$scratch/changed"
		fi
		# What the server knows is left out: the application says it.
		case $line in
		terminal | person | business | action | object)
			words=$(echo "--terminal shimin-03 --person p0123" \
			    "--business moving --action print" \
			    "--object printer-2" |
			    sed "s/--$line [a-z0-9-]*//") ;;
		*)
			words="--terminal shimin-03 --person p0123
			    --business moving --action print
			    --object printer-2" ;;
		esac
		# shellcheck disable=SC2086 # words
		is "$(LC_ALL=C "$tool" check-receipt --key "$scratch/r1.key" \
		    $words <"$scratch/changed" 2>&1 | head -n 1)" \
		    "jukinet-lookup: the MAC is wrong: jukinetd has not allowed this" |
		    expect_nothing "another $line"
	done
	# What is said of its options in four places is what it takes.
	taken=$(for name in key $(sed -n 's/.*\[JK_MAC_.*\] = o->\([a-z]*\),/\1/p' \
	    tools/lookup/receipt.c); do echo "--$name"; done | sort)
	is "$("$tool" --help | of_check | options)" "$taken" |
	    expect_nothing "the usage has its options"
	for language in po/*.po; do
		is "$(sed -n '/^msgid/,/^msgstr/d; /: jukinet-lookup ask/,$p' \
		    "$language" | of_check | options)" "$taken" |
		    expect_nothing "the usage has its options: $language"
	done
	is "$(sed -n '/^\*jukinet-lookup check-receipt\*/p' \
	    tools/lookup/jukinet-lookup.1.scd | options)" "$taken" |
	    expect_nothing "the manual page has its options"
	is "$(sed -n '/:check-receipt)/,/;;/p' tools/lookup/jukinet-lookup.bash |
	    options)" "$taken" | expect_nothing "the completion has its options"
fi
finish
