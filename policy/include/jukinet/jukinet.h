/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jukinet/jukinet.h - asking before anybody's record is shown
 *
 * A business application opens a use (what for, by which application), asks
 * before each act on a record whether it may, and says what came of it. Each
 * question is decided by jukinetd for the session of whoever runs the
 * application, and "allowed" is answered only when the audit record of it stands
 * in the log. See libjukinet(3).
 *
 * C99. A handle may be used by several threads; each event is given to one of
 * them. Nothing here changes signals, locale, environment or working directory.
 * A handle is of no use in a child: there it may only be ended, which leaves the
 * use as it is. Link with -ljukinet.
 *
 * Structs begin with their size, as the application was compiled: set it by
 * JUKINET_INIT(struct jukinet_query). Members are only ever added at the end.
 * Strings are UTF-8, end with NUL, and are borrowed for the call.
 */
#ifndef JUKINET_JUKINET_H
#define JUKINET_JUKINET_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define JUKINET_VERSION 1

/* Questions of one handle that may be unanswered at a time. */
#define JUKINET_FLIGHT 16
/* Bytes of a text that a person typed. */
#define JUKINET_TEXT          512
#define JUKINET_COUNT_UNKNOWN UINT64_MAX
/* Uses of one session that jukinet_uses() tells, at most. */
#define JUKINET_USES 512

/* {0} but for the size. */
#ifdef __cplusplus
#define JUKINET_INIT(type)   \
	{                    \
		sizeof(type) \
	}
#else
#define JUKINET_INIT(type)           \
	{                            \
		.size = sizeof(type) \
	}
#endif

/* What functions return. Positive values say how many, or which. */
enum jukinet_error {
	JUKINET_OK = 0,
	JUKINET_E_MEMORY = -1,
	/* jukinetd does not answer or has gone: begin a new use. What was
	 * unanswered is not allowed. */
	JUKINET_E_DOWN = -2,
	JUKINET_E_TIMEOUT = -3,
	/* A needed member is missing, one is too long or not what it has to
	 * be, or a size is unknown. Nothing was sent. */
	JUKINET_E_ARGUMENT = -4,
	/* JUKINET_FLIGHT questions are unanswered, or a confirmation is: take
	 * events first. */
	JUKINET_E_BUSY = -5,
	/* The use was refused, and the answer says why; or the list was. */
	JUKINET_E_REFUSED = -6
};

/* How the session stands. Only an active one is answered anything but no. */
enum jukinet_state {
	JUKINET_STATE_ENDED = 0,
	JUKINET_STATE_ACTIVE = 1,
	JUKINET_STATE_LOCKED = 2
};

/* Why records are wanted. */
struct jukinet_purpose {
	size_t size;
	const char *purpose; /* needed: kind of work, a-z 0-9 - ("passport") */
	const char *reception; /* number of the application at the counter:
	                        * A-Z a-z 0-9 . _ / - , at most 64; or NULL, */
	const char *grounds;   /* and then this, in words */
};

/* What is about to be done. */
struct jukinet_query {
	size_t size;
	const char *action; /* needed: search view input delete correct extract
	                       * print hardcopy store-media */
	const char *business; /* needed: an id of 別紙1 ("moving") */
	const char *search;   /* code four-info name address list card; NULL */
	const char *code;     /* the resident record code, where it is known:
	                       * goes nowhere in clear and comes back nowhere */
	uint64_t count;       /* persons expected; JUKINET_COUNT_UNKNOWN, and 0
	                       * means the same */
	const char *requirement; /* of a search or an extraction, in words */
	const char *permission;  /* number of an officer's permission; NULL */
	const char *object; /* id of a printer queue, medium or form; NULL */
};

struct jukinet_answer {
	size_t size;
	uint64_t sequence; /* of which question */
	int allowed;       /* 1: it may be done. Anything else: it may not. */
	char why[64]; /* "granted", or why not: "biz.denied" (libjukinet(3)) */
	char id[24];  /* of the record; "" when there is none */
	/* What the business server checks (jukinet-receipt(5)); "" when not
	 * allowed, and the mac where this terminal has no key. */
	char receipt[48]; /* "1795298607.548:3": ausearch -a 3 */
	char mac[72];
	char mac_key[72];
	/* What belongs to the text of `why`: "n=120 max=50", blanks between. */
	char parameters[512];
	/* Zeros: an event holds an answer, so this cannot grow, and what is
	 * added to it stands here. */
	char reserved[192];
};

enum jukinet_event_kind {
	JUKINET_EVENT_NONE = 0,
	JUKINET_EVENT_ANSWER, /* answer */
	JUKINET_EVENT_STATE, /* state: the session was locked, unlocked, ended */
	/* While a second person proves himself (jukinet_confirm()): */
	JUKINET_EVENT_NOTE, /* message, parameters: show it */
	JUKINET_EVENT_PIN /* ask for a PIN without showing it, jukinet_pin() */
};

