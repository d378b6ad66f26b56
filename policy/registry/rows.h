/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The facts that decisions stand on, as the snapshot holds them. Three
 * identities stay apart: the Unix account, the person (照合ID) and the
 * operator ID (操作者ID: a right of one of the nine types of 別紙1).
 *
 * Dates are seconds since the epoch; `from` is the first second that counts,
 * `until` the first that no longer does (the registry's valid-until day is
 * the last good day). 0 means no bound.
 */
#ifndef JK_ROWS_H
#define JK_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "ids.h" /* IWYU pragma: export */
#include "protocol.h"
#include "words.h"

#define JK_NAME_MAX        192  /* bytes of a person's name, UTF-8 */
#define JK_CERT_MAX        4096 /* bytes of a certificate, DER */
#define JK_PERSONS_MAX     16   /* of one account */
#define JK_ACCOUNTS_MAX    16   /* of one person, on one machine */
#define JK_OPIDS_MAX       16   /* of one person */
#define JK_ROLES_MAX       16   /* of one person */
#define JK_APPROVALS_MAX   16   /* of one person */
#define JK_DEPARTMENTS_MAX 8    /* that share one terminal, or own the office */
#define JK_CLOSED_DAYS_MAX 64   /* of a calendar */
#define JK_SERVICES_MAX    32   /* enforced, or without a name */
#define JK_REMIND_MAX      8    /* days before a PIN is due */
#define JK_FORBIDDEN_MAX   32   /* PINs that nobody may choose */
#define JK_FORBIDDEN_LEN   16   /* bytes of one of them */
#define JK_DIGEST_LEN      32   /* SHA-256 */
#define JK_BULK_MAX        1000000
#define JK_LOOKUP_RATE_MAX 10000
#define JK_RECEPTION_MAX   64 /* bytes, of a number of an application */

struct jk_period {
	int64_t from, until;
};

struct jk_department {
	char id[JK_ID_MAX + 1];
	char name[JK_NAME_MAX + 1];
	char contact[JK_NAME_MAX + 1]; /* whom to call, shown in messages */
};

struct jk_person {
	char id[JK_ID_MAX + 1];
	char name[JK_NAME_MAX + 1];
	char department[JK_ID_MAX + 1];
	struct jk_period valid;
	bool enabled;
	bool contractor; /* S-56: affiliation other than the office's staff */
	int64_t trained; /* when the last course was held; 0: never (T-40) */
	/* While he may end the session that somebody else has locked; until 0:
	 * never. The builder fills it from his roles. */
	struct jk_period supervises;
};

struct jk_account {
	char name[JK_ACCOUNT_MAX + 1];
	uid_t uid; /* as the machine knew it when the snapshot was made */
	size_t n_persons;
	char person[JK_PERSONS_MAX][JK_ID_MAX + 1];
	int64_t reviewed; /* last review (S-28, S-29); 0: never */
};

struct jk_opid {
	char id[JK_ID_MAX + 1];
	char person[JK_ID_MAX + 1];
	char type[JK_ID_MAX + 1];
	char department[JK_ID_MAX + 1];
	struct jk_period valid;
	bool enabled;
};

struct jk_role {
	char id[JK_ID_MAX + 1];
	char person[JK_ID_MAX + 1];
	enum jk_role_name role;
	char department[JK_ID_MAX + 1]; /* "": of the whole office */
	struct jk_period valid;
};

struct jk_approval {
	char id[JK_ID_MAX + 1];
	enum jk_approval_kind kind;
	char person[JK_ID_MAX + 1];
	char by[JK_ID_MAX + 1];       /* who approved, or delegates */
	char terminal[JK_ID_MAX + 1]; /* "": every one (written as "*") */
	struct jk_period valid;
	bool once;           /* good for one use; then a terminal is named */
	uint32_t functions;  /* of a delegation: bits of enum jk_function */
	uint32_t businesses; /* of identity-info: bits; 0: all */
};

/* What the builder found out about a card's certificate. */
enum jk_trust_result {
	JK_TRUST_NOT_CHECKED = 0,
	JK_TRUST_GOOD,
	JK_TRUST_NO_CHAIN,    /* no CA of this terminal stands behind it */
	JK_TRUST_CA_REVOKED,  /* by its CA, or a CA above that one is */
	JK_TRUST_CRL_MISSING, /* of one of its CAs; else good */
	JK_TRUST_WRONG_USAGE, /* not meant for what we use it for */
	JK_TRUST_RESULT_COUNT,
};

/* Dates are those of what others signed: a snapshot that is good today may
 * refuse tomorrow. */
struct jk_trust {
	enum jk_trust_level level; /* that was asked for */
	enum jk_trust_result result;
	int64_t until;       /* of the whole chain; 0: there is none */
	int64_t this_update; /* of the CRL of the card's CA; 0: none */
	int64_t next_update; /* of the CRL that ends first; 0: none */
};

struct jk_card {
	char id[JK_ID_MAX + 1];
	char person[JK_ID_MAX + 1]; /* "": a spare card in the cabinet */
	enum jk_card_state state;
	bool spare;                 /* handed to whoever needs one for a day */
	bool handed_over;           /* somebody has it now (T-03) */
	int64_t pin_set;            /* last change that the registry knows of;
	                             * 0: none */
	bool pin_initial;           /* that was not its holder's (T-17) */
	uint8_t key[JK_DIGEST_LEN]; /* SHA-256 of the SubjectPublicKeyInfo */
	struct jk_period valid;     /* of the certificate */
	bool for_signatures;        /* its key usage says so, or nothing */
	struct jk_trust trust;      /* on the terminal of the snapshot */
	size_t cert_len;            /* 0: not issued yet */
	uint8_t cert[JK_CERT_MAX];  /* DER */
};

