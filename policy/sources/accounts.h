/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which accounts of the registry this machine has. A registry for many machines
 * names thousands that one has not, and each question for such a name asks every
 * service of nsswitch.conf(5); where these list all that they have, they are
 * read once instead.
 */
#ifndef JK_ACCOUNTS_H
#define JK_ACCOUNTS_H

#include "err.h"
#include "rows.h"

struct jk_known_account {
	char name[JK_ACCOUNT_MAX + 1];
	uid_t uid;
	bool twice; /* which one holds is asked */
};

/* Zeroed: every name is asked for by itself. */
struct jk_accounts {
	bool whole; /* a name that is not here is nowhere */
	size_t n;
	struct jk_known_account *account; /* by name */
};

/* JK_ERR_NOMEM, or JK_OK with what could be read. */
enum jk_err jk_accounts_read(struct jk_accounts *ret);
void jk_accounts_clear(struct jk_accounts *accounts);
/* JK_ERR_NOT_FOUND only when the machine is sure; errno with JK_ERR_SYS. */
enum jk_err jk_accounts_find(const struct jk_accounts *accounts,
    const char *name, uid_t *ret);
/* Whether the text of nsswitch.conf names, for accounts, only services that
 * list all that they have: "files" and "systemd". */
bool jk_accounts_are_listed(const char *nsswitch);

#endif
