#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The numbers of lines to jump over in the shipped PAM stacks, which a new line
# upsets: each jump of a phase ends where a comment or the table below says.
# shellcheck source=tests/tree/tree.sh
. "$(dirname "$0")/tree.sh"

# landing FILE PHASE: "line number of the jump, module it lands on"
landing()
{
	grep -E "^-?$2[[:space:]]" "$1" | awk '{
		line[NR] = $0
		match($0, /pam_[a-z_]+\.so/)
		module[NR] = substr($0, RSTART, RLENGTH)
		jump[NR] = 0
		if (match($0, /success=[0-9]+/))
			jump[NR] = substr($0, RSTART + 8, RLENGTH - 8) + 0
	}
	END {
		for (i = 1; i <= NR; i++)
			if (jump[i] > 0 && line[i] ~ /uid = 0 tty/)
				print module[i + jump[i] + 1]
	}' | sort | uniq -c | awk '{ print $1, $2 }'
}

for file in conf/pam.d/login conf/pam.d/su; do
	for phase in auth account session; do
		want="3 pam_unix.so"
		[ "$phase" = session ] && want="3 pam_exec.so"
		[ "$file $phase" = "conf/pam.d/login session" ] &&
		    want="3 pam_loginuid.so"
		landing "$file" "$phase" | grep -vx "$want" |
		    expect_nothing "$file: $phase: root jumps to $want"
	done
done
finish
