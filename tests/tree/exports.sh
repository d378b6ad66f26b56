#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The module exports pam_sm_* and needs libpam and libc; what is installed is
# hardened; a source exports one symbol.
# shellcheck source=tests/tree/tree.sh
. "$(dirname "$0")/tree.sh"

module=$build/pam_jukinet/module/pam_jukinet.so
[ -e "$module" ] || skip_all "the module is not built"
command -v readelf >/dev/null || skip_all "no readelf"

nm -D --defined-only "$module" | awk '{ print $3 }' |
    grep -v '^pam_sm_' | expect_nothing "the module exports pam_sm_* only"
for name in authenticate setcred acct_mgmt open_session close_session; do
	nm -D --defined-only "$module" | grep -q " T pam_sm_$name\$" ||
	    echo "$name"
done | expect_nothing "the module has every entry point"
if nm -D "$module" | grep -q '__asan_\|__ubsan_'; then
	ok "the module needs libpam and libc only # SKIP built with sanitizers"
else
	readelf -d "$module" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' |
	    grep -vE '^(libpam\.so\.0|libc\.so\.6|ld-linux.*)$' |
	    expect_nothing "the module needs libpam and libc only"
fi
readelf -d "$module" | grep -E 'RPATH|RUNPATH|TEXTREL' |
    expect_nothing "the module has no search path and no text relocations"

library=$build/policy/client/libjukinet.so.1
{
	nm -D --defined-only "$library" | awk '$2 != "A" { print $3 }' |
	    sed 's/@.*//'
	sed -n 's/^[a-z].*[ *]\(jukinet_[a-z]*\)(.*/\1/p' \
	    policy/include/jukinet/jukinet.h
} | sort | uniq -c | awk '$1 != 2 { print $2 }' |
    expect_nothing "libjukinet exports what its header declares, and no more"
readelf -d "$library" | grep -E 'RPATH|RUNPATH|TEXTREL' |
    expect_nothing "libjukinet has no search path"

source=$build/policy/sources/ldap/libjukinet_policy_ldap.so.1
if [ -e "$source" ]; then
	nm -D --defined-only "$source" | awk '{ print $3 }' |
	    grep -vx 'jukinet_policy_source_v1' |
	    expect_nothing "the source ldap exports its one symbol only"
	nm -D --defined-only "$source" |
	    grep -q '[DR] jukinet_policy_source_v1$' || echo "it does not" |
	    expect_nothing "the source ldap exports its symbol"
	readelf -d "$source" | grep -E 'RPATH|RUNPATH|TEXTREL' |
	    expect_nothing "the source ldap has no search path"
else
	source=
fi

for file in "$module" $source $(find "$build/pam_jukinet" "$build/tools" -type f \
    -perm -u+x \( -name jukinetd -o -name 'jukinet-*' -o -name jukinetctl \) \
    ! -name '*-shell'); do
	what=${file##*/}
	{
		readelf -d "$file" | grep -q 'BIND_NOW\|FLAGS.*NOW' ||
		    echo "symbols are bound lazily"
		readelf -lW "$file" | grep -q GNU_RELRO || echo "no relro"
		readelf -lW "$file" | grep GNU_STACK | grep -q RWE &&
		    echo "the stack is executable"
		readelf -hW "$file" | grep -q 'Type:.*DYN' ||
		    echo "not position independent"
	} | expect_nothing "$what is hardened"
done
finish
