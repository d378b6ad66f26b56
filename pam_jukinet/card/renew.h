/* SPDX-License-Identifier: BSD-2-Clause */
/* A new PIN: in the place of the present one, or of one that is blocked. */
#ifndef JK_RENEW_H
#define JK_RENEW_H

#include "applet.h"
#include "err.h"

struct jk_conversation;
struct jk_link;
struct jk_shown;

/*
 * Answers with the signature, and takes the new PIN that follows at once. The
 * card stays verified for the moment that the worker needs, and is reset then.
 */
enum jk_err jk_renew_await(struct jk_conversation *c, struct jk_link *link,
    const struct jk_applet *applet, const struct jk_signature *signature);
/* UNBLOCK, to its answer. */
enum jk_err jk_unblock_obey(struct jk_conversation *c, struct jk_link *link,
    struct jk_shown *shown);

#endif
