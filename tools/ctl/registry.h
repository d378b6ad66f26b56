/* SPDX-License-Identifier: BSD-2-Clause */
/* jukinetctl registry: its commands, one file each. */
#ifndef JK_REGISTRY_H
#define JK_REGISTRY_H

#include "call.h"

int jk_registry_status(const struct jk_call *call);
int jk_registry_export(const struct jk_call *call);
int jk_registry_adopt(const struct jk_call *call);
int jk_registry_publish(const struct jk_call *call);

#endif
