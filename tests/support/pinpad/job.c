/* SPDX-License-Identifier: BSD-2-Clause */
#include "job.h"

#include <string.h>

#include <pcsclite.h>
#include <reader.h>

#define HEAD 4 /* CLA INS P1 P2 */
#define DATA 5

#define INS_VERIFY  0x20
#define INS_CHANGE  0x24
#define INS_UNBLOCK 0x2c

#define FORMAT_BYTES 0x80 /* of bmFormatString */
#define FORMAT_RIGHT 0x04
#define FORMAT_TYPE  0x03
#define TYPE_BCD     1
#define TYPE_ASCII   2

#define LENGTH_RFU   0xe0 /* of bmPINLengthFormat */
#define LENGTH_BYTES 0x10

#define CONFIRM_NEW 0x01 /* of bConfirmPIN */
#define CONFIRM_OLD 0x02

#define MESSAGES_DEFAULT 0xff
#define MESSAGES_KNOWN   3

static enum pp_err
read_apdu(struct pp_job *job, const uint8_t *apdu, size_t len)
{
	uint8_t ins;

	if (len < HEAD || len > sizeof(job->apdu))
		return PP_ERR_APDU_LENGTH;
	if ((apdu[0] & 0xfc) != 0) /* neither chained nor secure messaging */
		return PP_ERR_APDU_CLASS;
	ins = apdu[1];
	if (job->modify ? ins != INS_CHANGE && ins != INS_UNBLOCK
	                : ins != INS_VERIFY)
		return PP_ERR_APDU_COMMAND;
	/* No Le: none of these commands answers with data. */
	job->lc = len > HEAD ? apdu[HEAD] : 0;
	if (len > HEAD && (job->lc == 0 || len != DATA + job->lc))
		return PP_ERR_APDU_LENGTH;
	memcpy(job->apdu, apdu, len);
	job->apdu_len = len;
	return PP_OK;
}

static enum pp_err
read_format(struct pp_job *job, size_t *ret_position)
{
	unsigned type = job->format & FORMAT_TYPE;
	size_t position = job->format >> 3 & 0x0f;

	if (type != TYPE_BCD && type != TYPE_ASCII)
		return PP_ERR_FORMAT_TYPE;
	job->bcd = type == TYPE_BCD;
	job->right = (job->format & FORMAT_RIGHT) != 0;
	if ((job->format & FORMAT_BYTES) == 0) {
		if (position % 8 != 0)
			return PP_ERR_POSITION;
		position /= 8;
	}
	*ret_position = position;
	job->block_len = job->block & 0x0f;
	return PP_OK;
}

static enum pp_err
read_length_format(struct pp_job *job)
{
	job->length_bits = job->block >> 4;
	job->length_at = job->length & 0x0f;
	if ((job->length & LENGTH_RFU) != 0)
		return PP_ERR_LENGTH_RFU;
	if (job->length_bits == 0)
		return job->length == 0 ? PP_OK : PP_ERR_LENGTH_UNUSED;
	if (job->length_bits != 4 && job->length_bits != 8)
		return PP_ERR_LENGTH_SIZE;
	if ((job->length & LENGTH_BYTES) != 0)
		job->length_at *= 8;
	if (job->length_at % job->length_bits != 0)
		return PP_ERR_LENGTH_PLACE;
	return PP_OK;
}

static size_t
digits_in(const struct pp_job *job, size_t bytes)
{
	return job->bcd ? 2 * bytes : bytes;
}

static enum pp_err
check_range(const struct pp_job *job)
{
	size_t block = job->block_len;

	if (job->min == 0 || job->min > job->max)
		return PP_ERR_RANGE;
	if (job->min < PP_PIN_MIN || job->max > PP_PIN_MAX)
		return PP_ERR_RANGE_PAD;
	if (block > 0 && job->max > digits_in(job, block))
		return PP_ERR_RANGE_BLOCK;
	return PP_OK;
}

