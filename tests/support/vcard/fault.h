/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which wrong thing is to be done at which APDU. This file knows names,
 * places and counts; mangle*.c know how to do it.
 */
#ifndef VC_FAULT_H
#define VC_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#include "apdu.h"
#include "error.h"

struct vc_card;

#define VC_FAULTS_MAX 16

/* Where in the making of an answer a fault acts; one fault acts in each. */
enum vc_stage {
	VC_STAGE_RUN,    /* in place of the command */
	VC_STAGE_PIN,    /* comparing the PIN */
	VC_STAGE_CERT,   /* a certificate's data object */
	VC_STAGE_SIGN,   /* the signature */
	VC_STAGE_LENGTH, /* the lengths of the answer's data object */
	VC_STAGE_FRAME,  /* the finished frame */
	VC_STAGE_TIME,   /* when it is sent */
	VC_STAGES,
};

enum vc_fault_argument {
	VC_ARGUMENT_NONE,
	VC_ARGUMENT_MS,
	VC_ARGUMENT_SW,
	VC_ARGUMENT_CARD,
};

#define VC_FAULT_TABLE(X)                                                \
	X(VC_FAULT_SW, "sw", RUN, SW)                                    \
	X(VC_FAULT_ENDLESS, "endless", RUN, NONE)                        \
	X(VC_FAULT_VERIFY_LIES_OK, "verify-lies-ok", PIN, NONE)          \
	X(VC_FAULT_VERIFY_ANY, "verify-any", PIN, NONE)                  \
	X(VC_FAULT_CERT_NONE, "cert-none", CERT, NONE)                   \
	X(VC_FAULT_CERT_CUT, "cert-cut", CERT, NONE)                     \
	X(VC_FAULT_CERT_DERLENGTH, "cert-derlength", CERT, NONE)         \
	X(VC_FAULT_CERT_GZIP, "cert-gzip", CERT, NONE)                   \
	X(VC_FAULT_CERT_OF, "cert-of", CERT, CARD)                       \
	X(VC_FAULT_SIG_WRONG, "sig-wrong", SIGN, NONE)                   \
	X(VC_FAULT_SIG_RANDOM, "sig-random", SIGN, NONE)                 \
	X(VC_FAULT_SIG_ZERO, "sig-zero", SIGN, NONE)                     \
	X(VC_FAULT_SIG_SHORT, "sig-short", SIGN, NONE)                   \
	X(VC_FAULT_SIG_EMPTY, "sig-empty", SIGN, NONE)                   \
	X(VC_FAULT_SIG_LONG, "sig-long", SIGN, NONE)                     \
	X(VC_FAULT_SIG_REPLAYED, "sig-replayed", SIGN, NONE)             \
	X(VC_FAULT_SIG_FOREIGN, "sig-foreign", SIGN, NONE)               \
	X(VC_FAULT_SIG_OTHERDATA, "sig-otherdata", SIGN, NONE)           \
	X(VC_FAULT_LENGTH_SHORT, "length-lie-short", LENGTH, NONE)       \
	X(VC_FAULT_LENGTH_LONG, "length-lie-long", LENGTH, NONE)         \
	X(VC_FAULT_LENGTH_INDEFINITE, "length-indefinite", LENGTH, NONE) \
	X(VC_FAULT_LENGTH_HUGE, "length-huge", LENGTH, NONE)             \
	X(VC_FAULT_INNER_SHORT, "inner-lie-short", LENGTH, NONE)         \
	X(VC_FAULT_INNER_LONG, "inner-lie-long", LENGTH, NONE)           \
	X(VC_FAULT_GARBAGE, "garbage", FRAME, NONE)                      \
	X(VC_FAULT_GARBAGE_OK, "garbage-ok", FRAME, NONE)                \
	X(VC_FAULT_TRUNCATED, "truncated", FRAME, NONE)                  \
	X(VC_FAULT_ONEBYTE, "onebyte", FRAME, NONE)                      \
	X(VC_FAULT_EMPTY, "empty", FRAME, NONE)                          \
	X(VC_FAULT_FLOOD, "flood", FRAME, NONE)                          \
	X(VC_FAULT_SILENT, "silent", TIME, NONE)                         \
	X(VC_FAULT_DELAY, "delay", TIME, MS)

enum vc_fault_kind {
#define X(name, text, stage, argument) name,
	VC_FAULT_TABLE(X)
#undef X
};

struct vc_fault {
	enum vc_fault_kind kind;
	unsigned long number; /* of the APDU; 0: see `any`, `command` */
	enum vc_command command;
	bool any;
	bool forever;
	unsigned long count; /* times left, unless `forever` */
	unsigned long ms;
	uint16_t sw;
	struct vc_card *card; /* owned */
};

struct vc_faults {
	struct vc_fault list[VC_FAULTS_MAX];
	size_t n;
	struct vc_fault *hit[VC_STAGES]; /* for the APDU at hand */
	char used[128];                  /* names of those that acted */
};

/* words: what follows `fault` on a command line. */
enum vc_err vc_faults_add(struct vc_faults *faults, char **words, size_t n);
void vc_faults_clear(struct vc_faults *faults);

/* Chooses the faults that can act on this APDU. */
void vc_faults_begin(struct vc_faults *faults, unsigned long number,
    enum vc_command command);

/*
 * The fault of this stage, which the caller now does, or NULL. Spends one of
 * its times. Ask only where the stage really comes about.
 */
const struct vc_fault *vc_faults_use(struct vc_faults *faults,
    enum vc_stage stage);

#endif
