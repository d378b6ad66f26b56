/* SPDX-License-Identifier: BSD-2-Clause */
/* Sending one record to the kernel. */
#ifndef JK_WRITE_H
#define JK_WRITE_H

#include "err.h"
#include "record.h"

/*
 * `fd` comes from audit_open() and is kept by the caller: it is the dear
 * part. JK_OK says only that the kernel took the record; it says so also when
 * audit is off, auditd is dead or its disk is full. JK_ERR_SYS: the kernel
 * did not take it (EPERM: CAP_AUDIT_WRITE is missing; ECONNREFUSED: a user
 * namespace). While auditd stands still the kernel makes the caller sleep,
 * up to 0.7 s were seen.
 */
enum jk_err jk_record_send(int fd, const struct jk_record *record);

#endif
