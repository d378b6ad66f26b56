/* SPDX-License-Identifier: BSD-2-Clause */
#include "pcsc.h"

#include <string.h>
#include <time.h>

#include "atr.h"
#include "clock.h"
#include "patience.h"

#define RETRY_MS 100 /* between two looks for pcscd */
/* pcscd asks readers without an interrupt each 400 ms. */
#define SEEN_MS 600

#define ALL_READERS_BYTES (JK_READERS_MAX * MAX_READERNAME)

static const char new_readers[] = "\\\\?PnP?\\Notification";

static const struct {
	LONG code;
	enum jk_err err;
} codes[] = {
	{ SCARD_S_SUCCESS, JK_OK }, { SCARD_W_RESET_CARD, JK_ERR_BUSY },
	{ SCARD_E_SHARING_VIOLATION, JK_ERR_BUSY },
	{ SCARD_E_INVALID_HANDLE, JK_ERR_BUSY },
	/* From the first transmit after somebody's reset. */
	{ SCARD_E_PROTO_MISMATCH, JK_ERR_BUSY },
	{ SCARD_E_NOT_TRANSACTED, JK_ERR_TIMEOUT },
	{ SCARD_W_UNPOWERED_CARD, JK_ERR_TIMEOUT },
	{ SCARD_W_REMOVED_CARD, JK_ERR_CLOSED },
	{ SCARD_E_NO_SMARTCARD, JK_ERR_CLOSED },
	{ SCARD_E_READER_UNAVAILABLE, JK_ERR_CLOSED },
	{ SCARD_E_UNKNOWN_READER, JK_ERR_CLOSED },
	{ SCARD_E_NO_SERVICE, JK_ERR_SYS },
	{ SCARD_E_SERVICE_STOPPED, JK_ERR_SYS },
	{ SCARD_F_COMM_ERROR, JK_ERR_SYS },
	{ SCARD_F_INTERNAL_ERROR, JK_ERR_SYS },
	{ SCARD_E_TIMEOUT, JK_ERR_NOT_FOUND }, /* of a status wait */
};

enum jk_err
jk_pcsc_err(LONG code)
{
	for (size_t i = 0; i < JK_COUNT(codes); i++)
		if (codes[i].code == code)
			return codes[i].err;
	return JK_ERR_UNSUPPORTED;
}

static void
pause_ms(int64_t ms)
{
	const struct timespec t = {
		.tv_sec = (time_t)(ms / 1000),
		.tv_nsec = (long)(ms % 1000) * 1000000,
	};

	(void)nanosleep(&t, NULL);
}

enum jk_err
jk_pcsc_open(struct jk_pcsc *pcsc, int64_t until)
{
	for (;;) {
		SCARDCONTEXT context;

		if (SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL,
		        &context) == SCARD_S_SUCCESS) {
			*pcsc = (struct jk_pcsc){
				.open = true,
				.context = context,
			};
			return JK_OK;
		}
		if (jk_boot_ms() + RETRY_MS >= until)
			return JK_ERR_SYS;
		pause_ms(RETRY_MS);
	}
}

void
jk_pcsc_close(struct jk_pcsc *pcsc)
{
	if (pcsc->open)
		(void)SCardReleaseContext(pcsc->context);
	*pcsc = (struct jk_pcsc){ 0 };
}

/* Names with a NUL each and one more at the end; what is too long is left. */
static size_t
split_names(const char *names, size_t size, struct jk_reader *ret)
{
	size_t n = 0;

	while (n < JK_READERS_MAX && size > 0 && *names != '\0') {
		size_t len = strnlen(names, size);

		if (len == size)
			break;
		if (len < sizeof(ret[n].name)) {
			ret[n] = (struct jk_reader){ 0 };
			memcpy(ret[n].name, names, len + 1);
			n++;
		}
		names += len + 1;
		size -= len + 1;
	}
	return n;
}

static enum jk_err
list_readers(struct jk_pcsc *pcsc)
{
	char names[ALL_READERS_BYTES];
	DWORD size = sizeof(names);
	LONG code = SCardListReaders(pcsc->context, NULL, names, &size);

	pcsc->n = 0;
	if (code == SCARD_E_NO_READERS_AVAILABLE)
		return JK_OK;
	if (code != SCARD_S_SUCCESS)
		return jk_pcsc_err(code);
	if (size > sizeof(names))
		return JK_ERR_TOO_BIG;
	pcsc->n = split_names(names, size, pcsc->reader);
	return JK_OK;
}

