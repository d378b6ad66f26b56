/* SPDX-License-Identifier: BSD-2-Clause */
#include "reader.h"

#include <poll.h>
#include <string.h>

#include "card.h"

#define RETRY_US        50000
#define ATR_MAX         33
#define EXTENDED_LENGTH 0x40

void
vc_reader_init(struct vc_reader *r, uint16_t port)
{
	r->removed_us = INT64_MIN / 2;
	r->vpcd.port = port;
	r->vpcd.fd = -1;
	r->log.fd = -1;
	r->chip.faults = &r->faults;
	vc_chip_reset(&r->chip);
}

void
vc_reader_clear(struct vc_reader *r)
{
	vc_vpcd_close(&r->vpcd);
	vc_faults_clear(&r->faults);
	vc_chip_clear(&r->chip);
	vc_card_close(&r->card);
	vc_log_close(&r->log);
}

static void
lose_power(struct vc_reader *r)
{
	vc_chip_reset(&r->chip);
	r->powered = false;
}

/* pcscd is gone or the card is: what was under way is lost. */
static void
drop_connection(struct vc_reader *r)
{
	vc_vpcd_close(&r->vpcd);
	lose_power(r);
	r->pending = VC_PENDING_NONE;
}

static void
try_connect(struct vc_reader *r)
{
	drop_connection(r);
	(void)vc_vpcd_connect(&r->vpcd);
	r->retry_us = vc_log_now_us() + RETRY_US;
}

static void
hold(struct vc_reader *r, struct vc_card *card)
{
	vc_card_close(&r->card);
	r->card = card;
	r->chip.card = card;
	vc_reader_reset_count(r);
}

enum vc_err
vc_reader_insert(struct vc_reader *r, const char *dir)
{
	struct vc_card *card = NULL;
	enum vc_err e;

	if (dir == NULL && r->card == NULL)
		return VC_ERR_NO_CARD;
	e = vc_card_open(dir != NULL ? dir : r->card->dir, &card);
	if (e != VC_OK)
		return e;
	if (r->inserted)
		vc_reader_remove(r, "removed");
	if (dir != NULL)
		r->chip.last.len = 0; /* perhaps of another kind of key */
	hold(r, card);
	r->inserted = true;
	vc_log_event(&r->log, "inserted");
	r->retry_us = r->removed_us + (int64_t)r->gap_ms * 1000;
	return VC_OK;
}

enum vc_err
vc_reader_change(struct vc_reader *r, const char *dir)
{
	struct vc_card *card = NULL;
	enum vc_err e;

	if (!r->inserted)
		return VC_ERR_NO_CARD;
	e = vc_card_open(dir, &card);
	if (e != VC_OK)
		return e;
	if (card->state.kind != r->card->state.kind) {
		vc_card_close(&card);
		return VC_ERR_KIND;
	}
	vc_chip_reset(&r->chip);
	r->chip.last.len = 0;
	hold(r, card);
	vc_log_event(&r->log, "changed");
	return VC_OK;
}

void
vc_reader_remove(struct vc_reader *r, const char *why)
{
	if (r->inserted)
		r->removed_us = vc_log_now_us();
	drop_connection(r);
	r->inserted = false;
	vc_log_event(&r->log, why);
}

void
vc_reader_reset_count(struct vc_reader *r)
{
	r->apdus = 0;
	r->chip.signatures = 0;
}

void
vc_reader_clear_faults(struct vc_reader *r)
{
	vc_faults_clear(&r->faults);
	r->chip.endless = false;
	r->remove_at = 0;
	r->remove_after = 0;
	if (r->pending != VC_PENDING_NONE) {
		r->pending = VC_PENDING_TIMED;
		r->due_us = 0;
	}
}

static void
send_or_drop(struct vc_reader *r, const uint8_t *data, size_t len)
{
	if (vc_vpcd_send(&r->vpcd, data, len) != VC_OK)
		drop_connection(r);
}

static void
send_atr(struct vc_reader *r)
{
	const struct vc_application *app = vc_chip_application(&r->chip);
	uint8_t atr[ATR_MAX], check = 0;

	memcpy(atr, app->atr, app->atr_len);
	if (r->no_extended && app->capabilities != 0)
		atr[app->capabilities] &= (uint8_t)~EXTENDED_LENGTH;
	for (size_t i = 1; i < app->atr_len; i++)
		check ^= atr[i];
	atr[app->atr_len] = check;
	send_or_drop(r, atr, app->atr_len + 1);
}

