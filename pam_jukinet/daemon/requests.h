/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef JK_REQUESTS_H
#define JK_REQUESTS_H

struct jk_worker;

/*
 * The requests, one file each. Each has given its verdict and its record when
 * it returns, unless the caller has gone.
 */
void jk_request_login(struct jk_worker *worker);
void jk_request_unlock(struct jk_worker *worker);
void jk_request_account(struct jk_worker *worker);
void jk_request_open(struct jk_worker *worker);
void jk_request_close(struct jk_worker *worker);
void jk_request_manage(struct jk_worker *worker);
void jk_request_switch(struct jk_worker *worker);
void jk_request_change(struct jk_worker *worker);
void jk_request_lock(struct jk_worker *worker);
void jk_request_end(struct jk_worker *worker);
void jk_request_seen(struct jk_worker *worker);
void jk_request_look(struct jk_worker *worker);
void jk_request_use(struct jk_worker *worker);

#endif