struct jukinet_event {
	size_t size;
	enum jukinet_event_kind kind;
	enum jukinet_state state;
	struct jukinet_answer answer;
	char message[64];          /* code of a text, "card.insert" */
	char parameters[512];      /* as in the answer */
	unsigned pin_min, pin_max; /* characters */
};

/* Who works, and under what right. */
struct jukinet_holder {
	size_t size;
	char person[72], right[72], type[72], department[72];
	char session[24], terminal[72];
	char use[24]; /* id of this use */
};

/* What was done in a use of this session and has no entry in the use ledger. */
struct jukinet_use {
	size_t size;
	/* Its id. "", and so the three below: there were more uses than can be
	 * told, and these are all the further ones together. */
	char use[24];
	char purpose[72], reception[72];
	char right[72];            /* operator ID, at its first lookup */
	int64_t begun;             /* seconds since 1970; 0: not known */
	uint64_t allowed, refused; /* lookups, as they stand in the log */
	uint64_t persons;          /* that came out, as was told */
};

struct jukinet;

/*
 * Begins a use in the session of the caller's account. *ret is released by
 * jukinet_end(); on failure it is NULL. `answer` may be NULL; with
 * JUKINET_E_REFUSED it says why. Waits at most timeout_ms, -1: as long as
 * jukinetd needs, which is below a minute.
 */
int jukinet_begin(const struct jukinet_purpose *purpose, int timeout_ms,
    struct jukinet **ret, struct jukinet_answer *answer);
/* Ends it without an entry in the use ledger. NULL is fine; leaves NULL. */
void jukinet_end(struct jukinet **handle);

/* Who that is; what is not known is "". */
int jukinet_holder(struct jukinet *handle, struct jukinet_holder *ret);
/* As it was said last. */
enum jukinet_state jukinet_state(struct jukinet *handle);

/* For poll(2), POLLIN: then call jukinet_next() until it returns 0. */
int jukinet_fd(const struct jukinet *handle);
/* 1: *ret is an event; 0: there is none now. Does not wait. */
int jukinet_next(struct jukinet *handle, struct jukinet_event *ret);
/* The same, and waits: 0 after timeout_ms; -1 waits for ever. */
int jukinet_wait(struct jukinet *handle, int timeout_ms,
    struct jukinet_event *ret);

/*
 * May that be done? JUKINET_OK: it was asked, and *sequence (may be NULL) is
 * the question's number; the answer comes as an event.
 */
int jukinet_query(struct jukinet *handle, const struct jukinet_query *query,
    uint64_t *sequence);
/*
 * The same in one: asks, and waits for its answer, which no other thread gets
 * meanwhile. After JUKINET_E_TIMEOUT it may still come, as an event.
 */
int jukinet_ask(struct jukinet *handle, const struct jukinet_query *query,
    int timeout_ms, struct jukinet_answer *ret);
/* So many persons came out of what was allowed under `id`. */
int jukinet_result(struct jukinet *handle, const char *id, uint64_t count,
    uint64_t *sequence);
/*
 * After the answer "confirm.none": a second person confirms exactly that
 * question, here, with card and PIN. NOTE and PIN events follow, then an ANSWER
 * with the number of this call. Nothing else may be unanswered.
 */
int jukinet_confirm(struct jukinet *handle, uint64_t *sequence);
/* The PIN that was asked for, once for each JUKINET_EVENT_PIN; NULL: he has given
 * up. */
int jukinet_pin(struct jukinet *handle, const char *pin);
/*
 * The entry of the use ledger for this use, as the operator confirmed it; `text`
 * may be NULL. An ANSWER follows: "ledger.changed" when all that was asked in it
 * has its entry already, or one is on its way.
 */
int jukinet_done(struct jukinet *handle, uint64_t count, const char *text,
    uint64_t *sequence);

/*
 * The uses of this session that have no entry yet, of all programs of the
 * account: returns how many there are, and fills `max` of them at most. ret[0]
 * says how large each of them is (JUKINET_INIT). Waits at most timeout_ms, -1:
 * for ever. JUKINET_E_BUSY also while another thread asks for them.
 */
int jukinet_uses(struct jukinet *handle, int timeout_ms,
    struct jukinet_use *ret, size_t max);
/*
 * The entry of the use ledger for all of them, `uses` as jukinet_uses() told
 * them last with this handle and as the operator has confirmed them; `text` may
 * be NULL. An ANSWER follows: "ledger.changed" when they are not all, or not so
 * any more. Then list and show them anew.
 */
int jukinet_enter(struct jukinet *handle, const struct jukinet_use *uses,
    size_t n, const char *text, uint64_t *sequence);

/* English, for a log; never NULL. */
const char *jukinet_strerror(int error);

#ifdef __cplusplus
}
#endif

#endif
