/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The slot that a card is put into: presence, power, the count of APDUs, and
 * when an answer goes out. It has one timer and never blocks.
 */
#ifndef VC_READER_H
#define VC_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "chip.h"
#include "error.h"
#include "fault.h"
#include "log.h"
#include "vpcd.h"

struct pollfd;

/* What is held back until its time. */
enum vc_pending {
	VC_PENDING_NONE,
	VC_PENDING_TIMED,
	VC_PENDING_SILENT, /* until clear, or until the card is gone */
};

struct vc_reader {
	struct vc_vpcd vpcd;
	struct vc_chip chip;
	struct vc_faults faults;
	struct vc_log log;
	struct vc_card *card; /* owned; stays when it is pulled */
	bool inserted;
	bool powered;
	bool quit;
	bool no_extended;        /* the ATR does not announce extended length */
	unsigned long apdus;     /* since reset-count or insert */
	unsigned long remove_at; /* 0: never */
	unsigned long remove_after;
	unsigned long apdu_ms;
	unsigned long sign_ms;
	/*
	 * pcscd looks at vpcd each 400 ms. A card that is back within that
	 * time was never away for it, or hangs half-removed: so at least this
	 * long passes between a removal and the connection that is the
	 * insertion.
	 */
	unsigned long gap_ms;
	enum vc_pending pending;
	int64_t due_us; /* of a timed answer */
	int64_t removed_us;
	int64_t retry_us; /* of the next try to connect */
	struct vc_bytes answer;
};

void vc_reader_init(struct vc_reader *r, uint16_t port);
void vc_reader_clear(struct vc_reader *r);

/* dir: NULL for the card that was in last. */
enum vc_err vc_reader_insert(struct vc_reader *r, const char *dir);

/*
 * Another card in the place of the one that is in, of the same kind; pcscd is
 * not told, as no real reader could do it. VC_ERR_NO_CARD where none is in.
 */
enum vc_err vc_reader_change(struct vc_reader *r, const char *dir);
void vc_reader_remove(struct vc_reader *r, const char *why);

void vc_reader_reset_count(struct vc_reader *r);
/* Forgets faults and planned removals; an answer held back goes out. */
void vc_reader_clear_faults(struct vc_reader *r);

/* For poll(): what to wait for, and how long in ms (-1: for ever). */
void vc_reader_prepare(const struct vc_reader *r, struct pollfd *p);
int vc_reader_timeout(const struct vc_reader *r);
void vc_reader_step(struct vc_reader *r, short revents);

#endif
