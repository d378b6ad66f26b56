/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asks in a process of its own. Name services, TLS and the directory's library
 * have waits that cannot be ended from inside, and they read what a stranger
 * sends: so a child does it, and is killed when its time is over. What it
 * finds comes back through the functions of the host.
 */
#ifndef JK_LDAP_APART_H
#define JK_LDAP_APART_H

struct jukinet_policy_host;

/* Runs in the child; what it returns is what jk_apart_run() returns. */
typedef int jk_apart_fn(const struct jukinet_policy_host *host,
    const void *what);

/*
 * Within host->timeout_ms and a little. TRYAGAIN when the time was over,
 * UNAVAIL when the child ended in another way than by returning.
 */
int jk_apart_run(const struct jukinet_policy_host *host, jk_apart_fn *work,
    const void *what);

#endif
