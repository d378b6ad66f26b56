/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From authentication to session: a random number that stands for a proven
 * login for five minutes, for one account, for a root caller, for one
 * session.
 */
#ifndef JK_TICKET_H
#define JK_TICKET_H

#include "grant.h"
#include "hex.h"

enum jk_err jk_ticket_issue(int dir, const struct jk_grant *grant,
    char ret[static JK_ID_LEN + 1]);
/* Looks without using it up. JK_ERR_NOT_FOUND: never was, used, too old. */
enum jk_err jk_ticket_look(int dir, const char *ticket, const char *account,
    struct jk_grant *ret);
/* Of all who try, exactly one gets JK_OK. */
enum jk_err jk_ticket_consume(int dir, const char *ticket);

#endif