static enum jk_err
read_states(struct jk_pcsc *pcsc)
{
	SCARD_READERSTATE states[JK_READERS_MAX] = { 0 };
	enum jk_err e;

	if (pcsc->n == 0)
		return JK_OK;
	for (size_t i = 0; i < pcsc->n; i++)
		states[i].szReader = pcsc->reader[i].name;
	e = jk_pcsc_err(
	    SCardGetStatusChange(pcsc->context, 0, states, pcsc->n));
	if (e != JK_OK && e != JK_ERR_NOT_FOUND)
		return e;
	for (size_t i = 0; i < pcsc->n; i++) {
		struct jk_reader *r = &pcsc->reader[i];

		r->state = states[i].dwEventState;
		if (states[i].cbAtr > sizeof(r->atr))
			continue;
		r->atr_len = states[i].cbAtr;
		memcpy(r->atr, states[i].rgbAtr, r->atr_len);
	}
	return JK_OK;
}

enum jk_err
jk_pcsc_look(struct jk_pcsc *pcsc)
{
	enum jk_err e = list_readers(pcsc);

	if (e == JK_OK)
		e = read_states(pcsc);
	if (e != JK_ERR_CLOSED)
		return e;
	/* A reader went between the two calls: the next look knows it. */
	pcsc->n = 0;
	return JK_OK;
}

bool
jk_reader_has_card(const struct jk_reader *reader)
{
	return (reader->state & SCARD_STATE_PRESENT) != 0;
}

bool
jk_reader_is_in_use(const struct jk_reader *reader)
{
	return (reader->state & (SCARD_STATE_INUSE | SCARD_STATE_EXCLUSIVE)) !=
	       0;
}

enum jk_err
jk_pcsc_wait(const struct jk_pcsc *pcsc, int64_t until)
{
	SCARD_READERSTATE states[JK_READERS_MAX + 1] = { 0 };
	enum jk_err e;

	for (size_t i = 0; i < pcsc->n; i++) {
		states[i].szReader = pcsc->reader[i].name;
		states[i].dwCurrentState = pcsc->reader[i].state;
	}
	states[pcsc->n].szReader = new_readers;
	e = jk_pcsc_err(SCardGetStatusChange(pcsc->context,
	    (DWORD)jk_poll_ms(until), states, pcsc->n + 1));
	if (e == JK_ERR_NOT_FOUND)
		return JK_ERR_TIMEOUT;
	return e == JK_ERR_CLOSED ? JK_OK : e;
}

static enum jk_err
transmit(void *ctx, const uint8_t *command, size_t len, uint8_t *ret,
    size_t size, size_t *ret_len)
{
	const struct jk_link *link = ctx;
	const SCARD_IO_REQUEST *pci =
	    link->protocol == SCARD_PROTOCOL_T0 ? SCARD_PCI_T0 : SCARD_PCI_T1;
	DWORD n = size;
	enum jk_err e;

	jk_patience_wait(JK_WAIT_CARD);
	e = jk_pcsc_err(
	    SCardTransmit(link->handle, pci, command, len, NULL, ret, &n));
	jk_patience_wait(JK_WAIT_PCSCD);
	if (e != JK_OK)
		return e;
	if (n > size)
		return JK_ERR_TOO_BIG;
	/* Some readers say so when a card is pulled out of a command. */
	if (n < 2)
		return JK_ERR_TIMEOUT;
	*ret_len = n;
	return JK_OK;
}

/* The reader's own errors come as status words, and SCardControl's as codes. */
static enum jk_err
control(void *ctx, uint32_t code, const uint8_t *order, size_t len,
    uint8_t *ret, size_t size, size_t *ret_len)
{
	const struct jk_link *link = ctx;
	DWORD n = 0;
	enum jk_err e;

	jk_patience_wait(JK_WAIT_READER);
	e = jk_pcsc_err(
	    SCardControl(link->handle, code, order, len, ret, size, &n));
	jk_patience_wait(JK_WAIT_PCSCD);
	if (e != JK_OK)
		return e;
	if (n > size)
		return JK_ERR_TOO_BIG;
	*ret_len = n;
	return JK_OK;
}

void
jk_link_init(struct jk_link *link, const struct jk_pcsc *pcsc,
    const struct jk_reader *reader, bool short_only, int64_t until)
{
	const struct jk_cur atr = { reader->atr, reader->atr_len };

	*link = (struct jk_link){
		.context = pcsc->context,
		.reader = reader,
		.until = until,
		.may_extend = !short_only && jk_atr_has_extended_length(atr),
		.channel = { .transmit = transmit, .ctx = link },
		.control = { .run = control, .ctx = link },
	};
}

static enum jk_err
connect_card(struct jk_link *link)
{
	enum jk_err e;

	if (link->connected)
		return JK_OK;
	e = jk_pcsc_err(SCardConnect(link->context, link->reader->name,
	    SCARD_SHARE_SHARED, SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1,
	    &link->handle, &link->protocol));
	if (e != JK_OK)
		return e;
	link->connected = true;
	/* T=0 knows no extended length. */
	link->channel.extended =
	    link->may_extend && link->protocol == SCARD_PROTOCOL_T1;
	return JK_OK;
}

