/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The audit vocabulary: ONE table of operations and one of fields; encoder
 * and decoder stand on it. A record is one kernel audit event:
 *
 *   type=USER_AUTH msg=audit(1795298607.548:3): pid=1 uid=990 auid=.. ses=..
 *     msg='op=juki:auth acct="hanako" jid="…" jterm="…" … exe="…"
 *     hostname=? addr=? terminal=… res=success'
 *
 * Everything before msg=' is the kernel's word; exe to res are appended by
 * libaudit; the rest is the text that jk_record_encode() makes. Own values
 * are always quoted and printable ASCII without quotes; the fields that may
 * hold outside text (TEXT below) are encoded as
 * audit_encode_nv_string(3) does: quoted, or hex digits without quotes (here
 * also when they hold a ', which would end msg=' for other readers, or a =,
 * which ausearch would take for that of a field of its own).
 */
#ifndef JK_RECORD_H
#define JK_RECORD_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "err.h"

/* X(identifier, "op name", audit record type) - requirements.md 5.2 */
#define JK_OP_TABLE(X)                                            \
	X(JK_OP_AUTH, "auth", AUDIT_USER_AUTH)                    \
	X(JK_OP_ACCOUNT, "account", AUDIT_USER_ACCT)              \
	X(JK_OP_SESSION_START, "session-start", AUDIT_USER_START) \
	X(JK_OP_SESSION_END, "session-end", AUDIT_USER_END)       \
	X(JK_OP_VOID, "void", AUDIT_TRUSTED_APP)                  \
	X(JK_OP_MANAGE, "manage", AUDIT_TRUSTED_APP)              \
	X(JK_OP_SWITCH, "switch", AUDIT_TRUSTED_APP)              \
	X(JK_OP_PIN_CHANGE, "pin-change", AUDIT_USER_CHAUTHTOK)   \
	X(JK_OP_PIN_UNBLOCK, "pin-unblock", AUDIT_USER_CHAUTHTOK) \
	X(JK_OP_LOCK, "lock", AUDIT_TRUSTED_APP)                  \
	X(JK_OP_UNLOCK, "unlock", AUDIT_TRUSTED_APP)              \
	X(JK_OP_CARD_INSERT, "card-insert", AUDIT_USER_DEVICE)    \
	X(JK_OP_CARD_REMOVE, "card-remove", AUDIT_USER_DEVICE)    \
	X(JK_OP_CARD_LEFT, "card-left", AUDIT_USER_DEVICE)        \
	X(JK_OP_USE_START, "use-start", AUDIT_TRUSTED_APP)        \
	X(JK_OP_LOOKUP, "lookup", AUDIT_TRUSTED_APP)              \
	X(JK_OP_RESULT, "result", AUDIT_TRUSTED_APP)              \
	X(JK_OP_CONFIRM, "confirm", AUDIT_TRUSTED_APP)            \
	X(JK_OP_LEDGER, "ledger", AUDIT_TRUSTED_APP)              \
	X(JK_OP_QUERY, "query", AUDIT_TRUSTED_APP)                \
	X(JK_OP_KEY, "key", AUDIT_USYS_CONFIG)                    \
	/* officers, by jukinetctl: written by root */            \
	X(JK_OP_PERSON, "person", AUDIT_USER_MGMT)                \
	X(JK_OP_GRANT, "grant", AUDIT_USER_MGMT)                  \
	X(JK_OP_DISABLE, "disable", AUDIT_USER_MGMT)              \
	X(JK_OP_EXPIRY, "expiry", AUDIT_USER_MGMT)                \
	X(JK_OP_APPROVE, "approve", AUDIT_USER_MGMT)              \
	X(JK_OP_DELEGATE, "delegate", AUDIT_USER_MGMT)            \
	X(JK_OP_UNDELEGATE, "undelegate", AUDIT_USER_MGMT)        \
	X(JK_OP_REVIEW, "review", AUDIT_USER_MGMT)                \
	X(JK_OP_CARD_STATE, "card-state", AUDIT_USER_MGMT)        \
	X(JK_OP_CHECKOUT, "checkout", AUDIT_USER_MGMT)            \
	X(JK_OP_CHECKIN, "checkin", AUDIT_USER_MGMT)              \
	X(JK_OP_REVOKE, "revoke", AUDIT_USER_MGMT)                \
	X(JK_OP_ROLE_ASSIGN, "role-assign", AUDIT_ROLE_ASSIGN)    \
	X(JK_OP_ROLE_REMOVE, "role-remove", AUDIT_ROLE_REMOVE)    \
	X(JK_OP_IMPORT, "import", AUDIT_USER_MGMT)                \
	X(JK_OP_CONFIG, "config", AUDIT_USYS_CONFIG)

enum jk_op {
#define X(name, text, type) name,
	JK_OP_TABLE(X)
#undef X
	JK_OP_COUNT,
};

/*
 * X(identifier, "name", kind): the order is the order in the text.
 * ID: lower-case letters, digits, ". - _ : @", at most 64.
 * IDS: several of them with "," between, at most 255 bytes.
 * TEXT: outside text, at most 255 bytes, encoded.
 */
