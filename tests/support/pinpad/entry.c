/* SPDX-License-Identifier: BSD-2-Clause */
#include "entry.h"

#include <string.h>

#include "job.h"
#include "log.h"
#include "pad.h"

#define PROTOCOL_T1 1
#define ANSWER_MAX  258

#define SW_TIMEOUT   0x6400 /* PC/SC part 10, 2.5 */
#define SW_CANCELLED 0x6401
#define SW_DIFFERENT 0x6402
#define SW_LENGTH    0x6403
#define SW_REQUEST   0x6b80

struct answer {
	uint8_t *data;
	size_t size;
	size_t *len;
};

static void
clear_pin(struct pp_pin *pin)
{
	explicit_bzero(pin, sizeof(*pin));
}

static bool
is_present(void *argument)
{
	struct pp_pad *pad = argument;

	return !atomic_load(&pad->unplugged) &&
	       pad->driver.IFDHICCPresence(pad->lun) == IFD_ICC_PRESENT;
}

static RESPONSECODE
answer_sw(struct pp_pad *pad, const struct answer *to, unsigned sw)
{
	pp_log(pad->log, "answer sw=%04x", sw);
	to->data[0] = (uint8_t)(sw >> 8);
	to->data[1] = (uint8_t)(sw & 0xff);
	*to->len = 2;
	return IFD_SUCCESS;
}

static RESPONSECODE
refuse(struct pp_pad *pad, const struct answer *to, enum pp_err why)
{
	atomic_fetch_add(&pad->refusals, 1);
	pp_log(pad->log, "refused %s", pp_err_text(why));
	if (pp_err_is_broken(why))
		return IFD_NOT_SUPPORTED;
	return answer_sw(pad, to, SW_REQUEST);
}

static RESPONSECODE
answer_end(struct pp_pad *pad, const struct answer *to, enum pp_end end)
{
	switch (end) {
	case PP_TIMED_OUT:
		return answer_sw(pad, to, SW_TIMEOUT);
	case PP_CANCELLED:
		return answer_sw(pad, to, SW_CANCELLED);
	case PP_BAD_LENGTH:
		return answer_sw(pad, to, SW_LENGTH);
	case PP_ENTERED:
	case PP_CARD_GONE:
		break;
	}
	return atomic_load(&pad->unplugged) ? IFD_NO_SUCH_DEVICE
	                                    : IFD_ICC_NOT_PRESENT;
}

static void
log_job(const struct pp_pad *pad, const struct pp_job *job)
{
	const uint8_t *a = job->apdu;

	pp_log(pad->log,
	    "%s timeout=%u/%u format=%02x block=%02x length=%02x min=%u "
	    "max=%u end=%02x messages=%02x lang=%04x old=%d confirm=%d "
	    "apdu=%02x%02x%02x%02x lc=%zu",
	    job->modify ? "modify" : "verify", job->timeout_s, job->timeout2_s,
	    job->format, job->block, job->length, job->min, job->max, job->end,
	    job->messages, job->language, job->asks_old, job->confirms, a[0],
	    a[1], a[2], a[3], job->lc);
}

static enum pp_end
ask(struct pp_pad *pad, enum pp_prompt prompt, const struct pp_job *job,
    struct pp_pin *ret)
{
	enum pp_end end;

	pp_log(pad->log, "asking %s", pp_prompt_name(prompt));
	end = pp_keys_read(&pad->keys, prompt, job, is_present, pad, ret);
	pp_log(pad->log, "%s %s digits=%zu", pp_end_name(end),
	    pp_prompt_name(prompt), ret->len);
	return end;
}

