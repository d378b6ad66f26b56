#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Whoever opens the repository sees these and nothing else.
# shellcheck source=tests/tree/tree.sh
. "$(dirname "$0")/tree.sh"

for entry in *; do
	case $entry in
	build*) ;;
	LICENSE | README.md | meson.build | meson_options.txt) ;;
	conf | packaging | pam_jukinet | po | policy | tests | tools) ;;
	*) echo "$entry" ;;
	esac
done | expect_nothing "nothing else at the top"
for entry in LICENSE README.md meson.build meson_options.txt conf packaging \
    pam_jukinet po policy tests tools; do
	[ -e "$entry" ] || echo "$entry"
done | expect_nothing "nothing missing at the top"
finish
