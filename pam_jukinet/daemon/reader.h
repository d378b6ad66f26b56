/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asking jukinet-card. What comes back is raw evidence: a certificate and a
 * signature, believed only after the worker has verified them. A process of it
 * goes one way to the cards, so there is one conversation for kinds that it
 * knows itself and another for those of OpenSC, in the order of jukinet.conf.
 */
#ifndef JK_READER_H
#define JK_READER_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "frame.h"
#include "grant.h"
#include "keykind.h"
#include "protocol.h"
#include "reason.h"
#include "rows.h"
#include "secret.h"

#define JK_IDENTITY_MAX  64
#define JK_TRIES_UNKNOWN UINT64_MAX

struct jk_reader {
	int fd; /* -1: not connected */
	struct jk_frame *frame;
	const struct jk_cancel *cancel;
	int64_t until;
	const struct jk_settings *settings; /* borrowed */
	size_t next_kind;                   /* of these, for who comes next */
	enum jk_reason so_far;              /* why it came to that */
	/* When others keep the card, once; NULL: nobody is told. */
	void (*busy)(void *ctx);
	void *ctx;
};

enum jk_reader_event {
	JK_READER_WAITING, /* no card; `readers` are connected */
	JK_READER_CARD,    /* one was looked at, `tries` are left */
	JK_READER_FAILED,  /* no further card: `why` */
};

struct jk_reader_news {
	enum jk_reader_event event;
	uint64_t readers;
	uint64_t tries; /* JK_TRIES_UNKNOWN: the card did not say */
	bool pad;       /* the card is in a reader with keys for the PIN */
	enum jk_reason why;
	char kind[JK_ID_MAX + 1];
	char reader[JK_READER_MAX + 1]; /* its name, as a record may hold it */
	size_t identity_len;            /* 0: it has none */
	uint8_t identity[JK_IDENTITY_MAX];
	size_t cert_len; /* 0: not read yet; then there is an identity */
	uint8_t cert[JK_CERT_MAX];
};

/*
 * Connects and starts the search for cards of these kinds (words.h);
 * `until` bounds everything that follows. The settings must last as long.
 */
enum jk_err jk_reader_find(int64_t until, const struct jk_settings *settings,
    const struct jk_cancel *cancel, struct jk_reader *ret);
enum jk_err jk_reader_next(struct jk_reader *reader,
    struct jk_reader_news *ret);
/* The card shown last is to show its certificate: it comes once more. */
enum jk_err jk_reader_read(struct jk_reader *reader);
/* The card shown last is not the one. */
enum jk_err jk_reader_pass(struct jk_reader *reader);
/* What the card shown last is to do with the PIN. */
struct jk_reader_order {
	const uint8_t *nonce; /* JK_NONCE_LEN bytes */
	enum jk_key_kind key;
	/*
	 * Of jk_reader_unblock() the PUK. NULL: typed at the reader's keys, and
	 * so long, as far as the card's.
	 */
	const struct jk_secret *pin;
	unsigned pin_min, pin_max;
	uint64_t tries_keep;
	bool renews; /* jk_reader_renew() follows */
};

/*
 * The card gets the PIN and signs. JK_OK with a signature, or JK_ERR_REFUSED
 * with *ret_why and *ret_tries. The PIN's frame is erased.
 */
enum jk_err jk_reader_sign(struct jk_reader *reader,
    const struct jk_reader_order *order,
    uint8_t ret_signature[static JK_SIGNATURE_MAX], size_t *ret_len,
    enum jk_reason *ret_why, uint64_t *ret_tries);
/*
 * After that, with JK_WHY_PIN_MALFORMED: how many digits the keys take. False:
 * it was not said.
 */
bool jk_reader_pin_range(const struct jk_reader *reader, unsigned *ret_min,
    unsigned *ret_max);

/* What came of a new PIN that was on its way to a card. */
struct jk_reader_end {
	enum jk_reason why;
	uint64_t tries; /* left of the PIN or PUK, or JK_TRIES_UNKNOWN */
	enum jk_pin_stands stands;
};

/*
 * At once after jk_reader_sign(): the card gets a new PIN. JK_OK: it has it;
 * on any other answer *ret is filled. Frames with PINs are erased.
 */
enum jk_err jk_reader_renew(struct jk_reader *reader,
    const struct jk_secret *old, const struct jk_secret *fresh,
    struct jk_reader_end *ret);
/* Sets a blocked PIN anew, and signs with it; the rest as above. */
enum jk_err jk_reader_unblock(struct jk_reader *reader,
    const struct jk_reader_order *order, const struct jk_secret *fresh,
    uint8_t ret_signature[static JK_SIGNATURE_MAX], size_t *ret_len,
    struct jk_reader_end *ret);
void jk_reader_close(struct jk_reader *reader);

#endif
