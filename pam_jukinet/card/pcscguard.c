/* SPDX-License-Identifier: BSD-2-Clause */
#include "pcscguard.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

#include "echo.h"
#include "patience.h"
#include "pcsc.h"

/* Of one attempt: OpenSC needs 50 for most cards, and some hundreds for few. */
#define COMMANDS_MAX 3000
/* How often a card that says nothing is looked for in its reader. */
#define DOUBTS_MAX 2

#define INS_VERIFY 0x20

#define EXPORT __attribute__((visibility("default")))

struct link {
	bool used;
	SCARDHANDLE handle;
	struct jk_reader reader;
};

static struct {
	const struct jk_pcsc *pcsc; /* NULL: not started */
	jk_guard_lost_fn *lost;
	void *ctx;
	bool used, busy;
	bool open; /* a transaction; OpenSC may think that it has ended */
	SCARDHANDLE handle; /* whose */
	const char *hold;   /* all that follows there ends with a reset */
	bool holding;       /* it is the one that is open */
	unsigned commands, doubts;
	struct jk_tries tries;
	struct jk_echo echo; /* of the one that is open */
	struct link link[JK_READERS_MAX];
} guard;

/* libpcsclite's own function of this name. */
static void *
real(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

#define REAL(name) ((__typeof__(&(name)))real(#name))

void
jk_guard_start(const struct jk_pcsc *pcsc, jk_guard_lost_fn *lost, void *ctx)
{
	guard.pcsc = pcsc;
	guard.lost = lost;
	guard.ctx = ctx;
}

bool
jk_guard_is_used(void)
{
	return guard.used;
}

bool
jk_guard_was_busy(void)
{
	return guard.busy;
}

void
jk_guard_hold(const char *reader)
{
	guard.hold = reader;
}

bool
jk_guard_is_holding(void)
{
	return guard.holding;
}

static bool
is_open(SCARDHANDLE handle)
{
	return guard.open && handle == guard.handle;
}

static LONG
end(DWORD disposition)
{
	LONG code = SCARD_S_SUCCESS;

	if (guard.open)
		code = REAL(SCardEndTransaction)(guard.handle, disposition);
	guard.open = false;
	guard.holding = false;
	jk_echo_forget(&guard.echo);
	return code;
}

void
jk_guard_part(void)
{
	if (!guard.holding)
		(void)end(SCARD_LEAVE_CARD);
}

void
jk_guard_release(void)
{
	if (guard.holding)
		(void)end(SCARD_RESET_CARD);
	guard.hold = NULL;
}

void
jk_guard_ask_tries(void)
{
	guard.tries = (struct jk_tries){ 0 };
}

struct jk_tries
jk_guard_tries(void)
{
	return guard.tries;
}

static struct link *
find_link(SCARDHANDLE handle)
{
	for (size_t i = 0; i < JK_COUNT(guard.link); i++)
		if (guard.link[i].used && guard.link[i].handle == handle)
			return &guard.link[i];
	return NULL;
}

static void
add_link(SCARDHANDLE handle, const char *reader)
{
	for (size_t i = 0; i < JK_COUNT(guard.link); i++) {
		struct link *l = &guard.link[i];

		if (l->used)
			continue;
		*l = (struct link){ .used = true, .handle = handle };
		strncpy(l->reader.name, reader, sizeof(l->reader.name) - 1);
		return;
	}
}

static bool
is_gone(SCARDHANDLE handle)
{
	const struct link *l = find_link(handle);
	struct jk_link link;

	if (l == NULL || guard.doubts >= DOUBTS_MAX)
		return false;
	guard.doubts++;
	jk_link_init(&link, guard.pcsc, &l->reader, true, 0);
	return jk_link_is_card_gone(&link);
}

/* Gives the code back unless it says that all is over. */
static LONG
judge(SCARDHANDLE handle, LONG code, bool answered)
{
	enum jk_err e = jk_pcsc_err(code);

	if (e == JK_OK && !answered)
		e = JK_ERR_TIMEOUT;
	if (e == JK_ERR_TIMEOUT && is_gone(handle))
		e = JK_ERR_CLOSED;
	if (e == JK_ERR_CLOSED || e == JK_ERR_SYS)
		guard.lost(e, guard.ctx);
	return code;
}

EXPORT LONG
SCardEstablishContext(DWORD scope, LPCVOID reserved1, LPCVOID reserved2,
    LPSCARDCONTEXT ret)
{
	if (guard.pcsc != NULL)
		guard.used = true;
	return REAL(SCardEstablishContext)(scope, reserved1, reserved2, ret);
}

EXPORT LONG
SCardConnect(SCARDCONTEXT context, LPCSTR reader, DWORD share, DWORD protocols,
    LPSCARDHANDLE ret, LPDWORD ret_protocol)
{
	LONG code;

	if (guard.pcsc == NULL)
		return REAL(SCardConnect)(context, reader, share, protocols,
		    ret, ret_protocol);
	jk_guard_part();
	jk_patience_wait(JK_WAIT_OTHERS);
	code = REAL(
	    SCardConnect)(context, reader, share, protocols, ret, ret_protocol);
	jk_patience_wait(JK_WAIT_PCSCD);
	if (code == SCARD_S_SUCCESS)
		add_link(*ret, reader);
	else if (jk_pcsc_err(code) == JK_ERR_BUSY)
		guard.busy = true;
	return code;
}

EXPORT LONG
SCardDisconnect(SCARDHANDLE handle, DWORD disposition)
{
	struct link *l = find_link(handle);

	if (is_open(handle) && guard.holding)
		jk_guard_release();
	else if (is_open(handle))
		jk_guard_part();
	if (l != NULL)
		*l = (struct link){ 0 };
	return REAL(SCardDisconnect)(handle, disposition);
}

static bool
is_to_hold(SCARDHANDLE handle)
{
	const struct link *l = find_link(handle);

	return guard.hold != NULL && !guard.holding && l != NULL &&
	       strcmp(l->reader.name, guard.hold) == 0;
}

static LONG
begin(SCARDHANDLE handle)
{
	LONG code;

	/* Nothing is kept while another card is waited for, but a PIN's. */
	jk_guard_part();
	jk_patience_wait(JK_WAIT_OTHERS);
	code = REAL(SCardBeginTransaction)(handle);
	jk_patience_served();
	if (code == SCARD_S_SUCCESS && !guard.open) {
		guard.open = true;
		guard.handle = handle;
	}
	return judge(handle, code, true);
}

EXPORT LONG
SCardBeginTransaction(SCARDHANDLE handle)
{
	LONG code = SCARD_S_SUCCESS;

	if (guard.pcsc == NULL)
		return REAL(SCardBeginTransaction)(handle);
	if (!is_open(handle))
		code = begin(handle);
	if (is_open(handle) && is_to_hold(handle))
		guard.holding = true;
	return code;
}

EXPORT LONG
SCardEndTransaction(SCARDHANDLE handle, DWORD disposition)
{
	if (!is_open(handle))
		return REAL(SCardEndTransaction)(handle, disposition);
	if (guard.holding || disposition == SCARD_LEAVE_CARD)
		return SCARD_S_SUCCESS;
	return end(disposition);
}

/* What is answered here must not outlive what these may do to a card. */
EXPORT LONG
SCardReconnect(SCARDHANDLE handle, DWORD share, DWORD protocols, DWORD how,
    LPDWORD ret_protocol)
{
	jk_echo_forget(&guard.echo);
	return REAL(
	    SCardReconnect)(handle, share, protocols, how, ret_protocol);
}

EXPORT LONG
SCardControl(SCARDHANDLE handle, DWORD code, LPCVOID command, DWORD len,
    LPVOID ret, DWORD size, LPDWORD ret_len)
{
	jk_echo_forget(&guard.echo);
	return REAL(
	    SCardControl)(handle, code, command, len, ret, size, ret_len);
}

static void
note_tries(struct jk_cur command, struct jk_cur answer)
{
	struct jk_tries *t = &guard.tries;
	uint16_t sw;

	if (command.left < 4 || command.at[1] != INS_VERIFY || answer.left < 2)
		return;
	sw = (uint16_t)(answer.at[answer.left - 2] << 8 |
	                answer.at[answer.left - 1]);
	t->known = jk_tries_from_sw(sw, &t->left);
}

static void
note(SCARDHANDLE handle, struct jk_cur command, LONG code, struct jk_cur answer)
{
	if (code == SCARD_S_SUCCESS)
		note_tries(command, answer);
	if (!is_open(handle))
		return;
	if (code == SCARD_S_SUCCESS)
		jk_echo_note(&guard.echo, command, answer);
	else
		jk_echo_forget(&guard.echo);
}

static bool
is_answered(SCARDHANDLE handle, struct jk_cur command, LPBYTE ret,
    LPDWORD ret_len)
{
	size_t n = 0;

	if (!is_open(handle) ||
	    !jk_echo_answer(&guard.echo, command, ret, *ret_len, &n))
		return false;
	*ret_len = n;
	return true;
}

EXPORT LONG
SCardTransmit(SCARDHANDLE handle, const SCARD_IO_REQUEST *send, LPCBYTE command,
    DWORD len, SCARD_IO_REQUEST *receive, LPBYTE ret, LPDWORD ret_len)
{
	LONG code;

	if (guard.pcsc == NULL)
		return REAL(SCardTransmit)(handle, send, command, len, receive,
		    ret, ret_len);
	if (++guard.commands > COMMANDS_MAX)
		return SCARD_F_COMM_ERROR;
	if (is_answered(handle, (struct jk_cur){ command, len }, ret, ret_len))
		return SCARD_S_SUCCESS;
	jk_patience_wait(JK_WAIT_CARD);
	code = REAL(
	    SCardTransmit)(handle, send, command, len, receive, ret, ret_len);
	jk_patience_wait(JK_WAIT_PCSCD);
	note(handle, (struct jk_cur){ command, len }, code,
	    (struct jk_cur){ ret, *ret_len });
	return judge(handle, code, *ret_len >= 2);
}
