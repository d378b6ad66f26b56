/* SPDX-License-Identifier: BSD-2-Clause */
#include "write.h"

#include <errno.h>
#include <string.h>

#include <libaudit.h>

/*
 * libaudit reads the kernel's acknowledgement and gives a positive number
 * only when there was a good one. Refusals that it takes to mean "no audit
 * here" (EPERM for a user, ECONNREFUSED) it gives as 0.
 */
static enum jk_err
check_sent(int result)
{
	if (result > 0)
		return JK_OK;
	if (result < 0)
		errno = -result;
	if (errno == 0)
		errno = EIO;
	return JK_ERR_SYS;
}

enum jk_err
jk_record_send(int fd, const struct jk_record *record)
{
	char text[JK_RECORD_TEXT_MAX];
	enum jk_err e = jk_record_encode(record, text);

	if (e != JK_OK)
		return e;
	/*
	 * Host and address NULL: given one of them, libaudit would ask the
	 * resolver for the other. Terminal "" and not NULL: else libaudit
	 * would write down this service's own.
	 */
	errno = 0;
	return check_sent(audit_log_user_message(fd, jk_op_type(record->op),
	    text, NULL, NULL, record->terminal, record->success ? 1 : 0));
}
