/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the monitor does about what it sees. Pure: facts and the time come in,
 * acts and the time of the next look go out; no I/O, no clock. It remembers
 * what it has asked for, so that nothing is asked twice while nothing is new,
 * and is told what came of it.
 */
#ifndef JK_RULES_H
#define JK_RULES_H

#include <stdint.h>
#include <sys/types.h>

#include "cause.h"
#include "protocol.h"
#include "readers.h"

#define JK_LIVE_MAX    64
#define JK_SCREENS_MAX 128
#define JK_BEYOND_MAX  1024 /* screens that have no place */
#define JK_USERS_MAX   1024
#define JK_MORE_MAX    1024 /* sessions of which only the account is kept */
#define JK_GONE_MAX    (JK_LIVE_MAX + JK_MORE_MAX)
#define JK_ACTS_MAX    64
#define JK_MONITOR_ID  64
#define JK_LEADERS_MAX 16

/* Readers are asked anew this often while a session depends on it, ... */
#define JK_TURN_MS 700
/* ... and are called lost after this: with the lock that follows it stays
 * below the two seconds that a session may go on without its card. */
#define JK_DOWN_MS 1500
/* A jukinetd that does not answer is asked again within this. */
#define JK_RETRY_MS 1000

/* How the terminal is set up; zeroed memory is the strictest. */
struct jk_settings {
	enum jk_card_present present;
	enum jk_removal removal;
	enum jk_leftovers leftovers;
	int64_t lock_within_ms; /* 0: lockers do not tell */
	int64_t locked_max_ms;  /* 0: for ever */
	int64_t left_ms;        /* 0: a card that is left is nobody's concern */
};

struct jk_login {
	uint64_t pid, start;
};

/* A session that has not ended, as jukinetd told. */
struct jk_live {
	char id[JK_MONITOR_ID + 1];
	char reader[JK_READER_NAME + 1]; /* "": proven by other means */
	uid_t uid;
	bool active;
	/* Active, and a second person is at the reader: whose card is there is no
	 * matter for the moment. */
	bool confirming;
	int64_t proven_ms; /* before the PIN met the card */
	int64_t since_ms;  /* active, or locked, since then */
	size_t n_leaders;
	struct jk_login leader[JK_LEADERS_MAX];
};

struct jk_sessions {
	bool known;       /* jukinetd has answered once */
	int64_t asked_ms; /* when that was asked which stands here */
	struct jk_settings settings;
	size_t n;
	struct jk_live live[JK_LIVE_MAX];
	/* Whose the others are; and whether there are still more. */
	size_t n_more;
	uid_t more[JK_MORE_MAX];
	bool is_cut;
	/* One of those that is active; id "": none. */
	struct jk_live spare;
};

/* A session of logind on this machine, with a screen or a terminal. */
struct jk_screen {
	char id[JK_MONITOR_ID + 1];
	char tty[JK_MONITOR_ID + 1]; /* "tty2"; "": none */
	uid_t uid;
	bool locked;       /* LockedHint */
	int64_t locked_ms; /* it became so, or was asked to, last; 0: never */
	int64_t opened_ms; /* it ceased, or was asked to, last; 0: never */
	int64_t asked_ms;  /* it was asked to lock, last; 0: never */
	/* It was asked to first, since it was locked or opened; 0: see above. */
	int64_t waits_ms;
	/* logind has not taken a lock, or not told of it, since; 0: it has. */
	int64_t unheard_ms;
};

struct jk_screens {
	bool known; /* logind answers */
	/* There may be others, of which logind does not tell since; 0: no. */
	int64_t unheard_ms;
	size_t n;
	struct jk_screen screen[JK_SCREENS_MAX];
	/* Those that have no place are neither asked to lock nor looked at. */
	size_t n_beyond;
	struct {
		uid_t uid;
		int64_t since_ms;
	} beyond[JK_BEYOND_MAX];
	size_t n_users;
	uid_t user[JK_USERS_MAX]; /* whom logind knows */
	bool is_cut;              /* and others, since it told of them */
	int64_t sleep_ms; /* the machine goes to sleep; 0: it does not */
};

