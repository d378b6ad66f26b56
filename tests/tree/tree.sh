# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# What the checks of the source tree share. Each is started as
#     NAME.sh SOURCE_DIR BUILD_DIR
# and prints TAP: one line for each thing that was looked at.
set -eu
# The order of a listing must not depend on who runs this.
export LC_ALL=C.UTF-8
cd "$1"
# shellcheck disable=SC2034 # used by those that read this file
build=$2
# One line for each result; a file, because the end of a pipe is a subshell.
results=$(mktemp)
trap 'rm -f "$results"' EXIT

number()
{
	wc -l <"$results" | tr -d ' '
}

ok()
{
	echo ok >>"$results"
	echo "ok $(number) - $*"
}

# not_ok NAME, and what is wrong on standard input
not_ok()
{
	echo bad >>"$results"
	echo "not ok $(number) - $*"
	sed 's/^/# /'
}

# expect_nothing NAME: a finding is whatever comes on standard input
expect_nothing()
{
	found=$(cat)
	if [ -z "$found" ]; then
		ok "$@"
	else
		echo "$found" | not_ok "$@"
	fi
}

skip_all()
{
	echo "1..0 # SKIP $*"
	exit 0
}

finish()
{
	[ -s "$results" ] ||
	    echo "nothing was looked at" | not_ok "there is something to check"
	echo "1..$(number)"
	! grep -q bad "$results"
}

# files NAME-PATTERN... below the source tree, without build directories
files()
{
	first=$1
	shift
	set -- "$first" "$@"
	for pattern do
		find . \( -name '.?*' -o -path './build*' \) -prune -o \
		    -type f -name "$pattern" -print
	done | sort
}

# Everything that a shell runs.
shell_files()
{
	files '*.sh'
	find . \( -path './.git' -o -path './build*' \) -prune -o -type f \
	    ! -name '*.sh' -print | sort | while read -r file; do
		case $(head -c 32 "$file" | tr -d '\0' | head -n 1) in
		'#!/bin/sh'*) echo "$file" ;;
		esac
	done
}
