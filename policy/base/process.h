/* SPDX-License-Identifier: BSD-2-Clause */
/* What /proc says of other processes, and of the boot they are of. */
#ifndef JK_PROCESS_H
#define JK_PROCESS_H

#include <stdint.h>
#include <sys/types.h>

#include "err.h"

#define JK_BOOT_ID_LEN 36

struct jk_process_uids {
	uid_t real, effective, saved, fs;
};

/* The directory of a process, held open: it never becomes another's. */
enum jk_err jk_process_open(pid_t pid, int *ret_dir);
/* A small file below it as text; JK_ERR_NOT_FOUND when it is gone. */
enum jk_err jk_process_read(int dir, const char *name, char *ret, size_t size);
/* A decimal number at the start of a text, ended by blank, newline or NUL. */
enum jk_err jk_process_number(const char *text, uint64_t max, uint64_t *ret);

/*
 * When it started, in clock ticks since boot. JK_ERR_NOT_FOUND when there is
 * none, also when only its exit status is still to be fetched.
 */
enum jk_err jk_process_start_at(int dir, uint64_t *ret);
enum jk_err jk_process_start(pid_t pid, uint64_t *ret);
/* The audit's word on who logged in: UINT32_MAX where nobody has. */
enum jk_err jk_process_loginuid_at(int dir, uint32_t *ret);
enum jk_err jk_process_uids_at(int dir, struct jk_process_uids *ret);
enum jk_err jk_process_uids(pid_t pid, struct jk_process_uids *ret);
/* Are those of others kept from us, as by the option hidepid of /proc? */
bool jk_process_are_hidden(void);
/* Of this boot: another one has another. */
enum jk_err jk_process_boot(char ret[static JK_BOOT_ID_LEN + 1]);
/*
 * Is it in a user namespace that this account may have made? There a process
 * under a subordinate uid is the account's own again whenever it likes. A
 * namespace that has root in it was made by root.
 */
enum jk_err jk_process_may_become(pid_t pid, uid_t uid, bool *ret);

#endif