struct jk_terminal {
	char id[JK_ID_MAX + 1];
	enum jk_class class;
	unsigned room_level; /* 1 to 3 (S-47); 0: not said */
	bool revoked;        /* stolen or taken out of use (T-38) */
	char site[JK_ID_MAX + 1];
	size_t n_departments; /* more than one share it (T-08) */
	char department[JK_DEPARTMENTS_MAX][JK_ID_MAX + 1];
};

struct jk_type {
	char id[JK_ID_MAX + 1];
	unsigned number; /* 1 to 9, as in 別紙1 */
	bool enabled;
	uint32_t classes;    /* bits of enum jk_class */
	uint32_t businesses; /* bits of enum jk_business */
	uint32_t functions;  /* bits of enum jk_function */
	uint32_t delegated;  /* of these functions: only while delegated */
};

/* Of one terminal class. */
struct jk_class_rule {
	uint32_t methods;     /* bits of enum jk_method; what is not named is
	                       * not taken */
	uint32_t room_levels; /* bits 1 to 3; 0: any */
	enum jk_card_present present; /* of the card, in the reader (T-27) */
	enum jk_removal removal;      /* what it does to the session (T-33) */
};

/* The PIN of a card: how old it may be, what it may look like. */
struct jk_pin_rules {
	enum jk_pin_change change; /* T-30 */
	bool allow_initial;        /* else it is changed first (T-17) */
	bool allow_unknown; /* one whose age nobody knows; else as above */
	size_t n_remind;
	int64_t remind[JK_REMIND_MAX]; /* days before it is due */
	bool digits;                   /* a new one has nothing else */
	bool puk; /* a blocked one may be unblocked here, with the PUK */
	size_t n_forbidden;
	char forbidden[JK_FORBIDDEN_MAX][JK_FORBIDDEN_LEN + 1];
};

/* policy.conf, all but the types. */
struct jk_policy {
	char version[JK_ID_MAX + 1];
	char contact[JK_NAME_MAX + 1]; /* whom to call, shown in messages */
	int64_t effective_from;        /* 0: as soon as it stands */
	uint8_t digest[JK_DIGEST_LEN]; /* of policy.conf as it was read */
	struct jk_class_rule class[JK_CLASS_COUNT];
	/* Departments that own identity information (S-32); none: all may. */
	size_t n_owners;
	char owner[JK_DEPARTMENTS_MAX][JK_ID_MAX + 1];
	uint32_t own_department; /* businesses for those departments only */
	uint32_t permission;     /* businesses that need an identity-info
	                          * approval (S-34) */
	uint32_t second_person;  /* businesses that need a confirmer (S-39) */
	uint32_t bulk;           /* businesses where many at once are usual */
	unsigned bulk_count;     /* persons of one query ... */
	unsigned bulk_hour;      /* ... and of 60 minutes; 0: any */
	bool checkout;           /* no session without a hand-over (T-02) */
	bool function_needed; /* officers also need a type with the function */
	int64_t training_s; /* days after the year's start; 0: never refused */
	unsigned open_min, close_min; /* minutes of the day; both 0: always */
	uint32_t weekdays;            /* bits 0 (Sunday) to 6 */
	size_t n_closed;
	int64_t closed[JK_CLOSED_DAYS_MAX]; /* first second of a closed day */
	struct jk_pin_rules pin;
};

enum jk_recording {
	JK_RECORDING_WITNESSED = 0,
	JK_RECORDING_DURABLE,
	JK_RECORDING_KERNEL,
};

/* jukinet.conf, as this terminal's snapshot carries it. */
struct jk_settings {
	char terminal[JK_ID_MAX + 1];
	enum jk_recording recording;
	int64_t deadline_ms;       /* of a whole attempt, default 45 s */
	int64_t card_wait_ms;      /* for a card to be inserted, default 20 s */
	int64_t receipt_ms;        /* for the witness, default 2 s */
	unsigned pin_min, pin_max; /* characters, default 4 to 16 */
	char contact[JK_NAME_MAX + 1]; /* whom to call, shown in messages */
	bool gregorian;                /* no days by era in Japanese texts */
	bool password;                 /* texts call a PIN a password */
	bool show_name;                /* of who is in, to who would unlock */
	size_t n_kinds; /* of cards, in the order in which one is asked */
	char kind[JK_CARD_KIND_COUNT][JK_ID_MAX + 1];
	bool pinpad; /* the PIN by the keys of a reader that has some */
	size_t n_enforced;
	char enforced[JK_SERVICES_MAX][JK_ID_MAX + 1]; /* PAM services */
	/* What the monitor goes by; seconds, 0: never or not at all. */
	int64_t lock_within_s; /* for the locker to say that it has locked */
	int64_t locked_max_s;  /* then a locked session is ended */
	int64_t left_s;        /* until a card left in the reader is told */
	enum jk_leftovers leftovers;
	int64_t leftovers_ms; /* that another person waits for them */
	/* Queries of one person a second, and at once; rate 0: no limit. */
	unsigned lookup_rate, lookup_burst;
	unsigned reception_digits; /* in a row, in a number of an application */
	size_t n_nameless;         /* where nobody needs to type a name */
	char nameless[JK_SERVICES_MAX][JK_ID_MAX + 1];
	/* SHA-256 of all that each jk_trust hangs on beside the certificate. */
	uint8_t trust_inputs[JK_DIGEST_LEN];
};

/* What the snapshot says of itself. */
struct jk_edition {
	uint64_t serial;              /* of this terminal's builds */
	uint64_t registry;            /* of the registry as a whole: number of
	                               * the last ledger entry; 0: not known */
	int64_t made_at, valid_until; /* seconds since the epoch */
};

#endif
