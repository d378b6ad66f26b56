#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The table of the source "ldap" and the three schemas say the same: a class for
# each kind, an attribute for each key, one value where no row has more.
# shellcheck source=tests/tree/tree.sh
. "$(dirname "$0")/tree.sh"

table=policy/sources/ldap/table.c
scratch=$(mktemp -d)
trap 'rm -rf "$scratch" "$results"' EXIT

# definitions FILE: one a line, however it was folded, OIDs written out
definitions()
{
	awk '
		function flush() { if (line != "") print line; line = "" }
		/^#/ { next }
		/^[ \t]/ { sub(/^[ \t]+/, " "); line = line $0; next }
		{ flush(); line = $0 }
		END { flush() }
	' "$1" | sed -E '
		s/^(olcAttributeTypes|attributeTypes|attributetype):? /attribute /
		s/^(olcObjectClasses|objectClasses|objectclass):? /class /
		/^(attribute|class) /!d
		s/[[:blank:]]+/ /g
		s/ X-ORIGIN '\''[^'\'']*'\''//
	' | sed "s/jukinetOID:/$(arc "$1")./"
}

# The arc that a file names, or that all of its OIDs begin with.
arc()
{
	named=$(sed -nE 's/^(olcObjectIdentifier:|objectidentifier) jukinetOID //p' "$1")
	[ -n "$named" ] || named=$(grep -oE '2\.25\.[0-9]+' "$1" | sort -u)
	echo "$named"
}

# names: of definitions on standard input what the table has, without OIDs:
#     attribute NAME one|many
#     class NAME ATTRIBUTE...
names()
{
	awk '
		function after(word, i) {
			for (i = 1; i <= NF; i++)
				if ($i == word)
					return i + 1
			return 0
		}
		{ gsub(/'\''/, ""); name = $(after("NAME")) }
		$1 == "attribute" {
			print "attribute", name, / SINGLE-VALUE/ ? "one" : "many"
		}
		$1 == "class" {
			for (i = after("MAY") + 1; i <= NF && $i != ")"; i++)
				if ($i != "$")
					print "class", name, $i
		}
	' | sort
}

# The same from the table, and what no row has.
wanted()
{
	cat <<-'END'
	attribute jukinetId one
	attribute jukinetSerial one
	attribute jukinetPublishing one
	attribute jukinetAppliedSerial one
	attribute jukinetAppliedAt one
	attribute jukinetPinChanged one
	class jukinetRegistry jukinetSerial
	class jukinetRegistry jukinetPublishing
	class jukinetTerminal jukinetAppliedSerial
	class jukinetTerminal jukinetAppliedAt
	class jukinetCard jukinetPinChanged
	END
	sed -nE 's/^\t\{ "([a-z-]+)", "([a-z-]+)", (ONE|MANY) \},.*/\1 \2 \3/p' \
	    "$table" | awk '
		function camel(word, n, part, i, out) {
			if (word == "certificate")
				return "userCertificate"
			n = split(word, part, "-")
			out = "jukinet"
			for (i = 1; i <= n; i++)
				out = out toupper(substr(part[i], 1, 1)) \
				    substr(part[i], 2)
			return out
		}
		{ print "class", camel($1), camel($2) }
		$2 != "certificate" { many[camel($2)] += $3 == "MANY" }
		END {
			for (name in many)
				print "attribute", name, many[name] ? "many" : "one"
		}
	'
}

# What the builder knows can be kept in a directory.
sed -nE 's/^\t\{ JK_CONF_REGISTRY, "([a-z-]+)", "([a-z-]+)".*/\1 \2/p' \
    policy/sources/options.c | sort >"$scratch/options"
[ -s "$scratch/options" ] ||
    echo "options.c has another form" | expect_nothing "the keys can be read"
sed -nE 's/^\t\{ "([a-z-]+)", "([a-z-]+)", (ONE|MANY) \},.*/\1 \2/p' "$table" |
    sort | comm -23 "$scratch/options" - |
    expect_nothing "every key of the registry is in $table"

wanted | sort -u >"$scratch/wanted"
[ "$(wc -l <"$scratch/wanted")" -gt 80 ] ||
    echo "$table has another form" | expect_nothing "the table can be read"
for file in conf/ldap/jukinet.schema conf/ldap/jukinet.ldif \
    conf/ldap/99jukinet.ldif; do
	definitions "$file" | names | diff "$scratch/wanted" - |
	    expect_nothing "$file has what the table has"
	definitions "$file" | sort >"$scratch/${file##*/}"
	sed -E "s/.*\( ([0-9.]+) NAME.*/\1/" "$scratch/${file##*/}" | sort |
	    uniq -d | expect_nothing "$file uses no number twice"
	arc "$file" | sed 1d | expect_nothing "$file has one arc"
	grep -vE "^(attribute|class) \( $(arc "$file")\.[12]\.[0-9]+ NAME" \
	    "$scratch/${file##*/}" |
	    expect_nothing "$file numbers everything below its arc"
done
# It would take the comments for an entry without a name.
grep -n '^$' conf/ldap/99jukinet.ldif |
    expect_nothing "389 DS finds no empty line in its schema"
for name in jukinet.ldif 99jukinet.ldif; do
	diff "$scratch/jukinet.schema" "$scratch/$name" |
	    expect_nothing "conf/ldap/$name is conf/ldap/jukinet.schema"
done

# Every setting stands in the page and in the shipped example, and no other.
settings=policy/sources/ldap/settings.c
sed -nE 's/.*strcmp\(key, "([a-z-]+)"\).*/\1/p' $settings | sort -u \
    >"$scratch/settings"
[ -s "$scratch/settings" ] ||
    echo "$settings has another form" | expect_nothing "settings can be read"
sed -nE 's/^\*([a-z-]+)\* = .*/\1/p' conf/jukinet-ldap.conf.5.scd | sort -u |
    diff "$scratch/settings" - | expect_nothing "the page has every setting"
sed -nE 's/^#?([a-z-]+) = .*/\1/p' conf/ldap.conf | sort -u |
    diff "$scratch/settings" - | expect_nothing "the example has every setting"
finish
