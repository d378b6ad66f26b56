/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Holds each card's certificate against what [trust] of jukinet.conf asks for.
 * All of it is done here, when a snapshot is built: jukinetd reads neither a CA
 * nor a CRL. No certificate becomes good by this that is not registered.
 */
#ifndef JK_TRUST_H
#define JK_TRUST_H

#include "report.h"
#include "rowset.h"

struct jk_build;
struct jk_judge;

/*
 * With the settings of the set. What is wrong with CAs and CRLs goes into the
 * report; when that has errors nothing can be judged. *ret is released by
 * jk_judge_close(), which takes NULL.
 */
enum jk_err jk_judge_open(const struct jk_build *build,
    const struct jk_rowset *set, struct jk_report *report,
    struct jk_judge **ret);
void jk_judge_close(struct jk_judge **judge);
/*
 * Fills card->trust. *ret_why (may be NULL) is a static string, why there is
 * no chain, or NULL.
 */
enum jk_err jk_judge_card(struct jk_judge *judge, struct jk_card *card,
    const char **ret_why);

/*
 * All cards that have a certificate. What the old snapshot says of one is kept
 * when nothing has changed that it hangs on; cards in use that are let in no
 * more are warnings.
 */
enum jk_err jk_rowset_trust(const struct jk_build *build, struct jk_rowset *set,
    struct jk_report *report);

#endif
