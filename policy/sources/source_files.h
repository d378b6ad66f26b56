/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef JK_SOURCE_FILES_H
#define JK_SOURCE_FILES_H

#include <jukinet/policy.h>

/* registry.d/NAME.conf below the configuration directory, in name order. */
extern const struct jukinet_policy_source jk_source_files;

#endif
