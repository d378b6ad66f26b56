/* SPDX-License-Identifier: BSD-2-Clause */
/* Finds and loads a source by its name. */
#ifndef JK_PLUGIN_H
#define JK_PLUGIN_H

#include <sys/types.h>

#include <jukinet/policy.h>

#include "err.h"

struct jk_file_fault;

/* Characters of a source's name: a-z and 0-9. */
#define JK_SOURCE_NAME_MAX 32

bool jk_source_name_is_valid(const char *name);

/* Of the oldest edition of this version. */
#define JK_SOURCE_SIZE_MIN offsetof(struct jukinet_policy_source, pins)

/* What a source has that the oldest have not; NULL: it has none. */
typedef int jk_source_pins_fn(const struct jukinet_policy_host *host,
    const struct jukinet_policy_pin *pins, size_t n);
jk_source_pins_fn *jk_source_pins(const struct jukinet_policy_source *source);

/*
 * Loads `dir`/libjukinet_policy_NAME.so.1, `dir` absolute. The file and the
 * directories above it must be as safe as configuration is (file.h). Before
 * any of its code runs it is seen to be a source; afterwards version, size and
 * name are checked. What was loaded stays until the process ends.
 * JK_ERR_NOT_FOUND: there is no such file; JK_ERR_UNSAFE; JK_ERR_FORMAT: it is
 * not a source; JK_ERR_VERSION. `fault` may be NULL, and says why in words.
 */
enum jk_err jk_plugin_load(const char *dir, const char *name, uid_t owner,
    const struct jukinet_policy_source **ret, struct jk_file_fault *fault);

#endif
