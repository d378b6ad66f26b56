#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Every key of the configuration table stands in the section of its manual page,
# with the range and the default that the table has; and every key of a page is
# in the table. Prints TAP.
# usage: options_in_man.sh JUKINETCTL SOURCE-ROOT
set -eu
ctl=$1
root=$2

page_of() {
	case $1 in
	jukinet.conf) echo "$root/conf/jukinet.conf.5.scd" ;;
	policy.conf) echo "$root/conf/jukinet-policy.5.scd" ;;
	registry.d/*) echo "$root/conf/jukinet-registry.5.scd" ;;
	*) echo /dev/null ;;
	esac
}

# The paragraph of a key: from "*key* = " below "# [section" to the next one,
# as one line.
paragraph() { # PAGE SECTION KEY
	awk -v section="# [$2" -v key="*$3* = " '
		/^# / {
			inside = index($0, section "]") == 1 ||
				index($0, section " ") == 1
			found = 0
		}
		inside && /^\*/ { found = index($0, key) == 1 }
		inside && found { sub(/^\t/, ""); printf "%s ", $0 }
	' "$1" | tr -d '\134'
}

check() { # FILE [SECTION] KEY DEFAULT RANGE
	section=$(echo "$2" | tr -d '[]')
	text=$(paragraph "$(page_of "$1")" "$section" "$3")
	[ -n "$text" ] || { echo "not described"; return; }
	case $text in *"$5"*) ;; *) echo "range \"$5\" is not said" ;; esac
	case $4 in
	needed) want=Needed ;;
	-) want="Default: none" ;;
	*) want="Default: $4." ;;
	esac
	case $text in *"$want"*) ;; *) echo "\"$want\" is not said" ;; esac
}

tab=$(printf '\t')
table=$("$ctl" registry options)
count=$(echo "$table" | wc -l)
echo "1..$((count + 1))"
failed=0
number=0
while IFS=$tab read -r file section key default range _; do
	number=$((number + 1))
	fault=$(check "$file" "$section" "$key" "$default" "$range")
	[ -z "$fault" ] || failed=1
	echo "${fault:+not }ok $number - $file $section $key${fault:+: $fault}"
done <<END
$table
END

# The other way round: "*key* = " in a page is a key of that file.
number=$((number + 1))
extra=
for file in jukinet.conf policy.conf registry.d/NAME.conf; do
	keys=$(sed -n 's/^\*\([a-z-]*\)\* = .*/\1/p' "$(page_of $file)")
	for key in $keys; do
		echo "$table" | awk -F '\t' -v f="$file" -v k="$key" \
			'$1 == f && $3 == k { found = 1 } END { exit !found }' ||
			extra="$extra $file:$key"
	done
done
[ -z "$extra" ] || failed=1
echo "${extra:+not }ok $number - pages name no other keys$extra"
exit $failed
