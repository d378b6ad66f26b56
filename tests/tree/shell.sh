#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What a shell runs is clean for shellcheck.
# shellcheck source=tests/tree/tree.sh
. "$(dirname "$0")/tree.sh"

command -v shellcheck >/dev/null || skip_all "no shellcheck"
for file in $(shell_files); do
	shellcheck -x -P . "$file" 2>&1 | expect_nothing "$file"
done
finish
