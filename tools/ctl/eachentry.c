/* SPDX-License-Identifier: BSD-2-Clause */
#include "eachentry.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "file.h"
#include "store.h"

int
jk_each_entry(const struct jk_call *call, jk_ledger_fn *each, void *ctx)
{
	JK_CLEANUP(jk_fd_close) int fd = -1;
	struct jk_ledger_fault fault = { 0, "" };
	struct jk_ledger_head head;
	char path[PATH_MAX];
	enum jk_err e;

	(void)snprintf(path, sizeof(path), "%s/" JK_STORE_LEDGER,
	    call->global.state_dir);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 && errno == ENOENT)
		return EXIT_OK;
	if (fd < 0) {
		fprintf(stderr, "jukinetctl: %s: %s\n", path, strerror(errno));
		return EXIT_REFUSED;
	}
	e = jk_ledger_read(fd, NULL, each, ctx, &head, &fault);
	if (e == JK_OK)
		return EXIT_OK;
	if (e == JK_ERR_FORMAT)
		fprintf(stderr,
		    _("jukinetctl: %s: entry %" PRIu64 " %s: see \"jukinetctl "
		      "ledger verify\"\n"),
		    path, fault.number, fault.why);
	else
		fprintf(stderr, "jukinetctl: %s: %s\n", path,
		    _(jk_err_text(e)));
	return EXIT_REFUSED;
}
