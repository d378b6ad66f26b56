/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pcscd: its readers, and a link to the card in one of them. Connections are
 * shared, never exclusive: an idle program of somebody else must not keep an
 * operator out. What others do to the card in the meantime is answered by a
 * bounded number of fresh starts.
 *
 * What a PC/SC code becomes here, and in card.c:
 *   JK_ERR_BUSY         others use or reset the card     card.busy
 *   JK_ERR_TIMEOUT      the card gives no answer         card.unreadable
 *   JK_ERR_CLOSED       card or reader has gone          card.removed
 *   JK_ERR_SYS          pcscd has gone                   reader.down
 *   JK_ERR_UNSUPPORTED  anything else                    card.unreadable
 * A fresh start can help with the first two only.
 */
#ifndef JK_PCSC_H
#define JK_PCSC_H

#include <stdint.h>

#include <winscard.h>

#include "apdu.h"
#include "err.h"
#include "pad.h"

#define JK_READERS_MAX 16

/* A table: the error for a code of PC/SC. SCARD_S_SUCCESS is JK_OK. */
enum jk_err jk_pcsc_err(LONG code);

struct jk_reader {
	char name[MAX_READERNAME];
	DWORD state; /* SCARD_STATE_* when it was seen last */
	size_t atr_len;
	uint8_t atr[MAX_ATR_SIZE];
};

struct jk_pcsc {
	bool open;
	SCARDCONTEXT context;
	size_t n;
	struct jk_reader reader[JK_READERS_MAX];
};

/* Tries again until boot time `until`; then JK_ERR_SYS. */
enum jk_err jk_pcsc_open(struct jk_pcsc *pcsc, int64_t until);
/* Leaves a zeroed struct; that, too, may be closed. */
void jk_pcsc_close(struct jk_pcsc *pcsc);

/* The readers of now and what is in them; none is JK_OK too. */
enum jk_err jk_pcsc_look(struct jk_pcsc *pcsc);
bool jk_reader_has_card(const struct jk_reader *reader);
/* By another program. */
bool jk_reader_is_in_use(const struct jk_reader *reader);
/* Until something changes there, or a reader comes or goes: JK_OK. */
enum jk_err jk_pcsc_wait(const struct jk_pcsc *pcsc, int64_t until);

/* To the card in one reader. */
struct jk_link {
	SCARDCONTEXT context;
	const struct jk_reader *reader; /* borrowed */
	int64_t until;
	bool connected;
	bool open;       /* a transaction */
	bool may_extend; /* no trouble with extended length so far */
	bool patient;    /* towards who has the card for himself */
	SCARDHANDLE handle;
	DWORD protocol;
	struct jk_channel channel;
	struct jk_control control;
};

/* What a transaction found when it began. */
enum jk_begun {
	JK_BEGUN_FRESH, /* a new connection: to any card */
	JK_BEGUN_AGAIN, /* the same card, and others may have used it */
	JK_BEGUN_OPEN,  /* it was open: all is as it was left */
};

/* What a transaction opens with, or goes on with. */
typedef enum jk_err jk_prepare_fn(const struct jk_channel *channel,
    enum jk_begun begun, void *ctx);

/* Nothing happens yet. `short_only`: extended length is not tried. */
void jk_link_init(struct jk_link *link, const struct jk_pcsc *pcsc,
    const struct jk_reader *reader, bool short_only, int64_t until);
/*
 * Begins a transaction, connecting where needed, or takes the one that is open,
 * and runs `prepare` in it. With JK_OK it is open then; else it is ended. On
 * JK_ERR_BUSY and JK_ERR_TIMEOUT, from PC/SC or from `prepare`, starts anew on
 * a new connection, JK_LINK_STARTS times in all; a patient link does not count
 * those that somebody's exclusive connection forbade.
 */
#define JK_LINK_STARTS   8
#define JK_LINK_PAUSE_MS 160 /* between two of them, at most */
enum jk_err jk_link_begin(struct jk_link *link, jk_prepare_fn *prepare,
    void *ctx);
/* The card as it is, for the next transaction; fine when none is open. */
void jk_link_end(struct jk_link *link);
/* Resets the card, so that nothing stays verified. Then closed. */
void jk_link_end_reset(struct jk_link *link);
/* Leaves the card alone; a closed link is fine. */
void jk_link_close(struct jk_link *link);
/* Whether the card goes within the time that pcscd may need to see it. */
bool jk_link_is_card_gone(const struct jk_link *link);

#endif