struct jk_view {
	const struct jk_readers *readers;
	const struct jk_sessions *sessions;
	const struct jk_screens *screens;
};

enum jk_act_kind {
	JK_ACT_LOOK = 1,       /* ask jukinetd how sessions stand */
	JK_ACT_LOCK,           /* session, cause */
	JK_ACT_END,            /* session, cause */
	JK_ACT_SEEN,           /* cause, reader, session or "", seconds or 0 */
	JK_ACT_LOCK_SCREEN,    /* screen */
	JK_ACT_TERMINATE,      /* screen */
	JK_ACT_TERMINATE_USER, /* uid */
	JK_ACT_KILL_USER,      /* uid: what did not go by that */
	JK_ACT_CLEAR,          /* uid: the same without logind */
	JK_ACT_TELL,           /* reader: a card is left in it, for seconds */
	JK_ACT_SLEEP,          /* nothing of ours keeps it from sleeping */
};

struct jk_act {
	enum jk_act_kind kind;
	enum jk_cause cause;
	char session[JK_MONITOR_ID + 1];
	char screen[JK_MONITOR_ID + 1];
	char reader[JK_READER_NAME + 1];
	uid_t uid;
	int64_t seconds;
};

struct jk_acts {
	size_t n;
	struct jk_act act[JK_ACTS_MAX];
	bool left;  /* a card is left in a reader */
	bool watch; /* a session depends on its card */
	int64_t
	    next_ms; /* when to look again; INT64_MAX: when something is new */
};

/* What is remembered of a session. */
struct jk_memo {
	char id[JK_MONITOR_ID + 1];
	uid_t uid;
	bool is_asked;      /* LOCK or END is on its way */
	int64_t done_ms;    /* LOCK was granted */
	int64_t retry_ms;   /* not asked again before */
	unsigned failures;  /* in a row */
	int64_t begun_ms;   /* locked, or to be, since; 0: neither */
	int64_t judged_ms;  /* openings until then are dealt with */
	int64_t counted_ms; /* the last that counted */
	unsigned openings;  /* without a proof, since: */
	int64_t openings_ms;
	enum jk_cause
	    owed;     /* a record of an opening is still to be asked for */
	bool started; /* it was locked because the monitor began */
	enum jk_cause ending;
};

/* What is remembered of a reader. */
struct jk_slot_memo {
	char name[JK_READER_NAME + 1];
	bool present; /* as it was recorded */
	bool is_known;
	uint32_t events;
	int64_t outage_ms; /* of which spell of pcscd that is */
	unsigned tokens;   /* records that may be written at once */
	int64_t tokens_ms;
	int64_t left_ms;   /* a card is left since; 0: none */
	int64_t told;      /* how often */
	int64_t record_at; /* how often, at the next record */
};

/* An account whose session has ended. */
struct jk_gone {
	uid_t uid;
	bool is_forced; /* by us: its screens go too */
	int64_t next_ms;
	unsigned tries;
};

struct jk_rules {
	int64_t start_ms;
	int64_t idle_ms; /* no session is active since; 0: one is */
	size_t n_memos, n_slots, n_gone;
	struct jk_memo memo[JK_LIVE_MAX];
	struct jk_memo spare; /* of the one that has no place; id "": none */
	struct jk_slot_memo slot[JK_READERS_MAX];
	struct jk_gone gone[JK_GONE_MAX];
};

void jk_rules_init(struct jk_rules *rules, int64_t now);

/* What is to be done now; each act is to be tried once. */
void jk_rules_step(struct jk_rules *rules, const struct jk_view *view,
    int64_t now, struct jk_acts *ret);

/* What came of LOCK or END: granted, or no answer, or a refusal. */
void jk_rules_answered(struct jk_rules *rules, enum jk_act_kind kind,
    const char *session, bool granted, int64_t now);

/* jukinetd says that the account's session has ended. */
void jk_rules_ended(struct jk_rules *rules, uid_t uid, int64_t now);

#endif
