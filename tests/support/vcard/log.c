/* SPDX-License-Identifier: BSD-2-Clause */
#include "log.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "bytes.h"
#include "text.h"

#define SHOWN_BYTES 24

enum vc_err
vc_log_open(struct vc_log *log, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	if (fd < 0)
		return VC_ERR_SYS;
	vc_log_close(log);
	log->fd = fd;
	return VC_OK;
}

void
vc_log_close(struct vc_log *log)
{
	if (log->fd >= 0)
		(void)close(log->fd);
	log->fd = -1;
}

int64_t
vc_log_now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

void
vc_log_event(struct vc_log *log, const char *event)
{
	if (log->fd >= 0)
		(void)dprintf(log->fd, "%" PRId64 " - %s\n", vc_log_now_us(),
		    event);
}

static const char *
show_data(const struct vc_apdu *a, char hex[2 * SHOWN_BYTES + 1])
{
	size_t len = a->lc < SHOWN_BYTES ? a->lc : SHOWN_BYTES;

	switch (a->ins) {
	case VC_INS_VERIFY:
	case VC_INS_CHANGE:
	case VC_INS_UNBLOCK:
		return a->lc > 0 ? "pin" : "-";
	default:
		break;
	}
	if (a->lc == 0 || !vc_command_is_loggable(a->command))
		return "-";
	vc_text_hex(a->data, len, hex);
	return hex;
}

static void
show_status(const struct vc_bytes *answer, char ret[5])
{
	if (answer == NULL || answer->len < 2)
		(void)snprintf(ret, 5, "----");
	else
		vc_text_hex(answer->data + answer->len - 2, 2, ret);
}

void
vc_log_apdu(struct vc_log *log, unsigned long number,
    const struct vc_apdu *apdu, const struct vc_bytes *answer,
    const char *faults)
{
	uint8_t header[] = { apdu->cla, apdu->ins, apdu->p1, apdu->p2 };
	char hex[2 * sizeof(header) + 1], data[2 * SHOWN_BYTES + 1], sw[5];

	if (log->fd < 0)
		return;
	vc_text_hex(header, sizeof(header), hex);
	show_status(answer, sw);
	(void)dprintf(log->fd,
	    "%" PRId64 " %lu %s %s lc=%zu le=%zu%s data=%s out=%zu sw=%s%s%s\n",
	    vc_log_now_us(), number, vc_command_name(apdu->command), hex,
	    apdu->lc, apdu->le, apdu->extended ? " ext" : "",
	    show_data(apdu, data), answer == NULL ? 0 : answer->len, sw,
	    *faults == '\0' ? "" : " fault=", faults);
}
