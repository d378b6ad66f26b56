#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The shipped PAM stacks: where each number of lines to jump over leads, which a
# new line upsets; that every phase is there; that none needs Debian's @include;
# and that the manual page has a row for each.
# shellcheck source=tests/tree/tree.sh
. "$(dirname "$0")/tree.sh"

# landings FILE PHASE: "condition -> what a line that jumps lands on"
landings()
{
	grep -E "^-?${2}[[:space:]]" "$1" | awk '{
		line[NR] = $0
		jump[NR] = 0
		what[NR] = $3
		if (match($0, /pam_[a-z_]+\.so/))
			what[NR] = substr($0, RSTART, RLENGTH)
		condition[NR] = substr($0, RSTART + RLENGTH)
		sub(/ *(quiet )?/, "", condition[NR])
		if (match($0, /(success|default)=[0-9]+/))
			jump[NR] = substr($0, RSTART + 8, RLENGTH - 8) + 0
	}
	END {
		for (i = 1; i <= NR; i++)
			if (jump[i] > 0)
				print condition[i], "->", what[i + jump[i] + 1]
	}' | sed 's/^uid = 0 tty .* ->/root on a terminal ->/' | sort | uniq -c |
	    sed 's/^ *//'
}

table()
{
	for file in conf/pam.d/*; do
		for phase in auth account session password; do
			landings "$file" "$phase" |
			    sed "s|^|${file##*/} $phase: |"
		done
	done
}

want=$(mktemp)
cat >"$want" <<'END'
login auth: 3 root on a terminal -> pam_unix.so
login account: 3 root on a terminal -> pam_unix.so
login session: 1  -> pam_unix.so
login session: 3 root on a terminal -> pam_loginuid.so
login password: 1 uid >= 1000 -> pam_unix.so
passwd password: 1 uid >= 1000 -> pam_unix.so
physlock auth: 1  -> pam_deny.so
physlock auth: 1 uid = 0 -> pam_deny.so
physlock auth: 1 uid = 0 -> pam_succeed_if.so
physlock auth: 1 use_uid uid = 0 -> pam_succeed_if.so
polkit-1 auth: 1 uid < 1000 -> pam_unix.so
polkit-1 account: 1 uid < 1000 -> pam_unix.so
polkit-1 session: 1 user in nobody -> pam_limits.so
sshd account: 1 uid < 1000 -> pam_nologin.so
su auth: 3 root on a terminal -> pam_unix.so
su auth: 1 uid < 1000 -> pam_rootok.so
su auth: 1 user in nobody -> pam_succeed_if.so
su account: 3 root on a terminal -> pam_unix.so
su account: 1 uid < 1000 -> pam_rootok.so
su account: 1 user in nobody -> pam_succeed_if.so
su session: 1  -> pam_unix.so
su session: 3 root on a terminal -> pam_exec.so
su session: 1 uid < 1000 -> pam_unix.so
su session: 1 user in nobody -> pam_unix.so
su password: 1 uid >= 1000 -> pam_unix.so
sudo auth: 1 uid < 1000 -> pam_unix.so
sudo account: 1 uid < 1000 -> pam_unix.so
sudo session: 1 user in nobody -> pam_limits.so
sudo password: 1 uid < 1000 -> pam_unix.so
vlock auth: 1  -> pam_deny.so
vlock auth: 1 uid = 0 -> pam_deny.so
vlock auth: 1 uid = 0 -> pam_succeed_if.so
vlock auth: 1 use_uid uid = 0 -> pam_succeed_if.so
END
table | diff "$want" - | grep '^[<>]' |
    expect_nothing "every jump lands where it should"
rm -f "$want"

# PAM takes a phase that a file does not name from the file "other".
for file in conf/pam.d/*; do
	case ${file##*/} in
	passwd) phases=password ;;
	*) phases="auth account session password" ;;
	esac
	for phase in $phases; do
		grep -qE "^-?${phase}[[:space:]]" "$file" || echo "$phase"
	done | expect_nothing "$file has its phases"
done

grep -n '^@' conf/pam.d/* | expect_nothing "no include of one distribution"

for file in conf/pam.d/*; do
	grep -qx "  '${file##*/}'," conf/meson.build ||
	    echo "$file is not installed"
	grep -q "^|  .*_${file##*/}_" pam_jukinet/module/pam_jukinet.8.scd ||
	    echo "$file is not in the manual page"
done | expect_nothing "every stack is installed and described"
finish