/*
 * Whether pcscd answers at all: in what follows it could not be told from
 * somebody who has the card.
 */
static enum jk_err
ask_pcscd(const struct jk_link *link)
{
	SCARD_READERSTATE state = { .szReader = link->reader->name };
	enum jk_err e =
	    jk_pcsc_err(SCardGetStatusChange(link->context, 0, &state, 1));

	return e == JK_ERR_NOT_FOUND ? JK_OK : e;
}

static enum jk_err
open_transaction(struct jk_link *link, enum jk_begun *ret)
{
	const bool fresh = !link->connected;
	enum jk_err e;

	if (link->open) {
		*ret = JK_BEGUN_OPEN;
		return JK_OK;
	}
	/* A fresh one comes after a look at the readers. */
	e = fresh ? JK_OK : ask_pcscd(link);
	jk_patience_wait(JK_WAIT_OTHERS);
	if (e == JK_OK)
		e = connect_card(link);
	if (e == JK_OK)
		e = jk_pcsc_err(SCardBeginTransaction(link->handle));
	if (e != JK_OK)
		return e;
	jk_patience_wait(JK_WAIT_PCSCD);
	link->open = true;
	*ret = fresh ? JK_BEGUN_FRESH : JK_BEGUN_AGAIN;
	return JK_OK;
}

static enum jk_err
begin_once(struct jk_link *link, jk_prepare_fn *prepare, void *ctx)
{
	enum jk_begun begun;
	enum jk_err e = open_transaction(link, &begun);

	if (e != JK_OK)
		return e;
	e = prepare(&link->channel, begun, ctx);
	if (e != JK_OK)
		jk_link_end(link);
	return e;
}

/*
 * A card may announce what its reader cannot carry: one more try, in the
 * short form, before it is called unreadable.
 */
static bool
gives_up_extended(struct jk_link *link, enum jk_err e)
{
	if (!link->channel.extended || e == JK_ERR_BUSY || e == JK_ERR_CLOSED ||
	    e == JK_ERR_SYS || e == JK_ERR_NOT_FOUND)
		return false;
	link->may_extend = false;
	return true;
}

enum jk_err
jk_link_begin(struct jk_link *link, jk_prepare_fn *prepare, void *ctx)
{
	unsigned starts = 0;
	int64_t pause = 10;

	for (;;) {
		enum jk_err e = begin_once(link, prepare, ctx);
		/* Somebody has the card for himself. */
		bool shut = e == JK_ERR_BUSY && !link->connected;
		bool again = e == JK_ERR_BUSY || e == JK_ERR_TIMEOUT;

		if (e == JK_ERR_BUSY)
			jk_patience_wait(JK_WAIT_OTHERS);
		else
			jk_patience_served();
		if (e == JK_OK)
			return JK_OK;
		again = gives_up_extended(link, e) || again;
		jk_link_close(link);
		if (!shut || !link->patient)
			starts++;
		if (!again || starts == JK_LINK_STARTS ||
		    jk_boot_ms() + pause >= link->until)
			return e;
		/* In all long enough for pcscd to see that a card has gone. */
		pause_ms(pause);
		if (pause < JK_LINK_PAUSE_MS)
			pause *= 2;
	}
}

void
jk_link_end(struct jk_link *link)
{
	if (link->open)
		(void)SCardEndTransaction(link->handle, SCARD_LEAVE_CARD);
	link->open = false;
}

void
jk_link_end_reset(struct jk_link *link)
{
	DWORD then = SCARD_LEAVE_CARD;

	if (SCardEndTransaction(link->handle, SCARD_RESET_CARD) !=
	    SCARD_S_SUCCESS)
		then = SCARD_RESET_CARD;
	(void)SCardDisconnect(link->handle, then);
	link->connected = link->open = false;
}

void
jk_link_close(struct jk_link *link)
{
	if (link->connected)
		(void)SCardDisconnect(link->handle, SCARD_LEAVE_CARD);
	link->connected = link->open = false;
}

bool
jk_link_is_card_gone(const struct jk_link *link)
{
	SCARD_READERSTATE state = {
		.szReader = link->reader->name,
		.dwCurrentState = SCARD_STATE_PRESENT,
	};
	int64_t until = jk_boot_ms() + SEEN_MS;
	enum jk_err e;

	do {
		e = jk_pcsc_err(SCardGetStatusChange(link->context,
		    (DWORD)jk_poll_ms(until), &state, 1));
		if (e == JK_ERR_CLOSED ||
		    (state.dwEventState &
		        (SCARD_STATE_EMPTY | SCARD_STATE_UNAVAILABLE)) != 0)
			return true;
		/* INUSE and the like change without the card moving. */
		state.dwCurrentState = state.dwEventState;
	} while (e == JK_OK && jk_boot_ms() < until);
	return false;
}
