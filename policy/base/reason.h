/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Why somebody was let in or not. One table: the number crosses the wire, the
 * code stands in the record (jwhy) and names the text that the user reads.
 * Append, never renumber.
 */
#ifndef JK_REASON_H
#define JK_REASON_H

#include "err.h"

#define JK_REASON_TABLE(X)                                  \
	/* zeroed memory is this one, and it denies */      \
	X(JK_WHY_INTERNAL, 0, "internal")                   \
	X(JK_WHY_GRANTED, 1, "granted")                     \
	/* the service itself */                            \
	X(JK_WHY_SERVICE_DOWN, 10, "service.down")          \
	X(JK_WHY_SERVICE_BUSY, 11, "service.busy")          \
	X(JK_WHY_TIMEOUT, 12, "attempt.timeout")            \
	X(JK_WHY_CANCELLED, 13, "attempt.cancelled")        \
	X(JK_WHY_AUDIT_DOWN, 14, "audit.down")              \
	X(JK_WHY_CLOCK_BAD, 15, "clock.bad")                \
	X(JK_WHY_POLICY_BAD, 16, "policy.bad")              \
	X(JK_WHY_POLICY_STALE, 17, "policy.stale")          \
	/* who asks, and for which account */               \
	X(JK_WHY_CALLER_FOREIGN, 30, "caller.foreign")      \
	X(JK_WHY_ACCOUNT_UNKNOWN, 31, "account.unknown")    \
	X(JK_WHY_SESS_NONE, 32, "sess.none")                \
	X(JK_WHY_SESS_OTHER, 33, "lock.other")              \
	X(JK_WHY_SESS_BUSY, 34, "sess.busy")                \
	X(JK_WHY_SESS_FAILED, 35, "sess.failed")            \
	X(JK_WHY_SESS_UNPROVEN, 36, "sess.unproven")        \
	X(JK_WHY_SESS_LOCKED, 37, "sess.locked")            \
	X(JK_WHY_ACCOUNT_NEEDED, 38, "account.needed")      \
	X(JK_WHY_ACCOUNT_NONE, 39, "account.none")          \
	X(JK_WHY_ACCOUNT_CHOICE, 40, "account.choice")      \
	X(JK_WHY_SESS_RELIEVED, 41, "session.ended")        \
	/* reader and card */                               \
	X(JK_WHY_READER_NONE, 50, "reader.none")            \
	X(JK_WHY_READER_DOWN, 51, "reader.down")            \
	X(JK_WHY_CARD_NONE, 52, "card.none")                \
	X(JK_WHY_CARD_UNREADABLE, 53, "card.unreadable")    \
	X(JK_WHY_CARD_NOTOPERATOR, 54, "card.notoperator")  \
	X(JK_WHY_CARD_UNKNOWN, 55, "card.unknown")          \
	X(JK_WHY_CARD_MISMATCH, 56, "card.mismatch")        \
	X(JK_WHY_CARD_REVOKED, 57, "card.revoked")          \
	X(JK_WHY_CARD_EXPIRED, 58, "card.expired")          \
	X(JK_WHY_CARD_NOTYET, 59, "card.notyet")            \
	X(JK_WHY_CARD_REMOVED, 60, "card.removed")          \
	X(JK_WHY_CARD_FORGED, 61, "card.forged")            \
	X(JK_WHY_CARD_BUSY, 62, "card.busy")                \
	X(JK_WHY_CARD_NOCHECKOUT, 63, "card.nocheckout")    \
	X(JK_WHY_CARD_INACTIVE, 64, "card.inactive")        \
	X(JK_WHY_CARD_RETURNED, 65, "card.returned")        \
	X(JK_WHY_CARD_UNTRUSTED, 66, "card.untrusted")      \
	X(JK_WHY_CARD_USAGE, 67, "card.usage")              \
	X(JK_WHY_CARD_CA_REVOKED, 68, "card.ca-revoked")    \
	X(JK_WHY_CRL_MISSING, 46, "crl.missing")            \
	X(JK_WHY_CRL_STALE, 47, "crl.stale")                \
	X(JK_WHY_READER_PINPAD, 49, "reader.pinpad")        \
	X(JK_WHY_CARD_SILENT, 69, "card.silent")            \
	/* PIN */                                           \
	X(JK_WHY_PIN_MALFORMED, 70, "pin.malformed")        \
	X(JK_WHY_PIN_WRONG, 71, "pin.wrong")                \
	X(JK_WHY_PIN_WRONG_LAST, 72, "pin.wrong.last")      \
	X(JK_WHY_PIN_LOCKED, 73, "pin.locked")              \
	X(JK_WHY_PIN_LAST, 74, "pin.last")                  \
	X(JK_WHY_EVIDENCE_NONE, 75, "evidence.none")        \
	X(JK_WHY_PIN_INITIAL, 76, "pin.initial")            \
	X(JK_WHY_PIN_OVERDUE, 77, "pin.overdue")            \
	X(JK_WHY_PIN_UNKNOWN, 78, "pin.unknown")            \
	X(JK_WHY_PIN_NEEDED, 79, "pin.change.needed")       \
	X(JK_WHY_PIN_DIFFER, 80, "pin.differ")              \
	X(JK_WHY_PIN_WEAK, 81, "pin.weak")                  \
	X(JK_WHY_PIN_SAME, 82, "pin.same")                  \
	X(JK_WHY_PIN_DIGITS, 83, "pin.digits")              \
	X(JK_WHY_PIN_REFUSED, 84, "pin.refused")            \
	X(JK_WHY_PIN_FOREIGN, 85, "pin.foreign")            \
	X(JK_WHY_PIN_NOPUK, 86, "pin.nopuk")                \
	X(JK_WHY_PUK_WRONG, 87, "puk.wrong")                \
	X(JK_WHY_PUK_WRONG_LAST, 88, "puk.wrong.last")      \
	X(JK_WHY_PUK_LOCKED, 89, "puk.locked")              \
	X(JK_WHY_PIN_CANCELLED, 120, "pin.cancelled")       \
	X(JK_WHY_PIN_TIMEOUT, 121, "pin.timeout")           \
	X(JK_WHY_PIN_FIXED, 122, "pin.fixed")               \
	X(JK_WHY_PIN_WRONG_SOME, 123, "pin.wrong.some")     \
	/* person, operator ID, terminal */                 \
	X(JK_WHY_PERSON_EXPIRED, 90, "person.expired")      \
	X(JK_WHY_PERSON_NOTYET, 91, "person.notyet")        \
	X(JK_WHY_PERSON_DISABLED, 92, "person.disabled")    \
	X(JK_WHY_OPID_NONE, 93, "opid.none")                \
	X(JK_WHY_OPID_EXPIRED, 94, "opid.expired")          \
	X(JK_WHY_OPID_NOTYET, 95, "opid.notyet")            \
	X(JK_WHY_OPID_DISABLED, 96, "opid.disabled")        \
	X(JK_WHY_OPID_TERMINAL, 97, "opid.terminal")        \
	X(JK_WHY_TERMINAL_UNKNOWN, 98, "terminal.unknown")  \
	X(JK_WHY_PERSON_UNTRAINED, 99, "person.untrained")  \
	X(JK_WHY_TERMINAL_REVOKED, 100, "terminal.revoked") \
	X(JK_WHY_TERMINAL_ROOM, 101, "terminal.room")       \
	X(JK_WHY_TIME_OUT, 102, "time.out")                 \
	X(JK_WHY_BIZ_DENIED, 103, "biz.denied")             \
	X(JK_WHY_FUNC_DENIED, 104, "func.denied")           \
	X(JK_WHY_DEPT_OWNER, 105, "dept.owner")             \
	X(JK_WHY_DELEGATION_NONE, 106, "delegation.none")   \
	X(JK_WHY_PERM_NONE, 107, "perm.none")               \
	X(JK_WHY_CONFIRM_NONE, 108, "confirm.none")         \
	X(JK_WHY_CONFIRM_SAME, 109, "confirm.same")         \
	X(JK_WHY_CONFIRM_UNSEEN, 113, "confirm.unseen")     \
	X(JK_WHY_METHOD_DENIED, 110, "method.denied")       \
	X(JK_WHY_FALLBACK_NONE, 111, "fb.denied")           \
	X(JK_WHY_OPID_CHOICE, 112, "opid.choice")           \
	/* officers and their ledgers */                    \
	X(JK_WHY_ROLE_NONE, 130, "role.none")               \
	X(JK_WHY_ROLE_DEPT, 131, "role.dept")               \
	X(JK_WHY_SELF_APPROVAL, 132, "approve.self")        \
	X(JK_WHY_FLOW_ORDER, 133, "flow.order")             \
	X(JK_WHY_CHANNEL_SAME, 134, "channel.same")         \
	X(JK_WHY_GRANT_BEYOND, 135, "grant.beyond")         \
	X(JK_WHY_GRANT_NONE, 136, "grant.none")             \
	X(JK_WHY_ROW_EXISTS, 137, "row.exists")             \
	X(JK_WHY_ROW_NONE, 138, "row.none")                 \
	X(JK_WHY_ROW_BAD, 139, "row.bad")                   \
	X(JK_WHY_ROW_FOREIGN, 140, "row.foreign")           \
	/* a use, and the queries in it */                  \
	X(JK_WHY_RECEPTION_NONE, 150, "reception.none")     \
	X(JK_WHY_REQ_NONE, 151, "req.none")                 \
	X(JK_WHY_PERM_BAD, 152, "perm.bad")                 \
	X(JK_WHY_HARDCOPY_DENIED, 153, "hardcopy.denied")   \
	X(JK_WHY_MEDIA_DENIED, 154, "media.denied")         \
	X(JK_WHY_LOOK_BULK, 155, "look.bulk")               \
	X(JK_WHY_CODE_BAD, 156, "code.bad")                 \
	X(JK_WHY_KEY_NONE, 157, "key.none")                 \
	X(JK_WHY_QUERY_NONE, 158, "query.none")             \
	X(JK_WHY_LEDGER_CHANGED, 159, "ledger.changed")     \
	X(JK_WHY_NUMBER_LONG, 160, "number.long")

enum jk_reason {
#define X(name, number, code) name = (number),
	JK_REASON_TABLE(X)
#undef X
};

/* Never NULL; an unknown number reads as "internal". */
const char *jk_reason_code(enum jk_reason why);
/* From the wire: an unknown number is JK_WHY_INTERNAL, which denies. */
enum jk_reason jk_reason_from_number(unsigned long number);

#endif
