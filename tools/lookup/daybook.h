/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was done in the uses of this session, as far as this program asked for it:
 * one line of JSON for each use that has ended, in the user's runtime directory,
 * which goes with the session. Counts, purposes and reception numbers, nothing of
 * a resident; the user's own note, from which the entry of the use ledger is
 * proposed. What counts is the log.
 */
#ifndef JK_DAYBOOK_H
#define JK_DAYBOOK_H

#include <stdint.h>

#include "err.h"
#include "jukinet/jukinet.h"

#define JK_DAYBOOK_MAX 512 /* uses that are read */

struct jk_page {
	struct jukinet_holder holder;
	char purpose[72], reception[72];
	int64_t begun;            /* seconds since 1970 */
	uint64_t lookups, denied; /* of them */
	uint64_t persons;         /* that came out, as was told */
	bool done;                /* it has its entry */
};

struct jk_daybook {
	size_t n;
	struct jk_page page[JK_DAYBOOK_MAX];
};

void jk_page_begin(struct jk_page *page, const char *purpose,
    const char *reception, const struct jukinet_holder *holder);
/* "passport R08-1121-014: 3 lookups (1 refused), 5 persons", in the user's
 * language, cut at JUKINET_TEXT. */
void jk_page_text(const struct jk_page *page,
    char ret[static JUKINET_TEXT + 1]);

/* A use without lookups is not kept. JK_ERR_NOT_FOUND: there is no runtime
 * directory. */
enum jk_err jk_daybook_keep(const struct jk_page *page);
/* Those of one session, without those that have their entry. */
enum jk_err jk_daybook_read(const char *session, struct jk_daybook *ret);
/* All of the session have their entry now. */
void jk_daybook_close(const char *session);

#endif
