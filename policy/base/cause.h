/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Why a session was locked or ended, or what the monitor saw. One table: the
 * number crosses the wire, the word stands in the record (jfor). Append, never
 * renumber.
 */
#ifndef JK_CAUSE_H
#define JK_CAUSE_H

#define JK_CAUSE_TABLE(X)                                                    \
	X(JK_CAUSE_NONE, 0, "none")                                          \
	/* locks */                                                          \
	X(JK_CAUSE_REQUEST, 1, "request") /* its own account asks */         \
	X(JK_CAUSE_CARD_REMOVED, 2, "card-removed")                          \
	X(JK_CAUSE_READER_GONE, 3, "reader-gone")                            \
	X(JK_CAUSE_READER_DOWN, 4, "reader-down") /* pcscd is lost */        \
	X(JK_CAUSE_MONITOR_START, 5, "monitor-start")                        \
	X(JK_CAUSE_SCREEN, 6, "screen") /* a locker or logind */             \
	X(JK_CAUSE_SLEEP, 7, "sleep")                                        \
	X(JK_CAUSE_UNPROVEN, 8, "unproven") /* opened without a card */      \
	X(JK_CAUSE_CONFIRM, 9, "confirm")   /* his card did not come back */ \
	X(JK_CAUSE_UNWATCHED, 10, "unwatched")                               \
	/* ends */                                                           \
	X(JK_CAUSE_LOCK_IGNORED, 20, "lock-ignored")                         \
	X(JK_CAUSE_LOCKED_LONG, 21, "locked-long")                           \
	X(JK_CAUSE_REMOVAL, 22, "removal") /* the class says logout */       \
	X(JK_CAUSE_SUPERVISOR, 23, "supervisor")                             \
	X(JK_CAUSE_LEADER_LOST, 24, "leader-lost")                           \
	X(JK_CAUSE_REBOOT, 25, "reboot")                                     \
	/* what is in the readers */                                         \
	X(JK_CAUSE_INSERTED, 40, "inserted")                                 \
	X(JK_CAUSE_TAKEN, 41, "taken")                                       \
	X(JK_CAUSE_LEFT, 42, "left")

enum jk_cause {
#define X(name, number, word) name = (number),
	JK_CAUSE_TABLE(X)
#undef X
};

/* Never NULL; an unknown number reads as "none". */
const char *jk_cause_word(enum jk_cause cause);
/* From the wire: an unknown number is JK_CAUSE_NONE. */
enum jk_cause jk_cause_from_number(unsigned long number);

#endif
