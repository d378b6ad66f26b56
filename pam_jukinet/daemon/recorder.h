/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * No receipt, no access (design rule 1). What lets somebody in is first
 * announced (a "pending" file that this worker keeps locked), then written,
 * then proven by the witness; when all that hangs on it is done, and only the
 * answer is left, the announcement is taken back. When the proof does not come
 * a void record names the id, because the record may still arrive. What is
 * still announced when its worker has died is voided by the next conversation,
 * so that no record of a grant that nobody got stays unmarked; and what it has
 * used up is given back.
 */
#ifndef JK_RECORDER_H
#define JK_RECORDER_H

#include <stdint.h>

#include "grant.h"
#include "hex.h"
#include "rows.h"
#include "witness.h"

struct jk_record;

struct jk_recorder {
	enum jk_recording mode;
	int64_t receipt_ms;
	int state_dir, keep_dir;
	const struct jk_cancel *cancel;
	int audit_fd;
	struct jk_witness witness;
	int announced;          /* the lock of what is announced; -1: nothing */
	char id[JK_ID_LEN + 1]; /* of the record that comes next */
};

/* Opens the kernel's audit socket. */
enum jk_err jk_recorder_open(const struct jk_settings *settings, int state_dir,
    int keep_dir, const struct jk_cancel *cancel, struct jk_recorder *ret);
void jk_recorder_close(struct jk_recorder *recorder);

/*
 * Draws the next id and asks the witness to look out for it. Called early, so
 * that a terminal that cannot record refuses before it asks for a PIN.
 */
enum jk_err jk_recorder_expect(struct jk_recorder *recorder);
/*
 * Writes a record that grants something, under the id expected. JK_OK: it
 * stands in the log, and ret_receipt says where. On any other answer nothing
 * may be granted; the record is voided.
 */
enum jk_err jk_recorder_prove(struct jk_recorder *recorder,
    struct jk_record *record, char ret_receipt[static JK_RECEIPT_MAX + 1]);
/*
 * Takes the announcement back: to be called last, before the answer. On any
 * other answer than JK_OK nothing may be granted.
 */
enum jk_err jk_recorder_settled(struct jk_recorder *recorder);
/* Writes a refusal or an end: nobody waits for its receipt. */
enum jk_err jk_recorder_note(struct jk_recorder *recorder,
    struct jk_record *record);
/*
 * For records that are proven by others than jk_recorder_prove(): whether what
 * the witness has seen is this record, whole, and where it stands.
 */
enum jk_err jk_recorder_match(const struct jk_record *record,
    const struct jk_receipt *receipt,
    char ret_receipt[static JK_RECEIPT_MAX + 1]);
/* Voids what dead workers have left, as jk_recorder_expect() does. */
void jk_recorder_settle(struct jk_recorder *recorder);
/*
 * A record that was sent and must not count: a void, and the next conversation
 * has to prove one. What it used up is the caller's to give back.
 */
void jk_recorder_disown(struct jk_recorder *recorder, const char *id);
/* Says that a proven record is not valid after all. */
void jk_recorder_void(struct jk_recorder *recorder, const char *id);

#endif
