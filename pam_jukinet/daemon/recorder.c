/* SPDX-License-Identifier: BSD-2-Clause */
#include "recorder.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <libaudit.h>

#include "clock.h"
#include "flight.h"
#include "lock.h"
#include "log.h"
#include "record.h"
#include "state.h"
#include "uses.h"
#include "write.h"

#define PENDING   "pending."
#define SETTLE_MS 300 /* for each receipt of a void */
/* At a time: twice what one conversation can leave, if that is quickly done. */
#define SETTLE_MOST   (2 * JK_USE_FLIGHT)
#define SETTLE_ALL_MS 500

static void
file_name(const char *id, char ret[static 32])
{
	(void)snprintf(ret, 32, PENDING "%s", id);
}

enum jk_err
jk_recorder_open(const struct jk_settings *settings, int state_dir,
    int keep_dir, const struct jk_cancel *cancel, struct jk_recorder *ret)
{
	struct jk_recorder r = {
		.mode = settings->recording,
		.receipt_ms = settings->receipt_ms,
		.state_dir = state_dir,
		.keep_dir = keep_dir,
		.cancel = cancel,
		.witness = { .fd = -1 },
		.announced = -1,
	};

	r.audit_fd = audit_open();
	if (r.audit_fd < 0)
		return JK_ERR_SYS;
	*ret = r;
	return JK_OK;
}

/* The announcement stays: whoever comes next voids the record. */
static void
release(struct jk_recorder *r)
{
	if (r->announced >= 0)
		close(r->announced);
	r->announced = -1;
}

void
jk_recorder_close(struct jk_recorder *recorder)
{
	release(recorder);
	jk_witness_close(&recorder->witness);
	if (recorder->audit_fd >= 0)
		audit_close(recorder->audit_fd);
	recorder->audit_fd = -1;
}

static enum jk_err
watch(struct jk_recorder *r)
{
	int64_t until = jk_boot_ms() + r->receipt_ms;
	enum jk_err e = JK_OK;

	if (r->mode == JK_RECORDING_KERNEL)
		return JK_OK;
	if (r->witness.fd < 0)
		e = jk_witness_open(until, &r->witness);
	if (e == JK_OK)
		e = jk_witness_watch(&r->witness, r->id,
		    r->mode == JK_RECORDING_DURABLE, r->cancel, until);
	return e;
}

static enum jk_err
send_as(struct jk_recorder *r, struct jk_record *record, const char *id)
{
	enum jk_err e = jk_record_set(record, JK_REC_ID, id);

	return e == JK_OK ? jk_record_send(r->audit_fd, record) : e;
}

/* The receipt must show our text whole, and libaudit's tail behind it. */
static bool
is_same(const struct jk_record *record, const char *text)
{
	char ours[JK_RECORD_TEXT_MAX];
	const char *end = record->success ? " res=success" : " res=failed";
	size_t len, end_len = strlen(end), all = strlen(text);

	if (jk_record_encode(record, ours) != JK_OK)
		return false;
	len = strlen(ours);
	return strncmp(text, ours, len) == 0 &&
	       strncmp(text + len, " exe=", 5) == 0 && all > end_len &&
	       strcmp(text + all - end_len, end) == 0;
}

enum jk_err
jk_recorder_match(const struct jk_record *record,
    const struct jk_receipt *receipt,
    char ret_receipt[static JK_RECEIPT_MAX + 1])
{
	if (!is_same(record, receipt->text))
		return JK_ERR_FORMAT;
	(void)snprintf(ret_receipt, JK_RECEIPT_MAX + 1, "%lld.%03d:%llu",
	    (long long)(receipt->ms / 1000), (int)(receipt->ms % 1000),
	    (unsigned long long)receipt->serial);
	return JK_OK;
}

static enum jk_err
await(struct jk_recorder *r, const struct jk_record *record, int64_t ms,
    char ret[static JK_RECEIPT_MAX + 1])
{
	static struct jk_receipt receipt;
	enum jk_err e;

	if (r->mode == JK_RECORDING_KERNEL) {
		(void)snprintf(ret, JK_RECEIPT_MAX + 1, "kernel");
		return JK_OK;
	}
	e = jk_witness_receipt(&r->witness, r->id, r->cancel, jk_boot_ms() + ms,
	    &receipt);
	return e == JK_OK ? jk_recorder_match(record, &receipt, ret) : e;
}

static enum jk_err
send_void(struct jk_recorder *r, const char *voided, const char *id)
{
	struct jk_record record = { .op = JK_OP_VOID };
	enum jk_err e = jk_record_set(&record, JK_REC_VOID, voided);

	return e == JK_OK ? send_as(r, &record, id) : e;
}

void
jk_recorder_void(struct jk_recorder *recorder, const char *id)
{
	char own[JK_ID_LEN + 1];
	enum jk_err e = jk_id_new(own);

	if (e == JK_OK)
		e = send_void(recorder, id, own);
	if (e != JK_OK)
		jk_log(JK_LOG_ERR, "cannot void record %s: %s", id,
		    jk_err_text(e));
}

