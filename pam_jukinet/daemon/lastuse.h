/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When and where a person has worked last, as this terminal knows: he sees it at
 * each login, with the notice of what is not allowed (O-6). last.PERSON in
 * /var/lib/jukinet.
 */
#ifndef JK_LASTUSE_H
#define JK_LASTUSE_H

struct jk_grant;
struct jk_worker;

/* Tells the last one, and keeps this one. Failure is logged. */
void jk_lastuse_tell(struct jk_worker *worker, const struct jk_grant *grant);

#endif
