#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Calls that have no place in this code, tests left out.
# shellcheck source=tests/tree/tree.sh
. "$(dirname "$0")/tree.sh"

sources=$(files '*.c' '*.h' | grep -v '^./tests/')

# A shell, somebody else's environment, unbounded text, numbers that cannot
# fail, state shared by all callers, temporary names that can be guessed.
# (clearenv, secure_getenv, snprintf and their like are other words.)
for call in system popen getenv putenv setenv gets strcat sprintf \
    vsprintf alloca atoi atol atoll strtok gmtime localtime ctime asctime \
    mktemp tmpnam tempnam rand srand random; do
	# shellcheck disable=SC2086 # a list of words
	grep -nE "(^|[^A-Za-z0-9_.>\"])$call\(" $sources |
	    grep -vE '^[^:]*:[0-9]+:[[:space:]]*(/?\*|//)' |
	    grep -v '^./policy/base/log.c:[0-9]*:.*getenv("JOURNAL_STREAM")' |
	    expect_nothing "nobody calls $call()"
done

# shellcheck disable=SC2086
grep -nE 'assert\(' $sources | grep -v 'static_assert(' |
    expect_nothing "nobody asserts on what comes from outside"
# shellcheck disable=SC2086
inside=$(echo "$sources" | grep '^./pam_jukinet/module/\|^./policy/client/')
# shellcheck disable=SC2086
grep -nE '(^|[^A-Za-z0-9_])(fork|vfork|posix_spawn|signal|sigaction|setlocale|putenv|setenv|umask|chdir)\(' $inside |
    expect_nothing "the module leaves its host program as it is"
finish