#define JK_RECORD_FIELD_TABLE(X)          \
	X(JK_REC_ACCT, "acct", TEXT)      \
	X(JK_REC_ID, "jid", ID)           \
	X(JK_REC_VOID, "jvoid", ID)       \
	X(JK_REC_FOR, "jfor", ID)         \
	X(JK_REC_FUNCTION, "jfunc", ID)   \
	X(JK_REC_WHY, "jwhy", ID)         \
	X(JK_REC_TERM, "jterm", ID)       \
	X(JK_REC_CLASS, "jcls", ID)       \
	X(JK_REC_PERSON, "jper", ID)      \
	X(JK_REC_RIGHT, "jright", ID)     \
	X(JK_REC_FROM, "jfrom", ID)       \
	X(JK_REC_TYPE, "jtype", ID)       \
	X(JK_REC_DEPT, "jdept", ID)       \
	X(JK_REC_METHOD, "jmeth", ID)     \
	X(JK_REC_CARD, "jcard", ID)       \
	X(JK_REC_KEY, "jkey", ID)         \
	X(JK_REC_TRUST, "jtrust", ID)     \
	X(JK_REC_TRIES, "jtry", ID)       \
	X(JK_REC_APPROVAL, "japp", IDS)   \
	X(JK_REC_SESSION, "jsess", ID)    \
	X(JK_REC_RECEIPT, "jrct", ID)     \
	X(JK_REC_OBJECT, "jobj", ID)      \
	X(JK_REC_LEDGER, "jled", ID)      \
	X(JK_REC_POLICY, "jpol", ID)      \
	X(JK_REC_SERVICE, "jsvc", TEXT)   \
	X(JK_REC_CLAIM, "jclaim", TEXT)   \
	X(JK_REC_READER, "jrdr", TEXT)    \
	X(JK_REC_SECONDS, "jdur", ID)     \
	X(JK_REC_USE, "juse", ID)         \
	X(JK_REC_PURPOSE, "jpur", ID)     \
	X(JK_REC_RECEPTION, "jrcp", TEXT) \
	X(JK_REC_BUSINESS, "jbiz", ID)    \
	X(JK_REC_ACTION, "jact", ID)      \
	X(JK_REC_SEARCH, "jkind", ID)     \
	X(JK_REC_SUBJECT, "jsub", ID)     \
	X(JK_REC_NUMBER, "jcnt", ID)      \
	X(JK_REC_REQUIREMENT, "jreq", ID) \
	X(JK_REC_PERMISSION, "jperm", ID) \
	X(JK_REC_CONFIRMER, "jconf", ID)  \
	X(JK_REC_DIGEST, "jdig", ID)      \
	X(JK_REC_OF, "jof", ID)

enum jk_record_field {
#define X(name, text, kind) name,
	JK_RECORD_FIELD_TABLE(X)
#undef X
	JK_REC_COUNT,
};

#define JK_RECORD_VALUE_MAX    255
#define JK_RECORD_TERMINAL_MAX 63
/* Of the text that we make; the kernel silently cuts above 8560 bytes. */
#define JK_RECORD_TEXT_MAX 6144
/* Of a whole line of the log; longer ones are not ours. */
#define JK_RECORD_LINE_MAX 12288

struct jk_record {
	enum jk_op op;
	bool success;
	/* A tty name as the caller's PAM says, or "". */
	char terminal[JK_RECORD_TERMINAL_MAX + 1];
	char value[JK_REC_COUNT][JK_RECORD_VALUE_MAX + 1]; /* "" is absent */
};

const char *jk_op_name(enum jk_op op);
int jk_op_type(enum jk_op op);              /* AUDIT_USER_AUTH */
const char *jk_op_type_name(enum jk_op op); /* "USER_AUTH", as in the log */
const char *jk_record_field_name(enum jk_record_field field);
/* ID or IDS, which are never encoded; else TEXT. */
bool jk_record_field_is_id(enum jk_record_field field);

/* Sets a field; JK_ERR_FORMAT / JK_ERR_TOO_BIG when its kind forbids it. */
enum jk_err jk_record_set(struct jk_record *record, enum jk_record_field field,
    const char *value);
/*
 * Sets the terminal: printable ASCII without space, quotes and any of
 * "=,()"; "" and "?" are none. It stands unencoded in the record.
 */
enum jk_err jk_record_set_terminal(struct jk_record *record, const char *name);

/*
 * "op=juki:auth acct=… …" without exe and what follows; NUL-terminated. Refuses
 * what jk_record_set() and jk_record_set_terminal() refuse.
 */
enum jk_err jk_record_encode(const struct jk_record *record,
    char ret[static JK_RECORD_TEXT_MAX]);

/* One line of the log, decoded. Strings are our fields, unescaped. */
struct jk_logline {
	int64_t ms;      /* the kernel's time, since the epoch */
	uint64_t serial; /* the kernel's number */
	pid_t pid;       /* the kernel's word */
	uid_t uid;
	uint32_t loginuid; /* auid, 4294967295 when unset */
	char exe[256];
	struct jk_record record;
	/* Where the text between msg=' and its closing quote lies. */
	size_t text_at, text_len;
};

/*
 * Takes one line (RAW or ENRICHED, with or without node=, without its
 * newline). JK_ERR_NOT_FOUND: whole, but none of our records (type or op);
 * JK_ERR_FORMAT: not a whole line holding exactly one event, or a field is
 * malformed, repeated or unknown among ours.
 */
enum jk_err jk_logline_parse(const char *line, size_t len,
    struct jk_logline *ret);

#endif