/* The block of one PIN, and its length field, in the template's data. */
static enum pp_err
check_place(const struct pp_job *job, size_t base, size_t at)
{
	const uint8_t *data = job->apdu + DATA;
	size_t first = job->length_at / 8 + base;
	size_t end = job->block_len > 0 ? at + job->block_len : job->lc;

	/* Of no size and without data: the PIN makes the data. */
	if (at + job->block_len > job->lc && (job->block_len > 0 || at > 0))
		return PP_ERR_APDU_ROOM;
	if (job->block_len == 0 && job->lc > 0 &&
	    job->max > digits_in(job, job->lc - at))
		return PP_ERR_RANGE_BLOCK;
	for (size_t i = at; i < end; i++)
		if (data[i] != 0xff)
			return PP_ERR_APDU_FILLED;
	if (job->length_bits == 0)
		return PP_OK;
	if (first >= job->lc || (first >= at && first < at + job->block_len))
		return PP_ERR_LENGTH_PLACE;
	return PP_OK;
}

static enum pp_err
check_prologue(const uint8_t prologue[3])
{
	for (size_t i = 0; i < 3; i++)
		if (prologue[i] != 0)
			return PP_ERR_PROLOGUE;
	return PP_OK;
}

/* What both structures have. */
static enum pp_err
read_common(struct pp_job *job, const uint8_t prologue[3], size_t *ret_position)
{
	enum pp_err e;

	e = read_format(job, ret_position);
	if (e != PP_OK)
		return e;
	e = read_length_format(job);
	if (e != PP_OK)
		return e;
	e = check_range(job);
	if (e != PP_OK)
		return e;
	if (job->end == 0 || job->end > 7)
		return PP_ERR_VALIDATION;
	return check_prologue(prologue);
}

static enum pp_err
check_total(size_t said, size_t head, size_t len)
{
	return said == len - head ? PP_OK : PP_ERR_DATA_LENGTH;
}

enum pp_err
pp_job_read_verify(const uint8_t *data, size_t len, struct pp_job *ret)
{
	PIN_VERIFY_STRUCTURE s;
	struct pp_job job = { 0 };
	enum pp_err e;

	if (len < sizeof(s))
		return PP_ERR_SHORT;
	memcpy(&s, data, sizeof(s));
	e = check_total(s.ulDataLength, sizeof(s), len);
	if (e != PP_OK)
		return e;
	job = (struct pp_job){
		.timeout_s = s.bTimerOut,
		.timeout2_s = s.bTimerOut2,
		.format = s.bmFormatString,
		.block = s.bmPINBlockString,
		.length = s.bmPINLengthFormat,
		.min = (uint8_t)(s.wPINMaxExtraDigit >> 8),
		.max = (uint8_t)(s.wPINMaxExtraDigit & 0xff),
		.end = s.bEntryValidationCondition,
		.messages = s.bNumberMessage,
		.language = s.wLangId,
	};
	e = read_common(&job, s.bTeoPrologue, &job.new_at);
	if (e != PP_OK)
		return e;
	if (s.bNumberMessage > 1 && s.bNumberMessage != MESSAGES_DEFAULT)
		return PP_ERR_MESSAGES;
	if (s.bMsgIndex != 0)
		return PP_ERR_MESSAGE_INDEX;
	e = read_apdu(&job, data + sizeof(s), len - sizeof(s));
	if (e != PP_OK)
		return e;
	e = check_place(&job, 0, job.new_at);
	if (e == PP_OK)
		*ret = job;
	return e;
}

/* Nothing, the reader's own texts, or one for each thing that is asked. */
static enum pp_err
check_messages(const struct pp_job *job, const uint8_t index[MESSAGES_KNOWN])
{
	unsigned asked = 1U + job->asks_old + job->confirms;

	if (job->messages != 0 && job->messages != MESSAGES_DEFAULT &&
	    job->messages != asked)
		return PP_ERR_MESSAGES;
	for (size_t i = 0; i < MESSAGES_KNOWN; i++)
		if (index[i] >= MESSAGES_KNOWN)
			return PP_ERR_MESSAGE_INDEX;
	return PP_OK;
}

static enum pp_err
check_places(const struct pp_job *job)
{
	size_t old = job->old_at, new = job->new_at;
	enum pp_err e;

	if (job->block_len == 0)
		return PP_ERR_BLOCK_SIZE;
	e = check_place(job, job->new_base, new);
	if (e != PP_OK || !job->asks_old)
		return e;
	if (old < new + job->block_len &&new < old + job->block_len)
		return PP_ERR_OVERLAP;
	return check_place(job, job->old_base, old);
}

