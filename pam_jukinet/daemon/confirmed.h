/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a person has confirmed for others on this terminal. A program of somebody
 * else's session has shown him the request, and may have shown another: so he
 * sees at his next login what it really was. confirmed.PERSON in
 * /var/lib/jukinet.
 */
#ifndef JK_CONFIRMED_H
#define JK_CONFIRMED_H

#include "err.h"
#include "query.h"

struct jk_params;
struct jk_worker;

/* Then he has to log in before he can confirm more. */
#define JK_CONFIRMED_MAX 100
/* The newest are told one by one, and how many there were before. */
#define JK_CONFIRMED_TOLD 8

/*
 * Durable, before anything is answered. `asker` is a person's id, `reception`
 * the number of the application or "". JK_ERR_TOO_BIG: there are too many.
 */
enum jk_err jk_confirmed_keep(int keep_dir, const char *person,
    const char *asker, const char *terminal, const char *reception,
    const struct jk_query *query);

/* What of `query` tells it from another of that business and act: the number of
 * the application and how many persons were said; "-" where there is none. */
void jk_confirmed_add(struct jk_params *params, const char *reception,
    const struct jk_query *query);

/* Tells them to whoever has logged in, and forgets them. */
void jk_confirmed_tell(struct jk_worker *worker, const char *person);

#endif
