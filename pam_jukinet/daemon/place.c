/* SPDX-License-Identifier: BSD-2-Clause */
#include "place.h"

#include "config.h"

/* As jukinet.conf(5) says by default: for refusing without a snapshot. */
static const struct jk_settings bare = {
	.deadline_ms = 45000,
	.receipt_ms = 2000,
};

enum jk_err
jk_place_load(struct jk_place *p)
{
	enum jk_err e;

	*p = (struct jk_place){ .settings = bare };
	e = jk_snapshot_open(JK_SNAPSHOT_DIR "/snapshot.cdb", &p->snapshot);
	if (e != JK_OK)
		return e;
	if ((e = jk_snapshot_edition(p->snapshot, &p->edition)) != JK_OK ||
	    (e = jk_snapshot_settings(p->snapshot, &p->settings)) != JK_OK ||
	    (e = jk_snapshot_policy(p->snapshot, &p->policy)) != JK_OK ||
	    (e = jk_snapshot_terminal(p->snapshot, p->settings.terminal,
	         &p->terminal)) != JK_OK) {
		jk_snapshot_close(&p->snapshot);
		p->settings = bare;
	}
	return e;
}