/* The command with the PINs in it, and the card's answer to it. */
static RESPONSECODE
send_to_card(struct pp_pad *pad, const struct pp_job *job,
    const struct pp_pin *old, const struct pp_pin *new, const struct answer *to)
{
	SCARD_IO_HEADER header = { .Protocol = PROTOCOL_T1,
		.Length = sizeof(header) };
	uint8_t apdu[PP_APDU_MAX], answer[ANSWER_MAX];
	DWORD len = sizeof(answer);
	RESPONSECODE code;

	code = pad->driver.IFDHTransmitToICC(pad->lun, header, apdu,
	    pp_job_build(job, old, new, apdu), answer, &len, &header);
	explicit_bzero(apdu, sizeof(apdu));
	if (code != IFD_SUCCESS || len < 2) {
		pp_log(pad->log, "the card did not answer");
		return code != IFD_SUCCESS ? code : IFD_COMMUNICATION_ERROR;
	}
	if (len > to->size)
		return IFD_ERROR_INSUFFICIENT_BUFFER;
	pp_log(pad->log, "card ins=%02x sw=%02x%02x", job->apdu[1],
	    answer[len - 2], answer[len - 1]);
	memcpy(to->data, answer, len);
	*to->len = len;
	return IFD_SUCCESS;
}

static RESPONSECODE
run_verify(struct pp_pad *pad, const struct pp_job *job,
    const struct answer *to)
{
	JK_CLEANUP(clear_pin) struct pp_pin pin = { 0 };
	enum pp_end end = ask(pad, PP_PROMPT_PIN, job, &pin);

	if (end != PP_ENTERED)
		return answer_end(pad, to, end);
	return send_to_card(pad, job, NULL, &pin, to);
}

static bool
is_same(const struct pp_pin *a, const struct pp_pin *b)
{
	return a->len == b->len && memcmp(a->digits, b->digits, a->len) == 0;
}

static RESPONSECODE
run_modify(struct pp_pad *pad, const struct pp_job *job,
    const struct answer *to)
{
	JK_CLEANUP(clear_pin) struct pp_pin old = { 0 };
	JK_CLEANUP(clear_pin) struct pp_pin new = { 0 };
	JK_CLEANUP(clear_pin) struct pp_pin again = { 0 };
	enum pp_end end = PP_ENTERED;

	if (job->asks_old)
		end = ask(pad, PP_PROMPT_OLD, job, &old);
	if (end == PP_ENTERED)
		end = ask(pad, PP_PROMPT_NEW, job, &new);
	if (end == PP_ENTERED && job->confirms)
		end = ask(pad, PP_PROMPT_CONFIRM, job, &again);
	if (end != PP_ENTERED)
		return answer_end(pad, to, end);
	if (job->confirms && !is_same(&new, &again))
		return answer_sw(pad, to, SW_DIFFERENT);
	return send_to_card(pad, job, job->asks_old ? &old : NULL, &new, to);
}

static RESPONSECODE
run(struct pp_pad *pad, const struct pp_job *job, const struct answer *to)
{
	RESPONSECODE code;

	if (!is_present(pad)) {
		pp_log(pad->log, "no card");
		return IFD_ICC_NOT_PRESENT;
	}
	log_job(pad, job);
	if (job->modify)
		code = run_modify(pad, job, to);
	else
		code = run_verify(pad, job, to);
	pp_keys_forget(&pad->keys);
	return code;
}

RESPONSECODE
pp_entry_verify(struct pp_pad *pad, const uint8_t *request, size_t len,
    uint8_t *ret, size_t size, size_t *ret_len)
{
	struct answer to = { .data = ret, .size = size, .len = ret_len };
	struct pp_job job = { 0 };
	enum pp_err e;

	if (size < 2)
		return IFD_ERROR_INSUFFICIENT_BUFFER;
	e = pp_job_read_verify(request, len, &job);
	if (e != PP_OK)
		return refuse(pad, &to, e);
	atomic_fetch_add(&pad->verifications, 1);
	return run(pad, &job, &to);
}

RESPONSECODE
pp_entry_modify(struct pp_pad *pad, const uint8_t *request, size_t len,
    uint8_t *ret, size_t size, size_t *ret_len)
{
	struct answer to = { .data = ret, .size = size, .len = ret_len };
	struct pp_job job = { 0 };
	enum pp_err e;

	if (size < 2)
		return IFD_ERROR_INSUFFICIENT_BUFFER;
	e = pp_job_read_modify(request, len, &job);
	if (e != PP_OK)
		return refuse(pad, &to, e);
	atomic_fetch_add(&pad->changes, 1);
	return run(pad, &job, &to);
}
