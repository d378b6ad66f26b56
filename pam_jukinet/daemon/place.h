/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef JK_PLACE_H
#define JK_PLACE_H

#include "snapshot.h"

/* What the snapshot says of this machine; the worker holds it while open. */
struct jk_place {
	struct jk_snapshot *snapshot;
	struct jk_edition edition;
	struct jk_settings settings;
	struct jk_policy policy;
	struct jk_terminal terminal;
};

/*
 * Takes the snapshot that stands there now. On failure the settings are those
 * that a refusal needs, and snapshot is NULL.
 */
enum jk_err jk_place_load(struct jk_place *ret);

#endif