static void
obey_control(struct vc_reader *r, uint8_t code)
{
	switch (code) {
	case VC_VPCD_ATR:
		send_atr(r);
		break;
	case VC_VPCD_POWER_ON:
		lose_power(r);
		r->powered = true;
		vc_log_event(&r->log, "power on");
		break;
	case VC_VPCD_RESET:
		lose_power(r);
		r->powered = true;
		vc_log_event(&r->log, "reset");
		break;
	case VC_VPCD_POWER_OFF:
		lose_power(r);
		vc_log_event(&r->log, "power off");
		break;
	default:
		break;
	}
}

static void
schedule(struct vc_reader *r)
{
	const struct vc_fault *f = vc_faults_use(&r->faults, VC_STAGE_TIME);
	unsigned long ms = r->apdu_ms;

	if (r->chip.signed_now)
		ms += r->sign_ms;
	if (f != NULL && f->kind == VC_FAULT_DELAY)
		ms += f->ms;
	r->pending = VC_PENDING_TIMED;
	if (f != NULL && f->kind == VC_FAULT_SILENT)
		r->pending = VC_PENDING_SILENT;
	r->due_us = ms == 0 ? 0 : vc_log_now_us() + (int64_t)ms * 1000;
}

/* false: the card is gone. */
static bool
answer_apdu(struct vc_reader *r, const uint8_t *frame, size_t len)
{
	struct vc_apdu a;
	enum vc_err parsed = vc_apdu_parse(frame, len, &a);

	r->apdus++;
	if (r->remove_at == r->apdus) {
		r->remove_at = 0;
		vc_log_apdu(&r->log, r->apdus, &a, NULL, "");
		vc_reader_remove(r, "removed-at");
		return false;
	}
	vc_faults_begin(&r->faults, r->apdus, a.command);
	vc_chip_run(&r->chip, &a, parsed, &r->answer);
	schedule(r);
	vc_log_apdu(&r->log, r->apdus, &a, &r->answer, r->faults.used);
	return true;
}

static void
send_pending(struct vc_reader *r)
{
	r->pending = VC_PENDING_NONE;
	send_or_drop(r, r->answer.data, r->answer.len);
}

static void
send_if_due(struct vc_reader *r)
{
	if (r->pending == VC_PENDING_TIMED &&
	    (r->due_us == 0 || r->due_us <= vc_log_now_us()))
		send_pending(r);
}

static bool
is_idle(const struct vc_reader *r)
{
	return r->vpcd.up && r->pending == VC_PENDING_NONE &&
	       vc_vpcd_is_flushed(&r->vpcd);
}

static void
remove_if_planned(struct vc_reader *r)
{
	if (r->remove_after != 0 && r->remove_after <= r->apdus && is_idle(r)) {
		r->remove_after = 0;
		vc_reader_remove(r, "removed-after");
	}
}

static void
take_frames(struct vc_reader *r)
{
	const uint8_t *frame;
	size_t len;

	while (is_idle(r) && vc_vpcd_frame(&r->vpcd, &frame, &len)) {
		if (len == 1)
			obey_control(r, frame[0]);
		else if (len > 1 && !answer_apdu(r, frame, len))
			return;
		if (!r->vpcd.up)
			return;
		vc_vpcd_drop(&r->vpcd);
		send_if_due(r);
		remove_if_planned(r);
	}
}

void
vc_reader_prepare(const struct vc_reader *r, struct pollfd *p)
{
	p->fd = r->vpcd.fd;
	p->events = vc_vpcd_events(&r->vpcd, is_idle(r));
	p->revents = 0;
}

int
vc_reader_timeout(const struct vc_reader *r)
{
	int64_t until, us;

	if (r->pending == VC_PENDING_TIMED)
		until = r->due_us;
	else if (r->inserted && r->vpcd.fd < 0)
		until = r->retry_us;
	else
		return -1;
	us = until - vc_log_now_us();
	return us <= 0 ? 0 : (int)((us + 999) / 1000);
}

void
vc_reader_step(struct vc_reader *r, short revents)
{
	if (r->vpcd.fd >= 0 && vc_vpcd_step(&r->vpcd, revents) != VC_OK) {
		drop_connection(r);
		r->retry_us = vc_log_now_us() + RETRY_US;
	}
	send_if_due(r);
	remove_if_planned(r);
	take_frames(r);
	if (r->inserted && r->vpcd.fd < 0 && r->retry_us <= vc_log_now_us())
		try_connect(r);
}
