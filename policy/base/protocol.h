/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The wire format of all three sockets in one place. Every conversation is
 * one connection. Unknown fields are ignored; a missing or malformed needed
 * field ends the conversation.
 *
 * jukinet.sock (anyone ⇄ jukinetd)
 *   < HELLO     NONCE, DEADLINE_MS, STYLE?
 *   > AUTH      NONCE, ACCOUNT?, SERVICE, TTY, HOST, FLAGS
 *                                            without ACCOUNT: of root only, and
 *                                            only where SERVICE needs no name
 *                                            (else REASON account.needed, and
 *                                            no record)
 *     < NOTE    MESSAGE, PARAM*              any number
 *     < ASK_PIN MESSAGE, PARAM*, PIN_MIN, PIN_MAX
 *                                            not where the reader has keys
 *     > PIN     PIN                          or closes: cancelled
 *     < ASK_CHOICE MESSAGE, OPTION*          of a login with several operator
 *                                            IDs or accounts; OPTION is
 *                                            "ID=TYPE", or "ID=TYPE=ACCOUNT"
 *                                            where there are several accounts
 *     > CHOICE  ACCOUNT?, OPID?              one of them, ACCOUNT where OPTION
 *                                            has one; without either: cannot
 *                                            ask, which takes the first
 *     < VERDICT REASON, PARAM*, ACCOUNT?, TICKET
 *                                            (TICKET when a login was granted,
 *                                            ACCOUNT when none was named)
 *   > ACCOUNT   NONCE, ACCOUNT, SERVICE, TTY, HOST, TICKET?
 *     < VERDICT REASON, PARAM*
 *   > OPEN      NONCE, ACCOUNT, SERVICE, TTY, HOST, TICKET?
 *     < VERDICT REASON, PARAM*, SESSION?     (granted without SESSION: not
 *                                             ours and not enforced)
 *   > CLOSE     NONCE, ACCOUNT, SERVICE, TTY, HOST, SESSION
 *     < VERDICT REASON
 *   > CHANGE    NONCE, ACCOUNT, SERVICE, TTY, HOST, FLAGS, TICKET?
 *                                            of root: the PIN of a card
 *     < NOTE    MESSAGE, PARAM*
 *     < ASK_PIN as above                     the present PIN or the PUK, the
 *     > PIN     PIN                          new PIN, and that once more
 *     < VERDICT REASON, PARAM*
 *   > MANAGE    NONCE, COMMAND, FUNCTION?    of root: the session of the
 *                                            account of its loginuid
 *     < VERDICT REASON, PARAM*, SESSION, PERSON, OPID, TYPE, DEPARTMENT,
 *               TERMINAL                     (REASON and PARAM alone when
 *                                            refused)
 *   > SWITCH    NONCE, OPID                  of the session's own account
 *     < VERDICT as MANAGE
 *   > SWITCH    NONCE                        only shows
 *     < VERDICT as MANAGE, with STATE, OPTION* (what could be switched to) and
 *               MESSAGE (a reason's code: why there is no OPTION)
 *   > LOCK      NONCE, CAUSE, SESSION?       the session of the caller's own
 *                                            account; or of the monitor, which
 *                                            names it
 *     < VERDICT REASON                       granted: it is not active
 *   > END       NONCE, CAUSE, SESSION        of the monitor
 *     < VERDICT REASON
 *   > SEEN      NONCE, CAUSE, SESSION?, READER?, SECONDS?
 *                                            of the monitor: for the record
 *     < VERDICT REASON
 *   > LOOK      NONCE                        of the monitor
 *     < LIVE    SESSION, UID, CARD, READER?, STATE, CAUSE, PROVEN_MS, BOOT_MS,
 *               LEADER*                      one for each session that has not
 *                                            ended: since BOOT_MS it is as it is
 *     < VERDICT REASON, PRESENT, REMOVAL, LOCK_WITHIN_S, LOCKED_MAX_S, LEFT_S,
 *               LEFTOVERS                    what holds on this terminal
 *   > USE       NONCE, PURPOSE, RECEPTION?, GROUNDS?
 *                                            of the session's own account: why
 *                                            somebody's record is wanted; the
 *                                            conversation lasts until the client
 *                                            closes or the session ends
 *     < USING   REASON, PARAM*, USE?, SESSION?, PERSON?, OPID?, TYPE?,
 *               DEPARTMENT?, TERMINAL?         refused: REASON and PARAM alone,
 *                                            and it ends
 *     any number, at most JK_USE_FLIGHT of them unanswered; each is answered
 *     once, in any order:
 *     > QUERY   SEQ, ACTION, BUSINESS, SEARCH?, CODE?, COUNT?, REQUIREMENT?,
 *               PERMISSION?, OBJECT?
 *     > RESULT  SEQ, ID, COUNT               of a QUERY that was allowed: so many
 *                                            persons came out
 *     > CONFIRM SEQ                          for the QUERY that was answered last
 *                                            with confirm.none: as it stands, by a
 *                                            second person; nothing else may be
 *                                            unanswered
 *       < NOTE, < ASK_PIN and > PIN as in AUTH, before its ANSWER
 *     > USES    SEQ, INDEX?                  what of the session's uses has no
 *                                            entry in the use ledger: from INDEX
 *                                            on; without it, or from 0, as it is
 *                                            now, else as it was then
 *       < USED  OPID?, REAL_S, SEQ, USE?, PURPOSE?, RECEPTION?, COUNT, ALLOWED,
 *               REFUSED                      JK_USED_PAGE of them at most; without
 *                                            USE: of several together. Then its
 *                                            ANSWER; no more of them: that is all
 *     > DONE    SEQ, COUNT?, TEXT?           the entry of the use ledger as the
 *                                            operator has confirmed it: of this use;
 *                                            refused (ledger.changed) when all of it
 *                                            has one, or is being entered
 *     > DONE    SEQ, COUNT, TEXT?, USES, ALLOWED, REFUSED
 *                                            the same of all that USES has told,
 *                                            so many, with these sums; refused
 *                                            (ledger.changed) when it was not so,
 *                                            is no longer, or is being entered
 *       < ANSWER SEQ, REASON, PARAM*, ID?, RECEIPT?, MAC?, MAC_KEY?
 *     < CHANGED STATE, CAUSE                 unasked: how the session stands now
 *
 * /run/jukinet/sessions/UID (jukinetd → anybody), a file by rename
 *     NOTICE    SESSION, CAUSE, STATE        how the account's session stands; a
 *                                            hint for who waits: jukinetd decides
 *
 * card.sock (jukinetd ⇄ jukinet-card)
 *   > FIND      DEADLINE_MS, WAIT_MS, KIND*  left of the whole, for a card;
 *                                            in which languages to ask it, or
 *                                            "opensc" alone
 *     < WAITING READERS                      no card yet
 *     < BUSY                                 others keep the card: once, at any
 *                                            time
 *     < CARD    READER, CERTIFICATE?, TRIES?, KIND, IDENTITY?, PAD?
 *                                            one of the two is there; PAD:
 *                                            the reader has keys
 *       > READ                               certificate wanted: CARD again
 *       > NEXT                               not this one
 *       > SIGN  NONCE, FLAGS?, PIN, TRIES_KEEP, KEY_KIND
 *                                            this one
 *       > SIGN  NONCE, PIN_MIN, PIN_MAX, TRIES_KEEP, KEY_KIND, PAD
 *                                            the same, and a person types at
 *                                            the reader's keys
 *         < SIGNED SIGNATURE
 *           > RENEW PIN, PIN_NEW             after a SIGN with the flag RENEW
 *             < RENEWED
 *             < FAILED REASON, TRIES?, PIN_STANDS
 *         < FAILED REASON, PIN_MIN?, PIN_MAX?, TRIES?
 *                                            (how many digits the keys take)
 *       > UNBLOCK NONCE, KEY_KIND, PIN_NEW, PUK
 *                                            this one, whose PIN is blocked
 *         < SIGNED SIGNATURE
 *         < FAILED REASON, TRIES?, PIN_STANDS (of the PUK)
 *     < FAILED  REASON                       no further card
 *
 * witness.sock (jukinetd ⇄ jukinet-witness)
 *   > WATCH     FLAGS, ID*                   before the records are written
 *     < WATCHING ID*
 *     < RECEIPT ID, AUDIT_MS, AUDIT_SERIAL, TEXT
 *     < FAILED  REASON, ID                   the log cannot be followed
 */
#ifndef JK_PROTOCOL_H
#define JK_PROTOCOL_H

#define JK_NONCE_LEN   32
#define JK_CHOICES_MAX 32 /* OPTIONs of one question */

enum jk_frame_type {
	JK_FRAME_HELLO = 1,
	JK_FRAME_AUTH,
	JK_FRAME_ACCOUNT,
	JK_FRAME_OPEN,
	JK_FRAME_CLOSE,
	JK_FRAME_NOTE,
	JK_FRAME_ASK_PIN,
	JK_FRAME_PIN,
	JK_FRAME_VERDICT,
	JK_FRAME_MANAGE,
	JK_FRAME_SWITCH,
	JK_FRAME_ASK_CHOICE,
	JK_FRAME_CHOICE,
	JK_FRAME_CHANGE,
	JK_FRAME_LOCK,
	JK_FRAME_END,
	JK_FRAME_SEEN,
	JK_FRAME_LOOK,
	JK_FRAME_LIVE,
	JK_FRAME_USE,
	JK_FRAME_USING,
	JK_FRAME_QUERY,
	JK_FRAME_RESULT,
	JK_FRAME_CONFIRM,
	JK_FRAME_DONE,
	JK_FRAME_ANSWER,
	JK_FRAME_CHANGED,
	JK_FRAME_USES,
	JK_FRAME_USED,

	JK_FRAME_FIND = 32,
	JK_FRAME_WAITING,
	JK_FRAME_CARD,
	JK_FRAME_NEXT,
	JK_FRAME_SIGN,
	JK_FRAME_SIGNED,
	JK_FRAME_FAILED,
	JK_FRAME_READ,
	JK_FRAME_BUSY,
	JK_FRAME_RENEW,
	JK_FRAME_RENEWED,
	JK_FRAME_UNBLOCK,

	JK_FRAME_WATCH = 64,
	JK_FRAME_WATCHING,
	JK_FRAME_RECEIPT,

	/* Files below the state directory, in the same coding. */
	JK_FRAME_STATE_TICKET = 96,
	JK_FRAME_STATE_SESSION,
	JK_FRAME_STATE_TIME,
	JK_FRAME_STATE_USE,
	JK_FRAME_STATE_CARD,
	JK_FRAME_STATE_PIN,
	JK_FRAME_STATE_LAST,
	JK_FRAME_NOTICE,
	JK_FRAME_STATE_CONFIRMED,
};

enum jk_field {
	JK_FIELD_NONCE = 1,
	JK_FIELD_REASON,      /* u64, enum jk_reason */
	JK_FIELD_MESSAGE,     /* code of a text, "card.insert" */
	JK_FIELD_PARAM,       /* "name=value", repeats */
	JK_FIELD_DEADLINE_MS, /* u64, from now */
	JK_FIELD_WAIT_MS,     /* u64, from now */
	JK_FIELD_ACCOUNT,
	JK_FIELD_SERVICE,
	JK_FIELD_TTY,
	JK_FIELD_HOST,
	JK_FIELD_FLAGS, /* u64, JK_FLAG_* */
	JK_FIELD_TICKET,
	JK_FIELD_SESSION,
	JK_FIELD_PIN_MIN, /* u64, characters */
	JK_FIELD_PIN_MAX,
	JK_FIELD_PIN,
	JK_FIELD_READER,
	JK_FIELD_READERS, /* u64, how many are connected */
	JK_FIELD_CERTIFICATE,
	JK_FIELD_TRIES,      /* u64, left on the card */
	JK_FIELD_TRIES_KEEP, /* u64: no VERIFY unless more than these are left */
	JK_FIELD_SIGNATURE,
	JK_FIELD_ID,
	JK_FIELD_AUDIT_MS, /* u64, the record's time */
	JK_FIELD_AUDIT_SERIAL,
	JK_FIELD_TEXT,
	JK_FIELD_COMMAND,  /* "card.approve" */
	JK_FIELD_FUNCTION, /* id of a function of 別紙1 */
	JK_FIELD_OPTION,   /* "ID=TYPE" or "ID=TYPE=ACCOUNT", repeats */
	JK_FIELD_APPROVAL, /* id of one that a grant stands on, repeats */
	JK_FIELD_KIND,     /* of a card: "piv", "jpki", "opensc" */
	JK_FIELD_IDENTITY, /* by which a card of that kind is known again */
	JK_FIELD_KEY_KIND, /* u64, enum jk_key_kind */
	JK_FIELD_PIN_NEW,
	JK_FIELD_PUK,
	JK_FIELD_PIN_STANDS,    /* u64, enum jk_pin_stands */
	JK_FIELD_PAD,           /* u64, 1: the PIN by the keys of the reader */
	JK_FIELD_PROVEN_MS,     /* u64, boot time before the PIN met the card */
	JK_FIELD_SECONDS,       /* u64, how long */
	JK_FIELD_PRESENT,       /* u64, enum jk_card_present */
	JK_FIELD_REMOVAL,       /* u64, enum jk_removal */
	JK_FIELD_LOCK_WITHIN_S, /* u64, until a locker says so; 0: it never does */
	JK_FIELD_LOCKED_MAX_S, /* u64, then a locked session ends; 0: never */
	JK_FIELD_LEFT_S,       /* u64, until a card left behind is told */
	JK_FIELD_LEFTOVERS,    /* u64, enum jk_leftovers */
	JK_FIELD_STYLE,        /* u64, JK_STYLE_*: how texts are put */

	/* State files, and who it is in a verdict. */
	JK_FIELD_UID = 64,
	JK_FIELD_PERSON,
	JK_FIELD_OPID,
	JK_FIELD_TYPE,
	JK_FIELD_DEPARTMENT,
	JK_FIELD_CARD,
	JK_FIELD_KEY, /* SHA-256 of the public key that was proven */
	JK_FIELD_METHOD,
	JK_FIELD_TERMINAL,
	JK_FIELD_STATE_ID,
	JK_FIELD_STATE,
	JK_FIELD_CLOSED,
	JK_FIELD_BOOT_ID,
	JK_FIELD_BOOT_MS,
	JK_FIELD_REAL_S,
	JK_FIELD_LEADER, /* struct jk_leader, repeats */
	JK_FIELD_CAUSE,  /* u64, enum jk_cause */
	JK_FIELD_KEEPER, /* struct jk_leader, of a session that is confirming */

	/* Of a use. Text is UTF-8, plain, and at most JK_USE_TEXT bytes. */
	JK_FIELD_SEQ = 96,  /* u64, the client's own number of a request */
	JK_FIELD_USE,       /* id */
	JK_FIELD_PURPOSE,   /* id, the kind of work: "passport" */
	JK_FIELD_RECEPTION, /* number of an application: A-Za-z0-9._/- */
	JK_FIELD_GROUNDS,   /* text, where there is no application */
	JK_FIELD_ACTION,    /* id: jk_actions */
	JK_FIELD_BUSINESS,  /* id: jk_businesses */
	JK_FIELD_SEARCH,    /* id of what is searched by: jk_searches */
	JK_FIELD_CODE,  /* a resident record code; never kept, nor answered */
	JK_FIELD_COUNT, /* u64, persons: expected, or that came out */
	JK_FIELD_REQUIREMENT, /* text, of a search or an extraction (S-44) */
	JK_FIELD_PERMISSION,  /* id of an approval of kind identity-info */
	JK_FIELD_OBJECT,      /* id: printer queue, medium, form */
	JK_FIELD_RECEIPT,     /* "1795298607.548:3", where the record stands */
	JK_FIELD_MAC,         /* 64 hex digits: jukinet-receipt(5) */
	JK_FIELD_MAC_KEY,     /* id of the key that made it */
	JK_FIELD_USES,        /* u64, how many */
	JK_FIELD_INDEX,       /* u64, from 0 */
	JK_FIELD_ALLOWED,     /* u64, lookups */
	JK_FIELD_REFUSED,     /* u64, lookups */
};

#define JK_FLAG_SILENT  1u  /* PAM_SILENT */
#define JK_FLAG_DURABLE 2u  /* WATCH: answer after fdatasync */
#define JK_FLAG_RENEW   4u  /* SIGN: RENEW may follow at once */
#define JK_FLAG_PRELIM  8u  /* CHANGE: only whether it can be done */
#define JK_FLAG_EXPIRED 16u /* CHANGE: only of a PIN that must be changed */
#define JK_FLAG_UNSEEN  32u /* AUTH: what is asked is shown to nobody */

#define JK_USE_FLIGHT 16  /* unanswered at a time */
#define JK_USE_TEXT   512 /* bytes, of what a person typed */
#define JK_USED_PAGE  16  /* USED at a time */
#define JK_USED_MAX   512 /* of a session; the last may be several together */
/* Of each number in USED, and of the sums in DONE. */
#define JK_USED_MOST (UINT64_C(1) << 40)
#define JK_USED_SUM  (JK_USED_MAX * JK_USED_MOST)

/* Whether the operator's card has to be in the reader. */
enum jk_card_present {
	JK_PRESENT_REQUIRED = 0, /* as long as the session is active */
	JK_PRESENT_AT_LOGIN,     /* to log in and to unlock */
	JK_PRESENT_NEVER,        /* and must be taken out again at once */
	JK_PRESENT_COUNT,
};

/* What follows when the card of an active session is taken out. */
enum jk_removal {
	JK_REMOVAL_LOCK = 0,
	JK_REMOVAL_LOGOUT,
	JK_REMOVAL_NONE,
	JK_REMOVAL_COUNT,
};

/* Processes of the account that are left when its session has ended. */
enum jk_leftovers {
	JK_LEFTOVERS_WAIT = 0, /* another person waits for them */
	JK_LEFTOVERS_END,      /* the monitor has logind end them */
	JK_LEFTOVERS_COUNT,
};

/* An unknown bit means nothing; without any: as jukinet.conf(5) says by
 * default. */
#define JK_STYLE_GREGORIAN 1u /* no days by era in Japanese texts */
#define JK_STYLE_PASSWORD  2u /* "password" and not "PIN" */

/* Which PIN a card has after something went wrong. */
enum jk_pin_stands {
	JK_STANDS_UNSURE = 0,
	JK_STANDS_OLD,
	JK_STANDS_NEW,
	JK_STANDS_COUNT,
};

#endif
