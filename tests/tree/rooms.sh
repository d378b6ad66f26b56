#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Rooms include lower rooms only. A room is a directory; the table says which
# others it may look into, and what is not in the table may look nowhere.
# shellcheck source=tests/tree/tree.sh
. "$(dirname "$0")/tree.sh"

allowed()
{
	case $1 in
	policy/base) ;;
	policy/client) echo policy/base policy/include ;;
	policy/keys | policy/record | policy/registry) echo policy/base ;;
	policy/decide) echo policy/base policy/registry/rows.h policy/registry/words.h ;;
	policy/ledger) echo policy/base policy/registry/textrow.h ;;
	policy/sources) echo policy/base policy/registry policy/ledger policy/include ;;
	policy/sources/ldap) echo policy/base policy/include ;;
	pam_jukinet/module) echo policy/base policy/client ;;
	pam_jukinet/daemon)
		# What a card signs is said once, on the card's side.
		echo policy/base policy/keys policy/record policy/registry \
		    policy/decide pam_jukinet/card/challenge.h
		;;
	pam_jukinet/card | pam_jukinet/witness)
		echo policy/base policy/record policy/registry/rows.h
		;;
	pam_jukinet/monitor)
		# The texts that people read are said once, on the module's side.
		echo policy/base policy/client pam_jukinet/module/text.h \
		    pam_jukinet/module/look.h
		;;
	tools/lookup)
		# Words for people stand once.
		echo policy/base policy/client policy/include policy/keys \
		    tools/ctl/tr.h \
		    pam_jukinet/module/look.h pam_jukinet/module/text.h
		;;
	tools/breakglass) echo policy/base policy/record ;;
	tools/ctl)
		echo policy/base policy/registry policy/sources policy/ledger \
		    policy/decide policy/record policy/client policy/keys \
		    policy/include
		;;
	esac
}

# found ROOM HEADER: the file that an include of ROOM means
found()
{
	for place in "$1" $(allowed "$1"); do
		[ "${place##*/}" = "$2" ] && echo "$place" && return
		[ -e "$place/$2" ] && echo "$place/$2" && return
	done
	[ "$2" = config.h ] && echo config.h
	return 0
}

for room in $(files '*.c' '*.h' | grep -v '^./tests/' |
    sed 's|^./||; s|/[^/]*$||' | sort -u); do
	for file in "$room"/*.[ch]; do
		[ -e "$file" ] || continue
		sed -n 's/^#include "\(.*\)".*/\1/p
		    s/^#include <\(jukinet\/.*\)>.*/\1/p' "$file" |
		    while read -r header; do
			[ -n "$(found "$room" "$header")" ] ||
			    echo "$file: $header"
		done
	done | expect_nothing "$room includes lower rooms only"
done
finish
