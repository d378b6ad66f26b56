/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The wire to pcscd's vpcd driver: a TCP connection that exists while the
 * card is inserted, carrying frames with a length of two bytes. A frame of
 * one byte is a control code, any other a command APDU.
 */
#ifndef VC_VPCD_H
#define VC_VPCD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bytes.h"
#include "error.h"

#define VC_VPCD_POWER_OFF 0
#define VC_VPCD_POWER_ON  1
#define VC_VPCD_RESET     2
#define VC_VPCD_ATR       4

#define VC_FRAME_MAX (2 + VC_BYTES_MAX)

struct vc_vpcd {
	uint16_t port;
	int fd;  /* -1: no connection */
	bool up; /* false with an fd: still connecting */
	size_t in_len;
	size_t out_len, out_at;
	uint8_t in[VC_FRAME_MAX];
	uint8_t out[VC_FRAME_MAX];
};

/* Starts a connection to the loopback address; VC_ERR_SYS is "not now". */
enum vc_err vc_vpcd_connect(struct vc_vpcd *v);
void vc_vpcd_close(struct vc_vpcd *v);

/* The poll() events to wait for; reading can be held back. */
short vc_vpcd_events(const struct vc_vpcd *v, bool want_read);

/* Does what poll() reported. On failure the connection is lost. */
enum vc_err vc_vpcd_step(struct vc_vpcd *v, short revents);

/* The first whole frame that came in, if any; vc_vpcd_drop() consumes it. */
bool vc_vpcd_frame(const struct vc_vpcd *v, const uint8_t **ret, size_t *len);
void vc_vpcd_drop(struct vc_vpcd *v);

/* One frame; the one before must be out. */
enum vc_err vc_vpcd_send(struct vc_vpcd *v, const uint8_t *data, size_t len);
bool vc_vpcd_is_flushed(const struct vc_vpcd *v);

#endif
