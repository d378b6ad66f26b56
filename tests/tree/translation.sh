#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Every text of the module is translated, and no translation is left over.
# shellcheck source=tests/tree/tree.sh
. "$(dirname "$0")/tree.sh"

command -v xgettext >/dev/null || skip_all "no xgettext"
template=$results.pot
trap 'rm -f "$results" "$template"' EXIT
xargs xgettext --keyword=N_ --keyword=_ --from-code=UTF-8 -o "$template" <po/POTFILES
{ grep -l 'N_(' ./*/*/*.c || true; } | sed 's|^./||' |
    grep -vxF -f po/POTFILES | expect_nothing "every file with texts is listed"
sed -i 's/charset=CHARSET/charset=UTF-8/' "$template"
while read -r language; do
	{ msgfmt -c -o /dev/null "po/$language.po" 2>&1 || true; } |
	    expect_nothing "$language is well formed"
	{ msgcmp "po/$language.po" "$template" 2>&1 || true; } |
	    expect_nothing "$language is complete"
done <po/LINGUAS
finish