/* Of a worker that is gone: voided, and that is proven. */
static enum jk_err
settle(struct jk_recorder *r, const char *id)
{
	char receipt[JK_RECEIPT_MAX + 1];
	struct jk_record record = { .op = JK_OP_VOID };
	enum jk_err e;

	if ((e = jk_id_new(r->id)) == JK_OK && (e = watch(r)) == JK_OK &&
	    (e = jk_record_set(&record, JK_REC_VOID, id)) == JK_OK &&
	    (e = send_as(r, &record, r->id)) == JK_OK &&
	    (e = await(r, &record, SETTLE_MS, receipt)) == JK_OK)
		e = jk_uses_give_back_of(r->keep_dir, id);
	return e;
}

/* All that were in the air together. */
static enum jk_err
settle_flight(struct jk_recorder *r, int64_t until, int fd)
{
	char id[JK_ID_LEN + 1];
	enum jk_err e = JK_OK;

	for (size_t i = 0; i < JK_USE_FLIGHT && e == JK_OK; i++) {
		if (jk_flight_left(fd, i, id) != JK_OK)
			continue;
		e = jk_boot_ms() < until ? settle(r, id) : JK_ERR_TIMEOUT;
		if (e == JK_OK)
			e = jk_flight_settled(fd, i);
	}
	return e;
}

static bool
is_left(const char *name)
{
	return jk_flight_is_name(name) ||
	       (strncmp(name, PENDING, strlen(PENDING)) == 0 &&
	           jk_id_is_valid(name + strlen(PENDING)));
}

/* JK_ERR_BUSY: its worker is alive, or has just proven it. */
static enum jk_err
settle_file(struct jk_recorder *r, const char *name, int64_t until)
{
	enum jk_err e;
	int lock;

	e = jk_state_lock_left(r->state_dir, name, &lock);
	if (e != JK_OK)
		return e == JK_ERR_NOT_FOUND ? JK_ERR_BUSY : e;
	e = jk_flight_is_name(name) ? settle_flight(r, until, lock)
	                            : settle(r, name + strlen(PENDING));
	if (e == JK_OK)
		e = jk_state_remove(r->state_dir, name);
	close(lock);
	return e;
}

void
jk_recorder_settle(struct jk_recorder *r)
{
	int fd = openat(r->state_dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	const int64_t until = jk_boot_ms() + SETTLE_ALL_MS;
	struct dirent *entry;
	enum jk_err e = JK_OK;
	unsigned n = 0;

	if (d == NULL) {
		if (fd >= 0)
			close(fd);
		return;
	}
	/* What is not done now the next one tries again. */
	while ((e == JK_OK || e == JK_ERR_BUSY) && n < SETTLE_MOST &&
	       jk_boot_ms() < until && (entry = readdir(d)) != NULL) {
		if (!is_left(entry->d_name))
			continue;
		e = settle_file(r, entry->d_name, until);
		n += e == JK_OK;
	}
	closedir(d);
}

void
jk_recorder_disown(struct jk_recorder *r, const char *id)
{
	char name[32];
	int fd;

	jk_recorder_void(r, id);
	if (r->mode == JK_RECORDING_KERNEL)
		return;
	file_name(id, name);
	fd = openat(r->state_dir, name,
	    O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		jk_log(JK_LOG_ERR, "the void of record %s is not proven: %m",
		    id);
	else
		close(fd);
}

enum jk_err
jk_recorder_expect(struct jk_recorder *recorder)
{
	enum jk_err e;

	jk_recorder_settle(recorder);
	/* Settling may have ended the conversation with the witness. */
	e = jk_id_new(recorder->id);
	return e == JK_OK ? watch(recorder) : e;
}

/*
 * The file appears under its name with the lock already held: whoever finds
 * it unlocked knows that its worker is dead.
 */
static enum jk_err
announce(struct jk_recorder *r, const char *name, int *ret_lock)
{
	char fresh[32];
	enum jk_err e;
	int lock;

	(void)snprintf(fresh, sizeof(fresh), ".announce.%d", (int)getpid());
	e = jk_lock_take(r->state_dir, fresh, 0, &lock);
	if (e != JK_OK)
		return e;
	if (renameat(r->state_dir, fresh, r->state_dir, name) != 0) {
		close(lock);
		return JK_ERR_SYS;
	}
	*ret_lock = lock;
	return JK_OK;
}

enum jk_err
jk_recorder_prove(struct jk_recorder *recorder, struct jk_record *record,
    char ret_receipt[static JK_RECEIPT_MAX + 1])
{
	char name[32];
	enum jk_err e;

	file_name(recorder->id, name);
	e = announce(recorder, name, &recorder->announced);
	if (e != JK_OK)
		return e;
	e = send_as(recorder, record, recorder->id);
	if (e == JK_OK)
		e = await(recorder, record, recorder->receipt_ms, ret_receipt);
	if (e == JK_OK)
		return JK_OK;
	/* Not proven: the announcement stays until a void is. */
	jk_recorder_void(recorder, recorder->id);
	release(recorder);
	return e;
}

enum jk_err
jk_recorder_settled(struct jk_recorder *recorder)
{
	char name[32];
	enum jk_err e;

	file_name(recorder->id, name);
	e = jk_state_remove(recorder->state_dir, name);
	release(recorder);
	return e;
}

enum jk_err
jk_recorder_note(struct jk_recorder *recorder, struct jk_record *record)
{
	char id[JK_ID_LEN + 1];
	enum jk_err e = jk_id_new(id);

	return e == JK_OK ? send_as(recorder, record, id) : e;
}
