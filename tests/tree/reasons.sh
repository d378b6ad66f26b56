#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Numbers that cross the wire are given once; every reason has a PAM code and a
# text.
# shellcheck source=tests/tree/tree.sh
. "$(dirname "$0")/tree.sh"

# rows FILE: "NAME NUMBER" of the lines X(NAME, NUMBER, …)
rows()
{
	sed -n 's/^[[:space:]]*X(\(JK_[A-Z0-9_]*\), \([0-9]*\),.*/\1 \2/p' "$1"
}

for file in policy/base/err.h policy/base/reason.h; do
	for column in 1 2; do
		rows "$file" | cut -d' ' -f"$column" | sort | uniq -d |
		    expect_nothing "$file: column $column has nothing twice"
	done
	rows "$file" | sed -n 1p | grep -v ' 0$' |
	    expect_nothing "$file: zero comes first"
done
sed -n 's/^[[:space:]]*X(JK_[A-Z0-9_]*, [0-9]*, "\(.*\)").*/\1/p' \
    policy/base/reason.h | sort | uniq -d |
    expect_nothing "no code of a reason twice"

for name in $(rows policy/base/reason.h | cut -d' ' -f1); do
	grep -q "{ $name, PAM_" pam_jukinet/module/pam_code.c || echo "$name"
done | expect_nothing "every reason has its PAM codes"
sed -n 's/^[[:space:]]*X(JK_[A-Z0-9_]*, [0-9]*, "\(.*\)").*/\1/p' \
    policy/base/reason.h | grep -vx granted | while read -r code; do
	grep -q "{ \"$code\"," pam_jukinet/module/text.c || echo "$code"
done | expect_nothing "every refusal has its text"
finish