enum pp_err
pp_job_read_modify(const uint8_t *data, size_t len, struct pp_job *ret)
{
	PIN_MODIFY_STRUCTURE s;
	struct pp_job job = { 0 };
	size_t position = 0;
	enum pp_err e;

	if (len < sizeof(s))
		return PP_ERR_SHORT;
	memcpy(&s, data, sizeof(s));
	e = check_total(s.ulDataLength, sizeof(s), len);
	if (e != PP_OK)
		return e;
	job = (struct pp_job){
		.modify = true,
		.asks_old = (s.bConfirmPIN & CONFIRM_OLD) != 0,
		.confirms = (s.bConfirmPIN & CONFIRM_NEW) != 0,
		.timeout_s = s.bTimerOut,
		.timeout2_s = s.bTimerOut2,
		.format = s.bmFormatString,
		.block = s.bmPINBlockString,
		.length = s.bmPINLengthFormat,
		.min = (uint8_t)(s.wPINMaxExtraDigit >> 8),
		.max = (uint8_t)(s.wPINMaxExtraDigit & 0xff),
		.end = s.bEntryValidationCondition,
		.messages = s.bNumberMessage,
		.language = s.wLangId,
		.old_base = s.bInsertionOffsetOld,
		.new_base = s.bInsertionOffsetNew,
	};
	e = read_common(&job, s.bTeoPrologue, &position);
	if (e != PP_OK)
		return e;
	job.old_at = job.old_base + position;
	job.new_at = job.new_base + position;
	if ((s.bConfirmPIN & ~(CONFIRM_NEW | CONFIRM_OLD)) != 0)
		return PP_ERR_CONFIRM;
	if (!job.asks_old && job.old_base != 0)
		return PP_ERR_OLD_UNUSED;
	e = check_messages(&job,
	    (const uint8_t[]){ s.bMsgIndex1, s.bMsgIndex2, s.bMsgIndex3 });
	if (e != PP_OK)
		return e;
	e = read_apdu(&job, data + sizeof(s), len - sizeof(s));
	if (e != PP_OK)
		return e;
	e = check_places(&job);
	if (e == PP_OK)
		*ret = job;
	return e;
}

static void
put_nibble(uint8_t *data, size_t at, unsigned value)
{
	unsigned shift = at % 2 == 0 ? 4 : 0;
	unsigned kept = data[at / 2] & ~(0x0fU << shift);

	data[at / 2] = (uint8_t)(kept | value << shift);
}

static void
put_length(const struct pp_job *job, uint8_t *field, size_t len)
{
	if (job->length_bits == 8)
		field[job->length_at / 8] = (uint8_t)len;
	else if (job->length_bits == 4)
		put_nibble(field, job->length_at / 4, (unsigned)len & 0x0f);
}

/* The rest of the block keeps the template's FF. */
static void
put_digits(const struct pp_job *job, uint8_t *block, const struct pp_pin *pin)
{
	size_t first = 0;

	if (job->right && job->block_len > 0)
		first = digits_in(job, job->block_len) - pin->len;
	for (size_t i = 0; i < pin->len; i++) {
		if (job->bcd)
			put_nibble(block, first + i, pin->digits[i] & 0x0fU);
		else
			block[first + i] = pin->digits[i];
	}
}

size_t
pp_job_build(const struct pp_job *job, const struct pp_pin *old,
    const struct pp_pin *new, uint8_t *ret)
{
	size_t len = job->apdu_len;
	uint8_t *data = ret + DATA;

	memset(ret, 0xff, PP_APDU_MAX);
	memcpy(ret, job->apdu, len);
	if (len == HEAD) {
		ret[HEAD] = (uint8_t)(job->bcd ? (new->len + 1) / 2 : new->len);
		len = DATA + (size_t)ret[HEAD];
	}
	if (old != NULL) {
		put_digits(job, data + job->old_at, old);
		put_length(job, data + job->old_base, old->len);
	}
	put_digits(job, data + job->new_at, new);
	put_length(job, data + job->new_base, new->len);
	return len;
}
